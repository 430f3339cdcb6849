"""Rerun time of every page with a large workspace, compared with an empty Streamlit page.

``python -m benchmarks.page_latency [--datasets 500] [--runs 2000] [--reruns 9]``.

The empty page and the app's pages are measured alternately; the difference counts. A rerun is requested over the
websocket, with the message that a click on a widget sends; it ends with the message that the script has finished.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from unittest import mock
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from benchmarks.side_by_side import machine
from embedlab.core.settings import Settings
from embedlab.workspace.workspace import Workspace
from tests.browser.conftest import ROOT, Server
from tests.large_workspace import add_folders, add_rows, statements
from tests.one_of_each import OneOfEach, make_one_of_each

#: This many of the runs are on one dataset, which the comparison shows.
N_ON_ONE = 200
_EMPTY_SCRIPT = "import streamlit as st\n\nst.title('Empty')\nst.button('Again')\n"


class EmptyServer(Server):
    """A server with an empty Streamlit page and the settings of the app."""

    def launch(self) -> None:
        """Start the process without waiting for it."""
        script = self.home / "empty.py"
        script.write_text(_EMPTY_SCRIPT, encoding="utf-8")
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )


def pages(made: OneOfEach, workspace: Workspace) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the page and the address of each measurement by name: old items, opened by their links."""
    of_run = {run: workspace.embeddings(run_id=run)[0].id for run in (made.word2vec, made.ratings)}
    words = {"dataset": made.text, "embedding": of_run[made.word2vec]}
    return {
        "Start": ("start", {}),
        "Data, all": ("data", {"view": "all"}),
        "Data, one": ("data", {"dataset": made.text, "view": "one"}),
        "Data, add": ("data", {"view": "add"}),
        "Train, words": ("train", {"dataset": made.text, "model": "word2vec"}),
        "Train, classifier": ("train", {"dataset": made.text, "model": "text-classifier"}),
        "Train, ratings": ("train", {"dataset": workspace.run(made.ratings).dataset_id}),
        "Runs, all": ("runs", {"view": "all"}),
        "Runs, compare": ("runs", {"dataset": made.text, "view": "compare"}),
        "Runs, one": ("runs", {"run": made.word2vec, "view": "one"}),
        "Map": ("map", words),
        "Ask": ("ask", {**words, "key": "w1"}),
        "Ask, side by side": ("ask", {**words, "view": "beside"}),
        "Recommend": ("recommend", {"run": made.ratings, "embedding": of_run[made.ratings]}),
        "Workspace": ("workspace", {}),
    }


def fill(home: Path, n_datasets: int, n_runs: int) -> OneOfEach:
    """Create one real item of each kind, and newer rows with tiny folders for many more."""
    workspace = Workspace.open(Settings(home=home))
    made = make_one_of_each(workspace, home.with_name("files"))
    on_one = min(N_ON_ONE, n_runs // 2)
    added = add_rows(
        workspace, n_datasets, n_runs, on_dataset=made.text, n_on_dataset=on_one, newest_at=time.time() + 1e5
    )
    add_folders(workspace, added)
    workspace.close()
    return made


def count_statements(home: Path, page: str, address: dict[str, str]) -> int:
    """Return the number of SQL statements that a rerun of a page sends."""
    from streamlit.testing.v1 import AppTest

    with mock.patch.dict(os.environ, EMBEDLAB_HOME=str(home)):
        app = AppTest.from_file(str(ROOT / "embedlab" / "ui" / "server" / "main.py"), default_timeout=300)
        app.query_params.update(address)
        app.switch_page(str(ROOT / "pages" / f"{page}.py")).run()
        with statements() as seen:
            app.run()
    if app.exception or app.error:
        raise SystemExit(f"{page}: {[each.value for each in (*app.exception, *app.error)]}")
    return len(seen)


class Session:
    """A browser session at an address, without the browser."""

    def __init__(self, origin: str, page: str, query: dict[str, str]) -> None:
        self._request = BackMsg()
        self._request.rerun_script.page_name = page
        self._request.rerun_script.query_string = urlencode(query)
        address = f"{origin.replace('http', 'ws', 1)}/_stcore/stream"
        self._open = ExitStack()
        self._socket = self._open.enter_context(
            connect(address, subprotocols=[Subprotocol("streamlit")], origin=Origin(origin), max_size=None)
        )
        self.rerun_ms()

    def rerun_ms(self) -> float:
        """Rerun the script as a click on a widget does; return the time until all its output has arrived, in ms."""
        started = time.perf_counter()
        self._socket.send(self._request.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(self._socket.recv(timeout=120))
            if answer.WhichOneof("type") == "new_session":
                # The next reruns use this page, whatever its address.
                self._request.rerun_script.page_script_hash = answer.new_session.page_script_hash
            if answer.WhichOneof("type") == "script_finished":
                return 1000 * (time.perf_counter() - started)

    def close(self) -> None:
        """Close the connection."""
        self._open.close()


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--datasets", type=int, default=500)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--reruns", type=int, default=9)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home, empty_home = Path(folder) / "home", Path(folder) / "empty"
        empty_home.mkdir()
        made = fill(home, args.datasets, args.runs)
        workspace = Workspace.open(Settings(home=home))
        measured = pages(made, workspace)
        n_embeddings = len(workspace.embeddings())
        workspace.close()
        server, empty = Server(home), EmptyServer(empty_home)
        try:
            server.start()
            empty.start()
            print(f"{args.datasets:,} datasets, {args.runs:,} runs, {n_embeddings:,} embeddings; {machine()}")
            print("| Page | Rerun, median | Empty page | More, median (max) |\n|---|---|---|---|", flush=True)
            nothing = Session(empty.origin, "", {})
            for name, (page, address) in measured.items():
                ours, empties = _measure(nothing, Session(server.origin, page, address), args.reruns)
                more = [one - other for one, other in zip(ours, empties, strict=True)]
                print(
                    f"| {name} | {statistics.median(ours):.0f} ms | {statistics.median(empties):.0f} ms "
                    f"| {statistics.median(more):.0f} ms ({max(more):.0f}) |",
                    flush=True,
                )
        finally:
            for each in (server, empty):
                if each.process is not None:
                    each.kill()
        print("| Page | SQL statements of a rerun |\n|---|---|", flush=True)
        for name, (page, address) in measured.items():
            print(f"| {name} | {count_statements(home, page, address)} |", flush=True)


def _measure(nothing: Session, shown: Session, n: int) -> tuple[list[float], list[float]]:
    """Return the times of alternating reruns of a page and of the empty page, in ms."""
    ours, empties = [], []
    for _ in range(n + 1):
        ours.append(shown.rerun_ms())
        empties.append(nothing.rerun_ms())
    shown.close()
    # The first rerun fills the caches.
    return ours[1:], empties[1:]


if __name__ == "__main__":
    main()

"""Rerun time of every page with a large workspace, compared with an empty Streamlit page.

``python -m benchmarks.page_latency [--datasets 500] [--runs 2000] [--reruns 9]``.

The empty page and the app's pages are measured in turn: what counts is the difference. A rerun is asked for over the
websocket, with the message that a click on a widget sends; its time ends with the message that the script has finished.
On a machine that does other work, read the CPU time of the two servers instead, the mean of all reruns: it includes
the garbage collection after each rerun, which the next click waits for.
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
from dataclasses import dataclass
from pathlib import Path
from unittest import mock
from urllib.parse import urlencode

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from benchmarks.side_by_side import machine
from embedlab.core.settings import Settings
from embedlab.ui.shell.navigation import spec
from embedlab.workspace.workspace import Workspace
from tests.browser.conftest import ROOT, Server
from tests.large_workspace import add_folders, add_rows, statements
from tests.one_of_each import OneOfEach, make_one_of_each

#: This many of the runs are on one dataset, which the comparison shows.
N_ON_ONE = 200
_COLUMNS = "| Rerun, median | Empty page | More, median (max) | CPU, mean | Empty page | More "
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
    """Return by name the page and the address of everything that is measured: old things, reached by their links."""
    runs = (made.word2vec, made.ratings, made.classifier)
    of_run = {run: workspace.embeddings(run_id=run)[0].id for run in runs}
    words = {"dataset": made.text, "embedding": of_run[made.word2vec]}
    rated = {"run": made.ratings, "embedding": of_run[made.ratings]}
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
        "Ask, all pairs": ("ask", {**words, "view": "heatmap"}),
        "Ask, analogy": ("ask", {**words, "view": "analogy"}),
        "Ask, side by side": ("ask", {**words, "view": "beside"}),
        "Ask, classify": ("ask", {"embedding": of_run[made.classifier], "view": "classify"}),
        "Recommend, user": ("recommend", rated),
        "Recommend, item": ("recommend", {**rated, "view": "item"}),
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


@dataclass(frozen=True)
class Rerun:
    """What a rerun took, and the name of the page that ran."""

    ms: float
    page: str


class Session:
    """A browser session at an address, without the browser."""

    def __init__(self, origin: str, page: str, query: dict[str, str]) -> None:
        self._message = BackMsg()
        self._message.rerun_script.page_name = page
        self._message.rerun_script.query_string = urlencode(query)
        address = f"{origin.replace('http', 'ws', 1)}/_stcore/stream"
        self._open = ExitStack()
        self._socket = self._open.enter_context(
            connect(address, subprotocols=[Subprotocol("streamlit")], origin=Origin(origin), max_size=None)
        )
        self.rerun()

    def rerun(self) -> Rerun:
        """Run the script as a click on a widget does, and wait until everything that it shows has arrived."""
        started, page = time.perf_counter(), ""
        self._socket.send(self._message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(self._socket.recv(timeout=120))
            if answer.WhichOneof("type") == "navigation":
                # A new session begins with the hash of the main script: only the navigation has that of the page.
                shown = answer.navigation.page_script_hash
                self._message.rerun_script.page_script_hash = shown
                page = next(each.page_name for each in answer.navigation.app_pages if each.page_script_hash == shown)
            if answer.WhichOneof("type") == "script_finished":
                return Rerun(1000 * (time.perf_counter() - started), page)

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
            print(f"| Page {_COLUMNS}|\n|---{'|---' * _COLUMNS.count('|')}|", flush=True)
            nothing = Session(empty.origin, "", {})
            for name, (page, address) in measured.items():
                shown = Session(server.origin, page, address)
                measured_now = _measure((shown, server), (nothing, empty), args.reruns, spec(page).title)
                print(f"| {name} {_row(*measured_now)}|", flush=True)
                shown.close()
        finally:
            for each in (server, empty):
                if each.process is not None:
                    each.kill()
        print("| Page | SQL statements of a rerun |\n|---|---|", flush=True)
        for name, (page, address) in measured.items():
            print(f"| {name} | {count_statements(home, page, address)} |", flush=True)


_Times = tuple[list[float], float]


def _measure(ours: tuple[Session, Server], empty: tuple[Session, Server], n: int, title: str) -> tuple[_Times, _Times]:
    """Return the times of reruns of a page and of the empty page, in turn, and the mean CPU time of each; in ms."""
    both = (ours, empty)
    # The first fills the caches; the second follows the exemption of its modules from garbage collections.
    for _ in range(2):
        for session, _server in both:
            session.rerun()
    before = [_cpu_ms(server) for _, server in both]
    reruns = [[session.rerun() for session, _server in both] for _ in range(n)]
    cpu_ms = [(_cpu_ms(server) - start) / n for (_, server), start in zip(both, before, strict=True)]
    pages = {one.page for one, _other in reruns}
    if pages != {title}:
        raise SystemExit(f"{title} was to be measured, but {pages} ran.")
    return ([one.ms for one, _ in reruns], cpu_ms[0]), ([other.ms for _, other in reruns], cpu_ms[1])


def _cpu_ms(server: Server) -> float:
    """Return the CPU time a server has used, in steps of 10 ms."""
    assert server.process is not None
    used = psutil.Process(server.process.pid).cpu_times()
    return 1000.0 * float(used.user + used.system)


def _row(ours: _Times, empty: _Times) -> str:
    (times, cpu), (empty_times, empty_cpu) = ours, empty
    more = [one - other for one, other in zip(times, empty_times, strict=True)]
    return (
        f"| {statistics.median(times):.0f} ms | {statistics.median(empty_times):.0f} ms "
        f"| {statistics.median(more):.0f} ms ({max(more):.0f}) "
        f"| {cpu:.0f} ms | {empty_cpu:.0f} ms | {cpu - empty_cpu:.0f} ms "
    )


if __name__ == "__main__":
    main()

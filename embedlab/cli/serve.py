"""`serve` and `open`: the app from the command line, opened on its start page or on the map of a file."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.flags import Json
from embedlab.cli.importing.job import import_files
from embedlab.cli.map.highlight import Select, keys_of
from embedlab.cli.output import write_json, write_line, write_note
from embedlab.cli.work import follow, opened_jobs
from embedlab.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from embedlab.jobs.jobs import Jobs
    from embedlab.workspace.rows import JobRow

_HOST = "127.0.0.1"
_PORT = 8501
#: Number of ports to try, starting with the first.
_MOST_PORTS = 50
_START_PATIENCE_S = 60.0
_APP = Path(__file__).resolve().parents[2] / "app.py"

Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help=f"Port to serve on; default: the first free one from {_PORT}.")
]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the address in the browser.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("serve")(serve)
    app.command("open")(open_file)


def serve(port: Port = None, browser: Browser = True) -> None:
    """Start the app and open it in the browser. Ctrl-C stops it."""
    _serve(port, "", browser=browser)


def open_file(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Your data, with the files that belong to it.")
    ],
    metadata: Annotated[
        Path | None,
        typer.Option("--metadata", metavar="FILE", help="For vectors: names or a table; for ratings: the items."),
    ] = None,
    select: Select = None,
    color: Annotated[str | None, typer.Option(metavar="COLUMN", help="Metadata column that colors the map.")] = None,
    method: Annotated[
        str | None, typer.Option("--method", help="Projection to compute and show, as listed by methods.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model to train; default: one that suits the data.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the dataset; default: the file name.")] = None,
    port: Port = None,
    browser: Browser = True,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Start the app, or only print the ids.")] = True,
    json: Json = False,
) -> None:
    """Import files, train a model on them (unless they contain vectors), and open the map.

    Without vectors there is no map: the page of the run is opened instead.
    """
    if serve:
        require_app()
    with opened_jobs() as jobs:
        ids = _import_and_train(jobs, files, metadata, model, name)
        has_map = ids["embedding"] is not None
        shown = _Shown(select, color, method)
        page = _map_page(jobs, ids["embedding"], shown) if has_map else f"runs?run={ids['run']}&view=one"
    if not has_map:
        write_note("This model learns no vectors, so there is nothing to map.")
    if json:
        write_json(ids)
    else:
        write_line(
            f"dataset {ids['dataset']}, " + (f"embedding {ids['embedding']}" if has_map else f"run {ids['run']}")
        )
    if serve:
        _serve(port, page, browser=browser)


@dataclass(frozen=True)
class _Shown:
    """What to show on the map, as the flags give it."""

    select: str | None
    color: str | None
    method: str | None


def _map_page(jobs: Jobs, embedding_id: str, shown: _Shown) -> str:
    from embedlab.cli.map.address import map_address
    from embedlab.workspace.highlight.store import set_highlight

    workspace = jobs.workspace
    row = workspace.embedding(embedding_id)
    columns = workspace.load_embedding(row.id).metadata.columns
    if shown.color is not None and shown.color not in columns:
        known = ", ".join(map(str, columns[:20]))
        raise NotFoundError(
            "There is no such column.", received=shown.color, remedy=f"Known columns: {known or 'none'}."
        )
    if shown.select is not None:
        set_highlight(workspace, row.id, keys_of(shown.select, workspace, row.id))
    return map_address(jobs, row, method=shown.method, color=shown.color, highlight=shown.select is not None)


def _import_and_train(
    jobs: Jobs, files: list[Path], metadata: Path | None, model_name: str | None, name: str | None
) -> dict[str, Any]:
    from embedlab.core.roles import default_embedding
    from embedlab.jobs.first_run import estimate_first_run, first_run, sentence
    from embedlab.jobs.jobs import raise_error_of

    # As the button on the Data page: the training follows the import by itself.
    imported = import_files(jobs, files, name, companion=metadata, then_train=(model_name, None))
    result = imported.result or {}
    dataset = jobs.workspace.dataset(result["dataset_id"])
    run = first_run(dataset.kind, dataset.counts, model_name, dataset.details)
    seconds = None if run is None else estimate_first_run(jobs.workspace, run, dataset.counts).seconds
    write_note(f"Imported dataset {dataset.id}. {sentence(run, seconds)}")
    if "run_id" not in result:
        return {"dataset": dataset.id, "run": None, "embedding": result["embedding_id"]}
    training: JobRow = follow(jobs, result["run_id"])
    raise_error_of(training)
    made = {each.name: each for each in jobs.workspace.embeddings(run_id=training.id)}
    first = default_embedding({name: each.n_keys for name, each in made.items()})
    return {"dataset": dataset.id, "run": training.id, "embedding": None if first is None else made[first].id}


def require_app() -> None:
    """Raise `NotFoundError` if the app is not part of this installation."""
    if not _APP.is_file():
        raise NotFoundError(
            "The app is not part of this installation, only the library and the command line.",
            received=str(_APP.parent),
            remedy="Clone the repository and run: pip install -e . After that, embedlab serve starts the app.",
        )


def _serve(port: int | None, page: str, *, browser: bool) -> None:
    """Run the app until it ends; open its `page` as soon as it responds."""
    require_app()
    chosen = free_port(port)
    address = f"http://{_HOST}:{chosen}/{page}"
    write_note(f"EmbedLab is starting at {address} (Ctrl-C stops it).")
    process = _start(server_command(chosen))
    if browser:
        threading.Thread(target=_open_when_ready, args=(process, chosen, address), daemon=True).start()
    # Terminating this command also terminates its server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        code = process.wait()
    except KeyboardInterrupt:
        return
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if code:
        raise typer.Exit(1)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command)


def free_port(port: int | None = None) -> int:
    """Return `port` if it is free, or else the first free one; raises `InputError` if there is none."""
    if port is not None and not _is_free(port):
        raise InputError("This port is in use.", received=port, remedy="Choose another one, or leave out --port.")
    chosen = port or next((each for each in range(_PORT, _PORT + _MOST_PORTS) if _is_free(each)), None)
    if chosen is None:
        raise InputError("No port is free.", received=f"{_PORT} to {_PORT + _MOST_PORTS - 1}", remedy="Set --port.")
    return chosen


def server_command(port: int) -> Sequence[str]:
    """Return the command that starts the app on a port of this machine."""
    options = ["--server.address", _HOST, "--server.port", str(port), "--server.headless", "true"]
    return [sys.executable, "-m", "streamlit", "run", str(_APP), *options]


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            # A server that has just stopped leaves its port in TIME_WAIT.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def _open_when_ready(process: subprocess.Popen[bytes], port: int, address: str) -> None:
    end = time.monotonic() + _START_PATIENCE_S
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://{_HOST}:{port}/_stcore/health", timeout=1.0):
                webbrowser.open(address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)

"""Where the app of a workspace runs, for programs that open it: a file that is valid while the server lives."""

from __future__ import annotations

import http.client
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import psutil

from embedlab.core.errors import EmbedLabError
from embedlab.core.files import read_json, write_json
from embedlab.jobs.engine.processes import is_on_this_host, this_process

SERVER_FILE: Final = "server.json"
#: An app that is busy, as with its imports, answers late; taken for dead, it would be started a second time.
_TIMEOUT_S = 10.0
_SAME_START_S = 1.0


def write_server(home: Path, address: str) -> None:
    """Write that this process serves the workspace at an address; a later server replaces it."""
    write_json(home / SERVER_FILE, {**this_process(), "address": address})


def remove_server(home: Path) -> None:
    """Remove the file, if this process has written it."""
    with suppress(EmbedLabError, OSError):
        if _is_process(read_json(home / SERVER_FILE), this_process()["pid"]):
            (home / SERVER_FILE).unlink()


def running_server(home: Path) -> str | None:
    """Return the address of the app of a workspace on this machine; None if it does not run."""
    try:
        stored = read_json(home / SERVER_FILE)
    except EmbedLabError:
        return None
    address = stored.get("address") if isinstance(stored, dict) else None
    if not isinstance(address, str) or not _is_process(stored, stored.get("pid")):
        return None
    parts = urlsplit(address)
    # The file may come from somebody else: only this machine is ever contacted.
    if parts.scheme != "http" or parts.hostname not in ("localhost", "127.0.0.1"):
        return None
    return address if _answers(parts) else None


def _answers(address: SplitResult) -> bool:
    try:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT_S)
        with closing(connection):
            connection.request("GET", f"{address.path}/_stcore/health")
            return connection.getresponse().read(10) == b"ok"
    except (OSError, ValueError, http.client.HTTPException):
        return False


def _is_process(stored: Any, pid: Any) -> bool:
    """Return whether the file describes this living process; a pid alone may be reused."""
    if not isinstance(stored, dict) or not isinstance(pid, int) or stored.get("pid") != pid:
        return False
    if not is_on_this_host(stored):
        return False
    try:
        return bool(abs(psutil.Process(pid).create_time() - float(stored["started"])) < _SAME_START_S)
    except (psutil.Error, KeyError, TypeError, ValueError):
        return False

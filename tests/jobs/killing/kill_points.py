"""Ending a worker's process before its n-th write into the workspace, as a kill or a power cut would."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from embedlab.core.settings import Settings
from embedlab.jobs.engine import worker
from embedlab.jobs.engine.journal import JOURNAL_FILE
from embedlab.workspace.workspace import Workspace

#: What a job leaves there must be known to the catalog.
ROOMS = ("datasets", "runs", "embeddings", "projections", "uploads")
_CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
KILLED = 137


class Writes:
    """Counts the writes of this process's main thread into a workspace, and does something before the n-th.

    A write is every file or folder that is made, renamed or removed in a room, every line of a journal, and every
    transaction, before and after it.
    """

    def __init__(self, home: Path, n: int, before_it: Callable[[], None]) -> None:
        self._home = str(home)
        self._left = n
        self._before_it = before_it

    def install(self, engine: sa.Engine | type[sa.Engine]) -> None:
        """Begin; there is no way back, so do it in a process of its own."""
        sa.event.listen(engine, "commit", lambda _: self.count())
        sys.addaudithook(self._hear)

    def count(self) -> None:
        """Count one write."""
        if threading.current_thread() is threading.main_thread():
            self._left -= 1
            if self._left == 0:
                self._before_it()

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGES:
            paths = arguments[:2] if event == "os.rename" else arguments[:1]
            if any(self._matters(path) for path in paths):
                self.count()
        elif event == "open" and (arguments[2] or 0) & _WRITING and self._matters(arguments[0]):
            self.count()

    def _matters(self, path: object) -> bool:
        text = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
        if not isinstance(text, str) or not text.startswith(self._home):
            return False
        inside = Path(text).relative_to(self._home).parts
        return bool(inside) and (inside[0] in ROOMS or inside[-1] == JOURNAL_FILE)


def killed_before_write(settings: Settings, job_id: str, n: int) -> bool:
    """Do a job in a forked process that dies before its n-th write; return whether it came so far."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            workspace = Workspace.open(settings)
            Writes(settings.home, n, lambda: os._exit(KILLED)).install(workspace.catalog.engine)
            worker.execute(workspace, job_id)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, KILLED}, f"the worker ended with {code}"
    return code == KILLED


def unknown_and_missing(workspace: Workspace) -> tuple[set[str], set[str]]:
    """Return what lies in the rooms and no row knows, and what rows know and is not there."""
    known: set[str] = set()
    with workspace.catalog.engine.connect() as connection:
        for room in ROOMS:
            query = f"SELECT id FROM {room}"
            if room == "runs":
                query = "SELECT runs.id FROM runs JOIN jobs ON jobs.id = runs.id WHERE jobs.status = 'succeeded'"
            known |= {f"{room}/{row_id}" for row_id in connection.execute(sa.text(query)).scalars()}
    there = {f"{room}/{path.name}" for room in ROOMS for path in (workspace.layout.home / room).iterdir()}
    return there - known, known - there

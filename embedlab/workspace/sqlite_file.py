"""A SQLite catalog whose file is removed, moved or exchanged while it is open.

The system lets a process go on with a file that has no name any more: what it writes then is seen by nobody and gone at
its end. So every use of a connection first looks whether its file still lies at its path. A file that came back in its
place, such as a restored copy, is opened instead if it keeps the id of the same workspace.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from embedlab.workspace.database_errors import CatalogError, Failure

_STAMP = "embedlab.file"


def watch(engine: sa.Engine) -> None:
    """Let an engine of a SQLite file raise `CatalogError` once its file is gone or is that of another workspace."""
    path = Path(str(engine.url.database))
    opened = _Opened()

    def connecting(*_: Any) -> None:
        # SQLite would make a new, empty file.
        if opened.workspace_id is not None and not path.exists():
            raise _gone(path)

    def connected(connection: sqlite3.Connection, record: Any) -> None:
        stamp, workspace_id = _stamp(path), _stored_id(connection)
        if opened.workspace_id not in {None, workspace_id} and stamp != opened.stamp:
            raise _exchanged(path)
        opened.stamp, opened.workspace_id = stamp, workspace_id
        record.info[_STAMP] = stamp

    def taken(connection: sqlite3.Connection, record: Any, _: Any) -> None:
        stamp = _stamp(path)
        if stamp is None:
            raise _gone(path)
        if stamp != record.info.get(_STAMP):
            # The pool then opens what lies there now.
            raise sa.exc.DisconnectionError
        if opened.workspace_id is None:
            opened.workspace_id = _stored_id(connection)

    sa.event.listen(engine, "do_connect", connecting)
    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "checkout", taken)


@dataclass
class _Opened:
    """The file that an engine has opened last; its workspace has no id before the first opening is done."""

    stamp: tuple[int, int] | None = None
    workspace_id: str | None = None


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one at the same path; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _stored_id(connection: sqlite3.Connection) -> str | None:
    try:
        row = connection.execute("SELECT workspace_id FROM workspace_identity").fetchone()
    except sqlite3.DatabaseError:
        # Not made yet, or damaged: whoever reads it is told.
        return None
    return None if row is None else str(row[0])


def _gone(path: Path) -> CatalogError:
    return CatalogError(
        "The file of the catalog is gone.",
        received=path.name,
        remedy="Put it back, or restore it from a copy. What lies in the workspace folder was not touched.",
        failure=Failure.AWAY,
    )


def _exchanged(path: Path) -> CatalogError:
    return CatalogError(
        "The file of the catalog was exchanged for that of another workspace.",
        received=path.name,
        remedy="Put the right one back. If this one is right, restart EmbedLab and run: python -m embedlab adopt",
        failure=Failure.AWAY,
    )

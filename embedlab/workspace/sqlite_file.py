"""Detects that the file of a SQLite catalog was deleted, moved or replaced while it is open.

A process can continue to use a deleted file, but everything it writes is invisible to others and lost when it ends. So
every use of a connection first checks that its file is still at its path. A new file at this path, such as a restored
copy, is opened instead if it has the id of the same workspace.
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
    """Make an engine of a SQLite file raise `CatalogError` if the file is missing or belongs to another workspace."""
    path = Path(str(engine.url.database))
    opened = _Opened()

    def before_connect(*_: Any) -> None:
        # SQLite would create a new, empty file.
        if opened.workspace_id is not None and not path.exists():
            raise _missing(path)

    def after_connect(connection: sqlite3.Connection, record: Any) -> None:
        stamp, workspace_id = _stamp(path), _stored_id(connection)
        if opened.workspace_id not in {None, workspace_id} and stamp != opened.stamp:
            raise _replaced(path)
        opened.stamp, opened.workspace_id = stamp, workspace_id
        record.info[_STAMP] = stamp

    def on_checkout(connection: sqlite3.Connection, record: Any, _: Any) -> None:
        stamp = _stamp(path)
        if stamp is None:
            raise _missing(path)
        if stamp != record.info.get(_STAMP):
            # The pool then opens the new file.
            raise sa.exc.DisconnectionError
        if opened.workspace_id is None:
            opened.workspace_id = _stored_id(connection)

    sa.event.listen(engine, "do_connect", before_connect)
    sa.event.listen(engine, "connect", after_connect)
    sa.event.listen(engine, "checkout", on_checkout)


@dataclass
class _Opened:
    """The file that an engine opened last; `workspace_id` is None until the workspace has been opened once."""

    stamp: tuple[int, int] | None = None
    workspace_id: str | None = None


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return device and inode, which identify a file at a path; None if there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _stored_id(connection: sqlite3.Connection) -> str | None:
    try:
        row = connection.execute("SELECT workspace_id FROM workspace_identity").fetchone()
    except sqlite3.DatabaseError:
        # Not created yet, or damaged: later queries raise an error.
        return None
    return None if row is None else str(row[0])


def _missing(path: Path) -> CatalogError:
    return CatalogError(
        "The file of the catalog is missing.",
        received=path.name,
        remedy="Put it back, or restore it from a copy. The files in the workspace folder were not changed.",
        failure=Failure.AWAY,
    )


def _replaced(path: Path) -> CatalogError:
    return CatalogError(
        "The file of the catalog was replaced by that of another workspace.",
        received=path.name,
        remedy="Put the right one back. If this one is right, restart EmbedLab and run: python -m embedlab adopt",
        failure=Failure.AWAY,
    )

"""Translates errors of the database into our own, for every access to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from embedlab.core.errors import StorageError

_NOTHING = object()


class Failure(StrEnum):
    """Why the database failed."""

    BUSY = "busy"
    FULL = "full"
    READ_ONLY = "read-only"
    DAMAGED = "damaged"
    AWAY = "away"
    CANNOT_OPEN_FILE = "cannot-open-file"
    OTHER = "other"


_MESSAGES = {
    Failure.BUSY: (
        "The catalog's database is busy.",
        "Try again in a moment. If it stays busy, close other programs that use it.",
    ),
    Failure.FULL: (
        "The disk with the catalog's database is full.",
        "Delete datasets or runs on the Workspace page, empty the trash, or free space, and try again.",
    ),
    Failure.READ_ONLY: (
        "The catalog's database cannot be written.",
        "Check the permissions of the workspace folder and its files, and that the disk is not mounted read-only.",
    ),
    Failure.DAMAGED: (
        "The catalog's database is damaged.",
        "Stop EmbedLab and restore the database from a backup. Keep the workspace folder: its files may be intact.",
    ),
    Failure.AWAY: (
        "The catalog's database cannot be reached.",
        "Check that the database server is running and that EMBEDLAB_DATABASE_URL is correct, and try again.",
    ),
    Failure.CANNOT_OPEN_FILE: (
        "The file of the catalog's database cannot be opened or written.",
        "Check that its folder exists and that you may write to it: permissions, and a disk that is mounted read-only.",
    ),
    Failure.OTHER: (
        "The catalog's database failed.",
        "Check that the disk has free space and no errors, and try again.",
    ),
}
_OF_SQLITE = {
    "SQLITE_BUSY": Failure.BUSY,
    "SQLITE_LOCKED": Failure.BUSY,
    "SQLITE_PROTOCOL": Failure.BUSY,
    "SQLITE_FULL": Failure.FULL,
    "SQLITE_READONLY": Failure.READ_ONLY,
    "SQLITE_PERM": Failure.READ_ONLY,
    "SQLITE_AUTH": Failure.READ_ONLY,
    "SQLITE_CANTOPEN": Failure.CANNOT_OPEN_FILE,
    "SQLITE_CORRUPT": Failure.DAMAGED,
    "SQLITE_NOTADB": Failure.DAMAGED,
}
#: By the first characters of PostgreSQL's code (SQLSTATE), https://www.postgresql.org/docs/15/errcodes-appendix.html
_OF_POSTGRESQL = {
    "53100": Failure.FULL,
    "53": Failure.BUSY,
    "55P03": Failure.BUSY,
    "40": Failure.BUSY,
    "25006": Failure.READ_ONLY,
    "42501": Failure.READ_ONLY,
    "XX001": Failure.DAMAGED,
    "XX002": Failure.DAMAGED,
    "08": Failure.AWAY,
    "57P": Failure.AWAY,
    "28": Failure.AWAY,
    "3D": Failure.AWAY,
}


class CatalogError(StorageError, sa.exc.OperationalError):
    """The catalog's database failed.

    It is also SQLAlchemy's `OperationalError`, which is what code that waits for the database catches.

    Parameters
    ----------
    failure
        The reason.
    """

    def __init__(
        self, what: str, *, received: object = _NOTHING, remedy: str = "", failure: Failure = Failure.OTHER
    ) -> None:
        error = (
            StorageError(what, remedy=remedy)
            if received is _NOTHING
            else StorageError(what, received=received, remedy=remedy)
        )
        # The two bases do not agree on the arguments of their constructors.
        self.what, self.received, self.remedy, self.failure = error.what, error.received, error.remedy, failure
        self.orig = self.statement = self.params = None
        self.connection_invalidated = False
        Exception.__init__(self, str(error))

    def __str__(self) -> str:
        return str(self.args[0])


def as_catalog_error(error: BaseException | None, *, connected: bool = True) -> CatalogError:
    """Translate an error of a database driver.

    Parameters
    ----------
    error
        The error of the driver.
    connected
        Whether there was a connection: without one, a server error without a code means that it is unreachable.
    """
    failure = _failure(error, connected)
    what, remedy = _MESSAGES[failure]
    lines = str(error).strip().splitlines()
    # Neither driver includes a password in its messages.
    return CatalogError(what, received=lines[0] if lines else type(error).__name__, remedy=remedy, failure=failure)


def _failure(error: BaseException | None, connected: bool) -> Failure:
    name = getattr(error, "sqlite_errorname", None)
    if isinstance(name, str):
        return next((known for code, known in _OF_SQLITE.items() if name.startswith(code)), Failure.OTHER)
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return next((known for code, known in _OF_POSTGRESQL.items() if state.startswith(code)), Failure.OTHER)
    # psycopg reports a lost or refused connection in a message without a code.
    return Failure.AWAY if not connected or type(error).__name__ == "OperationalError" else Failure.OTHER


def translate(engine: sa.Engine) -> None:
    """Make every access through an engine raise `CatalogError` if the database itself fails.

    Errors in a statement and violated constraints are not translated.
    """
    sa.event.listen(engine, "handle_error", _translate_error, retval=True)


def _translate_error(context: sa.engine.ExceptionContext) -> BaseException | None:
    error: Any = context.sqlalchemy_exception
    original = context.original_exception
    failed = isinstance(error, sa.exc.OperationalError | sa.exc.InternalError | sa.exc.InterfaceError) or (
        # SQLite reports a damaged file with the base class of all its errors.
        type(error) is sa.exc.DatabaseError
    )
    if not failed and not context.is_disconnect:
        return None
    return as_catalog_error(original, connected=context.connection is not None and not context.is_disconnect)

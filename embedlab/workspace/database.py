"""Opening the catalog's database and migrating its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout

from embedlab.core.errors import InputError, StorageError
from embedlab.core.settings import Settings
from embedlab.workspace import sqlite_file
from embedlab.workspace.database_errors import translate

#: The newest migration in `migrations/versions`.
SCHEMA_VERSION = "0005"
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_PATIENCE_S = 60.0
_BUSY_TIMEOUT_MS = 15_000


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def catalog_url(settings: Settings) -> sa.URL:
    """Return the URL of the catalog, the same for every process: a SQLite file has an absolute path.

    Raises
    ------
    InputError
        EMBEDLAB_DATABASE_URL is not a database URL, or is visible to a single process only.
    """
    if not settings.database_url:
        return sa.URL.create("sqlite", database=str(settings.home / "catalogue.sqlite"))
    try:
        url = sa.make_url(settings.database_url)
    except sa.exc.ArgumentError as error:
        raise InputError(
            "The setting EMBEDLAB_DATABASE_URL is not a database URL.",
            remedy="Use the form postgresql://user:password@host/name, or remove the variable.",
        ) from error
    if url.drivername == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        if url.database in {None, "", ":memory:"}:
            raise InputError(
                "A catalog in memory cannot be shared with worker processes.",
                received=settings.database_url,
                remedy="Use a file, or remove EMBEDLAB_DATABASE_URL.",
            )
        return url.set(database=str(Path(str(url.database)).absolute()))
    return url


def open_engine(url: sa.URL) -> sa.Engine:
    """Open a database; SQLite gets write-ahead logging, foreign keys and a busy timeout.

    Every access raises `embedlab.workspace.database_errors.CatalogError` if the database itself fails.
    """
    is_sqlite = url.get_backend_name() == "sqlite"
    engine = sa.create_engine(url, json_serializer=_dumps, pool_pre_ping=not is_sqlite)
    if is_sqlite:
        sqlite_file.watch(engine)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    translate(engine)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    del record
    # Python's implicit BEGIN does not cover schema changes; `_begin_sqlite` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={_BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


@contextmanager
def busy_timeout(connection: sa.Connection, seconds: float) -> Iterator[None]:
    """Wait at most this long for a locked SQLite database during the block; other databases keep their settings."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout={round(1000 * seconds)}")
    try:
        yield
    finally:
        # The pool hands the same connection to others.
        connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")


def stored_version(engine: sa.Engine) -> str | None:
    """Return the schema version of the database, or None if it is empty."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def migrate(engine: sa.Engine, settings: Settings) -> None:
    """Migrate the schema to `SCHEMA_VERSION`; safe if several processes start at once.

    Raises
    ------
    StorageError
        The database was written by a newer EmbedLab, or another process takes too long to migrate it.
    """
    if stored_version(engine) == SCHEMA_VERSION:
        return
    try:
        with FileLock(settings.home / "locks" / "migration.lock", timeout=_MIGRATION_PATIENCE_S):
            _upgrade(engine)
    except Timeout as error:
        raise StorageError("Another process is migrating the catalog.", remedy="Try again in a moment.") from error


def _upgrade(engine: sa.Engine) -> None:
    # Alembic is slow to import and needed only here.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    present = stored_version(engine)
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise StorageError(
            "This workspace was written by a newer EmbedLab.",
            received=f"schema {present}",
            remedy="Update EmbedLab, or set EMBEDLAB_HOME to another folder.",
        )
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

"""Opening the catalogue's database and bringing its schema up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock

from embedlab.errors import StorageError
from embedlab.settings import Settings

#: The newest migration in `migrations/versions`.
SCHEMA_VERSION = "0001"
_MIGRATIONS = Path(__file__).parent / "migrations"


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def open_engine(url: str) -> sa.Engine:
    """Open a database; SQLite gets write-ahead logging, foreign keys and patience with other writers."""
    engine = sa.create_engine(url, json_serializer=_dumps, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _prepare(connection: Any, record: Any) -> None:
            del record
            cursor = connection.cursor()
            cursor.execute("PRAGMA busy_timeout=15000")
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()

    return engine


def stored_version(engine: sa.Engine) -> str | None:
    """Return the schema version stored in the database, or None in an empty one."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def migrate(engine: sa.Engine, settings: Settings) -> None:
    """Bring the schema to `SCHEMA_VERSION`; safe when several processes start at once.

    Raises
    ------
    StorageError
        The database was written by a newer EmbedLab.
    """
    if stored_version(engine) == SCHEMA_VERSION:
        return
    # Alembic takes a while to import and is needed only here.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with FileLock(settings.home / "locks" / "migration.lock"):
        present = stored_version(engine)
        known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
        if present is not None and present not in known:
            raise StorageError(
                "This workspace was written by a newer EmbedLab.",
                received=f"schema {present}",
                remedy="Update EmbedLab, or choose another folder by EMBEDLAB_HOME.",
            )
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

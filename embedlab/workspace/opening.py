"""Opening a workspace: creates its folders, migrates its database, and checks that they belong together."""

from __future__ import annotations

import sqlalchemy as sa

from embedlab.core.errors import StorageError
from embedlab.core.settings import Settings
from embedlab.workspace import database, identity, reserve
from embedlab.workspace.database_errors import CatalogError, Failure
from embedlab.workspace.layout import Layout


def open_catalog(settings: Settings, *, adopt: bool = False) -> sa.Engine:
    """Create the missing folders of a workspace, and open its database.

    Parameters
    ----------
    adopt
        See `embedlab.workspace.identity.settle`.

    Raises
    ------
    StorageError
        The folder cannot be written, the database cannot be opened or is newer than this program, or the folder and
        the database do not belong together.
    """
    layout = Layout(settings.home)
    try:
        for room in (*layout.rooms, layout.locks):
            room.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            "The workspace folder cannot be created.",
            received=str(settings.home),
            remedy="Set EMBEDLAB_HOME to a folder with write permission.",
        ) from error
    return reserve.with_room(layout, lambda: _open(settings, layout, adopt))


def _open(settings: Settings, layout: Layout, adopt: bool) -> sa.Engine:
    url = database.catalog_url(settings)
    engine: sa.Engine | None = None
    try:
        engine = database.open_engine(url)
        database.migrate(engine, settings)
        identity.settle(engine, layout, adopt=adopt)
    except (sa.exc.SQLAlchemyError, OSError, ImportError) as error:
        _close(engine)
        raise _cannot_open(url, error) from error
    except BaseException:
        _close(engine)
        raise
    return engine


def _close(engine: sa.Engine | None) -> None:
    if engine is not None:
        engine.dispose()


def _cannot_open(url: sa.URL, error: Exception) -> CatalogError:
    failure = Failure.OTHER
    remedy = "Check EMBEDLAB_HOME and EMBEDLAB_DATABASE_URL, or restore the workspace from a backup."
    if isinstance(error, CatalogError):
        failure, remedy = error.failure, f"{error.what} {error.remedy}"
    elif isinstance(error, ImportError):
        remedy = "Install the database's driver: `pip install psycopg[binary]`."
    return CatalogError(
        "The catalog's database cannot be opened.",
        received=url.render_as_string(hide_password=True),
        remedy=remedy,
        failure=failure,
    )

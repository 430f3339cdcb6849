"""Identity of a workspace: its folder and its catalog store the same random id.

Without it, a lost or replaced catalog would make all artifacts in the folder look orphaned. A workspace whose ids
differ is not opened, and nothing in its folder is changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from filelock import FileLock, Timeout

from embedlab.core.errors import StorageError
from embedlab.core.files import read_json, write_json
from embedlab.workspace.catalog import is_id, new_id
from embedlab.workspace.layout import Layout
from embedlab.workspace.tables import (
    EpochNow,
    datasets,
    embeddings,
    jobs,
    projections,
    runs,
    uploads,
    workspace_identity,
)

#: Tables whose rows belong to the artifacts in the folder of the same name.
ARTIFACT_TABLES = (datasets, runs, embeddings, projections, jobs, uploads)
#: Tables whose rows always have a folder.
_WITH_FOLDER = (datasets, embeddings, projections)
_PATIENCE_S = 60.0
_SLOT = 1


@dataclass(frozen=True)
class Ids:
    """The ids stored in the folder and in the catalog; None if there is none yet."""

    folder: str | None
    catalog: str | None

    @property
    def match(self) -> bool:
        """Whether both exist and are equal."""
        return self.folder is not None and self.folder == self.catalog


def stored_ids(engine: sa.Engine, layout: Layout) -> Ids:
    """Read both ids; raises `StorageError` if the folder's file is damaged."""
    with engine.connect() as connection:
        catalog_id: str | None = connection.execute(sa.select(workspace_identity.c.workspace_id)).scalar_one_or_none()
    return Ids(_id_of_folder(layout), catalog_id)


def require_match(engine: sa.Engine, layout: Layout) -> str:
    """Return the id of the workspace; raises `StorageError` if folder and catalog do not belong together."""
    ids = stored_ids(engine, layout)
    if ids.folder is None or not ids.match:
        raise _mismatch(ids, _artifacts(layout))
    return ids.folder


def settle(engine: sa.Engine, layout: Layout, *, adopt: bool = False) -> str:
    """Return the id of the workspace; assign one if it has none yet. Safe if several processes open it at once.

    A new folder with a new catalog gets a new id, and so does a workspace of an early version without ids, if its
    folder is empty or the catalog knows at least some of its artifacts.

    Parameters
    ----------
    adopt
        Assign a new id to folder and catalog although they do not match.

    Raises
    ------
    StorageError
        Folder and catalog do not belong together.
    """
    ids = stored_ids(engine, layout)
    if ids.folder is not None and ids.match:
        return ids.folder
    try:
        with FileLock(layout.locks / "identity.lock", timeout=_PATIENCE_S):
            # Another process may have assigned one meanwhile.
            ids = stored_ids(engine, layout)
            if ids.folder is not None and ids.match:
                return ids.folder
            return _assign_new_id(engine, layout) if adopt else _complete_ids(engine, layout, ids)
    except Timeout as error:
        raise StorageError("Another process is opening the workspace.", remedy="Try again in a moment.") from error


def unknown_artifacts(engine: sa.Engine, layout: Layout) -> list[tuple[str, str]]:
    """Return `(room, id)` of all artifacts in the folder that have no row."""
    present = _artifacts(layout)
    return sorted(present - _known(engine))


def _complete_ids(engine: sa.Engine, layout: Layout, ids: Ids) -> str:
    """Complete missing ids if folder and catalog evidently belong together."""
    present = _artifacts(layout)
    if ids.folder is not None:
        raise _mismatch(ids, present)
    if present and not present & _known(engine):
        raise _mismatch(ids, present)
    if ids.catalog is None:
        workspace_id = _write_to_catalog(engine, new_id())
    elif present or not _has_folders(engine):
        # The file was deleted, or the first opening was interrupted between the two writes.
        workspace_id = ids.catalog
    else:
        raise StorageError(
            "The workspace folder is empty, but the catalog knows datasets or embeddings.",
            received=f"folder id none, catalog id {ids.catalog}",
            remedy="Check that the disk is mounted and that EMBEDLAB_HOME is the right folder. If the files are "
            "lost, start a new workspace with an empty catalog and restore a backup.",
        )
    write_json(layout.identity_file, {"workspace_id": workspace_id})
    return workspace_id


def _assign_new_id(engine: sa.Engine, layout: Layout) -> str:
    workspace_id = new_id()
    with engine.begin() as connection:
        connection.execute(sa.delete(workspace_identity))
    workspace_id = _write_to_catalog(engine, workspace_id)
    write_json(layout.identity_file, {"workspace_id": workspace_id})
    return workspace_id


def _write_to_catalog(engine: sa.Engine, workspace_id: str) -> str:
    """Write the id; return the stored one, which may come from a process on another machine."""
    row = {"slot": _SLOT, "workspace_id": workspace_id, "created_at": EpochNow()}
    try:
        with engine.begin() as connection:
            connection.execute(sa.insert(workspace_identity).values(**row))
    except sa.exc.IntegrityError:
        with engine.connect() as connection:
            return str(connection.execute(sa.select(workspace_identity.c.workspace_id)).scalar_one())
    if engine.dialect.name == "sqlite":
        # The row must be on disk before the file: otherwise a power failure could leave a file without a row.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(FULL)")
    return workspace_id


def _id_of_folder(layout: Layout) -> str | None:
    path = layout.identity_file
    if not path.exists():
        return None
    try:
        stored = read_json(path)
    except StorageError:
        stored = None
    workspace_id = stored.get("workspace_id") if isinstance(stored, dict) else None
    if not isinstance(workspace_id, str) or not is_id(workspace_id):
        raise StorageError(
            "The file with the id of the workspace is damaged.",
            received=path.name,
            remedy="Delete this file. EmbedLab writes it again if the catalog knows the content of the folder.",
        )
    return workspace_id


def _artifacts(layout: Layout) -> set[tuple[str, str]]:
    """Return `(room, id)` of all artifacts in the folder."""
    rooms = [room for room in layout.rooms if room.is_dir()]
    return {(room.name, path.name) for room in rooms for path in room.iterdir() if is_id(path.name)}


def _known(engine: sa.Engine) -> set[tuple[str, str]]:
    with engine.connect() as connection:
        return {
            (table.name, row_id)
            for table in ARTIFACT_TABLES
            for row_id in connection.execute(sa.select(table.c.id)).scalars()
        }


def _has_folders(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return any(connection.execute(sa.select(table.c.id).limit(1)).first() for table in _WITH_FOLDER)


def _mismatch(ids: Ids, present: set[tuple[str, str]]) -> StorageError:
    n_items = f"{len(present):,} item{'' if len(present) == 1 else 's'}"
    return StorageError(
        "The workspace folder and its catalog do not belong together. Nothing was changed.",
        received=f"folder id {ids.folder or 'none'} ({n_items}), catalog id {ids.catalog or 'none'}",
        remedy="Restore the catalog's database from a backup, or set EMBEDLAB_DATABASE_URL and EMBEDLAB_HOME back. "
        "To start a new workspace, set EMBEDLAB_HOME to an empty folder. To use this folder with this catalog "
        "anyway, run: python -m embedlab adopt",
    )

"""Housekeeping: disk usage, and moving orphaned files to the trash."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from embedlab.core.files import PARTIAL_SUFFIX, folder_size_bytes
from embedlab.workspace import identity, trash
from embedlab.workspace.catalog import Catalog
from embedlab.workspace.layout import Layout
from embedlab.workspace.rows import ACTIVE
from embedlab.workspace.sizes import Sizes
from embedlab.workspace.tables import EpochNow, datasets, embeddings, jobs, projections, runs, uploads
from embedlab.workspace.uploads import UPLOAD_LIFETIME_S

#: In a request, the main file is `upload_id`, and additional files are `<name>_upload_id`.
_UPLOAD = "upload_id"


def sweep(engine: sa.Engine, layout: Layout, older_than_s: float) -> None:
    """Delete abandoned uploads of all owners, and move files without a row in the catalog to the trash.

    Unknown files are not deleted here: they stay in the trash for `trash.TRASH_LIFETIME_S`, and are moved back if the
    catalog has their row again. Only partial files and folders, which have a temporary name, are deleted at once.

    Parameters
    ----------
    engine, layout
        The workspace.
    older_than_s
        Newer files and folders without a row are kept, because they may still be being written.

    Raises
    ------
    StorageError
        The folder and the catalog do not belong together; then nothing is changed.
    """
    identity.require_match(engine, layout)
    with engine.connect() as connection:
        now = float(connection.execute(sa.select(EpochNow())).scalar_one())
        old = sa.select(uploads.c.id).where(uploads.c.created_at < now - UPLOAD_LIFETIME_S)
        abandoned = set(connection.execute(old).scalars()) - _pending_uploads(connection)
    with engine.begin() as connection:
        connection.execute(sa.delete(uploads).where(uploads.c.id.in_(abandoned)))
    for upload_id in abandoned:
        layout.upload(upload_id).unlink(missing_ok=True)
    # List the files before reading the rows, so that a new file has its row by then.
    present = [path for room in layout.rooms for path in room.iterdir()]
    with engine.connect() as connection:
        known = {
            table.name: set(connection.execute(sa.select(table.c.id)).scalars()) for table in identity.ARTIFACT_TABLES
        }
    trash.restore_known(layout, known)
    unknown = [path for path in present if path.name not in known[path.parent.name]]
    for path in (*unknown, *layout.home.glob(f".*{PARTIAL_SUFFIX}")):
        if _last_changed(path) >= now - older_than_s:
            continue
        if path.name.endswith(PARTIAL_SUFFIX):
            trash.remove(path)
        else:
            trash.move_to_trash(layout, path, now)
    trash.empty_trash(layout, now - trash.TRASH_LIFETIME_S)


@dataclass(frozen=True)
class Usage:
    """The disk usage of a workspace.

    Parameters
    ----------
    rows
        `(room, id, name, size_bytes)` of all files of the owner, largest first.
    trash
        The content of the trash.
    total_bytes
        Size of the whole folder, including other owners, the catalog and prepared exports.
    """

    rows: list[tuple[str, str, str, int]]
    trash: trash.Trash
    total_bytes: int


def usage(catalog: Catalog, layout: Layout, sizes: Sizes) -> Usage:
    """Measure the disk usage; reads only names from the catalog."""
    names = _names(catalog)
    active = set(_ids(catalog, jobs, jobs.c.status.in_(ACTIVE)))
    rooms = {room.name: sizes.of_room(room, active) for room in layout.rooms}
    rows = [(room, row_id, name, rooms[room].get(row_id, 0)) for (room, row_id), name in names.items()]
    rows = sorted((row for row in rows if row[3] > 0), key=lambda row: -row[3])
    in_trash = sizes.of_room(layout.trash)
    other_bytes = sum(
        _size_bytes(path) for path in layout.home.iterdir() if path != layout.trash and path not in layout.rooms
    )
    total_bytes = sum(sum(room.values()) for room in rooms.values()) + sum(in_trash.values()) + other_bytes
    return Usage(rows, trash.trash_content(layout, in_trash), total_bytes)


def _names(catalog: Catalog) -> dict[tuple[str, str], str]:
    """Return the names of all artifacts of the owner, by room and id."""
    columns = {
        datasets: datasets.c.name,
        runs: runs.c.name,
        embeddings: embeddings.c.title,
        jobs: jobs.c.title,
        uploads: uploads.c.name,
    }
    names: dict[tuple[str, str], str] = {}
    with catalog.engine.connect() as connection:
        for table, name in columns.items():
            query = sa.select(table.c.id, name).where(table.c.owner == catalog.owner)
            names |= {(table.name, row[0]): row[1] for row in connection.execute(query)}
        titles = {row_id: name for (room, row_id), name in names.items() if room == embeddings.name}
        maps = sa.select(projections.c.id, projections.c.method, projections.c.embedding_id)
        for row_id, method, of in connection.execute(maps.where(projections.c.owner == catalog.owner)):
            names[projections.name, row_id] = f"{method} of {titles.get(of, of)}"
    return names


def _ids(catalog: Catalog, table: sa.Table, condition: sa.ColumnElement[bool]) -> list[str]:
    with catalog.engine.connect() as connection:
        return list(connection.execute(sa.select(table.c.id).where(condition)).scalars())


def _pending_uploads(connection: sa.Connection) -> set[str]:
    active = sa.select(jobs.c.request).where(jobs.c.status.in_(["queued", "running"]))
    requests = connection.execute(active).scalars()
    return {value for request in requests for name, value in request.items() if name.endswith(_UPLOAD) and value}


def _last_changed(path: Path) -> float:
    """Return when a file, or anything in a folder, was last written; infinity if it does not exist."""
    try:
        return max(path.stat().st_mtime, *(each.stat().st_mtime for each in (path, *path.rglob("*"))))
    except FileNotFoundError:
        return float("inf")


def _size_bytes(path: Path) -> int:
    try:
        return folder_size_bytes(path) if path.is_dir() else path.stat().st_size
    except FileNotFoundError:
        return 0

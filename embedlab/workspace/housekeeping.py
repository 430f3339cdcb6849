"""Keeping house: what takes how much space, and setting aside what nobody claims any more."""

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

#: A request names the file itself `upload_id`, and what came beside it `<name>_upload_id`.
_UPLOAD = "upload_id"


def sweep(engine: sa.Engine, layout: Layout, older_than_s: float) -> None:
    """Remove abandoned uploads of all owners, and move to the trash what has no row in the catalog.

    Nothing unknown is deleted here: it stays in the trash for `trash.TRASH_LIFETIME_S`, and goes back to its place when
    the catalog knows it again. Only half-written files and folders, which have a temporary name, are deleted at once.

    Parameters
    ----------
    engine, layout
        The workspace.
    older_than_s
        Files and folders without a row are spared for so long: their writer may still be at work.

    Raises
    ------
    StorageError
        The folder and the catalog do not belong together: then nothing is touched.
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
    # Listed before the rows are read: what a row names by then was not forgotten.
    present = [path for room in layout.rooms for path in room.iterdir()]
    with engine.connect() as connection:
        known = {
            table.name: set(connection.execute(sa.select(table.c.id)).scalars()) for table in identity.ARTIFACT_TABLES
        }
    trash.put_back_known(layout, known)
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
    """What takes how much space in a workspace.

    Parameters
    ----------
    rows
        `(room, id, name, size_bytes)` of everything of the owner that takes space, largest first.
    trash
        What is in the trash.
    total_bytes
        Of the whole folder: also what belongs to other owners, the catalog and prepared exports.
    """

    rows: list[tuple[str, str, str, int]]
    trash: trash.Trash
    total_bytes: int


def usage(catalog: Catalog, layout: Layout, sizes: Sizes) -> Usage:
    """Measure what takes how much space; of the catalog only names are read."""
    names = _names(catalog)
    active = set(_ids(catalog, jobs, jobs.c.status.in_(ACTIVE)))
    rooms = {room.name: sizes.of_room(room, active) for room in layout.rooms}
    rows = [(room, row_id, name, rooms[room].get(row_id, 0)) for (room, row_id), name in names.items()]
    rows = sorted((row for row in rows if row[3] > 0), key=lambda row: -row[3])
    in_trash = sizes.of_room(layout.trash)
    elsewhere = sum(
        _size_bytes(path) for path in layout.home.iterdir() if path != layout.trash and path not in layout.rooms
    )
    total_bytes = sum(sum(room.values()) for room in rooms.values()) + sum(in_trash.values()) + elsewhere
    return Usage(rows, trash.look_into_trash(layout, in_trash), total_bytes)


def _names(catalog: Catalog) -> dict[tuple[str, str], str]:
    """Return the names of everything of the owner by room and id."""
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
    """Return when a file, or anything in a folder, was last written; infinity when it is gone."""
    try:
        return max(path.stat().st_mtime, *(each.stat().st_mtime for each in (path, *path.rglob("*"))))
    except FileNotFoundError:
        return float("inf")


def _size_bytes(path: Path) -> int:
    try:
        return folder_size_bytes(path) if path.is_dir() else path.stat().st_size
    except FileNotFoundError:
        return 0

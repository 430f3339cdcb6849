"""Backup and restore of all data of an owner in one zip: the folders as they are, and `catalogue.json` with all rows.

The rows are plain JSON, so a backup from SQLite can be restored into PostgreSQL and vice versa. A restored backup is
untrusted: `backup_rows` and `backup_files` validate rows and files, and unknown ones are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from embedlab.core.errors import ConflictError, EmbedLabError, InputError, NotFoundError, StorageError, TooLargeError
from embedlab.core.files import PARTIAL_SUFFIX, atomic_file, check_output, storage_errors
from embedlab.core.graph_file import GRAPH_PREFIX
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.workspace.backup_files import foreign, is_harmless_network, target_of
from embedlab.workspace.backup_rows import SCHEMAS, TABLES, RequestClasses, checked_rows
from embedlab.workspace.catalog import new_id
from embedlab.workspace.database import SCHEMA_VERSION
from embedlab.workspace.identity import require_match
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import jobs, runs, yardsticks
from embedlab.workspace.workspace import Workspace

CATALOG_FILE = "catalogue.json"
_FORMAT = "embedlab-backup-1"
#: Tables whose rows may have no files.
_WITHOUT_FILES = (jobs, runs, yardsticks)
_PARENTS = {
    "runs": (("id", "jobs"), ("dataset_id", "datasets")),
    "embeddings": (("run_id", "runs"), ("dataset_id", "datasets")),
    "projections": (("embedding_id", "embeddings"),),
    "yardsticks": (("dataset_id", "datasets"),),
}
_LARGEST_CATALOG_BYTES = 256 << 20
_CHUNK_BYTES = 1 << 20
#: Files that are useful only while a worker is alive, and caches that are recomputed if missing.
_TEMPORARY = {"scratch", "worker.lock", "made.jsonl", "document_signatures.npy", "neighbors.npz", "distortion.npz"}
_STOPPED = {
    "type": "InterruptedError",
    "what": "The backup was made before this was finished.",
    "remedy": "Resume or restart it.",
}

_Tables = dict[str, list[dict[str, Any]]]


def write_backup(workspace: Workspace, out: Path) -> Path:
    """Write all data of the workspace's owner to one zip; return `out`.

    Data that is deleted during the backup is excluded with its rows; running jobs are saved as interrupted.

    Raises
    ------
    InputError
        `out` is a folder, a link or a device.
    StorageError
        The disk is full or the folder cannot be written.
    """
    check_output(out)
    rows = _read_rows(workspace)
    with atomic_file(out) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        saved_ids: dict[str, set[str]] = {}
        for table in TABLES:
            rows[table.name] = [
                row
                for row in rows[table.name]
                if _has_parents(table, row, saved_ids) and _add_files(archive, workspace, table, row)
            ]
            saved_ids[table.name] = {row["id"] for row in rows[table.name]}
        about = {
            "format": _FORMAT,
            "schema": SCHEMA_VERSION,
            # The id of its origin; a workspace that restores it keeps its own id.
            "workspace_id": require_match(workspace.catalog.engine, workspace.layout),
            "created_at": time.time(),
            "tables": rows,
        }
        archive.writestr(CATALOG_FILE, json.dumps(about, allow_nan=False))
    return out


def _read_rows(workspace: Workspace) -> _Tables:
    """Return all rows of the owner, as one consistent snapshot of the database."""
    owner = workspace.catalog.owner
    rows: _Tables = {}
    with workspace.catalog.engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
        for table in TABLES:
            query = sa.select(table).where(table.c.owner == owner).order_by(table.c.created_at, table.c.id)
            rows[table.name] = [_portable(table, dict(row)) for row in connection.execute(query).mappings()]
    return rows


def _portable(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    del row["owner"]
    if table is jobs:
        row |= {"token": None, "worker": None, "heartbeat_at": None, "cancel_requested_at": None}
        if Status(row["status"]).is_active:
            row |= {
                "status": Status.INTERRUPTED.value,
                "error": {**_STOPPED, "received": row["status"]},
                "finished_at": row["started_at"],
            }
    return row


def _add_files(archive: zipfile.ZipFile, workspace: Workspace, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Add the files of a row; False if a row that needs files no longer has any."""
    path = workspace.layout.home / table.name / str(row["id"])
    if path.is_file():
        archive.write(path, f"{table.name}/{path.name}")
        return True
    for file in _files_below(path):
        inside = file.relative_to(path)
        if (
            inside.parts[0] in _TEMPORARY
            or inside.name.startswith(GRAPH_PREFIX)
            or PARTIAL_SUFFIX in file.as_posix()
            or not file.is_file()
        ):
            continue
        # A running job may replace its checkpoints and snapshots at any moment.
        with suppress(FileNotFoundError):
            archive.write(file, f"{table.name}/{path.name}/{inside.as_posix()}")
    return path.is_dir() or table in _WITHOUT_FILES


def _files_below(folder: Path) -> list[Path]:
    """Return all files below a folder in order, without those in folders that disappear meanwhile."""
    # `Path.rglob` fails if a folder is removed after it was found.
    return sorted(Path(inside) / name for inside, _, names in os.walk(folder) for name in names)


def _is_temporary(inside: Path) -> bool:
    return inside.parts[0] in _TEMPORARY or inside.name.startswith(GRAPH_PREFIX)


def _has_parents(table: sa.Table, row: Mapping[str, Any], saved_ids: Mapping[str, set[str]]) -> bool:
    """Return whether all rows that a row refers to are in the backup."""
    parents = _PARENTS.get(table.name, ())
    return all(row[column] is None or row[column] in saved_ids[parent] for column, parent in parents)


def restore_backup(
    workspace: Workspace,
    path: Path,
    requests: RequestClasses,
    run_files: Collection[str],
    report: ReportProgress = ignore_progress,
) -> dict[str, int]:
    """Restore a backup into a workspace in which the owner has no data; all or nothing.

    Backups of earlier versions are upgraded to the current schema. Files with unknown names are skipped, and so are
    scripts, which `embedlab.jobs.restoring` generates again. `requests`, the known kinds of jobs, validates the jobs.
    `run_files` are the names of the files that models write to the folders of their runs. `report` is called with the
    progress, at least after each file.

    Returns
    -------
    Number of restored rows of each table.

    Raises
    ------
    ConflictError
        The owner already has data, or the data of the backup already exists for another owner.
    InputError
        The file is not a backup, is damaged, is from a newer version, or has invalid rows or files.
    TooLargeError
        The disk has not enough space.
    """
    _refuse_full(workspace)
    staging = workspace.settings.home / f".restore-{new_id()}{PARTIAL_SUFFIX}"
    try:
        with zipfile.ZipFile(path) as archive:
            tables = _read_catalog(archive, requests)
            _refuse_existing(workspace, tables)
            with storage_errors(staging):
                staging.mkdir()
                _unpack(archive, tables, staging, run_files, report)
        _put_in_place(workspace, tables, staging)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NotFoundError("There is no such file.", received=path.name, remedy="Check its path.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(
            "The file is not a backup, or is damaged.", received=path.name, remedy="Try another copy of it."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return {name: len(rows) for name, rows in tables.items()}


def _refuse_full(workspace: Workspace) -> None:
    with workspace.catalog.engine.connect() as connection:
        for table in TABLES:
            query = sa.select(table.c.id).where(table.c.owner == workspace.catalog.owner).limit(1)
            if connection.execute(query).first() is not None:
                raise ConflictError(
                    "A backup can be restored only into an empty workspace.",
                    received=f"{table.name} already exist",
                    remedy="Set EMBEDLAB_HOME to a new folder, and restore there.",
                )


def _read_catalog(archive: zipfile.ZipFile, requests: RequestClasses) -> _Tables:
    """Return the rows of a backup, checked as far as the database does not do it."""
    not_ours = InputError("The file is not an EmbedLab backup.", remedy="Choose a zip file written by embedlab backup.")
    try:
        member = archive.getinfo(CATALOG_FILE)
    except KeyError:
        raise not_ours from None
    if member.file_size > _LARGEST_CATALOG_BYTES:
        raise TooLargeError("The backup's catalog is too large.", received=f"{member.file_size:,} bytes")
    try:
        about = json.loads(archive.read(member))
        if about["format"] != _FORMAT or about["schema"] not in SCHEMAS:
            raise InputError(
                "The backup is from a newer version of EmbedLab.",
                received=f"{about['format']}, schema {about['schema']}; this is {_FORMAT}, schema {SCHEMA_VERSION}",
                remedy="Update EmbedLab, then restore it.",
            )
        return checked_rows(about, requests)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise not_ours from error


def _refuse_existing(workspace: Workspace, tables: _Tables) -> None:
    for name, rows in tables.items():
        if any((workspace.layout.home / name / row["id"]).exists() for row in rows):
            raise ConflictError(
                "The data of the backup already exists in this workspace, for another owner.",
                remedy="Set EMBEDLAB_HOME to a new folder, and restore there.",
            )


def _unpack(
    archive: zipfile.ZipFile, tables: _Tables, staging: Path, run_files: Collection[str], report: ReportProgress
) -> None:
    known = {(name, str(row["id"])) for name, rows in tables.items() if name != yardsticks.name for row in rows}
    members = [member for member in archive.infolist() if member.filename != CATALOG_FILE and not member.is_dir()]
    size_bytes = sum(member.file_size for member in members)
    free_bytes = shutil.disk_usage(staging).free
    if size_bytes > free_bytes:
        raise TooLargeError(
            "The disk does not have enough space for the backup.",
            received=f"{size_bytes / 1e6:,.0f} MB, {free_bytes / 1e6:,.0f} MB free",
            remedy="Free space, and try again.",
        )
    n_done = 0
    for member in members:
        report(n_done / max(1, size_bytes), "restoring files")
        n_done += member.file_size
        parts = target_of(member.filename, known, run_files)
        if parts is None:
            continue
        target = staging.joinpath(*parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("xb") as stream:
                shutil.copyfileobj(source, stream, _CHUNK_BYTES)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise foreign(member.filename) from error
        if target.suffix == ".keras" and not is_harmless_network(target):
            target.unlink()


def _put_in_place(workspace: Workspace, tables: _Tables, staging: Path) -> None:
    moved: list[Path] = []
    try:
        with storage_errors(staging):
            for source in _artifacts(staging):
                target = workspace.layout.home / source.relative_to(staging)
                source.rename(target)
                moved.append(target)
        with workspace.transaction() as connection:
            for table in TABLES:
                for row in tables[table.name]:
                    workspace.catalog.insert(connection, table, row)
    except (EmbedLabError, sa.exc.SQLAlchemyError, TypeError, ValueError, OSError) as error:
        for target in moved:
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        if isinstance(error, (EmbedLabError, OSError)):
            raise
        raise StorageError("The backup's rows cannot be written.", remedy="Try another copy of it.") from error


def _artifacts(staging: Path) -> Iterator[Path]:
    for room in sorted(staging.iterdir()):
        yield from sorted(room.iterdir())

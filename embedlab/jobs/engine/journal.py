"""A journal of the files a job is about to create in the workspace, so that they can be removed if the job fails.

Files and rows cannot be written in one transaction: a worker may be killed between moving a folder to its place and
committing its row, which would leave an orphaned folder. Each job therefore has a journal in its own folder. After the
job has ended, all files in the journal that are not in the catalog are removed.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from embedlab.core.files import partial_names, storage_errors, sync_folder
from embedlab.workspace.catalog import is_id
from embedlab.workspace.layout import Layout
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import datasets, embeddings, jobs, projections, uploads
from embedlab.workspace.workspace import Workspace

JOURNAL_FILE = "made.jsonl"
#: The table of each folder; a run has a row as soon as it is queued, and counts as known once its job has succeeded.
_TABLES = {"datasets": datasets, "embeddings": embeddings, "projections": projections, "uploads": uploads}
_RUNS = "runs"
logger = logging.getLogger(__name__)


def add_to_journal(job_folder: Path, path: Path) -> None:
    """Add a file or folder of the workspace to a job's journal; synced to disk when this returns.

    Raises
    ------
    StorageError
        The journal cannot be written; then the file must not be created.
    """
    journal = job_folder / JOURNAL_FILE
    is_new = not journal.exists()
    with storage_errors(journal):
        with journal.open("ab") as stream:
            # Starts a new line, in case a kill truncated the previous one.
            stream.write(b"\n" + json.dumps({"room": path.parent.name, "id": path.name}).encode())
            stream.flush()
            os.fsync(stream.fileno())
        if is_new:
            sync_folder(job_folder)


def journal_entries(job_folder: Path) -> list[tuple[str, str]]:
    """Return the `(room, id)` entries of a job's journal; truncated lines are ignored."""
    try:
        lines = (job_folder / JOURNAL_FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    entries = []
    for line in lines:
        with suppress(ValueError, TypeError, KeyError):
            entry = json.loads(line)
            room, row_id = entry["room"], entry["id"]
            if isinstance(row_id, str) and is_id(row_id) and (room in _TABLES or room == _RUNS):
                entries.append((room, row_id))
    return entries


def settle(workspace: Workspace, job_id: str) -> bool:
    """Remove a job's files that are not in the catalog, and close its journal.

    Call it only when the job can no longer write: from its worker after the work has stopped, or while holding the
    job's lock (see `embedlab.jobs.engine.locks.without_worker`). May be repeated.

    Returns
    -------
    Whether all are removed; files that cannot be removed now stay in the journal.
    """
    folder = workspace.layout.job(job_id)
    # A run's folder has the job's own id, so it needs no entry; entries for other runs are ignored.
    entries = {(room, row_id) for room, row_id in journal_entries(folder) if room != _RUNS} | {(_RUNS, job_id)}
    unknown = entries - _known(workspace, entries)
    remaining = [path for path in (_path(workspace.layout, *entry) for entry in sorted(unknown)) if not _remove(path)]
    if remaining:
        logger.warning("could not be removed: %s", ", ".join(f"{path.parent.name}/{path.name}" for path in remaining))
        return False
    with suppress(OSError):
        (folder / JOURNAL_FILE).unlink(missing_ok=True)
    return True


def is_open(job_folder: Path) -> bool:
    """Return whether a job has an open journal."""
    return (job_folder / JOURNAL_FILE).exists()


def _known(workspace: Workspace, entries: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the entries that are in the catalog, of any owner."""
    by_room: defaultdict[str, list[str]] = defaultdict(list)
    for room, row_id in entries:
        by_room[room].append(row_id)
    known = set()
    with workspace.catalog.engine.connect() as connection:
        for room, ids in by_room.items():
            if room == _RUNS:
                query = sa.select(jobs.c.id).where(jobs.c.id.in_(ids), jobs.c.status == Status.SUCCEEDED)
            else:
                query = sa.select(_TABLES[room].c.id).where(_TABLES[room].c.id.in_(ids))
            known |= {(room, row_id) for row_id in connection.execute(query).scalars()}
    return known


def _path(layout: Layout, room: str, row_id: str) -> Path:
    return layout.home / room / row_id


def _remove(path: Path) -> bool:
    """Remove a file or folder and its partial files; return whether nothing remains."""
    for each in (path, *partial_names(path)):
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
        else:
            with suppress(OSError):
                each.unlink(missing_ok=True)
    return not path.exists() and not partial_names(path)

"""What a job is about to put into the workspace, written down before, so that whoever comes after it can take it back.

Files and rows cannot be written in one transaction: between the move of a folder to its place and the commit of its row
a worker may be killed, and nobody would know the folder any more. Each job therefore keeps a journal in its own folder.
After the job has ended, however it ended, what the journal names and the catalog does not know is removed.
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
#: Where the rows of a room are; a run has its row from the moment it is queued, and is known once its job succeeded.
_TABLES = {"datasets": datasets, "embeddings": embeddings, "projections": projections, "uploads": uploads}
_RUNS = "runs"
logger = logging.getLogger(__name__)


def write_down(job_folder: Path, path: Path) -> None:
    """Add a file or folder of the workspace to a job's journal; it is on the disk when this returns.

    Raises
    ------
    StorageError
        The journal cannot be written; nothing may be put into the workspace then.
    """
    journal = job_folder / JOURNAL_FILE
    is_new = not journal.exists()
    with storage_errors(journal):
        with journal.open("ab") as stream:
            # After a line that was cut off by a kill, the next one must not be spoiled.
            stream.write(b"\n" + json.dumps({"room": path.parent.name, "id": path.name}).encode())
            stream.flush()
            os.fsync(stream.fileno())
        if is_new:
            sync_folder(job_folder)


def written_down(job_folder: Path) -> list[tuple[str, str]]:
    """Return `(room, id)` of all that a job's journal names; a line cut off by a kill names nothing yet."""
    try:
        lines = (job_folder / JOURNAL_FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        with suppress(ValueError, TypeError, KeyError):
            entry = json.loads(line)
            room, row_id = entry["room"], entry["id"]
            if isinstance(row_id, str) and is_id(row_id) and (room in _TABLES or room == _RUNS):
                found.append((room, row_id))
    return found


def settle(workspace: Workspace, job_id: str) -> bool:
    """Remove what a job has put into the workspace and the catalog does not know, and close its journal.

    To be called only when nothing of the job can still write: by its worker once the work has stopped, or by anybody
    who holds the job's lock (see `embedlab.jobs.engine.locks.without_worker`). May be repeated.

    Returns
    -------
    Whether nothing is left; what cannot be removed now stays in the journal.
    """
    folder = workspace.layout.job(job_id)
    # A run's folder bears the job's own id, so it needs no line; a journal speaks for no other run.
    named = {(room, row_id) for room, row_id in written_down(folder) if room != _RUNS} | {(_RUNS, job_id)}
    unknown = named - _known(workspace, named)
    left = [path for path in (_path(workspace.layout, *entry) for entry in sorted(unknown)) if not _remove(path)]
    if left:
        logger.warning("could not be removed: %s", ", ".join(f"{path.parent.name}/{path.name}" for path in left))
        return False
    with suppress(OSError):
        (folder / JOURNAL_FILE).unlink(missing_ok=True)
    return True


def is_open(job_folder: Path) -> bool:
    """Tell whether a job has a journal that nobody has closed."""
    return (job_folder / JOURNAL_FILE).exists()


def _known(workspace: Workspace, named: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those entries that the catalog knows, whoever owns them."""
    by_room: defaultdict[str, list[str]] = defaultdict(list)
    for room, row_id in named:
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
    """Remove a file or folder with what interrupted writes of it have left; tell whether nothing remains."""
    for each in (path, *partial_names(path)):
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
        else:
            with suppress(OSError):
                each.unlink(missing_ok=True)
    return not path.exists() and not partial_names(path)

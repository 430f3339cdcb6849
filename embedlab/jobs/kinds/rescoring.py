"""Adding scores to finished runs: in the catalog, which is authoritative, and in the runs' own folders."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from embedlab.core.errors import NotFoundError, StorageError
from embedlab.core.files import read_json, write_json
from embedlab.jobs.not_computed import with_newer
from embedlab.workspace.tables import runs
from embedlab.workspace.workspace import Workspace


def add_scores(
    connection: sa.Connection, run_id: str, scores: Mapping[str, Any], *, instead_of: Collection[str] = ()
) -> None:
    """Add scores to a run within a transaction; scores named in `instead_of` are replaced. Ignores deleted runs.

    Other transactions that add scores to the same run wait until this one ends, so that no score is lost. For several
    runs, add in ascending order of their ids: two transactions that lock in different orders would deadlock.
    """
    this = runs.c.id == run_id
    # Reading does not lock on SQLite, and an update after it would fail if another transaction was faster. An update
    # without a change locks the row on PostgreSQL, and the database on SQLite, before it is read.
    if connection.execute(sa.update(runs).where(this).values(scores=runs.c.scores)).rowcount == 0:
        return
    before = connection.execute(sa.select(runs.c.scores).where(this).with_for_update()).scalar_one()
    connection.execute(sa.update(runs).where(this).values(scores=with_newer(before, scores, instead_of)))


def update_folders(workspace: Workspace, run_ids: Iterable[str]) -> None:
    """Write the current scores of runs from the catalog to their folders; deleted folders are not recreated."""
    for run_id in run_ids:
        with suppress(NotFoundError, StorageError, FileNotFoundError):
            path = workspace.run_folder(run_id) / "run.json"
            about = read_json(path)
            if isinstance(about, dict):
                write_json(path, {**about, "scores": workspace.run(run_id).scores}, make_folder=False)

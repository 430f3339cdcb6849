"""Scores added to runs that ended before: in the catalog, which is the truth, and in the runs' own folders."""

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
    """Add scores to those of a run within a transaction; those named give way. A run that is gone is left alone.

    Others who add scores to the same run wait until the transaction is over, so that none of them is lost. Of several
    runs take those with lower ids first: two transactions that lock in different orders would wait for each other.
    """
    this = runs.c.id == run_id
    # Reading alone locks nothing on SQLite, and a change after it would fail there if somebody else was quicker; a
    # change that changes nothing takes the row on PostgreSQL, and the database on SQLite, before it is read.
    if connection.execute(sa.update(runs).where(this).values(scores=runs.c.scores)).rowcount == 0:
        return
    before = connection.execute(sa.select(runs.c.scores).where(this).with_for_update()).scalar_one()
    connection.execute(sa.update(runs).where(this).values(scores=with_newer(before, scores, instead_of)))


def tell_folders(workspace: Workspace, run_ids: Iterable[str]) -> None:
    """Write the scores of runs into their folders as well, as the catalog has them now.

    A folder that is gone does not come back.
    """
    for run_id in run_ids:
        with suppress(NotFoundError, StorageError, FileNotFoundError):
            path = workspace.run_folder(run_id) / "run.json"
            about = read_json(path)
            if isinstance(about, dict):
                write_json(path, {**about, "scores": workspace.run(run_id).scores}, make_folder=False)

"""Scores added to runs that ended before: in the catalogue, which is the truth, and in the runs' own folders."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from embedlab.errors import NotFoundError, StorageError
from embedlab.files import read_json, write_json
from embedlab.workspace.tables import runs
from embedlab.workspace.workspace import Workspace


def add_scores(
    connection: sa.Connection, run_id: str, scores: Mapping[str, Any], *, instead_of: Collection[str] = ()
) -> None:
    """Add scores to those of a run within a transaction; those named give way. A run that is gone is left alone."""
    before = connection.execute(sa.select(runs.c.scores).where(runs.c.id == run_id)).scalar_one_or_none()
    if before is None:
        return
    kept = {name: value for name, value in before.items() if name not in instead_of}
    connection.execute(sa.update(runs).where(runs.c.id == run_id).values(scores={**kept, **scores}))


def tell_folders(workspace: Workspace, run_ids: Iterable[str]) -> None:
    """Write the scores of runs into their folders as well, as the catalogue has them now."""
    for run_id in run_ids:
        with suppress(NotFoundError, StorageError):
            path = workspace.run_folder(run_id) / "run.json"
            write_json(path, {**read_json(path), "scores": workspace.run(run_id).scores})

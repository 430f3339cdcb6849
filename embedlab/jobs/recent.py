"""The newest runs, with the runs of a sweep and repeats with other seeds as one entry each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from embedlab.workspace.rows import RunRow
from embedlab.workspace.tables import jobs, runs
from embedlab.workspace.workspace import Workspace

#: Why runs are one entry; single: the entry is one run.
Reason = Literal["single", "sweep", "seeds"]
#: The newest runs that are grouped; a longer sweep is one entry anyway, but may hide older runs.
_MOST_GROUPED = 250


@dataclass(frozen=True)
class RecentRuns:
    """One entry: a run, or a group of runs that were started together.

    Parameters
    ----------
    run
        The run; of a sweep the newest, of repeats the run that was repeated.
    n_runs
        Number of runs among the newest.
    reason
        Why they are one entry.
    """

    run: RunRow
    n_runs: int
    reason: Reason


def recent_runs(workspace: Workspace, most: int) -> list[RecentRuns]:
    """Return the newest entries.

    Parameters
    ----------
    most
        Maximum number of entries.
    """
    query = (
        sa.select(
            runs.c.id,
            jobs.c.request["sweep"].as_string().label("sweep"),
            jobs.c.request["repeats"].as_string().label("repeats"),
        )
        .join(jobs, jobs.c.id == runs.c.id)
        .where(runs.c.owner == workspace.catalog.owner)
        .order_by(runs.c.created_at.desc(), runs.c.id)
        .limit(_MOST_GROUPED)
    )
    with workspace.catalog.engine.connect() as connection:
        newest = connection.execute(query).all()
    # A run and its repeats with other seeds have the id of the run as their key.
    key_of = {row.id: row.sweep or row.repeats or row.id for row in newest}
    groups: dict[str, list[str]] = {}
    for row in newest:
        groups.setdefault(key_of[row.id], []).append(row.id)
    sweeps = {row.sweep for row in newest if row.sweep}
    shown = list(groups.items())[:most]
    # The run that was repeated may be older than those that were read.
    ids = {key: key if key in key_of or key not in sweeps else members[0] for key, members in shown}
    rows = {row.id: row for row in workspace.catalog.runs(runs.c.id.in_({*ids.values(), *(m[0] for _, m in shown)}))}
    entries = []
    for key, members in shown:
        run = rows.get(ids[key]) or rows.get(members[0])
        if run is not None:
            n_runs = len({*members, run.id})
            reason: Reason = "sweep" if key in sweeps else "single" if n_runs == 1 else "seeds"
            entries.append(RecentRuns(run, n_runs, reason))
    return entries

"""Which waiting jobs start now: jobs of users first, and at most one background job at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedlab.workspace.rows import JobRow

#: Field of a request: no user waits for the job.
IN_BACKGROUND = "in_background"


@dataclass(frozen=True)
class Choice:
    """What a dispatcher does now.

    Parameters
    ----------
    start
        Jobs to start.
    preempt
        A running background job that gives its slot to a job of a user; it starts again later. None if there is none.
    """

    start: list[JobRow]
    preempt: JobRow | None = None


def is_background(row: JobRow) -> bool:
    """Return whether no user waits for a job, such as the map that follows a training."""
    return bool(row.request.get(IN_BACKGROUND))


def choose(waiting: Sequence[JobRow], at_work: Sequence[JobRow], n_free: int) -> Choice:
    """Choose the jobs to start.

    Parameters
    ----------
    waiting
        Queued jobs without a worker, oldest first.
    at_work
        Running jobs, and queued ones whose worker is starting.
    n_free
        Number of free slots that no starting worker will take; may be negative.
    """
    users = [row for row in waiting if not is_background(row)]
    background = [row for row in waiting if is_background(row)]
    occupied = [row for row in at_work if is_background(row)]
    n_free = max(0, n_free)
    start = users[:n_free]
    if len(users) < n_free and background and not occupied:
        start.append(background[0])
    # A starting worker has no lease to lose; it is preempted in a later round.
    running = [row for row in occupied if row.status.is_active and row.token is not None]
    preempt = running[-1] if len(users) > n_free and running else None
    return Choice(start, preempt)

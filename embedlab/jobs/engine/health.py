"""Health of the background jobs, for monitoring; reads only and changes no job."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import sqlalchemy as sa

from embedlab.jobs.engine.dispatcher import last_round_age_s
from embedlab.workspace.database import busy_timeout
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import EpochNow, jobs
from embedlab.workspace.workspace import Workspace

#: Seconds to wait for a locked database: a monitor gives up after a few.
_PATIENCE_S = 2.0


@dataclass(frozen=True)
class Health:
    """The state of a workspace's background jobs.

    Parameters
    ----------
    database_writable
        Whether a write transaction could be started and rolled back.
    free_bytes
        Free space on the disk of the workspace folder; None if unknown.
    dispatcher_round_age_s
        Seconds since this process last dispatched the queue without an error; None if it runs no dispatcher, or if
        no round has succeeded yet.
    heartbeat_ages_s
        Seconds since the worker of each running job last renewed its lease, by job id and the database's clock; empty
        if the database cannot be read.
    """

    database_writable: bool
    free_bytes: int | None
    dispatcher_round_age_s: float | None
    heartbeat_ages_s: dict[str, float]


def health(workspace: Workspace) -> Health:
    """Check the database, the disk, the dispatcher of this process, and the owner's running jobs; never raises."""
    try:
        free_bytes: int | None = shutil.disk_usage(workspace.settings.home).free
    except OSError:
        free_bytes = None
    return Health(
        _database_writable(workspace), free_bytes, last_round_age_s(workspace.settings.home), _heartbeats(workspace)
    )


def _database_writable(workspace: Workspace) -> bool:
    try:
        with workspace.catalog.engine.connect() as connection, busy_timeout(connection, _PATIENCE_S):
            # Takes the write lock and changes no row; leaving the block rolls back.
            connection.execute(sa.update(jobs).where(sa.false()).values(attempt=jobs.c.attempt))
    except sa.exc.SQLAlchemyError:
        return False
    return True


def _heartbeats(workspace: Workspace) -> dict[str, float]:
    running = sa.select(jobs.c.id, EpochNow() - jobs.c.heartbeat_at).where(
        jobs.c.owner == workspace.catalog.owner, jobs.c.status == Status.RUNNING, jobs.c.heartbeat_at.is_not(None)
    )
    try:
        with workspace.catalog.engine.connect() as connection:
            return {job_id: max(0.0, float(age_s)) for job_id, age_s in connection.execute(running)}
    except sa.exc.SQLAlchemyError:
        return {}

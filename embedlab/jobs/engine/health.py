"""Whether the background work can go on: what a monitor asks, answered without touching any job."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import sqlalchemy as sa

from embedlab.jobs.engine.dispatcher import last_round_age_s
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import EpochNow, jobs
from embedlab.workspace.workspace import Workspace


@dataclass(frozen=True)
class Health:
    """The state of a workspace's background work.

    Parameters
    ----------
    database_writable
        Whether a write transaction could be begun and rolled back.
    free_bytes
        Free space on the disk of the workspace folder; None where it cannot be read.
    dispatcher_round_age_s
        Seconds since this process last moved the queue along without an error; None when it runs no dispatcher, or
        when no round has succeeded yet.
    heartbeat_ages_s
        By id of a running job the seconds since its worker last renewed its lease, by the database's clock; empty when
        the database cannot be read.
    """

    database_writable: bool
    free_bytes: int | None
    dispatcher_round_age_s: float | None
    heartbeat_ages_s: dict[str, float]


def health(workspace: Workspace) -> Health:
    """Look at the database, the disk, the dispatcher of this process, and the owner's running jobs; never raises."""
    try:
        free_bytes: int | None = shutil.disk_usage(workspace.settings.home).free
    except OSError:
        free_bytes = None
    return Health(
        _database_writable(workspace), free_bytes, last_round_age_s(workspace.settings.home), _heartbeats(workspace)
    )


def _database_writable(workspace: Workspace) -> bool:
    try:
        with workspace.catalog.engine.connect() as connection:
            # Takes the lock of a writer and changes no row; leaving the block rolls back.
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

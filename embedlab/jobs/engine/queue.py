"""The queue: every change of a job's status is one guarded SQL statement, so that any process may make it.

``queued -> running -> succeeded | failed | cancelled | interrupted``. A worker's token proves that it still holds the
lease; a worker that has lost its lease can no longer change anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from embedlab.core.errors import ConflictError
from embedlab.workspace.catalog import Catalog, new_id, not_found
from embedlab.workspace.rows import JobRow, Status
from embedlab.workspace.tables import EpochNow, jobs
from embedlab.workspace.workspace import conflict_errors

#: Seconds between renewals of a lease.
HEARTBEAT_S = 1.0
#: Seconds without renewal after which a lease expires.
LEASE_S = 7.0
#: Field of a request: stop after the current epoch and keep the model.
STOP_EARLY = "stop_early"
#: Field of a request: wait until it is false again.
PAUSED = "paused"
#: What users change about a running job; a restart begins without them.
_WHILE_RUNNING = (STOP_EARLY, PAUSED)
RESUMABLE = (Status.INTERRUPTED, Status.CANCELLED, Status.FAILED)


class Queue:
    """The jobs table as a queue."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._engine = catalog.engine

    def submit(self, connection: sa.Connection, kind: str, title: str, request: Mapping[str, Any]) -> str:
        """Add a queued job within the caller's transaction; return its id."""
        job_id = new_id()
        values = {
            "id": job_id,
            "kind": kind,
            "status": Status.QUEUED,
            "title": title,
            "request": dict(request),
            "attempt": 1,
            "created_at": EpochNow(),
        }
        self.catalog.insert(connection, jobs, values)
        return job_id

    def job(self, job_id: str) -> JobRow:
        """Return one job, or raise `NotFoundError`."""
        row: JobRow = self.catalog.get(jobs, job_id)
        return row

    def find(
        self, *conditions: sa.ColumnElement[bool], newest_first: bool = True, most: int | None = None
    ) -> list[JobRow]:
        """Return the owner's jobs that meet all conditions, at most `most`."""
        return self.catalog.find(jobs, *conditions, newest_first=newest_first, most=most)

    def claim(self, job_id: str, token: str, worker: Mapping[str, Any]) -> bool:
        """Claim a queued job; False if another worker was faster."""
        values = {
            "status": Status.RUNNING,
            "token": token,
            "worker": dict(worker),
            "started_at": EpochNow(),
            "heartbeat_at": EpochNow(),
            "finished_at": None,
        }
        return self._update([jobs.c.id == job_id, jobs.c.status == Status.QUEUED], values)

    def renew(self, job_id: str, token: str) -> tuple[bool, bool]:
        """Renew the lease; return `(lease is still held, cancellation is requested)`."""
        self._update(_held_by(job_id, token), {"heartbeat_at": EpochNow()})
        return self.look(job_id, token)

    def look(self, job_id: str, token: str) -> tuple[bool, bool]:
        """Return `(lease is still held, cancellation is requested)` without renewing."""
        with self._engine.connect() as connection:
            query = sa.select(jobs.c.cancel_requested_at).where(*_held_by(job_id, token))
            row = connection.execute(query).first()
        return row is not None, row is not None and row.cancel_requested_at is not None

    def finish(
        self,
        job_id: str,
        token: str,
        status: Status,
        *,
        result: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
        store: Callable[[sa.Connection], None] | None = None,
    ) -> bool:
        """End a job; `store` writes its results in the same transaction. False if the lease was lost.

        Raises
        ------
        ConflictError
            Something the results depend on was deleted meanwhile; then the job is not ended.
        """
        values = {
            "status": status,
            "finished_at": EpochNow(),
            "result": result,
            "error": None if error is None else dict(error),
        }
        with conflict_errors(), self._engine.begin() as connection:
            update = sa.update(jobs).where(*_held_by(job_id, token)).values(**values)
            if connection.execute(update).rowcount == 0:
                return False
            if store is not None:
                store(connection)
                # `store` may queue further jobs and add their ids to the result.
                connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(result=values["result"]))
        return True

    def end_abandoned(self, job: JobRow, status: Status, error: Mapping[str, Any], *, lapsed: bool = False) -> bool:
        """End a running job whose worker is dead; False if it was ended or claimed meanwhile.

        With `lapsed`, only the expired lease shows that: a renewal meanwhile keeps the job running.
        """
        conditions = [jobs.c.id == job.id, jobs.c.status == Status.RUNNING, jobs.c.token == job.token]
        if lapsed:
            conditions.append(jobs.c.heartbeat_at == job.heartbeat_at)
        return self._update(conditions, {"status": status, "finished_at": EpochNow(), "error": dict(error)})

    def give_up(self, job: JobRow, error: Mapping[str, Any]) -> bool:
        """Fail a queued job that no worker can start; False if its status changed meanwhile."""
        conditions = [jobs.c.id == job.id, jobs.c.status == Status.QUEUED, jobs.c.attempt == job.attempt]
        return self._update(conditions, {"status": Status.FAILED, "finished_at": EpochNow(), "error": dict(error)})

    def request_cancel(self, job_id: str) -> Status:
        """Cancel a job; a queued one stops at once. Returns the new status; raises `ConflictError` if it has ended."""
        ended = {"status": Status.CANCELLED, "finished_at": EpochNow(), "cancel_requested_at": EpochNow()}
        if self._update([jobs.c.id == job_id, jobs.c.status == Status.QUEUED], ended):
            return Status.CANCELLED
        running = [jobs.c.id == job_id, jobs.c.status == Status.RUNNING]
        request = {"cancel_requested_at": sa.func.coalesce(jobs.c.cancel_requested_at, EpochNow())}
        if self._update(running, request):
            return Status.RUNNING
        status = self.job(job_id).status
        raise ConflictError("The job has already ended.", received=status.value)

    def request_stop(self, job_id: str) -> None:
        """Request a running job to stop and keep its model, even if it is resumed; else raises `ConflictError`."""
        row = self.job(job_id)
        running = [jobs.c.id == job_id, jobs.c.status == Status.RUNNING]
        # Nothing else writes the request of a running job.
        if not self._update(running, {"request": {**row.request, STOP_EARLY: True}}):
            if row.status == Status.QUEUED:
                raise ConflictError("The job has not started yet.", received=row.title, remedy="Cancel it instead.")
            raise ConflictError("The job has already ended.", received=row.status.value)

    def request_pause(self, job_id: str, *, paused: bool) -> None:
        """Pause a running job or let it continue; raises `ConflictError` if it is not running."""
        row = self.job(job_id)
        running = [jobs.c.id == job_id, jobs.c.status == Status.RUNNING]
        if not self._update(running, {"request": {**row.request, PAUSED: paused}}):
            raise ConflictError("Only a running job can be paused.", received=row.status.value)

    def stop_requested(self, job_id: str) -> bool:
        """Return whether the job is to stop and keep its model."""
        return self.job(job_id).request.get(STOP_EARLY) is True

    def requeue(self, job_id: str, *, resumed: bool) -> None:
        """Put a stopped job back into the queue; raises `ConflictError` if it is not stopped."""
        request = self.job(job_id).request
        stop = {STOP_EARLY: request[STOP_EARLY]} if STOP_EARLY in request else {}
        again = {
            # A restart is a new training, without a stop request.
            "request": {**_without_changes(request), **(stop if resumed else {})},
            "status": Status.QUEUED,
            "attempt": jobs.c.attempt + 1,
            "error": None,
            "result": None,
            "cancel_requested_at": None,
            "started_at": None,
            "finished_at": None,
            "heartbeat_at": None,
            "token": None,
            "worker": None,
        }
        if not self._update([jobs.c.id == job_id, jobs.c.status.in_(RESUMABLE)], again):
            status = self.job(job_id).status
            what = "resumed" if resumed else "restarted"
            raise ConflictError(f"Only a stopped job can be {what}.", received=status.value)

    def preempt(self, job: JobRow) -> bool:
        """Put a running background job back into the queue; False if it has ended meanwhile.

        Its worker has lost the lease and ends itself within a second; what it has written is removed before the job
        starts again.
        """
        conditions = [jobs.c.id == job.id, jobs.c.status == Status.RUNNING, jobs.c.token == job.token]
        # Cancelled meanwhile: then it must not start again.
        conditions.append(jobs.c.cancel_requested_at.is_(None))
        again = {
            "request": _without_changes(job.request),
            "status": Status.QUEUED,
            "attempt": jobs.c.attempt + 1,
            "started_at": None,
            "heartbeat_at": None,
            "token": None,
            "worker": None,
        }
        return self._update(conditions, again)

    def delete(self, job_id: str) -> None:
        """Delete an ended job; raises `ConflictError` while it is active."""
        conditions = [jobs.c.id == job_id, jobs.c.owner == self.catalog.owner]
        ended = jobs.c.status.not_in([Status.QUEUED, Status.RUNNING])
        with self._engine.begin() as connection:
            if connection.execute(sa.delete(jobs).where(*conditions, ended)).rowcount == 0:
                if connection.execute(sa.select(jobs.c.id).where(*conditions)).first() is None:
                    raise not_found(jobs, job_id)
                raise ConflictError("The job is still active.", received=job_id, remedy="Cancel it first.")

    def now(self) -> float:
        """Return the time of the database's clock, in seconds since 1970."""
        with self._engine.connect() as connection:
            return float(connection.execute(sa.select(EpochNow())).scalar_one())

    def _update(self, conditions: list[sa.ColumnElement[bool]], values: Mapping[str, Any]) -> bool:
        owned = jobs.c.owner == self.catalog.owner
        with self._engine.begin() as connection:
            return connection.execute(sa.update(jobs).where(owned, *conditions).values(**values)).rowcount == 1


def _without_changes(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name not in _WHILE_RUNNING}


def _held_by(job_id: str, token: str) -> list[sa.ColumnElement[bool]]:
    return [jobs.c.id == job_id, jobs.c.status == Status.RUNNING, jobs.c.token == token]

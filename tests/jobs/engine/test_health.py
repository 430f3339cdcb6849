"""What a monitor is told."""

from __future__ import annotations

import shutil
import sqlite3

import pytest
import sqlalchemy as sa

from embedlab.jobs.engine import dispatcher
from embedlab.jobs.engine.health import health
from embedlab.jobs.engine.queue import Queue
from embedlab.workspace.tables import EpochNow, jobs
from embedlab.workspace.workspace import Workspace


def test_a_fresh_workspace_is_well_and_has_no_workers(workspace: Workspace) -> None:
    found = health(workspace)
    assert found.database_writable
    assert found.free_bytes is not None
    assert found.free_bytes > 0
    assert found.dispatcher_round_age_s is None
    assert found.heartbeat_ages_s == {}


def test_running_workers_are_told_with_the_age_of_their_heartbeat(
    workspace: Workspace, other_workspace: Workspace, submit
) -> None:
    queue = Queue(workspace.catalog)
    waiting, running = submit("count"), submit("count")
    assert queue.claim(running, "token", {"host": "elsewhere", "pid": 1, "started": 0.0})
    with workspace.transaction() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id == running).values(heartbeat_at=EpochNow() - 60.0))
    ages_s = health(workspace).heartbeat_ages_s
    assert waiting not in ages_s
    assert ages_s[running] == pytest.approx(60.0, abs=30.0)
    assert health(other_workspace).heartbeat_ages_s == {}


def test_nothing_is_changed_by_asking(workspace: Workspace, submit) -> None:
    job_id = submit("count")
    before = Queue(workspace.catalog).job(job_id)
    health(workspace)
    assert Queue(workspace.catalog).job(job_id) == before


def test_a_database_that_cannot_be_written_is_told(workspace: Workspace, submit) -> None:
    if workspace.catalog.engine.dialect.name != "sqlite":
        pytest.skip("a pragma of SQLite")

    def read_only(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only=ON")

    sa.event.listen(workspace.catalog.engine, "begin", read_only)
    assert not health(workspace).database_writable
    sa.event.remove(workspace.catalog.engine, "begin", read_only)


def test_a_locked_database_is_reported_before_a_monitor_gives_up(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    if workspace.catalog.engine.dialect.name != "sqlite":
        pytest.skip("a lock of SQLite")
    monkeypatch.setattr("embedlab.jobs.engine.health._PATIENCE_S", 0.05)
    other = sqlite3.connect(workspace.settings.home / "catalogue.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert not health(workspace).database_writable
    other.execute("ROLLBACK")
    other.close()
    assert health(workspace).database_writable
    with workspace.catalog.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 15_000


def test_what_cannot_be_read_is_told_and_raises_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError("the disk is away")

    def refuse(*arguments: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(shutil, "disk_usage", fail)
    monkeypatch.setattr(workspace.catalog.engine, "connect", refuse)
    monkeypatch.setitem(dispatcher._last_rounds, workspace.settings.home, 0.0)
    found = health(workspace)
    assert (found.database_writable, found.free_bytes, found.heartbeat_ages_s) == (False, None, {})
    assert found.dispatcher_round_age_s is not None

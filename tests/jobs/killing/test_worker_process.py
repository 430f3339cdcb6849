"""Real worker processes: what they import, where they stand, and what they leave when killed or cancelled late."""

from __future__ import annotations

import gzip
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil
import pytest

from embedlab.core.kind import Kind
from embedlab.jobs.engine import processes
from embedlab.jobs.jobs import Jobs
from embedlab.workspace.rows import Status
from embedlab.workspace.workspace import Workspace
from tests.jobs.conftest import is_working, wait_until
from tests.jobs.killing.kill_points import unknown_and_missing
from tests.workspaces import fill

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the workers use POSIX signals")

ROOT = Path(processes.__file__).resolve().parents[3]
HOSTILE = ("numpy", "embedlab", "sitecustomize", "usercustomize", "sqlalchemy", "logging", "json", "readline")


@pytest.fixture
def real_jobs(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """Jobs whose workers are those of the app; none outlives the test."""
    monkeypatch.setattr(processes, "WORKER_COMMAND", (sys.executable, "-P", "-m", "embedlab.jobs.engine.worker"))
    return jobs


def test_nothing_in_a_jobs_folder_is_ever_executed(
    real_jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, executed = real_jobs.workspace, tmp_path / "executed"
    embedding_id = fill(workspace).embedding
    # As a server may have been started: modules are looked for in the current folder, too.
    monkeypatch.setenv("PYTHONPATH", os.pathsep)
    with monkeypatch.context() as held_back:
        held_back.setattr(real_jobs, "dispatch", lambda: None)
        job_id = real_jobs.submit_projection(embedding_id, "pca", 2).id
    folder = workspace.layout.job(job_id)
    folder.mkdir()
    for name in HOSTILE:
        (folder / f"{name}.py").write_text(f"open({str(executed)!r}, 'a').write({name!r})\n")
    (folder / "embedlab").mkdir()
    (folder / "embedlab" / "__init__.py").write_text(f"open({str(executed)!r}, 'a').write('package')\n")
    row = real_jobs.wait(job_id, timeout_s=120)
    assert not executed.exists(), executed.read_text()
    assert row.status == Status.SUCCEEDED, real_jobs.progress(job_id).log_tail


def test_the_command_of_the_app_looks_for_no_module_in_the_current_folder() -> None:
    assert "-P" in processes.WORKER_COMMAND


def test_a_worker_stands_where_no_user_writes(jobs: Jobs, submit) -> None:
    job_id = submit("deaf")
    wait_until(jobs, job_id, lambda row: is_working(jobs, row.id))
    worker = psutil.Process(jobs.job(job_id).worker["pid"])
    assert Path(worker.cwd()) == ROOT
    assert not Path(worker.cwd()).is_relative_to(jobs.workspace.settings.home)
    assert worker.environ()["PYTHONSAFEPATH"] == "1"


def test_module_paths_are_handed_on_as_seen_from_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    given = os.pathsep.join(["lib", "", "/opt/more"])
    assert processes._absolute(given) == [str(tmp_path / "lib"), "/opt/more"]
    assert processes._absolute("") == []


def test_temporary_files_lie_with_the_job_and_go_with_it(
    real_jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "temporary"
    elsewhere.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    # A packed Parquet file has to be unpacked before it can be read.
    table, path = tmp_path / "ratings.parquet", tmp_path / "ratings.parquet.gz"
    ratings = {"user": ["a", "b"] * 50, "item": [f"i{n % 9}" for n in range(100)], "rating": [1.0, 5.0] * 50}
    pd.DataFrame(ratings).to_parquet(table)
    path.write_bytes(gzip.compress(table.read_bytes()))
    upload = real_jobs.workspace.stage_upload(path, path.name)
    job = real_jobs.submit_import(upload.id, Kind.RATINGS, {}, "packed")
    seen: set[str] = set()
    end = time.monotonic() + 120
    while real_jobs.job(job.id).status.is_active and time.monotonic() < end:
        real_jobs.dispatch()
        seen |= {each.name for each in elsewhere.iterdir()}
    row = real_jobs.job(job.id)
    assert row.status == Status.SUCCEEDED, row.error
    assert seen == set()
    # The worker tidies up after it has told its success.
    wait_until(real_jobs, job.id, lambda _: not (real_jobs.workspace.layout.job(job.id) / "scratch").exists())


# Killed


@pytest.mark.slow
@pytest.mark.parametrize("n", [pytest.param(n, id=f"before-write-{n}") for n in (10, 18, 26, 33)])
def test_a_training_killed_at_an_aimed_moment_is_done_again(
    real_jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    workspace, arrived = real_jobs.workspace, tmp_path / "arrived"
    path = tmp_path / "text.txt"
    path.write_text("the king and the queen sat in the castle\n" * 50, encoding="utf-8")
    upload = workspace.stage_upload(path, "text.txt")
    imported = real_jobs.submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "t")
    assert real_jobs.wait(imported.id, timeout_s=120).status == Status.SUCCEEDED
    monkeypatch.setenv("EMBEDLAB_TEST_ARRIVED", str(arrived))
    monkeypatch.setenv("EMBEDLAB_TEST_PAUSES_AT", str(n))
    with monkeypatch.context() as pausing:
        pausing.setattr(processes, "WORKER_COMMAND", (sys.executable, "-P", "-m", "tests.jobs.killing.pausing_worker"))
        parameters = {"vector_size": 4, "epochs": 1, "min_count": 1}
        job = real_jobs.submit_training(workspace.datasets()[0].id, "word2vec", parameters)
        wait_until(real_jobs, job.id, lambda _: arrived.exists(), timeout_s=120)
        psutil.Process(real_jobs.job(job.id).worker["pid"]).kill()
        row = wait_until(real_jobs, job.id, lambda row: not row.status.is_active)
    # Whoever dispatches next removes what it left, once its process is gone.
    wait_until(real_jobs, job.id, lambda _: unknown_and_missing(workspace) == (set(), set()))
    if row.status != Status.SUCCEEDED:
        assert row.status == Status.INTERRUPTED
        real_jobs.restart(job.id)
        assert real_jobs.wait(job.id, timeout_s=120).status == Status.SUCCEEDED
    wait_until(real_jobs, job.id, lambda _: unknown_and_missing(workspace) == (set(), set()))


# Cancelled while it still writes


def _gone(jobs: Jobs, job_id: str, pid: int) -> None:
    """Wait until the worker's process is gone and what it left has been looked at."""
    wait_until(jobs, job_id, lambda row: not row.status.is_active)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(timeout=60)
    for _ in range(2):
        jobs.dispatch()


def _cancel(jobs: Jobs, submit: Callable[..., str], kind: str, **request: object) -> str:
    job_id = submit(kind, **request)
    wait_until(jobs, job_id, lambda row: is_working(jobs, row.id))
    pid = jobs.job(job_id).worker["pid"]
    jobs.cancel(job_id)
    _gone(jobs, job_id, pid)
    assert jobs.job(job_id).status == Status.CANCELLED
    return job_id


def test_what_is_written_while_a_deaf_worker_is_ended_is_taken_back(jobs: Jobs, workspace: Workspace, submit) -> None:
    job_id = _cancel(jobs, submit, "keep_writing")
    assert unknown_and_missing(workspace) == (set(), set())
    assert not (workspace.layout.job(job_id) / "made.jsonl").exists()


@pytest.mark.parametrize("late_s", [pytest.param(late_s, id=f"{late_s}s") for late_s in (0.8, 1.0, 1.2)])
def test_a_cancellation_heard_just_when_the_worker_is_ended_leaves_nothing(
    jobs: Jobs, workspace: Workspace, submit, late_s: float
) -> None:
    _cancel(jobs, submit, "undo_late", late_s=late_s)
    assert unknown_and_missing(workspace) == (set(), set())


# Hung


@pytest.fixture
def impatient(jobs: Jobs, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """Jobs that end what shows no progress for five seconds, in which every worker starts."""
    workspace.settings = workspace.settings.model_copy(update={"stalled_after_s": 5})
    monkeypatch.setattr("embedlab.jobs.engine.overseer._STALLED_MARGIN_S", 1.0)
    monkeypatch.setenv("EMBEDLAB_TEST_STALLS_WHEN_TRAINING", "1")
    return jobs


@pytest.mark.parametrize("heart_too", [False, True], ids=["work-hangs", "heart-stands-still"])
def test_a_worker_that_hangs_is_ended_and_its_training_goes_on_from_the_checkpoint(
    impatient: Jobs, submit, heart_too: bool
) -> None:
    job_id = submit("train", heart_too=heart_too)
    wait_until(impatient, job_id, lambda row: is_working(impatient, row.id))
    pid = impatient.job(job_id).worker["pid"]
    _gone(impatient, job_id, pid)
    row = impatient.job(job_id)
    assert row.status == Status.INTERRUPTED
    assert "no progress for 5 seconds" in row.error["what"]
    assert "EMBEDLAB_STALLED_AFTER_S" in row.error["remedy"]
    # It does not hang again, even where the machine stands still.
    impatient.workspace.settings = impatient.workspace.settings.model_copy(update={"stalled_after_s": 0})
    impatient.resume(job_id)
    row = impatient.wait(job_id, timeout_s=60)
    assert (row.status, row.result) == (Status.SUCCEEDED, {"resumed_at": 2})

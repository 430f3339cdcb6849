"""A job's journal: what it names and the catalog does not know is taken back, and nothing else."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from embedlab.core.errors import ConflictError, StorageError
from embedlab.core.files import PARTIAL_SUFFIX
from embedlab.jobs.engine import locks
from embedlab.jobs.engine.context import checkpoint_folders
from embedlab.jobs.engine.journal import JOURNAL_FILE, add_to_journal, is_open, journal_entries, settle
from embedlab.jobs.engine.overseer import tidy
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.jobs import Jobs
from embedlab.models.contract.base import State
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import jobs as jobs_table
from embedlab.workspace.workspace import Workspace
from tests.workspaces import fill

GONE = {"type": "x", "what": "y"}


@pytest.fixture
def stopped(workspace: Workspace, submit) -> str:
    """A job whose worker is gone."""
    job_id = submit("stub")
    queue = Queue(workspace.catalog)
    assert queue.claim(job_id, "token", {"host": "elsewhere", "pid": 1, "started": 0.0})
    assert queue.end_abandoned(queue.job(job_id), Status.INTERRUPTED, GONE)
    workspace.layout.job(job_id).mkdir()
    return job_id


def test_what_is_written_down_is_read_back(tmp_path: Path) -> None:
    first, second = new_id(), new_id()
    assert journal_entries(tmp_path) == []
    assert not is_open(tmp_path)
    add_to_journal(tmp_path, tmp_path / "embeddings" / first)
    add_to_journal(tmp_path, tmp_path / "uploads" / second)
    assert journal_entries(tmp_path) == [("embeddings", first), ("uploads", second)]
    assert is_open(tmp_path)


def test_a_line_cut_off_by_a_kill_spoils_neither_itself_nor_the_next(tmp_path: Path) -> None:
    ids = [new_id() for _ in range(3)]
    add_to_journal(tmp_path, tmp_path / "datasets" / ids[0])
    with (tmp_path / JOURNAL_FILE).open("ab") as stream:
        stream.write(b'\n{"room": "datasets", "id": "ab')
    add_to_journal(tmp_path, tmp_path / "datasets" / ids[2])
    assert journal_entries(tmp_path) == [("datasets", ids[0]), ("datasets", ids[2])]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('{"room": "..", "id": "aaaaaaaaaaaa"}', id="foreign-room"),
        pytest.param('{"room": "datasets", "id": "../../../etc"}', id="foreign-path"),
        pytest.param('{"room": "datasets", "id": ["x"]}', id="no-text"),
        pytest.param('{"room": ["datasets"], "id": "aaaaaaaaaaaa"}', id="no-name"),
        pytest.param('{"room": "jobs", "id": "aaaaaaaaaaaa"}', id="jobs"),
        pytest.param("[1, 2]", id="no-entry"),
        pytest.param("not json", id="no-json"),
    ],
)
def test_a_journal_from_elsewhere_names_nothing_it_may_not(tmp_path: Path, line: str) -> None:
    (tmp_path / JOURNAL_FILE).write_text(line)
    assert journal_entries(tmp_path) == []


def test_only_what_no_row_knows_is_removed(workspace: Workspace, other_workspace: Workspace, stopped: str) -> None:
    mine, theirs = fill(workspace), fill(other_workspace, "others")
    folder, layout = workspace.layout.job(stopped), workspace.layout
    known = [
        path
        for filled in (mine, theirs)
        for path in (
            layout.dataset(filled.dataset),
            layout.embedding(filled.embedding),
            layout.projection(filled.projection),
            layout.upload(filled.upload),
            layout.run(filled.run),
        )
    ]
    unknown = [layout.dataset(new_id()), layout.embedding(new_id()), layout.projection(new_id()), layout.run(stopped)]
    for path in unknown:
        path.mkdir()
        (path / "file").touch()
    upload = layout.upload(new_id())
    upload.touch()
    half = layout.embedding(new_id())
    partial = half.with_name(f".{half.name}.0a1b2c3d{PARTIAL_SUFFIX}")
    partial.mkdir()
    for path in (*known, *unknown, upload, half):
        add_to_journal(folder, path)
    assert settle(workspace, stopped)
    assert all(path.exists() for path in known)
    assert not any(path.exists() for path in (*unknown, upload, partial))
    assert not is_open(folder)
    assert settle(workspace, stopped)


def test_the_run_of_a_job_that_has_not_succeeded_goes_though_its_row_is_there(workspace: Workspace) -> None:
    failed, done = fill(workspace, "a", status="failed"), fill(workspace, "b")
    for filled in (failed, done):
        add_to_journal(workspace.layout.job(filled.run), workspace.layout.run(filled.run))
        assert settle(workspace, filled.run)
    assert not workspace.layout.run(failed.run).exists()
    assert workspace.layout.run(done.run).exists()


def test_a_journal_speaks_for_no_other_run(workspace: Workspace, stopped: str) -> None:
    another = fill(workspace, status="running").run
    add_to_journal(workspace.layout.job(stopped), workspace.layout.run(another))
    assert settle(workspace, stopped)
    assert workspace.layout.run(another).exists()


def test_what_cannot_be_removed_stays_in_the_journal(
    workspace: Workspace, stopped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace.layout.job(stopped)
    path = workspace.layout.embedding(new_id())
    path.mkdir()
    add_to_journal(folder, path)
    with monkeypatch.context() as stuck:
        stuck.setattr("embedlab.jobs.engine.journal.shutil.rmtree", lambda *_, **__: None)
        assert not settle(workspace, stopped)
    assert is_open(folder)
    assert settle(workspace, stopped)
    assert not path.exists()


def test_without_a_journal_nothing_may_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("embedlab.jobs.engine.journal.os.fsync", full)
    with pytest.raises(StorageError, match="full"):
        add_to_journal(tmp_path, tmp_path / "embeddings" / new_id())


# Who takes back


def _orphan(workspace: Workspace, job_id: str) -> Path:
    path = workspace.layout.embedding(new_id())
    path.mkdir()
    add_to_journal(workspace.layout.job(job_id), path)
    return path


def test_nothing_is_taken_back_while_a_worker_lives(workspace: Workspace, stopped: str) -> None:
    queue = Queue(workspace.catalog)
    path = _orphan(workspace, stopped)
    held = locks.hold_job(workspace.layout.job(stopped))
    assert held is not None
    assert not tidy(workspace, queue, stopped)
    assert path.exists()
    held.release()
    assert tidy(workspace, queue, stopped)
    assert not path.exists()


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING])
def test_nothing_is_taken_back_of_an_active_job(workspace: Workspace, stopped: str, status: Status) -> None:
    path = _orphan(workspace, stopped)
    with workspace.transaction() as connection:
        connection.execute(sa.update(jobs_table).where(jobs_table.c.id == stopped).values(status=status))
    assert tidy(workspace, Queue(workspace.catalog), stopped)
    assert path.exists()


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.INTERRUPTED, Status.FAILED, Status.CANCELLED])
def test_checkpoints_stay_only_where_a_job_can_go_on(workspace: Workspace, stopped: str, status: Status) -> None:
    folder = workspace.layout.job(stopped)
    (folder / "scratch").mkdir()
    State({}).save(folder / "checkpoints" / "000001")
    with workspace.transaction() as connection:
        connection.execute(sa.update(jobs_table).where(jobs_table.c.id == stopped).values(status=status))
    assert tidy(workspace, Queue(workspace.catalog), stopped)
    assert not (folder / "scratch").exists()
    assert bool(checkpoint_folders(folder)) == (status != Status.SUCCEEDED)


def test_a_server_takes_back_at_its_start_what_others_have_left(workspace: Workspace, stopped: str) -> None:
    path = _orphan(workspace, stopped)
    Jobs(workspace).look_after()
    assert not path.exists()


def test_a_server_takes_back_later_what_still_had_a_worker_at_its_start(workspace: Workspace, stopped: str) -> None:
    path, jobs = _orphan(workspace, stopped), Jobs(workspace)
    held = locks.hold_job(workspace.layout.job(stopped))
    assert held is not None
    jobs.look_after()
    assert path.exists()
    held.release()
    jobs.look_after()
    assert not path.exists()


@pytest.mark.parametrize("again", ["restart", "dismiss", "keep_house"])
def test_whoever_takes_the_job_next_takes_back_first(
    workspace: Workspace, stopped: str, again: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(workspace)
    monkeypatch.setattr(jobs, "dispatch", lambda: None)
    jobs.look_after()
    path = _orphan(workspace, stopped)
    getattr(jobs, again)(*([] if again == "keep_house" else [stopped]))
    assert not path.exists()


def test_a_job_is_not_dismissed_while_its_worker_is_still_ending(
    workspace: Workspace, stopped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedlab.jobs.jobs._ENDING_PATIENCE_S", 0.1)
    held = locks.hold_job(workspace.layout.job(stopped))
    assert held is not None
    with pytest.raises(ConflictError, match="still ending"):
        Jobs(workspace).dismiss(stopped)
    held.release()
    Jobs(workspace).dismiss(stopped)


@pytest.mark.parametrize("action", ["restart", "dismiss"])
def test_a_worker_that_takes_a_while_to_end_is_waited_for(
    workspace: Workspace, stopped: str, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(workspace)
    monkeypatch.setattr(jobs, "dispatch", lambda: None)
    held = locks.hold_job(workspace.layout.job(stopped))
    assert held is not None
    ending = threading.Timer(3.0, held.release)
    ending.start()
    getattr(jobs, action)(stopped)
    ending.join()
    assert action == "dismiss" or jobs.job(stopped).status == Status.QUEUED


def test_uploads_of_others_stay(workspace: Workspace, stopped: str) -> None:
    upload = workspace.stage_upload(io.BytesIO(b"x"), "x.txt")
    add_to_journal(workspace.layout.job(stopped), upload.path)
    assert settle(workspace, stopped)
    assert upload.path.exists()

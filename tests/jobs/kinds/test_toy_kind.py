"""A kind of job that EmbedLab does not know, registered here alone: asked for, done, listed, and kept in backups."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import sqlalchemy as sa
from pydantic import Field

from embedlab.cli.app import main
from embedlab.core.errors import InputError, ParameterError
from embedlab.core.settings import Settings
from embedlab.jobs.engine import processes, worker
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.kinds import registry
from embedlab.jobs.kinds.base import Id, JobKind, Request
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.restoring import restore_workspace
from embedlab.workspace.rows import JobRow, Status
from embedlab.workspace.workspace import Workspace
from tests.workspaces import Filled, fill


class CountRequest(Request):
    """Which keys of an embedding to count: those of at least a length."""

    embedding_id: Id
    shortest: Annotated[int, Field(ge=1, le=100)] = 1


class CountKeys(JobKind[CountRequest]):
    """Counts the keys of an embedding."""

    name = "count-keys"
    request_class = CountRequest

    def prepared(self, workspace: Workspace, request: CountRequest) -> CountRequest:
        """Refuse an embedding that is not there."""
        workspace.embedding(request.embedding_id)
        return request

    def title(self, workspace: Workspace, request: CountRequest) -> str:
        """Return whose keys are counted."""
        return f"Count the keys of {workspace.embedding(request.embedding_id).title}"

    def handle(self, workspace: Workspace, job: JobRow, request: CountRequest, context: JobContext) -> Outcome:
        """Count them."""
        context.report(0.5, "counting")
        keys = workspace.load_embedding(request.embedding_id).keys

        def store(connection: sa.Connection) -> None:
            del connection

        return Outcome({"n_keys": sum(len(key) >= request.shortest for key in keys)}, store)


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(processes, "WORKER_COMMAND", (sys.executable, "-P", "-m", __name__))
    registry.register(CountKeys())
    yield
    registry.LOADED.pop("count-keys", None)


@pytest.fixture
def filled(workspace: Workspace) -> Filled:
    return fill(workspace)


def test_a_worker_of_its_own_does_it(workspace: Workspace, filled: Filled) -> None:
    jobs = Jobs(workspace)
    row = jobs.submit("count-keys", {"embedding_id": filled.embedding, "shortest": 2})
    assert row.title == "Count the keys of texts"
    done = jobs.wait(row.id, 120)
    assert (done.status, done.result) == (Status.SUCCEEDED, {"n_keys": 1}), done.error
    assert not jobs.can_resume(done)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"shortest": 0}, id="out-of-bounds"),
        pytest.param({"shortest": "2"}, id="text-for-a-number"),
        pytest.param({"longest": 3}, id="unknown-field"),
        pytest.param({"embedding_id": "../../etc/passwd"}, id="path"),
    ],
)
def test_a_request_that_does_not_fit_is_refused(workspace: Workspace, filled: Filled, more: dict[str, Any]) -> None:
    jobs = Jobs(workspace)
    with pytest.raises(ParameterError):
        jobs.submit("count-keys", {"embedding_id": filled.embedding, **more})
    assert jobs.jobs("count-keys") == []


def test_a_stored_request_that_does_not_fit_fails_in_plain_words(workspace: Workspace, filled: Filled) -> None:
    jobs = Jobs(workspace)
    with workspace.transaction() as connection:
        job_id = jobs.queue.submit(connection, "count-keys", "old", {"embedding_id": filled.embedding, "way": 1})
    assert worker.execute(workspace, job_id)
    row = jobs.job(job_id)
    assert row.status == Status.FAILED
    assert (row.error or {})["what"] == "The request of a job of kind count-keys has no field way."


def test_a_job_of_a_kind_that_is_not_known_is_listed_and_fails_in_plain_words(
    workspace: Workspace, filled: Filled, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    def fail(*_: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(processes, "start_worker", fail)
    jobs = Jobs(workspace)
    row = jobs.submit("count-keys", {"embedding_id": filled.embedding})
    del registry.LOADED["count-keys"]
    assert not jobs.can_resume(row)
    monkeypatch.setenv("EMBEDLAB_HOME", str(workspace.settings.home))
    monkeypatch.setenv("EMBEDLAB_OWNER", "ada")
    monkeypatch.setenv("EMBEDLAB_DATABASE_URL", workspace.settings.database_url)
    capsys.readouterr()
    assert main(["jobs", "--json"]) == 0
    assert {each["kind"] for each in json.loads(capsys.readouterr().out)} == {"train", "count-keys"}
    assert worker.execute(workspace, row.id)
    assert (jobs.job(row.id).error or {})["what"] == "There is no such kind of job."


def test_a_backup_brings_it_back_only_where_the_kind_is_known(
    workspace: Workspace, filled: Filled, tmp_path: Path
) -> None:
    jobs = Jobs(workspace)
    row = jobs.submit("count-keys", {"embedding_id": filled.embedding, "shortest": 1})
    assert jobs.wait(row.id, 120).status == Status.SUCCEEDED
    backup = workspace.backup(tmp_path / "all.zip")
    other = Workspace.open(Settings(home=tmp_path / "other"))
    restore_workspace(other, backup)
    back = Jobs(other).job(row.id)
    assert (back.kind, back.request, back.result) == (row.kind, row.request, {"n_keys": 4})
    other.close()
    del registry.LOADED["count-keys"]
    third = Workspace.open(Settings(home=tmp_path / "third"))
    with pytest.raises(InputError, match="does not write"):
        restore_workspace(third, backup)
    third.close()


if __name__ == "__main__":
    registry.register(CountKeys())
    raise SystemExit(worker.main(sys.argv[1:]))

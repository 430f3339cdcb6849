"""Watching a training, stopping it with its model, and the indicator on every page."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from embedlab.core.kind import Kind
from embedlab.jobs.engine.progress import ProgressWriter
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import jobs
from embedlab.workspace.workspace import Workspace
from tests.app.test_train_and_runs import OpenPage, shown

TEXT = "the cat sits on the mat\nthe dog sits on the rug\n" * 20


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


@pytest.fixture
def text_id(workspace: Workspace, tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    upload = workspace.stage_upload(path, path.name)
    job = Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "text")
    assert execute(workspace, job.id)
    return workspace.datasets()[0].id


def _running(workspace: Workspace, dataset_id: str) -> str:
    """Return a training that the catalog shows as running, in its third of ten epochs."""
    job_id = Jobs(workspace).submit_training(dataset_id, "word2vec", {}).id
    assert Queue(workspace.catalog).claim(job_id, "t" * 32, {})
    folder = workspace.layout.job(job_id)
    folder.mkdir(parents=True, exist_ok=True)
    ProgressWriter(folder).write(0.25, "training", epoch=2, n_epochs=10)
    return job_id


def _ends(workspace: Workspace, job_id: str) -> None:
    with workspace.transaction() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(status=Status.SUCCEEDED))


def test_a_training_is_stopped_with_its_model_by_a_button(
    open_page: OpenPage, workspace: Workspace, text_id: str
) -> None:
    job_id = _running(workspace, text_id)
    app = open_page("runs", run=job_id)
    app.button(key=f"stop-early-{job_id}").click().run()
    assert not app.exception
    assert Queue(workspace.catalog).stop_requested(job_id)
    assert app.button(key=f"stop-early-{job_id}").disabled
    assert workspace.run(job_id).status == Status.RUNNING


def test_every_page_shows_the_work(open_page: OpenPage, workspace: Workspace, text_id: str) -> None:
    _running(workspace, text_id)
    app = open_page("data")
    assert not app.exception
    assert "25%" in shown(app)


def test_a_finished_run_without_a_film_says_so_and_names_the_bound(
    open_page: OpenPage, workspace: Workspace, text_id: str
) -> None:
    job_id = _running(workspace, text_id)
    _ends(workspace, job_id)
    app = open_page("runs", run=job_id)
    assert not app.exception
    assert "There is no film of this training." in shown(app)
    assert "3.9 MB" in shown(app)


def test_a_map_made_meanwhile_is_announced_with_a_link(open_page: OpenPage, workspace: Workspace, text_id: str) -> None:
    job = Jobs(workspace).submit_training(text_id, "word2vec", {"vector_size": 4, "epochs": 2, "min_count": 1})
    app = open_page("data")
    assert "Your map is ready" not in links(app)
    assert execute(workspace, job.id)
    app.run()
    assert not app.exception
    assert "Your map is ready" in links(app)


def links(app: AppTest) -> list[str]:
    """Return the labels of all links to pages."""
    return [element.proto.label for element in app.get("page_link")]

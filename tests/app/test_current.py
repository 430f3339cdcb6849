"""One current selection: every page names what it shows, and nothing but the user's choice moves it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from embedlab.core.kind import Kind
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.workspace.backup import write_backup
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace
from tests.app.conftest import breadcrumb
from tests.app.planted_ratings import keep_run, planted_predictor, write_planted

OpenPage = Callable[..., AppTest]
LEVELS = ("dataset", "run", "embedding")


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


@pytest.fixture
def first(workspace: Workspace, tmp_path: Path) -> RunRow:
    return keep_run(workspace, write_planted(tmp_path / "first"), planted_predictor, name="First")


@pytest.fixture
def second(workspace: Workspace, tmp_path: Path, first: RunRow) -> RunRow:
    return keep_run(workspace, write_planted(tmp_path / "second"), planted_predictor, name="Second")


@pytest.fixture
def text_id(workspace: Workspace, tmp_path: Path) -> str:
    return imported(workspace, tmp_path, "text.txt", "the king and the queen sat in the castle\n" * 40, Kind.TEXT)[1]


def imported(workspace: Workspace, folder: Path, name: str, content: str, kind: str) -> tuple[str, str]:
    """Import a file; return the ids of the job and the dataset."""
    (folder / name).write_text(content, encoding="utf-8")
    upload = workspace.stage_upload(folder / name, name)
    options = {"layout": "lines"} if kind == Kind.TEXT else {}
    job = Jobs(workspace).submit_import(upload.id, kind, options, name)
    assert execute(workspace, job.id)
    result = Jobs(workspace).job(job.id).result
    assert result is not None
    return job.id, result["dataset_id"]


def shown(app: AppTest) -> tuple[str | None, ...]:
    """Return the ids in the boxes of the breadcrumb; None for a level that has no box."""
    keys = {(box.key or "").partition(":")[0] for box in app.selectbox}
    return tuple(breadcrumb(app, level).value if f"switch-{level}" in keys else None for level in LEVELS)


def ids_of(workspace: Workspace, run: RunRow) -> tuple[str, str, str]:
    return run.dataset_id, run.id, workspace.embeddings(run_id=run.id)[0].id


def said(app: AppTest) -> str:
    return " ".join(each.value for each in [*app.markdown, *app.info, *app.error, *app.subheader])


class Stale:
    """The breadcrumb as the browser has it, to be sent again after it has changed, as a refreshing fragment does."""

    def __init__(self, app: AppTest) -> None:
        boxes = [box for box in app.selectbox if (box.key or "").startswith("switch-")]
        for box in boxes:
            # A value of its own: otherwise the harness sends the newest of the session.
            box.set_value(box.value)
        self._states = WidgetStates(widgets=[box._widget_state for box in boxes])

    def send(self, app: AppTest) -> None:
        app._run(self._states)


@pytest.mark.parametrize("page", ["data", "train", "runs", "map", "ask", "recommend"])
def test_choosing_a_dataset_moves_every_page(
    page: str, open_page: OpenPage, workspace: Workspace, first: RunRow, second: RunRow
) -> None:
    app = open_page(page, run=first.id)
    assert shown(app) == ids_of(workspace, first)
    breadcrumb(app, "dataset").select(second.dataset_id).run()
    assert not app.exception
    assert not app.error
    assert shown(app) == ids_of(workspace, second)
    assert not any(f"**{name}**" in said(app) for name in ("First",))


def test_choosing_a_run_moves_its_embedding(open_page: OpenPage, workspace: Workspace, text_id: str) -> None:
    jobs = [
        Jobs(workspace).submit_training(text_id, model, {"min_count": 1, "vector_size": 2})
        for model in ("ppmi-svd", "ppmi-svd")
    ]
    assert all(execute(workspace, job.id) for job in jobs)
    app = open_page("ask", run=jobs[0].id)
    # Their names are equal, and the time they were started is too: a part of the id tells them from each other.
    assert len(set(breadcrumb(app, "run").options)) == 2
    breadcrumb(app, "run").select(jobs[1].id).run()
    assert shown(app) == ids_of(workspace, workspace.run(jobs[1].id))


def test_a_contradictory_link_says_what_it_does_not_show(
    open_page: OpenPage, workspace: Workspace, first: RunRow, second: RunRow
) -> None:
    app = open_page("ask", dataset=second.dataset_id, embedding=ids_of(workspace, first)[2])
    assert shown(app) == ids_of(workspace, first)
    assert "This link names the dataset “Second”" in said(app)
    # It stays until something else is current.
    app.run()
    assert "This link names" in said(app)
    breadcrumb(app, "dataset").select(second.dataset_id).run()
    assert "This link names" not in said(app)


def test_a_dataset_without_a_run_offers_the_training(open_page: OpenPage, first: RunRow, text_id: str) -> None:
    for page in ("map", "ask"):
        app = open_page(page, dataset=text_id)
        assert shown(app) == (text_id, None, None)
        assert "is not trained yet" in said(app)
        links = [each.proto.label for each in app.get("page_link")]
        assert "Train it" in links
        assert "Not trained yet: train it" in links


def test_a_training_is_named(open_page: OpenPage, workspace: Workspace, first: RunRow, text_id: str) -> None:
    job = Jobs(workspace).submit_training(text_id, "word2vec", {})
    app = open_page("map", run=job.id)
    assert shown(app) == (text_id, job.id, None)
    assert "(waiting)" in breadcrumb(app, "run").options[0]
    assert "is still training" in said(app)


def test_a_failed_run_is_named_and_linked(open_page: OpenPage, workspace: Workspace, text_id: str) -> None:
    job = Jobs(workspace).submit_training(text_id, "lsa", {"max_share": 0.5})
    assert execute(workspace, job.id)
    app = open_page("ask", run=job.id)
    assert shown(app) == (text_id, job.id, None)
    assert "(failed)" in breadcrumb(app, "run").options[0]
    assert "did not finish" in said(app)


VECTORS = "3 2\nking 1 0\nqueen 1 1\nbread 0 1\n"


def test_import_of_vectors_is_current_whatever_the_browser_sends(
    open_page: OpenPage, workspace: Workspace, tmp_path: Path, first: RunRow, second: RunRow
) -> None:
    app = open_page("data", run=first.id, view="add")
    stale = Stale(app)
    job_id, dataset_id = imported(workspace, tmp_path, "vectors.vec", VECTORS, Kind.VECTORS)
    app.query_params["import"] = job_id
    app.run()
    assert not app.exception
    expected = (dataset_id, None, workspace.embeddings(dataset_id=dataset_id)[0].id)
    assert shown(app) == expected
    for _ in range(2):
        stale.send(app)
        assert shown(app) == expected
        assert app.query_params["dataset"] == dataset_id


def test_sample_opens_its_own_map_whatever_the_browser_sends(
    open_page: OpenPage, workspace: Workspace, first: RunRow, text_id: str
) -> None:
    app = open_page("start", run=first.id)
    assert shown(app) == ids_of(workspace, first)
    stale = Stale(app)
    job = Jobs(workspace).submit_training(text_id, "ppmi-svd", {"min_count": 1, "vector_size": 2})
    app.query_params["watch"] = job.id
    app.run()
    # During the training the breadcrumb names it.
    assert shown(app) == (text_id, job.id, None)
    stale.send(app)
    assert shown(app) == (text_id, job.id, None)
    assert execute(workspace, job.id)
    app.run()
    assert not app.exception
    expected = ids_of(workspace, workspace.run(job.id))
    assert shown(app) == expected
    stale.send(app)
    assert shown(app) == expected


def test_training_is_current_whatever_the_browser_sends(
    open_page: OpenPage, workspace: Workspace, first: RunRow, text_id: str
) -> None:
    app = open_page("train", dataset=text_id)
    stale = Stale(app)
    app.button(key="start-training").click().run()
    (run,) = workspace.runs(text_id)
    assert shown(app) == (text_id, run.id, None)
    stale.send(app)
    assert shown(app) == (text_id, run.id, None)


def test_what_was_deleted_elsewhere_is_replaced_and_said(
    open_page: OpenPage, workspace: Workspace, first: RunRow, second: RunRow
) -> None:
    app = open_page("runs", run=first.id, view="one")
    stale = Stale(app)
    workspace.delete_run(first.id)
    app.run()
    assert not app.exception
    assert shown(app) == (first.dataset_id, None, None)
    assert "The run and embedding in this link do not exist or were deleted" in said(app)
    stale.send(app)
    assert shown(app) == (first.dataset_id, None, None)


def test_what_was_deleted_here_is_replaced_without_a_word(workspace: Workspace, first: RunRow, second: RunRow) -> None:
    def script(run_id: str) -> None:
        import streamlit as st

        from embedlab.ui.runs import run_details
        from embedlab.ui.shell import current, resources

        current.select(run=run_id)
        run_details._delete(resources.workspace().run(run_id))
        current.follow_address("runs")
        found = current.selection()
        st.text(f"{found.id_of('dataset')} {found.id_of('run')} {current.corrections()}")

    app = AppTest.from_function(script, kwargs={"run_id": first.id}, default_timeout=60).run()
    assert not app.exception
    assert app.text[0].value == f"{first.dataset_id} None ()"


def _restore(app: AppTest, backup: bytes) -> None:
    """Upload a backup, wait for the thread that restores it, and show the page again."""
    app.get("file_uploader")[0].upload("backup.zip", backup, "application/zip").run()
    if "restore-task" in app.session_state:
        app.session_state["restore-task"].join(60)
        app.run()


def test_backup_is_restored_into_an_empty_workspace_only(
    open_page: OpenPage, workspace: Workspace, first: RunRow, tmp_path: Path
) -> None:
    backup = write_backup(workspace, tmp_path / "backup.zip").read_bytes()
    app = open_page("workspace")
    assert not app.get("file_uploader")
    assert "into an empty workspace only" in " ".join(each.value for each in app.caption)
    expected = ids_of(workspace, first)
    workspace.delete_dataset(first.dataset_id)
    app = open_page("workspace")
    _restore(app, b"no zip")
    assert "is not a backup" in app.error[0].value
    _restore(app, backup)
    assert not app.exception
    assert not app.error
    assert shown(app) == expected
    assert workspace.load_embedding(expected[2]).n_keys > 0

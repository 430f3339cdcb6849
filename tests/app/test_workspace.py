from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.jobs import Jobs
from embedlab.ui.workspace import evaluating
from embedlab.ui.workspace import storage as usage
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import EmbeddingRow
from embedlab.workspace.tables import embeddings, jobs
from embedlab.workspace.workspace import Workspace
from tests.app.planted_ratings import keep_run, planted_predictor, write_planted
from tests.workspaces import fill

Open = Callable[..., AppTest]
Keep = Callable[..., EmbeddingRow]


def texts(app: AppTest) -> str:
    return " ".join(each.value for each in [*app.markdown, *app.caption, *app.info, *app.warning])


def test_empty_workspace_links_to_the_samples(open_page: Open) -> None:
    app = open_page("workspace")
    assert not app.exception
    assert not app.error
    assert "The workspace is empty" in texts(app)
    assert "Schema version" in texts(app)


def test_items_are_listed_with_their_size(open_page: Open, keep: Keep, royal: Embedding) -> None:
    keep(royal, title="![](http://example.com/x.png)")
    app = open_page("workspace")
    assert not app.exception
    assert not app.error
    table = app.dataframe[0].value
    assert "![](http://example.com/x.png)" in list(table["Name"])
    assert set(table["Type"]) == {"Embedding", "Map"}
    assert "![" not in texts(app)


def test_run_is_deleted_with_its_dependents(workspace: Workspace, home: Path, tmp_path: Path) -> None:
    run = keep_run(workspace, write_planted(tmp_path / "files"), planted_predictor, name="![](x) run")

    def script(run_id: str) -> None:
        from embedlab.ui.workspace import storage as usage

        usage.confirm_delete("runs", run_id, "![](x) run")

    app = AppTest.from_function(script, kwargs={"run_id": run.id}, default_timeout=60).run()
    assert not app.exception
    assert not app.error
    assert "![" not in texts(app)
    assert "1 embedding" in texts(app)
    assert "map" in texts(app)
    assert "1 run" not in texts(app)
    next(button for button in app.button if button.label == "Delete").click().run()
    with pytest.raises(NotFoundError):
        workspace.run(run.id)
    assert workspace.embeddings() == []
    assert len(workspace.datasets()) == 1


def test_what_has_vectors_can_be_evaluated(workspace: Workspace, keep: Keep, royal: Embedding) -> None:
    filled, failed = fill(workspace), fill(workspace, status="failed")
    of_run = evaluating.Vectors(filled.dataset, filled.run)
    assert evaluating.vectors_of("embeddings", filled.embedding) == of_run
    assert evaluating.vectors_of("runs", filled.run) == of_run
    assert evaluating.vectors_of("runs", failed.run) is None
    assert evaluating.vectors_of("embeddings", failed.embedding) is None
    # A text has no vectors of its own.
    assert evaluating.vectors_of("datasets", filled.dataset) is None
    assert evaluating.vectors_of("projections", filled.projection) is None
    assert evaluating.vectors_of("embeddings", new_id()) is None
    # Without a dataset there are no checks.
    assert evaluating.vectors_of("embeddings", keep(royal).id) is None
    with workspace.transaction() as connection:
        of_run_only = embeddings.c.id == filled.embedding
        connection.execute(embeddings.update().where(of_run_only).values(run_id=None))
    imported = evaluating.Vectors(filled.dataset, None)
    assert evaluating.vectors_of("embeddings", filled.embedding) == imported
    assert evaluating.vectors_of("datasets", filled.dataset) == imported


@pytest.mark.parametrize("item_type", ["runs", "embeddings"], ids=["run", "embedding"])
def test_evaluate_scores_the_selected_item_and_opens_its_run(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, item_type: str
) -> None:
    filled = fill(workspace)
    opened: list[tuple[str, str | None]] = []
    monkeypatch.setattr(Jobs, "dispatch", lambda _: None)
    monkeypatch.setattr(evaluating, "open_page", lambda page, **values: opened.append((page, values.get("run"))))

    def script(item_type: str, item_id: str) -> None:
        from embedlab.ui.workspace import evaluating

        evaluating.button(item_type, item_id)

    item_id = filled.run if item_type == "runs" else filled.embedding
    app = AppTest.from_function(script, kwargs={"item_type": item_type, "item_id": item_id}, default_timeout=60).run()
    (button,) = app.button
    assert button.label == "Evaluate"
    button.click().run()
    assert not app.exception
    assert opened == [("runs", filled.run)]
    (job,) = Queue(workspace.catalog).find(jobs.c.kind == "judge")
    assert job.request["run_ids"] == [filled.run]


def test_only_ended_jobs_are_deleted(open_page: Open, keep: Keep, royal: Embedding, workspace: Workspace) -> None:
    keep(royal)
    queue = Queue(workspace.catalog)
    with workspace.transaction() as connection:
        ended = queue.submit(connection, "import", "over", {})
        connection.execute(jobs.update().where(jobs.c.id == ended).values(status="failed"))
    app = open_page("workspace")
    button = next(button for button in app.button if button.label.startswith("Delete 1 finished"))
    button.click().run()
    assert queue.find() == []
    assert len(workspace.embeddings()) == 1


def test_a_backup_is_written_and_offered(open_page: Open, keep: Keep, royal: Embedding, home: Path) -> None:
    keep(royal)
    app = open_page("workspace")
    next(button for button in app.button if button.label == "Create backup").click().run()
    assert not app.exception
    assert not app.error
    app.session_state["workspace-backup"].join(30)
    app.run()
    assert not app.error
    url = app.get("link_button")[0].proto.url
    (file,) = (home / "exports" / url.rsplit("/", 1)[1]).iterdir()
    assert file.read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), (None, False), ("lab.org", False)],
)
def test_only_a_loopback_address_is_local(host: str | None, expected: bool) -> None:
    assert usage._is_loopback(host) is expected


def test_trash_shows_its_deletion_date_and_can_be_emptied(
    open_page: Open, workspace: Workspace, keep: Keep, royal: Embedding
) -> None:
    kept = keep(royal)
    orphan = workspace.layout.dataset(new_id())
    orphan.mkdir()
    (orphan / "file").write_bytes(b"x" * 3_000_000)
    workspace.sweep(older_than_s=-60.0)
    app = open_page("workspace")
    assert not app.exception
    assert not app.error
    assert "One item, 3.0 MB" in texts(app)
    assert "Deletion starts on" in texts(app)
    next(button for button in app.button if button.label == "Empty trash").click().run()
    assert not app.error
    assert workspace.trash().n_items == 0
    assert not any(button.label == "Empty trash" for button in app.button)
    assert workspace.load_embedding(kept.id).n_keys == royal.n_keys


def test_a_catalog_that_does_not_match_the_folder_is_explained(
    open_page: Open, workspace: Workspace, keep: Keep, royal: Embedding, home: Path
) -> None:
    keep(royal)
    workspace.close()
    for path in home.glob("catalogue.sqlite*"):
        path.unlink()
    app = open_page("workspace")
    assert not app.exception
    assert "do not belong together" in " ".join(each.value for each in app.error)

"""The Start, Train and Runs pages: from a dataset to a finished run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.durations import duration_range
from embedlab.core.kind import Kind
from embedlab.jobs.engine.processes import threads_per_slot
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.models.registry import model as model_of
from embedlab.ui.widgets.wording import rough_duration, size
from embedlab.workspace.rows import Status
from embedlab.workspace.workspace import Workspace
from tests.app.conftest import breadcrumb, runs_listed
from tests.workspaces import past_run

OpenPage = Callable[..., AppTest]
HOSTILE = "![](http://example.com/x.png)<script>"


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


@pytest.fixture
def text_id(workspace: Workspace, tmp_path: Path) -> str:
    """A small text whose name is hostile."""
    path = tmp_path / "text.txt"
    path.write_text("the king and the queen sat in the castle\n" * 200, encoding="utf-8")
    upload = workspace.stage_upload(path, "text.txt")
    job = Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, HOSTILE)
    assert execute(workspace, job.id)
    return workspace.datasets()[0].id


@pytest.fixture
def run_id(workspace: Workspace, text_id: str) -> str:
    """A finished training."""
    job = Jobs(workspace).submit_training(text_id, "word2vec", {"vector_size": 4, "epochs": 2, "min_count": 1})
    assert execute(workspace, job.id)
    assert workspace.run(job.id).status == Status.SUCCEEDED
    return job.id


def address(app: AppTest, name: str) -> str:
    """Return a URL parameter, which the test harness returns as a text or a list."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def shown(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info, *app.header]
    return " ".join(str(element.value) for element in elements)


def test_start_offers_the_samples_with_one_click_each(open_page: OpenPage, workspace: Workspace) -> None:
    app = open_page("start")
    assert not app.exception
    assert len([button for button in app.button if button.label == "Train and open map"]) == 3
    app.button(key="sample-news").click().run()
    [job] = Jobs(workspace).jobs()
    assert job.kind == "import"
    assert job.request["then_train"]["model"] == "word2vec"
    assert address(app, "watch") == job.id
    assert "Import data" in shown(app)


def test_imported_sample_is_trained_without_a_second_import(open_page: OpenPage, workspace: Workspace) -> None:
    open_page("start").button(key="sample-news").click().run()
    assert execute(workspace, Jobs(workspace).jobs()[0].id)
    open_page("start").button(key="sample-news").click().run()
    assert [job.kind for job in Jobs(workspace).jobs()] == ["train", "train", "import"]
    assert len(workspace.datasets()) == 1


def test_start_shows_recent_runs(open_page: OpenPage, run_id: str) -> None:
    app = open_page("start")
    assert not app.exception
    assert "Recent" in shown(app)
    assert "![](" not in shown(app)


def test_train_without_data_links_to_the_data_page(open_page: OpenPage) -> None:
    assert "No dataset to train on" in shown(open_page("train"))


def test_train_starts_a_run_with_the_forms_values(open_page: OpenPage, workspace: Workspace, text_id: str) -> None:
    app = open_page("train", dataset=text_id, model="word2vec", set="epochs:3")
    assert not app.exception
    assert app.number_input(key="snapshot-every").value is None
    app.number_input(key="snapshot-every").set_value(2).run()
    app.button(key="start-training").click().run()
    assert not app.exception
    [run] = workspace.runs()
    assert run.parameters["epochs"] == 3
    assert Jobs(workspace).job(run.id).request["snapshot_every"] == 2
    assert address(app, "run") == run.id
    assert "Waiting" in shown(app)


def test_train_shows_the_basis_of_its_estimate(open_page: OpenPage, workspace: Workspace, text_id: str) -> None:
    model, dataset = model_of("word2vec"), workspace.dataset(text_id)
    parameters = model.defaults(dataset.counts)
    told = model.estimate(dataset.counts, parameters, threads_per_slot(workspace.settings))
    app = open_page("train", dataset=text_id, model="word2vec")
    assert _metrics(app) == {
        "Estimated time": rough_duration(told.seconds),
        "Estimated memory": size(told.memory_mb * 1e6),
    }
    assert "From the model's own figures; improves with every run." in shown(app)
    assert f"Likely range: {duration_range(told.seconds / 2, told.seconds * 2)}, " in shown(app)
    values = parameters.model_dump(mode="json")
    for at in range(2):
        peak_mb = 4 * told.memory_mb
        past_run(workspace, text_id, "word2vec", values, 9 * told.seconds, peak_mb=peak_mb, at=at)
    # A run of another model teaches nothing.
    past_run(workspace, text_id, "fasttext", model_of("fasttext").defaults(dataset.counts).model_dump(), 1e3)
    app = open_page("train", dataset=text_id, model="word2vec")
    share = (1 + 0.5**0.05) / (2 + 0.5**0.05)
    assert _metrics(app) == {
        "Estimated time": rough_duration(told.seconds * 9**share),
        "Estimated memory": size(told.memory_mb * 4**share * 1e6),
    }
    assert "Learned from 2 earlier runs." in shown(app)


def _metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_run_shows_its_peak_memory(open_page: OpenPage, workspace: Workspace, text_id: str) -> None:
    measured = past_run(workspace, text_id, "word2vec", {"seed": 0}, 5.0, peak_mb=312.4)
    assert "took 5 s · 312 MB of memory · seed 0" in shown(open_page("runs", run=measured))
    older = past_run(workspace, text_id, "word2vec", {"seed": 0}, 5.0, result=None)
    assert "took 5 s · seed 0" in shown(open_page("runs", run=older))


def test_train_rejects_values_out_of_bounds_and_keeps_them(
    open_page: OpenPage, workspace: Workspace, text_id: str
) -> None:
    app = open_page("train", dataset=text_id, set="vector_size:5000000")
    assert app.button(key="start-training").disabled
    field = next(field for field in app.number_input if field.label == "Dimensions `vector_size`")
    assert field.value == 5_000_000
    assert "at most 2000" in shown(app)
    assert workspace.runs() == []


def test_run_shows_its_embeddings_and_scores(open_page: OpenPage, run_id: str) -> None:
    app = open_page("runs", run=run_id)
    assert not app.exception
    assert "Scores" in shown(app)
    assert "**Words**" in shown(app)
    assert "Done" in shown(app)
    assert "![](" not in shown(app)


def test_job_is_shown_as_waiting_only_after_another_job(
    open_page: OpenPage, workspace: Workspace, text_id: str
) -> None:
    first = Jobs(workspace).submit_training(text_id, "ppmi-svd", {"min_count": 1})
    assert "Waiting for other jobs" not in shown(open_page("runs", run=first.id))
    second = Jobs(workspace).submit_training(text_id, "ppmi-svd", {"min_count": 1})
    app = open_page("runs", run=second.id)
    assert any("Waiting for other jobs" in bar.proto.text for bar in app.get("progress"))


def test_model_trained_in_one_step_shows_metrics_without_a_curve(
    open_page: OpenPage, workspace: Workspace, text_id: str
) -> None:
    job = Jobs(workspace).submit_training(text_id, "ppmi-svd", {"min_count": 1, "vector_size": 2})
    assert execute(workspace, job.id)
    app = open_page("runs", run=job.id)
    assert not app.exception
    assert "Trained in one step" in shown(app)
    assert "Explained share" in _metrics(app)


def test_documents_are_listed_before_words_of_the_same_run(
    open_page: OpenPage, workspace: Workspace, text_id: str
) -> None:
    job = Jobs(workspace).submit_training(text_id, "doc2vec", {"min_count": 1, "epochs": 1})
    assert execute(workspace, job.id)
    made = {row.id: row.name for row in workspace.embeddings(run_id=job.id)}
    assert set(made.values()) == {"documents", "words"}
    app = open_page("map")
    assert made[breadcrumb(app, "embedding").value] == "documents"


def test_embedding_in_the_url_selects_its_dataset(
    open_page: OpenPage, workspace: Workspace, text_id: str, run_id: str, tmp_path: Path
) -> None:
    (tmp_path / "newer.txt").write_text("one two three\n" * 20, encoding="utf-8")
    upload = workspace.stage_upload(tmp_path / "newer.txt", "newer.txt")
    assert execute(workspace, Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "newer").id)
    words = workspace.embeddings(run_id=run_id)[0]
    assert breadcrumb(open_page("ask", embedding=words.id), "dataset").value == text_id
    assert breadcrumb(open_page("ask"), "dataset").value != text_id


def test_another_dataset_selects_its_newest_embedding(
    open_page: OpenPage, workspace: Workspace, text_id: str, run_id: str, tmp_path: Path
) -> None:
    (tmp_path / "newer.txt").write_text("one two three\n" * 20, encoding="utf-8")
    upload = workspace.stage_upload(tmp_path / "newer.txt", "newer.txt")
    assert execute(workspace, Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "newer").id)
    newer = next(row.id for row in workspace.datasets() if row.id != text_id)
    job = Jobs(workspace).submit_training(newer, "ppmi-svd", {"min_count": 1, "vector_size": 2})
    assert execute(workspace, job.id)
    words, newer_words = (workspace.embeddings(run_id=each)[0].id for each in (run_id, job.id))
    # The newest of all is of the other dataset.
    app = open_page("ask", dataset=text_id)
    assert breadcrumb(app, "embedding").value == words
    breadcrumb(app, "embedding").select(words).run()
    breadcrumb(app, "dataset").select(newer).run()
    assert breadcrumb(app, "embedding").value == newer_words


def test_card_of_an_unsuitable_model_shows_the_reason(open_page: OpenPage, text_id: str) -> None:
    app = open_page("train", dataset=text_id, model="text-classifier")
    assert not app.exception
    assert app.button(key="model-text-classifier").disabled
    assert "The documents have no labels, which a classifier needs" in shown(app)
    app.button(key="model-lsa").click().run()
    assert address(app, "model") == "lsa"


def test_failed_run_shows_the_reason_and_can_be_restarted(
    open_page: OpenPage, workspace: Workspace, text_id: str
) -> None:
    job = Jobs(workspace).submit_training(text_id, "lsa", {"max_share": 0.5})
    assert execute(workspace, job.id)
    app = open_page("runs", run=job.id)
    assert app.error
    assert "Failed" in shown(app)
    next(button for button in app.button if button.label == "Start again").click().run()
    assert workspace.run(job.id).status == Status.QUEUED


def test_a_training_that_cannot_succeed_is_refused_before_the_start(open_page: OpenPage, text_id: str) -> None:
    app = open_page("train", dataset=text_id, model="word2vec", set="min_count:1000")
    assert "Fewer than two words occur at least 1000 times" in shown(app)
    assert app.button(key="start-training").disabled
    app = open_page("train", dataset=text_id, model="word2vec", set="min_count:100")
    assert "Fewer than two words" not in shown(app)
    assert not app.button(key="start-training").disabled


def test_waiting_run_can_be_cancelled(open_page: OpenPage, workspace: Workspace, text_id: str) -> None:
    job = Jobs(workspace).submit_training(text_id, "word2vec", {})
    app = open_page("runs", run=job.id)
    app.button(key=f"cancel-{job.id}").click().run()
    assert workspace.run(job.id).status == Status.CANCELLED
    assert "Cancelled" in shown(app)


def test_run_list_is_filtered_by_search(open_page: OpenPage, workspace: Workspace, run_id: str, text_id: str) -> None:
    job = Jobs(workspace).submit_training(text_id, "word2vec", {}, name="second try")
    app = open_page("runs", view="all")
    assert runs_listed(app)["Status"] == ["Waiting", "Done"]
    app.text_input(key="runs-search").set_value("SECOND").run()
    assert runs_listed(app)["Run"] == ["second try"]
    app.text_input(key="runs-search").set_value("nothing like it").run()
    assert "No run matches" in shown(app)
    assert job.id != run_id


def test_url_of_a_deleted_run_opens_the_list(open_page: OpenPage, run_id: str) -> None:
    app = open_page("runs", run="nosuchrun222")
    assert not app.exception
    assert len(runs_listed(app)["Run"]) == 1


def test_the_vector_size_follows_the_embedding_a_training_starts_from(
    open_page: OpenPage, text_id: str, run_id: str, workspace: Workspace
) -> None:
    start = workspace.embeddings(run_id=run_id)[0]
    app = open_page("train", dataset=text_id, model="word2vec")
    size, source = (f"parameter:{text_id}:word2vec:{name}" for name in ("vector_size", "start_from"))
    assert app.number_input(key=size).value != 4
    # Options are plain text in the browser: nothing is escaped in them.
    assert f"{start.title} \u00b7 4 dimensions" in app.selectbox(key=source).options
    app.selectbox(key=source).set_value(start.id).run()
    assert app.number_input(key=size).value == 4
    app.button(key="start-training").click().run()
    assert not app.exception
    begun = workspace.runs(text_id)[0]
    assert begun.parameters["start_from"] == start.id
    assert execute(workspace, begun.id)
    assert workspace.run(begun.id).status == Status.SUCCEEDED


def test_run_is_repeated_with_other_seeds_and_shows_stable_neighbors(
    open_page: OpenPage, text_id: str, run_id: str, workspace: Workspace
) -> None:
    app = open_page("runs", dataset=text_id, run=run_id, view="one")
    assert "Which neighbors can you trust?" in shown(app)
    app.selectbox(key="stability-seeds").set_value(2).run()
    app.button(key="start-repeats").click().run()
    assert "Training with other seeds, 1 run left" in shown(app)
    # Trainings first: what is queued within the same thousandth of a second has no order.
    for job in sorted(Jobs(workspace).jobs(active=True), key=lambda job: job.run_id is None):
        assert execute(workspace, job.id)
    app.run()
    assert not app.exception
    assert "nearest neighbors of a word stay" in shown(app)
    assert "it needs at least 3 seeds" in shown(app)
    words = workspace.embeddings(run_id=run_id)[0]
    asked = open_page("ask", embedding=words.id, key="king")
    assert not asked.exception
    table = asked.dataframe[0].value
    assert set(table["Seeds"]) <= {"1 of 2", "2 of 2"}
    assert "2 seeds" in shown(asked)


def test_running_repeats_can_be_cancelled(open_page: OpenPage, text_id: str, run_id: str, workspace: Workspace) -> None:
    app = open_page("runs", dataset=text_id, run=run_id, view="one")
    app.button(key="start-repeats").click().run()
    app.button(key="stop-repeats").click().run()
    assert not app.exception
    assert not Jobs(workspace).jobs(active=True)
    assert app.button(key="start-repeats").label.startswith("Train with 2 more seeds")

"""The evaluation protocol on the pages: shown, changed, and never mixed in a comparison."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.kind import Kind
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.protocols import dataset_protocol, set_protocol
from embedlab.kinds.protocols import Protocol
from embedlab.workspace.rows import DatasetRow, RunRow
from embedlab.workspace.tables import jobs as jobs_table
from embedlab.workspace.tables import runs as runs_table
from embedlab.workspace.workspace import Workspace
from tests.app.planted_ratings import keep_run, planted_predictor, write_planted
from tests.app.test_train_and_runs import shown

OpenPage = Callable[..., AppTest]
LABELED = {"layout": "delimited", "delimiter": "\t", "has_header": False, "text_column": 1, "label_column": 0}
WORDS = {"vector_size": 4, "min_count": 1, "epochs": 1}


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


@pytest.fixture
def labeled(workspace: Workspace, tmp_path: Path) -> DatasetRow:
    rng = np.random.default_rng(0)
    words = [f"w{number}" for number in range(50)]
    lines = [f"{'ab'[number % 2]}\t{' '.join(rng.choice(words, 8))}\n" for number in range(97)]
    path = tmp_path / "text.tsv"
    path.write_text("".join([*lines, lines[0], lines[0], lines[1]]), encoding="utf-8")
    upload = workspace.stage_upload(path, "text.tsv")
    assert execute(workspace, Jobs(workspace).submit_import(upload.id, Kind.TEXT, LABELED, "texts").id)
    return workspace.datasets()[0]


def train(workspace: Workspace, dataset: DatasetRow, model: str, parameters: dict[str, Any], **options: Any) -> RunRow:
    job = Jobs(workspace).submit_training(dataset.id, model, parameters, **options)
    assert execute(workspace, job.id)
    return workspace.run(job.id)


def test_the_protocol_of_a_labeled_text_is_shown_and_changed(
    open_page: OpenPage, workspace: Workspace, labeled: DatasetRow
) -> None:
    app = open_page("data", dataset=labeled.id, view="one")
    assert not app.exception
    assert "Random split" in shown(app)
    parts = next(table.value for table in app.dataframe if "Part" in table.value.columns)
    assert parts["Documents"].sum() == 100
    assert "5 documents have the same words as another one (3 are copies)" in shown(app)
    assert "Earlier runs keep their protocol" in shown(app)
    app.number_input(key=f"protocol-seed:{labeled.id}").set_value(7)
    app.number_input(key=f"protocol-test:{labeled.id}").set_value(0.4)
    app.button(key="change-protocol").click().run()
    assert not app.exception
    assert dataset_protocol(workspace.dataset(labeled.id)) == Protocol(seed=7, test_share=0.4)
    assert "seed 7" in shown(app)
    app.number_input(key=f"protocol-validation:{labeled.id}").set_value(0.5)
    app.number_input(key=f"protocol-test:{labeled.id}").set_value(0.5)
    app.button(key="change-protocol").click().run()
    assert "too little for training" in shown(app)
    assert dataset_protocol(workspace.dataset(labeled.id)).seed == 7


def test_texts_without_labels_show_no_protocol(open_page: OpenPage, workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the king and the queen sat in the castle\n" * 50, encoding="utf-8")
    upload = workspace.stage_upload(path, "text.txt")
    assert execute(workspace, Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "t").id)
    dataset = workspace.datasets()[0]
    assert not any("Evaluation protocol" in each.label for each in open_page("data", dataset=dataset.id).expander)
    assert not any(each.key == f"without-test:{dataset.id}" for each in open_page("train", dataset=dataset.id).toggle)


def test_runs_of_other_protocols_are_left_out_until_they_are_chosen(
    open_page: OpenPage, workspace: Workspace, tmp_path: Path
) -> None:
    run = keep_run(workspace, write_planted(tmp_path / "files"), planted_predictor)
    jobs = Jobs(workspace)
    set_protocol(workspace, run.dataset_id, seed=3)
    other = jobs.submit_training(run.dataset_id, "matrix-factorization", {}, "under seed 3")
    with workspace.transaction() as connection:
        connection.execute(jobs_table.update().values(status="succeeded"))
        connection.execute(runs_table.update().values(scores={"test_rmse": 0.9}))
    app = open_page("runs", view="compare", dataset=run.dataset_id)
    assert not app.exception
    assert app.selectbox(key=f"comparison-protocol:{run.dataset_id}").value == "random-seed3-0.1-0.1"
    assert "1 run with other protocols not shown" in shown(app)
    assert len(app.dataframe[0].value) == 1
    app.selectbox(key=f"comparison-protocol:{run.dataset_id}").set_value("random-seed0-0.1-0.1").run()
    assert not app.exception
    assert app.selectbox(key=f"comparison-protocol:{run.dataset_id}").value == "random-seed0-0.1-0.1"
    assert "1 run with other protocols not shown" in shown(app)
    assert "seed 3" in shown(open_page("runs", run=other.id))
    assert "Evaluation protocol: Random split" in shown(open_page("runs", run=run.id)).replace("\\", "")


def test_vectors_trained_on_the_test_part_are_not_offered_to_a_classifier(
    open_page: OpenPage, workspace: Workspace, labeled: DatasetRow
) -> None:
    everything = train(workspace, labeled, "word2vec", WORDS)
    app = open_page("train", dataset=labeled.id, model="word2vec")
    app.toggle(key=f"without-test:{labeled.id}").set_value(True)
    app.button(key="start-training").click().run()
    queued = next(run for run in workspace.runs() if run.id != everything.id)
    assert queued.protocol == dataset_protocol(labeled).as_dict()
    assert execute(workspace, queued.id)
    assert "Trained without the test part" in shown(open_page("runs", run=queued.id))
    app = open_page("train", dataset=labeled.id, model="text-classifier")
    assert not app.exception
    offered = app.selectbox(key=f"parameter:{labeled.id}:text-classifier:start_from").options
    assert len(offered) == 2
    assert "Not offered" in shown(app)
    assert "all documents of this dataset" in shown(app)
    # Words are judged on no test part: everything is offered to them.
    app = open_page("train", dataset=labeled.id, model="word2vec")
    assert len(app.selectbox(key=f"parameter:{labeled.id}:word2vec:start_from").options) == 3
    assert "Not offered" not in shown(app)


def test_several_workers_show_a_note_and_offer_one(
    open_page: OpenPage, workspace: Workspace, labeled: DatasetRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedlab.jobs.conditions.threads_per_slot", lambda settings: 3)
    app = open_page("train", dataset=labeled.id, model="word2vec")
    assert "Not exactly repeatable" not in shown(app)
    app.number_input(key=f"parameter:{labeled.id}:word2vec:workers").set_value(4).run()
    assert "Not exactly repeatable: 3 workers" in shown(app).replace("\\", "")
    app.button(key="use-one-worker").click().run()
    assert app.number_input(key=f"parameter:{labeled.id}:word2vec:workers").value == 1
    assert "Not exactly repeatable" not in shown(app)
    run = train(workspace, labeled, "word2vec", {**WORDS, "workers": 4})
    result = Jobs(workspace).job(run.id).result or {}
    page = shown(open_page("runs", run=run.id))
    assert result["reproducible"] == (result["n_threads"] == 1)
    assert ("Not exactly repeatable" in page) == (result["n_threads"] > 1)

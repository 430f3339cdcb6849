"""A run on labelled documents: the map coloured by label, and a new text placed among them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from embedlab.datasets.base import Kind
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.worker import execute
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace

Open = Callable[..., AppTest]
SEA = "the ship sails over the sea to the harbour"
TOWN = "the tram goes through the town to the market"


@pytest.fixture
def run(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunRow:
    """LSA of documents of the sea and of the town."""
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    path = tmp_path / "text.tsv"
    path.write_text(f"sea\t{SEA}\ntown\t{TOWN}\n" * 30, encoding="utf-8")
    upload = workspace.stage_upload(path, "text.tsv")
    options = {"layout": "delimited", "delimiter": "\t", "has_header": False, "text_column": 1, "label_column": 0}
    jobs = Jobs(workspace)
    assert execute(workspace, jobs.submit_import(upload.id, Kind.TEXT, options, "places").id)
    parameters = {"vector_size": 2, "min_count": 1, "max_share": 1.0}
    job = jobs.submit_training(workspace.datasets()[0].id, "lsa", parameters)
    assert execute(workspace, job.id)
    return workspace.run(job.id)


def test_documents_are_judged_by_their_labels(run: RunRow) -> None:
    scores = run.scores["documents"]
    assert scores["knn_accuracy"] == 1.0
    assert scores["baselines"]["majority"] == 0.5


def test_a_pasted_text_is_answered_by_near_documents(open_page: Open, workspace: Workspace, run: RunRow) -> None:
    row = workspace.resolve_embedding(f"{run.id}/documents")
    app = open_page("ask", embedding=row.id, view="text")
    assert not app.exception
    app.text_area("new-text").set_value("A ship on the <b>sea</b>!").run()
    assert not app.exception
    answers = app.dataframe[0].value
    assert list(answers["Class"][:5]) == ["sea"] * 5
    assert all(name.startswith("the ship sails") for name in answers["Document"][:5])
    assert any("known to this run" in each.value for each in app.caption)
    app.text_area("new-text").set_value("zzz qqq").run()
    assert not app.exception
    assert any("no word that this run has learned" in each.value for each in app.error)


def test_runs_that_cannot_place_texts_offer_no_such_view(open_page: Open, keep, royal, run: RunRow) -> None:  # type: ignore[no-untyped-def]
    offered = {option for control in open_page("ask").get("button_group") for option in control.options}
    assert any("A new text" in option for option in offered)
    row = keep(royal)
    app = open_page("ask", embedding=row.id, view="text")
    assert not app.exception
    offered = {option for control in app.get("button_group") for option in control.options}
    assert not any("A new text" in option for option in offered)
    assert not app.text_area


def test_an_unknown_word_is_answered_by_its_parts_and_it_is_said(
    open_page: Open, workspace: Workspace, run: RunRow
) -> None:
    parameters = {"vector_size": 8, "min_count": 1, "epochs": 2, "bucket": 1000}
    job = Jobs(workspace).submit_training(run.dataset_id, "fasttext", parameters)
    assert execute(workspace, job.id)
    row = workspace.resolve_embedding(f"{job.id}/words")
    app = open_page("ask", embedding=row.id)
    app.text_input("near-text").set_value("Harbours").run()
    assert not app.exception
    assert any("made of its parts" in each.value for each in app.info)
    assert len(app.dataframe[0].value) == 10
    app.text_input("near-text").set_value("harbour").run()
    assert not any("made of its parts" in each.value for each in app.info)


def test_the_run_shows_its_score_beside_the_majority_and_its_documents_first(open_page: Open, run: RunRow) -> None:
    app = open_page("runs", run=run.id)
    assert not app.exception
    said = " ".join(each.value for each in [*app.caption, *app.markdown])
    assert "always naming the most frequent label would be right for 50.0%" in said
    assert said.index("**Documents**") < said.index("**Words**")


def test_documents_show_their_class_on_the_map_until_one_colour_is_chosen(
    open_page: Open, workspace: Workspace, run: RunRow
) -> None:
    row = workspace.resolve_embedding(f"{run.id}/documents")
    app = open_page("map", embedding=row.id)
    assert not app.exception
    assert app.selectbox("map:color").value == "class"
    app.selectbox("map:color").set_value("-").run()
    assert app.selectbox("map:color").value == "-"
    assert "-" in app.query_params["color"]

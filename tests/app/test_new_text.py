"""A run on labeled documents: the map colored by label, and a new text placed among them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
from sklearn.decomposition import PCA
from streamlit.testing.v1 import AppTest

from embedlab.core.kind import Kind
from embedlab.exploration.new_things.inference import near_unknown_word
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.inference import open_ability, open_with_dataset
from embedlab.jobs.jobs import Jobs
from embedlab.kinds.text.dataset import TextDataset
from embedlab.models.contract.abilities import PlacesWord
from embedlab.ui.map import unknown_words
from embedlab.workspace.rows import EmbeddingRow, RunRow
from embedlab.workspace.workspace import Workspace

Open = Callable[..., AppTest]
COMPONENT = "bidi_component"
SEA = "the ship sails over the sea to the harbour"
TOWN = "the tram goes through the town to the market"


@pytest.fixture
def run(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunRow:
    """LSA of documents of the sea and of the town."""
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    path = tmp_path / "text.tsv"
    # Copies would not be asked about: a word of its own makes each document another one.
    lines = [f"sea\t{SEA} s{number}\ntown\t{TOWN} t{number}\n" for number in range(30)]
    path.write_text("".join(lines), encoding="utf-8")
    upload = workspace.stage_upload(path, "text.tsv")
    options = {"layout": "delimited", "delimiter": "\t", "has_header": False, "text_column": 1, "label_column": 0}
    jobs = Jobs(workspace)
    assert execute(workspace, jobs.submit_import(upload.id, Kind.TEXT, options, "places").id)
    parameters = {"vector_size": 2, "min_count": 2, "max_share": 1.0}
    job = jobs.submit_training(workspace.datasets()[0].id, "lsa", parameters)
    assert execute(workspace, job.id)
    return workspace.run(job.id)


def test_documents_are_scored_by_their_labels(run: RunRow) -> None:
    scores = run.scores["documents"]
    assert scores["knn_accuracy"] == 1.0
    assert scores["baselines"]["majority"] == 0.5


def test_pasted_text_shows_near_documents(open_page: Open, workspace: Workspace, run: RunRow) -> None:
    row = workspace.resolve_embedding(f"{run.id}/documents")
    app = open_page("ask", embedding=row.id, view="text")
    assert not app.exception
    app.text_area("new-text").set_value("A ship on the <b>sea</b>!").run()
    assert not app.exception
    answers = app.dataframe[0].value
    assert list(answers["Class"][:5]) == ["sea"] * 5
    assert all(name.startswith("the ship sails") for name in answers["Document"][:5])
    assert any("in the vocabulary" in each.value for each in app.caption)
    on_map = open_page("map", embedding=row.id, key="", draw="text", of="A ship on the sea!")
    assert not on_map.exception
    assert any("New text" in each.value and "A ship on the sea" in each.value for each in on_map.markdown), [
        each.value for each in [*on_map.markdown, *on_map.caption]
    ]
    app.text_area("new-text").set_value("zzz qqq").run()
    assert not app.exception
    assert any("no word in the vocabulary of this run" in each.value for each in app.error)


def test_view_is_hidden_for_runs_that_cannot_place_texts(open_page: Open, keep, royal, run: RunRow) -> None:  # type: ignore[no-untyped-def]
    offered = {option for control in open_page("ask").get("button_group") for option in control.options}
    assert any("New text" in option for option in offered)
    row = keep(royal)
    app = open_page("ask", embedding=row.id, view="text")
    assert not app.exception
    offered = {option for control in app.get("button_group") for option in control.options}
    assert not any("New text" in option for option in offered)
    assert not app.text_area


@pytest.fixture
def words(workspace: Workspace, run: RunRow) -> EmbeddingRow:
    """Words of the same documents by fastText, which knows their parts of three letters and more."""
    parameters = {"vector_size": 8, "min_count": 1, "epochs": 2, "bucket": 1000}
    job = Jobs(workspace).submit_training(run.dataset_id, "fasttext", parameters)
    assert execute(workspace, job.id)
    return workspace.resolve_embedding(f"{job.id}/words")


def test_unknown_word_shows_neighbors_by_subwords(open_page: Open, words: EmbeddingRow) -> None:
    app = open_page("ask", embedding=words.id)
    app.text_input("near-text").set_value("Harbours").run()
    assert not app.exception
    assert any("built from subwords" in each.value for each in app.info)
    assert len(app.dataframe[0].value) == 10
    link = next(each.proto for each in app.get("page_link") if each.proto.label == "Show on the map")
    assert (link.page, parse_qs(link.query_string)["key"]) == ("map", ["Harbours"])
    app.text_input("near-text").set_value("harbour").run()
    assert not any("built from subwords" in each.value for each in app.info)


def test_neighbors_of_an_unknown_word_agree_on_page_and_map(
    open_page: Open, workspace: Workspace, words: EmbeddingRow
) -> None:
    inference, dataset = open_with_dataset(workspace, str(words.run_id), PlacesWord, TextDataset)
    embedding = workspace.load_embedding(words.id)
    truth = near_unknown_word(inference, embedding, "Harbours", dataset.options.tokenizer, 10)
    parts = [
        json.loads(each.proto.json) for each in open_page("map", embedding=words.id, key="Harbours").get(COMPONENT)
    ]
    assert next(data["command"]["word"] for data in parts if "command" in data) == "harbours"
    rows = next(data["rows"] for data in parts if "rows" in data)
    assert [name for name, *_ in rows] == [answer.label for answer in truth]
    # From there back to the question, which finds the word in its box.
    app = open_page("ask", embedding=words.id, key="harbours")
    assert app.text_input("near-text").value == "harbours"
    assert list(app.dataframe[0].value["Word"]) == [answer.label for answer in truth]


@pytest.mark.parametrize("n_components", [2, 3])
def test_pca_map_places_an_unknown_word_like_the_vocabulary(
    workspace: Workspace, words: EmbeddingRow, n_components: int
) -> None:
    projection = next(each for each in workspace.projections(words.id) if each.n_components == n_components)
    placed = unknown_words.place_word(projection.id, "Harbours", 5)
    inference = open_ability(workspace, str(words.run_id), PlacesWord)
    vectors = workspace.load_embedding(words.id).vectors
    coordinates = workspace.coordinates(projection.id)
    peer = PCA(n_components, svd_solver="full").fit(vectors)
    signs = np.sign((peer.transform(vectors) * coordinates).sum(axis=0))
    expected = peer.transform([inference.vector("harbours")])[0] * signs
    assert placed.place.how == "exact"
    assert placed.place.coordinates == pytest.approx(expected, abs=1e-3 * float(np.abs(coordinates).max()))


def test_deleted_or_damaged_dataset_does_not_break_the_map(
    open_page: Open, workspace: Workspace, words: EmbeddingRow
) -> None:
    shutil.rmtree(workspace.layout.dataset(str(words.dataset_id)))
    app = open_page("map", embedding=words.id, key="harbours")
    assert not app.exception
    assert "Not in the vocabulary." in [each.value for each in app.caption]
    assert unknown_words.placeable(words, workspace.load_embedding(words.id), "harbours") is None


def test_run_shows_majority_baseline_and_documents_first(open_page: Open, run: RunRow) -> None:
    app = open_page("runs", run=run.id)
    assert not app.exception
    said = " ".join(each.value for each in [*app.caption, *app.markdown])
    assert "most frequent label" in said.lower()
    assert said.index("**Documents**") < said.index("**Words**")


def test_documents_show_their_class_on_the_map_until_one_color_is_chosen(
    open_page: Open, workspace: Workspace, run: RunRow
) -> None:
    row = workspace.resolve_embedding(f"{run.id}/documents")
    app = open_page("map", embedding=row.id)
    assert not app.exception
    assert app.selectbox("map:color").value == "class"
    app.selectbox("map:color").set_value("-").run()
    assert app.selectbox("map:color").value == "-"
    assert "-" in app.query_params["color"]

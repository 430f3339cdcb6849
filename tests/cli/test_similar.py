"""Documents near a new text, and words near an unknown one, by command."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from tests.cli.conftest import Said

Run = Callable[..., Said]


def test_a_new_text_finds_documents_of_its_topic(embedlab: Run, tmp_path: Path) -> None:
    corpus = tmp_path / "texts.csv"
    # All different: a copy of a text would vote for its own label, and does not.
    more = {
        "sea": "wave gull storm crew sail reef tide net buoy",
        "town": "street shop park bell tower gate wall well inn",
    }
    pairs = zip(*(combinations(words.split(), 2) for words in more.values()), strict=True)
    lines = [
        line
        for sea, town in pairs
        for line in (
            f"sea,the ship sails over the sea {' '.join(sea)}",
            f"town,the tram goes through the town {' '.join(town)}",
        )
    ]
    corpus.write_text("\n".join(["label,text", *lines]) + "\n")
    options = ["--label-column", "label", "--text-column", "text"]
    dataset = embedlab("import", "text", corpus, *options, "--json").json["id"]
    settings = ["--set", "vector_size=2", "--set", "min_count=1", "--set", "max_share=1"]
    trained = embedlab("train", dataset, "lsa", *settings, "--json")
    assert trained.exit_code == 0, trained
    assert trained.json["scores"]["documents"]["knn_accuracy"] == 1.0
    run = trained.json["run"]
    answers = embedlab("similar", run, "--text", "A sea full of ships", "--topn", 3, "--json").json
    assert len(answers) == 3
    assert all(int(key) % 2 == 0 and label.startswith("the ship") and score > 0.9 for key, label, score in answers)
    (tmp_path / "new.txt").write_text("through the town by tram", encoding="utf-8")
    assert "the tram goes" in embedlab("similar", run, "--file", tmp_path / "new.txt").out
    assert embedlab("script", run, "--out", tmp_path / "run.zip").exit_code == 0
    with zipfile.ZipFile(tmp_path / "run.zip") as bundle:
        assert bundle.read("documents.txt").decode().splitlines()[1] == "the tram goes through the town street shop"
    # A text of a document has the place of the document on a linear map, which is exact.
    placed = embedlab("place", f"{run}/documents", "--text", lines[0].split(",")[1], "--topn", 1, "--json").json
    embedlab("project", f"{run}/documents", "--method", "pca", "--out", tmp_path / "map.csv")
    row = (tmp_path / "map.csv").read_text(encoding="utf-8").splitlines()[1].rsplit(",", 2)
    assert (placed["method"], placed["how"]) == ("pca", "exact")
    assert placed["coordinates"] == pytest.approx([float(row[1]), float(row[2])], abs=1e-4)
    assert placed["neighbors"][0][2] == pytest.approx(1)
    refused = embedlab("place", f"{run}/words", "--text", "sea", "--json")
    assert (refused.exit_code, refused.json["error"]["remedy"]) == (2, "Use RUN/documents.")
    assert embedlab("place", f"{run}/documents", "--json").exit_code == 2
    for wrong in ([], ["--text", "sea", "--file", corpus], ["--text", "xyz"], ["--file", tmp_path / "none.txt"]):
        refused = embedlab("similar", run, *wrong, "--json")
        assert refused.exit_code == 2, refused
        assert refused.json["error"]["what"]


def test_an_unknown_word_is_answered_by_its_parts(embedlab: Run, tmp_path: Path) -> None:
    corpus = tmp_path / "texts.txt"
    corpus.write_text("the ship sails over the sea\nthe tram goes through the town\n" * 40)
    dataset = embedlab("import", "text", corpus, "--json").json["id"]
    settings = ["--set", "vector_size=8", "--set", "min_count=1", "--set", "epochs=2", "--set", "bucket=1000"]
    run = embedlab("train", dataset, "fasttext", *settings, "--json").json["run"]
    asked = embedlab("neighbors", f"{run}/words", "Shipping", "--topn", 3, "--json")
    assert [len(answer) for answer in asked.json] == [3, 3, 3]
    assert "built from its subwords" in asked.err
    assert "built from its subwords" not in embedlab("neighbors", f"{run}/words", "ship").err
    placed = embedlab("place", f"{run}/words", "--word", "Shipping", "--topn", 3, "--json").json
    assert placed["neighbors"] == asked.json
    assert len(placed["coordinates"]) == 2
    known = embedlab("place", f"{run}/words", "--word", "ship", "--json")
    assert "in the vocabulary" in known.json["error"]["what"]
    refused = embedlab("similar", run, "--text", "ship", "--json")
    assert refused.exit_code == 2
    assert "cannot place new texts" in refused.json["error"]["what"]
    assert refused.json["error"]["remedy"] == "Choose a run of one of these models: doc2vec, lsa."

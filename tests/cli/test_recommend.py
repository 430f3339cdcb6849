"""`recommend` and `predict` on runs that are kept without training."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.settings import load_settings
from embedlab.exploration.new_things.recommender import Recommender
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.kinds.embeddings import keep_embedding
from embedlab.models.contract.abilities import FoldedIn
from embedlab.models.registry import registered
from embedlab.workspace.workspace import Workspace
from tests.app.planted_ratings import write_planted
from tests.kept_recommenders import keep_dataset, keep_ranking_run, keep_ridge_run
from tests.ridge_recommender import RidgeModel

Run = Callable[..., Any]


@pytest.fixture
def runs(home: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A run that ranks without vectors, and one that rates."""
    with registered(RidgeModel()):
        workspace = Workspace.open(load_settings())
        kept = keep_dataset(workspace, write_planted(tmp_path / "files"))
        ids = {"ease": keep_ranking_run(workspace, *kept).id, "ridge": keep_ridge_run(workspace, *kept).id}
        workspace.close()
        yield ids


def test_lists_and_reasons(embedlab: Run, runs: dict[str, str]) -> None:
    plain = embedlab("recommend", runs["ease"], "a0", "--json").json
    assert [len(row) for row in plain] == [3] * len(plain)
    explained = embedlab("recommend", runs["ease"], "a0", "--json", "--reasons").json
    assert [row[:3] for row in explained] == plain
    for *_, score, reasons in explained:
        amounts = [amount for *_, amount in reasons["contributions"]]
        assert reasons["sum"] == pytest.approx(reasons["base"] + sum(amounts), abs=1e-5)
        assert reasons["sum"] == pytest.approx(score, abs=1e-4)
    text = embedlab("recommend", runs["ease"], "a0", "--reasons").out
    assert "score" in text.splitlines()[0]
    assert " = " in text


def test_somebody_new_by_titles(embedlab: Run, runs: dict[str, str]) -> None:
    found = embedlab("recommend", runs["ease"], "--for", "Heat=5, Clueless (1995)=1", "--json", "--topn", 2)
    assert [key for key, *_ in found.json] != []
    assert not {"10", "60"} & {key for key, *_ in found.json}
    assert "1 of 2 ratings are below 4" in found.err
    rated = embedlab("recommend", runs["ridge"], "--for", "10=5", "--for", "60=1", "--json", "--reasons")
    assert all(1 <= score <= 5 for _, _, score, _ in rated.json)
    assert "+ -" not in embedlab("recommend", runs["ridge"], "--for", "10=5, 60=1", "--reasons").out


def test_somebody_new_has_a_place_where_the_run_has_their_vector(
    embedlab: Run, runs: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    context = JobContext(tmp_path / "job", 1, threading.Event())
    workspace = Workspace.open(load_settings())
    options = {"name": "items", "title": "items", "run_id": runs["ease"], "dataset_id": None}
    kept = keep_embedding(workspace, context, Embedding(vectors, [f"i{at}" for at in range(30)]), **options)
    with workspace.transaction() as connection:
        kept.store(workspace, connection)
    (flat,) = [row for row in workspace.projections(kept.embedding_id) if row.n_components == 2]
    expected = workspace.coordinates(flat.id)[7].tolist()
    workspace.close()
    for arguments, words in (
        (["--for", "10=5"], "no vectors of new users"),
        (["--word", "Heat"], "A word has a place among words only"),
        (["--for", "10=5", "--word", "Heat"], "places one thing"),
    ):
        refused = embedlab("place", f"{runs['ease']}/items", *arguments, "--json")
        assert refused.exit_code == 2, refused
        assert words in refused.json["error"]["what"]
    # Somebody whose vector is that of an item has its place.
    monkeypatch.setattr(Recommender, "fold_in", lambda self, own: FoldedIn(np.zeros(1, np.float32), vectors[7]))
    placed = embedlab("place", f"{runs['ease']}/items", "--for", "10=5", "--topn", 1, "--json").json
    assert placed["coordinates"] == pytest.approx(expected, abs=1e-4)
    assert placed["neighbors"][0][:2] == ["i7", "i7"]


def test_filters_and_popularity(embedlab: Run, runs: dict[str, str]) -> None:
    found = embedlab(
        "recommend", runs["ridge"], "--for", "10=5", "--text", "emma", "--years", "1990-1999", "--json"
    ).json
    assert {key for key, *_ in found} == {"40", "50"}
    assert embedlab("recommend", runs["ridge"], "--for", "10=5", "--years", "1998", "--json").json[0][0] == "20"
    assert (
        len(
            embedlab(
                "recommend", runs["ridge"], "--for", "10=5", "--genre", "crime", "--popularity-weight", "1", "--json"
            ).json
        )
        == 5
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["nobody"], "no such user", id="user"),
        pytest.param([], "needs one user", id="nobody-named"),
        pytest.param(["a0", "--for", "10=5"], "needs one user", id="two"),
        pytest.param(["--all-users"], "written to a file", id="no-file"),
        pytest.param(["--for", "Het=5"], "Heat (1995)", id="spelling"),
        pytest.param(["--for", "10=9"], "outside the scale", id="scale"),
        pytest.param(["--for", "10=5,10=4"], "twice", id="twice"),
        pytest.param(["a0", "--years", "new"], "Years cannot be read", id="years"),
        pytest.param(["a0", "--genre", "Drma"], "Drama", id="genre"),
        pytest.param(["a0", "--popularity-weight", "2"], "between 0 and 1", id="weight"),
        pytest.param(["a0", "--out", "x.xlsx"], ".parquet", id="format"),
        pytest.param(["a0", "--out", "x.csv", "--reasons"], "no reasons", id="reasons-in-a-file"),
    ],
)
def test_mistakes(embedlab: Run, runs: dict[str, str], arguments: list[str], words: str) -> None:
    said = embedlab("recommend", runs["ease"], *arguments)
    assert said.exit_code == 2
    assert words in said.err


def test_files(embedlab: Run, runs: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "all.parquet"
    said = embedlab("recommend", runs["ridge"], "--all-users", "--out", out, "--topn", 2, "--json").json
    table = pd.read_parquet(out)
    assert said == {"file": str(out), "rows": len(table)}
    assert set(table["user"]) == {"a0"}
    one = tmp_path / "one.csv"
    embedlab("recommend", runs["ridge"], "a0", "--out", one)
    assert pd.read_csv(one, dtype=str)["item"].tolist() == table["item"].tolist()


def test_predictions(embedlab: Run, runs: dict[str, str], tmp_path: Path) -> None:
    pairs, out = tmp_path / "pairs.csv", tmp_path / "out.csv"
    pairs.write_text("user,item\na0,30\nnobody,10\na0,unknown\n")
    said = embedlab("predict", runs["ridge"], pairs, "--out", out, "--json").json
    assert said == {"file": str(out), "rows": 3, "unknown_users": 1, "unknown_items": 1}
    assert pd.read_csv(out).columns.tolist() == ["user", "item", "prediction"]
    assert "In 1 row the user is not in the dataset" in embedlab("predict", runs["ease"], pairs, "--out", out).err
    assert pd.read_csv(out)["score"].isna().tolist()[1:] == [True, True]
    assert embedlab("predict", runs["ridge"], tmp_path / "missing.csv", "--out", out).exit_code == 2

"""Recommendations and predictions as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import InputError, NotFoundError, ParameterError
from embedlab.exploration.new_things.recommender import Recommender, Wish
from embedlab.export.predictions import write_predictions
from embedlab.export.recommendations import write_all_recommendations, write_recommendations
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from embedlab.models.popularity.ranker import PopularityRanker
from embedlab.reading.limits import Limits
from tests.ridge_recommender import Ridge, dataset_of

FORMULA = "=HYPERLINK(1)"


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> RatingsSplit:
    """User =1+1 has rated a; user b both; item b has a formula as its title."""
    ratings = "user,item,rating\n=1+1,a,5\nb,a,4\nb,b,1\n"
    items = f'movieId,title\na,First\nb,"{FORMULA}"\n'
    dataset = dataset_of(tmp_path_factory.mktemp("formulas"), ratings, items)
    return RatingsSplit(dataset, dataset.ratings, Ratings.empty(), Ratings.empty())


@pytest.fixture(scope="module")
def popular(split: RatingsSplit) -> Recommender:
    counts = split.dataset.items["count"].to_numpy(np.float32)
    return Recommender.of(split, None, [PopularityRanker(counts)])


@pytest.fixture(scope="module")
def rating(split: RatingsSplit) -> Recommender:
    ones = np.ones((2, 1), np.float32)
    return Recommender.of(split, None, [Ridge(ones, np.array([[1.0], [0.25]], np.float32), np.zeros(2, np.float32))])


def test_all_users_as_parquet(popular: Recommender, tmp_path: Path) -> None:
    out = tmp_path / "all.parquet"
    seen: list[int] = []
    assert write_all_recommendations(popular, out, on_progress=seen.append) == 1
    table = pd.read_parquet(out)
    assert table.to_dict("list") == {"user": ["=1+1"], "rank": [1], "item": ["b"], "label": [FORMULA], "score": [1.0]}
    assert seen == [1]


def test_formulas_are_escaped_in_csv_and_an_existing_file_is_replaced(popular: Recommender, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    out.write_text("old")
    write_all_recommendations(popular, out)
    table = pd.read_csv(out)
    assert table["user"].tolist() == ["'=1+1"]
    assert table["label"].tolist() == [f"'{FORMULA}"]
    assert list(tmp_path.iterdir()) == [out]


def test_chosen_users_and_one_list(popular: Recommender, tmp_path: Path) -> None:
    assert write_all_recommendations(popular, tmp_path / "b.parquet", users=["b"]) == 0
    assert pd.read_parquet(tmp_path / "b.parquet").columns.tolist() == ["user", "rank", "item", "label", "score"]
    with pytest.raises(NotFoundError, match="Closest spellings: b"):
        write_all_recommendations(popular, tmp_path / "c.parquet", users=["B"])
    assert write_recommendations(popular.recommend("=1+1"), tmp_path / "one.csv") == 1
    assert pd.read_csv(tmp_path / "one.csv")["label"].tolist() == [f"'{FORMULA}"]


def test_after_an_error_the_existing_file_is_unchanged(popular: Recommender, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    out.write_text("old")
    with pytest.raises(ParameterError):
        write_all_recommendations(popular, out, Wish(topn=0))
    assert out.read_text() == "old"
    with pytest.raises(ParameterError, match=r"\.csv or \.parquet"):
        write_all_recommendations(popular, tmp_path / "all.xlsx")


def test_predictions_of_pairs(rating: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # More than one batch.
    monkeypatch.setattr("embedlab.export.predictions._PAIRS_PER_BATCH", 2)
    pairs = tmp_path / "pairs.csv"
    # The columns are found by name, in any order.
    pairs.write_text("item,note,user\na,x,b\nb,y,=1+1\nb,z,nobody\nnothing,x,b\n")
    written = write_predictions(rating, pairs, tmp_path / "out.parquet", Limits())
    assert (written.n_rows, written.n_unknown_users, written.n_unknown_items) == (4, 1, 1)
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert table["user"].tolist() == ["b", "=1+1", "nobody", "b"]
    assert table["prediction"].tolist() == [4.0, 3.25, 3.0, 3.0]


def test_scores_of_pairs_of_a_run_that_only_ranks(popular: Recommender, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("user,item\nb,a\nnobody,a\n")
    write_predictions(popular, pairs, tmp_path / "out.csv", Limits())
    table = pd.read_csv(tmp_path / "out.csv")
    assert table.columns.tolist() == ["user", "item", "score"]
    assert table["score"].tolist()[0] == 2.0
    assert np.isnan(table["score"].tolist()[1])


def test_a_file_that_is_no_table_is_refused(popular: Recommender, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("one line of text\n")
    with pytest.raises(InputError, match="columns user and item"):
        write_predictions(popular, tmp_path / "text.txt", tmp_path / "out.csv", Limits())

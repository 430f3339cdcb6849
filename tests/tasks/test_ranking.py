"""The scores of ranking and rating models: beside popularity and EASE, or the reason why there are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.evaluation.score import best_places
from embedlab.evaluation.scores import read_scores
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.ratings.interactions import Interactions
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import State, TrainingResult
from embedlab.models.ease.solver import fit_ease
from embedlab.models.popularity.ranker import PopularityRanker
from embedlab.tasks import ranking_scores
from embedlab.tasks.base import Parts, Positive
from embedlab.tasks.ranking import Ranking, interactions_table
from embedlab.tasks.rating import Rating, merged_scores
from embedlab.tasks.rating_parts import rating_part_sizes, unseen_counts
from embedlab.workspace.rows import DatasetRow
from tests.kinds.ratings.planted_interactions import dataset_of, random_rows

UNSEEN = Protocol("unseen-users", 0, 0.2, 0.2)


class ByItem(Rates):
    """Predicts higher ratings for items with higher rows."""

    def predict(self, users: Any, items: Any) -> Any:
        del users
        return (1 + items / 10).astype(np.float32)

    @classmethod
    def from_state(cls, state: State) -> ByItem:
        del state
        return cls()


def trained(*abilities: Any) -> TrainingResult:
    return TrainingResult({}, State({}), abilities)


def split(task: Any, dataset: Any, protocol: Protocol, tmp_path: Any) -> Parts:
    return task.split(dataset, protocol, tmp_path)


def popularity(parts: Parts) -> PopularityRanker:
    held_out = parts.held_out[0]
    return PopularityRanker(np.bincount(held_out.known.items, minlength=held_out.shape[1]).astype(np.float32))


def test_a_ranking_model_is_scored_beside_popularity_and_ease(tmp_path: Any) -> None:
    parts = split(Ranking(), dataset_of(random_rows(80, 40)), Protocol(), tmp_path)
    scores = Ranking().judge(trained(popularity(parts)), parts)
    assert {"ndcg@10", "recall@20", "intervals", "n_ranked_users", "n_test"} <= scores.keys()
    assert list(scores["baselines"]) == ["popularity", "ease"]
    assert scores["ndcg@10"] == scores["baselines"]["popularity"]["ndcg@10"]
    assert scores["differences"]["popularity"]["ndcg@10"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert "not_computed" not in scores


def test_a_rating_model_has_errors_and_a_ranking(tmp_path: Any) -> None:
    parts = split(Rating(), dataset_of(random_rows(80, 40)), Protocol(), tmp_path)
    scores = Rating().judge(trained(ByItem()), parts)
    assert {"test_rmse", "test_mae", "ndcg@10", "recall@20"} <= scores["intervals"].keys()
    assert list(scores["baselines"]) == ["global_mean", "item_mean", "user_item_bias", "popularity", "ease"]
    assert set(scores["baselines"]["ease"]) >= {"ndcg@10", "recall@20"}
    assert set(scores["baselines"]["item_mean"]) == {"test_rmse", "test_mae"}


def test_without_positive_ratings_the_errors_stay_and_the_reason_is_said(tmp_path: Any) -> None:
    parts = split(Rating(), dataset_of(random_rows()), Protocol(positive_from=9), tmp_path)
    scores = Rating().judge(trained(ByItem()), parts)
    assert scores["test_rmse"] > 0
    assert set(scores["not_computed"]) == {"ndcg@10", "recall@20"}
    assert "No rating counts as positive" in scores["not_computed"]["ndcg@10"]


def test_a_test_part_without_positive_ratings_says_so(tmp_path: Any) -> None:
    parts = split(Ranking(), dataset_of(random_rows()), Protocol(), tmp_path)
    held_out, protocol = parts.held_out
    nothing = Parts(parts.learned, (held_out.without_test(), protocol))
    scores = Ranking().judge(trained(popularity(parts)), nothing)
    assert scores["n_ranked_users"] == 0
    assert "No rating of the test part counts as positive (from 4)" in scores["not_computed"]["ndcg@10"]


def test_a_model_that_cannot_place_new_users_says_so(tmp_path: Any) -> None:
    parts = split(Rating(), dataset_of(random_rows(80, 40)), UNSEEN, tmp_path)
    scores = Rating().judge(trained(ByItem()), parts)
    assert scores["test_rmse"] > 0
    assert "cannot place users" in scores["not_computed"]["ndcg@10"]
    parts = split(Ranking(), dataset_of(random_rows(80, 40)), UNSEEN, tmp_path)
    assert Ranking().judge(trained(popularity(parts)), parts)["ndcg@10"] > 0
    assert (
        "does not rank"
        in Ranking().judge(trained(), split(Ranking(), dataset_of(random_rows()), Protocol(), tmp_path))[
            "not_computed"
        ]["recall@20"]
    )


def test_users_and_items_without_known_ratings_are_counted() -> None:
    rows = [(0, 0, 3), (0, 1, 4), (1, 0, 2)]
    known = dataset_of([*rows, (3, 4, 1)])
    parts = known.split(0, validation_share=0.0, test_share=0.0)
    test_users, test_items = np.array([0, 2, 2, 1, 3], np.int32), np.array([1, 0, 3, 2, 4], np.int32)
    assert unseen_counts(test_users, test_items, parts) == {"n_unseen_users": 1, "n_unseen_items": 2, "n_unseen": 3}


def test_unseen_users_are_counted_in_the_scores_and_said(tmp_path: Any) -> None:
    parts = split(Rating(), dataset_of(random_rows(80, 40)), UNSEEN, tmp_path)
    scores = Rating().judge(trained(ByItem()), parts)
    test = parts.held_out[0].test
    assert scores["n_unseen_users"] == len(np.unique(test.users)) == 16
    assert scores["n_unseen"] == len(test) == scores["n_test"]
    (note,) = Rating().notes(scores)
    assert note.startswith(f"{len(test):,} of {len(test):,} test ratings are of 16 users")
    assert "mean and the known biases" in note
    assert Rating().notes({"n_test": 9, "n_unseen": 0}) == []
    assert Rating().notes({"test_rmse": 1.0}) == []
    assert Ranking().notes({"n_test": 9, "n_unseen": 1, "n_unseen_users": 0, "n_unseen_items": 1}) == [
        "1 of 9 test choices is of 1 item without ratings in training. Most models cannot find such items."
    ]


def test_the_sizes_of_the_parts_count_the_positive_ratings(tmp_path: Any) -> None:
    dataset = dataset_of(random_rows())
    parts = split(Rating(), dataset, Protocol(), tmp_path)
    sizes = Rating().part_sizes(parts)
    held_out = parts.held_out[0]
    counted = [int((part.ratings >= 4).sum()) for part in (held_out.train, held_out.validation, held_out.test)]
    assert sizes.positive == Positive(4.0, *counted)
    assert sizes == Ranking().part_sizes(split(Ranking(), dataset, Protocol(), tmp_path))
    assert rating_part_sizes(held_out, 9.0).positive is None
    implicit = dataset_of(random_rows(), feedback="implicit")
    assert Ranking().part_sizes(split(Ranking(), implicit, Protocol(), tmp_path)).positive is None


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        pytest.param({"scale": [0.5, 5.0]}, (0.5, 5.0, 4.0), id="stars"),
        pytest.param({"scale": [0.5, 5.0], "feedback": "implicit"}, None, id="implicit"),
        pytest.param({}, None, id="absent"),
        pytest.param({"scale": ["a", 5.0]}, None, id="damaged"),
    ],
)
def test_the_scale_on_which_the_lowest_positive_rating_is_chosen(details: dict[str, Any], expected: Any) -> None:
    row = DatasetRow.__new__(DatasetRow)
    object.__setattr__(row, "details", details)
    assert Rating().rating_scale(row) == Ranking().rating_scale(row) == expected


def test_the_table_has_each_rating_with_weight_and_part(tmp_path: Any) -> None:
    dataset = dataset_of([(0, 0, 5), (0, 1, 1), (1, 0, 4), (1, 1, 5), (2, 0, 5), (2, 1, 2), (3, 0, 4), (3, 1, 4)])
    protocol = Protocol("unseen-users", 0, 0.25, 0.25, history_share=0.5)
    table = interactions_table(split(Ranking(), dataset, protocol, tmp_path).held_out[0])
    assert sorted(table["part"].unique()) == ["test", "test_history", "train", "validation", "validation_history"]
    ratings = dataset.ratings
    rated = zip(ratings.users.tolist(), ratings.items.tolist(), ratings.ratings.tolist(), strict=True)
    expected = {(f"u{user}", f"i{item}"): float(value >= 4) for user, item, value in rated}
    assert dict(zip(zip(table["user"], table["item"], strict=True), table["weight"], strict=True)) == expected


def test_merging_joins_what_has_several_values() -> None:
    first = {"a": 1, "intervals": {"a": [0, 1]}, "not_computed": {"c": "why"}}
    second = {"b": 2, "intervals": {"b": [1, 2]}}
    assert merged_scores(first, second) == {
        "a": 1, "b": 2, "intervals": {"a": [0, 1], "b": [1, 2]}, "not_computed": {"c": "why"},
    }  # fmt: skip


def test_scores_of_the_test_part_never_choose_a_run() -> None:
    stored = [
        {
            "ndcg@10": value,
            "recall@20": value,
            "coverage@10": value,
            "validation_ndcg@10": 1 - value,
            "n_ranked_users": 99,
        }
        for value in (0.1, 0.3)
    ]
    read = [read_scores(each) for each in stored]
    best = {name: best_places([scores[name] for scores in read]) for name in read[0]}
    assert best.pop("validation_ndcg@10") == {0}
    assert set(best.values()) == {frozenset()}


def test_a_model_is_scored_even_if_ease_has_no_solution(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsolvable(*arguments: Any, **options: Any) -> Any:
        # Two items that are always chosen together, with weights above the precision of float32.
        return fit_ease(
            Interactions(np.repeat(np.arange(3, dtype=np.int32), 2), np.tile([0, 1], 3), np.full(6, 1e9, np.float32)),
            (3, 2),
            200.0,
            most_items=2,
        )

    with pytest.raises(InputError, match="larger l2, or import counts with their logarithms"):
        unsolvable()
    monkeypatch.setattr(ranking_scores, "fit_ease", unsolvable)
    parts = split(Ranking(), dataset_of(random_rows(80, 40)), Protocol(), tmp_path)
    scores = Ranking().judge(trained(popularity(parts)), parts)
    assert scores["ndcg@10"] > 0
    assert list(scores["baselines"]) == ["popularity"]

"""The choice among settings: the best score, or the smallest setting within one standard error of it."""

from __future__ import annotations

import pytest

from embedlab.evaluation.choice import choose


def test_the_highest_score_is_chosen_and_its_noise_counted() -> None:
    choice = choose([0.1, 0.17, 0.178, 0.175], "higher", "validation NDCG@10", standard_error=0.004)
    assert choice is not None
    assert (choice.place, choice.best, choice.within_noise) == (2, 2, (3,))
    assert choice.reason == "highest validation NDCG@10 (0.178); 1 other within its noise (standard error 0.004)"


def test_of_settings_within_the_noise_the_smallest_is_chosen() -> None:
    scores, sizes = [0.170, 0.176, 0.177, 0.178], [8, 16, 16, 64]
    choice = choose(scores, "higher", "validation NDCG@10", standard_error=0.003, sizes=sizes, size_name="n_factors")
    assert choice is not None
    assert (choice.place, choice.best, choice.within_noise) == (2, 3, (1, 2))
    assert choice.reason.endswith("2 others within its noise (standard error 0.003); smallest n_factors of those")


def test_a_lower_error_is_better() -> None:
    choice = choose([0.9, 0.86, 0.87, None], "lower", "validation RMSE", standard_error=0.005)
    assert choice is not None
    assert (choice.place, choice.within_noise, choice.reason) == (1, (), "lowest validation RMSE (0.86)")


def test_the_best_may_be_the_smallest() -> None:
    choice = choose([0.178, 0.177], "higher", "V", standard_error=0.01, sizes=[4, 8], size_name="n_factors")
    assert choice is not None
    assert choice.place == 0
    assert choice.reason.endswith("no smaller n_factors among those")


def test_equal_scores_without_a_standard_error() -> None:
    choice = choose([0.2, 0.2, 0.1], "higher", "V", sizes=[8, 4, 2], size_name="n_factors")
    assert choice is not None
    assert (choice.place, choice.within_noise) == (1, (0,))


@pytest.mark.parametrize("scores", [[], [None, None], [None, 0.2]])
def test_there_must_be_two_scores(scores: list[float | None]) -> None:
    assert choose(scores, "higher", "V") is None

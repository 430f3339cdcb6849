"""Scores are read from every form in which they have been stored."""

from __future__ import annotations

import pytest

from embedlab.evaluation.intervals import wilson_interval
from embedlab.evaluation.score import KNOWN, Score, best_places, kind_of
from embedlab.evaluation.scores import main_score, read_baselines, read_scores, score_entry, training_hint

PAIRS = {"score": 0.5, "low": 0.4, "high": 0.6, "covered": 300, "of": 353, "meaningful": True, "note": "300 used."}


def made(name: str, value: float | None, *, meaningful: bool = True) -> Score:
    return Score(name, name, value, kind_of(name), meaningful=meaningful)


@pytest.mark.parametrize("value", [pytest.param(float("nan"), id="nan"), pytest.param(float("inf"), id="infinite")])
def test_a_score_is_finite_or_absent(value: float) -> None:
    with pytest.raises(ValueError, match="finite or absent"):
        made("loss", value)
    read = read_scores({"validation_rmse": value, "wordsim353": {**PAIRS, "score": value, "note": ""}})
    for score in read.values():
        assert score.value is None
        assert "not a finite number" in score.note
        assert not score.meaningful


def test_what_could_not_be_computed_says_why() -> None:
    read = read_scores({"not_computed": {"test_rmse": "The test part is empty."}, "test_mae": 0.5})
    assert (read["test_rmse"].value, read["test_rmse"].note) == (None, "The test part is empty.")
    assert read["test_mae"].value == 0.5
    both = read_scores({"not_computed": {"test_mae": "no"}, "test_mae": 0.5})
    assert both["test_mae"].value == 0.5
    assert read_scores({"test_f1": None})["test_f1"].note == "No value was stored."


def test_counts_and_epochs_are_no_scores() -> None:
    assert read_scores({"best_epoch": 3, "n_test": 10, "n_classes": 2, "stopped": "patience", "flag": True}) == {}


def test_scores_have_their_direction_part_interval_and_cases() -> None:
    scores = {"test_rmse": 0.9, "n_test": 50, "intervals": {"test_rmse": [0.8, 1.0]}, "validation_loss": 0.3, "loss": 1}
    read = read_scores(scores, "random split, seed 3")
    rmse = read["test_rmse"]
    assert (rmse.better, rmse.part, rmse.interval, rmse.n_cases) == ("lower", "test", (0.8, 1.0), 50)
    assert rmse.protocol == "random split, seed 3"
    assert {name: score.part for name, score in read.items()} == {
        "test_rmse": "test",
        "validation_loss": "validation",
        "loss": "training",
    }
    assert not read["loss"].may_choose
    assert not rmse.may_choose
    assert read["validation_loss"].may_choose


def test_a_figure_nobody_knows_has_its_part_and_no_direction() -> None:
    read = read_scores({"test_brier": 0.2, "odd_figure": 3})
    assert (read["test_brier"].part, read["test_brier"].better) == ("test", None)
    assert (read["odd_figure"].title, read["odd_figure"].better) == ("Odd figure", None)
    assert not read["odd_figure"].may_choose


def test_files_go_by_their_id_and_a_name_like_a_tests_is_marked() -> None:
    files = {"abc": {**PAIRS, "name": "WordSim-353"}, "analogies": {**PAIRS, "score": 0.1, "name": "my rmse"}}
    read = read_scores({"files": files, "analogies": {**PAIRS, "score": 0.9}})
    assert {name: (score.title, score.value) for name, score in read.items()} == {
        "analogies": ("Analogies", 0.9),
        "abc": ("WordSim-353 (file)", 0.5),
        "file:analogies": ("my rmse", 0.1),
    }
    assert read["file:analogies"].better == "higher"


def test_the_first_version_is_read() -> None:
    pairs = {"spearman": 0.2, "n_used": 200, "n_pairs": 353, "meaningful": True, "note": "Old."}
    read = read_scores({"word_pairs": {"wordsim353": pairs, "simlex999": PAIRS}, "simlex999": PAIRS})
    old = read["wordsim353"]
    assert (old.value, old.interval, old.n_cases, old.n_total, old.meaningful) == (0.2, None, 200, 353, True)
    assert "earlier version" in old.note
    assert read["simlex999"].value == 0.5


def test_old_test_scores_and_baselines_are_read() -> None:
    scores = {
        "test_accuracy": 0.9,
        "test_interval": [0.85, 0.95],
        "test_f1": 0.8,
        "n_test": 100,
        "baselines": {"majority": {"accuracy": 0.87, "f1": None}, "odd": 3},
    }
    read = read_scores(scores)
    assert read["test_accuracy"].interval == (0.85, 0.95)
    assert "none is stored" in read["test_f1"].note
    (baseline,) = read_baselines(scores)["majority"].values()
    assert (baseline.name, baseline.value, baseline.source, baseline.n_cases) == (
        "test_accuracy",
        0.87,
        "majority",
        100,
    )
    errors = read_baselines({"baselines": {"item_mean": {"rmse": 1.0, "mae": 0.8}}})
    assert errors["item_mean"].keys() == {"test_rmse", "test_mae"}


def test_few_users_are_named_as_the_reason_for_no_interval() -> None:
    read = read_scores({"test_rmse": 0.9, "n_test": 9, "n_test_users": 4, "intervals": {}})
    assert "fewer than 5 users (4)" in read["test_rmse"].note


def test_documents_of_earlier_versions_that_were_all_right_get_an_interval_with_a_width() -> None:
    documents = {"knn_accuracy": 1.0, "interval": [1.0, 1.0], "n_asked": 60, "n_documents": 60, "meaningful": True}
    assert read_scores({"documents": documents})["documents"].interval == wilson_interval(60, 60)
    kept = {**documents, "knn_accuracy": 0.9, "interval": [0.8, 0.95]}
    assert read_scores({"documents": kept})["documents"].interval == (0.8, 0.95)


def test_a_stability_over_words_has_no_interval_over_seeds() -> None:
    old = read_scores({"stability": PAIRS})["stability"]
    assert (old.value, old.interval) == (0.5, None)
    assert "Compare them again" in old.note
    new = read_scores({"stability": {**PAIRS, "interval_over": "seeds"}})["stability"]
    assert (new.interval, new.note) == ((0.4, 0.6), "300 used.")


def test_a_score_without_an_interval_says_why() -> None:
    assert "all resamples of these pairs" in score_entry(1.0, None, 100, 100, "pairs")["note"]
    assert "it needs more" in score_entry(1.0, None, 100, 100, "words", "it needs more")["note"]
    assert "may be chance" in score_entry(0.1, (-0.1, 0.3), 100, 100, "pairs")["note"]


def test_the_best_is_chosen_by_direction_and_only_where_there_is_a_choice() -> None:
    assert best_places([made("validation_rmse", 0.9), None, made("validation_rmse", 0.8)]) == {2}
    assert best_places([made("wordsim353", 0.4), made("wordsim353", 0.5), made("wordsim353", 0.5)]) == {1, 2}
    assert best_places([made("wordsim353", 0.9, meaningful=False), made("wordsim353", 0.5)]) == frozenset()
    for name in ("test_rmse", "loss", "explained_share", "unknown"):
        assert best_places([made(name, 0.9), made(name, 0.8)]) == frozenset()
    assert best_places([made("wordsim353", 0.5), made("wordsim353", 0.5)]) == frozenset()
    assert best_places([made("wordsim353", 0.5), made("wordsim353", None)]) == frozenset()


def test_the_score_of_the_test_part_stands_for_a_run() -> None:
    scores = {"loss": 1.0, "validation_accuracy": 0.9, "test_accuracy": 0.8, "stability": PAIRS, "wordsim353": PAIRS}
    assert main_score(scores) == read_scores(scores)["test_accuracy"]
    del scores["test_accuracy"]
    assert main_score(scores) == read_scores(scores)["wordsim353"]
    assert main_score({"stability": PAIRS, "loss": 1.0, "validation_accuracy": 0.9}) is None


def test_a_training_that_could_go_on_says_so() -> None:
    assert "more epochs" in training_hint({"stopped": "last_epoch_still_improving"})
    for ended in ({"stopped": "converged"}, {"stopped": "patience"}, {"stopped": "last_epoch"}, {}):
        assert training_hint(ended) == ""


def test_every_known_score_has_a_direction_and_a_title_of_its_own() -> None:
    assert all(kind.better for kind in KNOWN.values() if kind.measures_quality)
    assert len({kind.title for kind in KNOWN.values()}) == len(KNOWN)

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from embedlab.evaluation import resampling
from embedlab.evaluation.resampling import N_RESAMPLES, macro_f1, resampled_macro_f1, resampled_sums


def test_sums_of_resamples_have_the_spread_of_the_closed_form():
    """A sum over n drawn units has n times the mean and n times the variance of a unit."""
    values = np.random.default_rng(0).gamma(2.0, size=300)
    sums = resampled_sums(np.column_stack([values, np.ones(300)]))
    assert sums.shape == (N_RESAMPLES, 2)
    assert sums[:, 0].mean() == pytest.approx(values.sum(), rel=0.01)
    assert sums[:, 0].std() == pytest.approx(np.sqrt(300) * values.std(), rel=0.07)
    assert (sums[:, 1] == 300).all()


def test_all_sums_come_from_the_same_units_and_from_the_same_ones_again():
    values = np.random.default_rng(1).normal(size=200)
    sums = resampled_sums(np.column_stack([values, 2 * values]))
    assert sums[:, 1] == pytest.approx(2 * sums[:, 0])
    assert np.array_equal(resampled_sums(np.column_stack([values, 2 * values])), sums)


def test_blocks_do_not_change_what_is_drawn_for_how_many(monkeypatch):
    values = np.random.default_rng(2).normal(size=(50, 1))
    monkeypatch.setattr(resampling, "_BLOCK", 120)
    sums = resampled_sums(values)
    assert sums[:, 0].std() == pytest.approx(np.sqrt(50) * values.std(), rel=0.07)
    assert len(np.unique(sums)) > 900


def test_many_units_are_merged_without_changing_the_spread(monkeypatch):
    values = np.random.default_rng(3).gamma(1.0, size=(4000, 1))
    monkeypatch.setattr(resampling, "MOST_UNITS", 1000)
    sums = resampled_sums(values)
    assert sums.mean() == pytest.approx(values.sum(), rel=0.01)
    # The spread between 1000 random groups is known to about 1 / sqrt(2000).
    assert sums.std() == pytest.approx(np.sqrt(4000) * values.std(), rel=0.1)


@pytest.mark.parametrize("seed", [pytest.param(seed, id=f"seed-{seed}") for seed in range(3)])
def test_macro_f1_equals_that_of_scikit_learn(seed):
    """Also where a class is never predicted, occurs in no document, or is predicted without occurring."""
    truth, predicted = np.random.default_rng(seed).integers(0, [[5], [6]], (2, 30))
    predicted[predicted == 1] = 2
    counts = [np.bincount(codes, minlength=9) for codes in (truth, predicted, truth[truth == predicted])]
    assert float(macro_f1(*counts)) == pytest.approx(f1_score(truth, predicted, average="macro", zero_division=0))


def test_macro_f1_is_resampled_as_document_by_document(monkeypatch):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 150)
    first, second = (np.where(rng.random(150) < share, truth, rng.integers(0, 4, 150)) for share in (0.8, 0.5))
    monkeypatch.setattr(resampling, "_BLOCK", 5000)
    found = resampled_macro_f1(truth, [first, second], 4)
    slow = np.empty((2, 500))
    for number in range(500):
        drawn = rng.integers(0, 150, 150)
        slow[:, number] = [f1_score(truth[drawn], each[drawn], average="macro") for each in (first, second)]
    for quick, brute in ((found[0], slow[0]), (found[1], slow[1]), (found[0] - found[1], slow[0] - slow[1])):
        assert quick.mean() == pytest.approx(brute.mean(), abs=0.01)
        assert quick.std() == pytest.approx(brute.std(), rel=0.15)


def test_equal_classifiers_are_equal_in_every_resample():
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 3, (2, 60))
    found = resampled_macro_f1(truth, [predicted, predicted.copy()], 3)
    assert np.array_equal(found[0], found[1])

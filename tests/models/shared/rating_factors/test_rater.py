"""Predictions, new users and reasons of factor models."""

from __future__ import annotations

import time
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import EmbedLabError, StorageError
from embedlab.models.contract.state import State
from embedlab.models.shared.rating_factors import rater as module
from embedlab.models.shared.rating_factors.rater import FactorRater, Prior

N_USERS, N_ITEMS = 6, 8


def rater(*, n_samples=3, n_factors=2, implicit=False, exponent=0.0, n_users=N_USERS, n_items=N_ITEMS):
    rng = np.random.default_rng(0)

    def table(*shape):
        return rng.normal(size=shape).astype(np.float32)

    seen = np.ones(n_items, bool)
    seen[-1] = False
    return FactorRater(
        table(n_users + 1, n_samples, n_factors),
        table(n_items + 1, n_samples, n_factors),
        table(n_users + 1, n_samples),
        table(n_items + 1, n_samples),
        Prior(
            rng.uniform(0.5, 2, (n_samples, n_factors + 1)),
            rng.normal(size=(n_samples, n_factors + 1)),
            rng.uniform(1, 3, n_samples),
            exponent,
        ),
        3.0,
        0.9,
        (-20.0, 20.0),
        seen,
        table(n_items + 1, n_samples, n_factors) if implicit else None,
    )


def test_predictions_are_averaged_over_samples():
    model = rater()
    users, items = np.array([0, 5, -1, 2], np.int32), np.array([1, 7, 3, -1], np.int32)
    expected = [
        np.mean(
            [
                3
                + 0.9
                * (
                    model.user_factors[user, sample] @ model.item_factors[item, sample]
                    + model.user_biases[user, sample]
                    + model.item_biases[item, sample]
                )
                for sample in range(3)
            ]
        )
        for user, item in zip(users, items, strict=True)
    ]
    np.testing.assert_allclose(model.predict(users, items), expected, atol=1e-5)


def test_ranking_by_one_product_equals_predicting_pairs():
    model = rater()
    users = np.array([4, -1, 0], np.int32)
    ranked = model.rank_by_rating(users, N_ITEMS)
    for row, user in enumerate(users):
        pairs = model.predict(np.full(N_ITEMS, user, np.int32), np.arange(N_ITEMS, dtype=np.int32))
        np.testing.assert_allclose(ranked[row, :-1], pairs[:-1], atol=1e-5)
    assert (ranked[:, -1] == -np.inf).all()


@pytest.mark.parametrize("implicit", [False, True], ids=["plain", "implicit"])
@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0], ids=["constant", "root", "count"])
def test_reasons_add_up_to_the_score_of_a_new_user(implicit, exponent):
    model = rater(implicit=implicit, exponent=exponent)
    items = np.array([2, -1, 7, 5, 0], np.int32)
    values = np.array([4, 1, 2, 3.5, 5], np.float32)
    scores = model.fold_in(items, values).scores
    for target in range(N_ITEMS - 1):
        reasons = model.reasons(items, values, target)
        assert reasons.score == pytest.approx(scores[target], abs=1e-4)
        # Unknown items and items without ratings in training contribute nothing.
        assert reasons.contributions[[1, 2]].tolist() == [0, 0]
        assert reasons.contributions[[0, 3, 4]].all()
    assert model.reasons(items, values, N_ITEMS - 1).base == -np.inf


def test_a_new_user_is_the_ridge_regression_of_each_sample():
    model = rater(n_samples=2, exponent=0.5)
    items, values = np.array([3, 1, 4], np.int32), np.array([2, 5, 3], np.float32)
    predicted = []
    for sample in range(2):
        design = np.column_stack([model.item_factors[items, sample], np.ones(3)]).astype(float)
        error = (values - 3) / 0.9 - model.item_biases[items, sample]
        strength = np.diag(model.prior.precision[sample] * [np.sqrt(3), np.sqrt(3), 1])
        noise = model.prior.noise_precision[sample]
        solved = np.linalg.solve(
            noise * design.T @ design + strength, noise * design.T @ error + strength @ model.prior.mean[sample]
        )
        row = model.item_factors[:-1, sample] @ solved[:-1] + solved[-1] + model.item_biases[:-1, sample]
        predicted.append(3 + 0.9 * row)
    folded = model.fold_in(items, values)
    np.testing.assert_allclose(folded.scores[:-1], np.mean(predicted, axis=0)[:-1], atol=1e-4)
    np.testing.assert_allclose(folded.vector, solved[:-1], atol=1e-4)


def test_a_new_user_without_ratings_is_the_unknown_one():
    model = rater()
    model = FactorRater(
        **{
            **model.__dict__,
            "user_factors": np.concatenate(
                [model.user_factors[:-1], model.prior.mean[None, :, :-1].astype(np.float32)]
            ),
            "user_biases": np.concatenate([model.user_biases[:-1], model.prior.mean[None, :, -1].astype(np.float32)]),
        }
    )
    nothing = np.zeros(0, np.int32), np.zeros(0, np.float32)
    unknown = model.predict(np.full(N_ITEMS - 1, -1, np.int32), np.arange(N_ITEMS - 1, dtype=np.int32))
    np.testing.assert_allclose(model.fold_in(*nothing).scores[:-1], unknown, atol=1e-5)


def test_a_new_user_without_regularization_has_finite_scores():
    model = rater(n_samples=1, n_factors=4)
    free = Prior(np.zeros((1, 5)), np.zeros((1, 5)), np.ones(1), 1.0)
    model = FactorRater(**{**model.__dict__, "prior": free})
    scores = model.fold_in(np.array([2], np.int32), np.array([5], np.float32)).scores
    assert np.isfinite(scores[:-1]).all()


@pytest.mark.parametrize("implicit", [False, True], ids=["plain", "implicit"])
def test_the_state_is_read_back_and_checked(tmp_path, implicit):
    model = rater(implicit=implicit)
    model.state().save(tmp_path / "predictor")
    state = State.load(tmp_path / "predictor", mapped=True)
    again = FactorRater.from_state(state)
    users, items = np.array([1, -1], np.int32), np.array([2, 3], np.int32)
    assert (again.predict(users, items) == model.predict(users, items)).all()
    fitting = SimpleNamespace(users=pd.DataFrame(index=range(N_USERS)), items=pd.DataFrame(index=range(N_ITEMS)))
    again.check(fitting)
    with pytest.raises(EmbedLabError):
        again.check(SimpleNamespace(users=pd.DataFrame(index=range(2)), items=fitting.items))
    for name in ("item_factors", "item_biases", "prior_mean", "noise_precision"):
        with pytest.raises(StorageError):
            FactorRater.from_state(State({**state.arrays, name: state.arrays[name][:-1]}, state.config))
        with pytest.raises(StorageError):
            FactorRater.from_state(State({k: v for k, v in state.arrays.items() if k != name}, state.config))


def test_a_new_user_of_a_large_model_takes_milliseconds(record_property):
    model = rater(n_samples=1, n_factors=64, n_items=27_000)
    items, values = np.arange(50, dtype=np.int32), np.full(50, 4, np.float32)
    model.fold_in(items, values)
    started = time.perf_counter()
    folded = model.fold_in(items, values)
    record_property("fold_in_s", time.perf_counter() - started)
    assert folded.vector.shape == (64,)
    assert len(folded.scores) == 27_000


@pytest.mark.parametrize("implicit", [False, True], ids=["explicit", "implicit"])
def test_a_new_user_is_placed_in_parts_of_the_samples(implicit, monkeypatch):
    model, items = rater(implicit=implicit), np.arange(6, dtype=np.int32)
    values = np.array([1, 5, 2, 4, 3, 3], np.float32)
    whole, whole_reasons = model.fold_in(items, values), model.reasons(items, values, 2)
    monkeypatch.setattr(module, "_SOLVED", 1)
    parts, part_reasons = model.fold_in(items, values), model.reasons(items, values, 2)
    np.testing.assert_allclose(parts.scores, whole.scores, rtol=1e-6)
    np.testing.assert_allclose(parts.vector, whole.vector, rtol=1e-6)
    np.testing.assert_allclose(part_reasons.contributions, whole_reasons.contributions, rtol=1e-6)
    assert part_reasons.base == pytest.approx(whole_reasons.base)


def test_a_new_user_with_very_many_ratings_needs_little_memory():
    model = rater(n_samples=30, n_factors=8, n_items=20_000)
    items = np.arange(20_000, dtype=np.int32)
    tracemalloc.start()
    try:
        model.fold_in(items, np.full(len(items), 4, np.float32))
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()

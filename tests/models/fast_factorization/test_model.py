from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import CancelledError, InputError, ParameterError
from embedlab.evaluation.recommendation.biases import fit_biases
from embedlab.kinds.ratings.splits import split_table
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import QuietContext, State
from embedlab.models.fast_factorization.model import FastFactorization, FastFactorizationParameters
from embedlab.models.fast_factorization.strengths import usual_l2
from embedlab.models.shared.rating_factors.table_split import split_from_table
from tests.models.matrix_factorization.rating_data import planted_split, rating_split, rmse, sparse_split

MODEL = FastFactorization()
GIVEN = {"l2_users": 0.1, "l2_items": 0.1, "l2_biases": 0.1}
QUICK = FastFactorizationParameters(n_factors=2, epochs=4, patience=0, **GIVEN)
SOLVERS = pytest.mark.parametrize("solver", ["als", "sgd"])


def train(split, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(split.without_test(), parameters, quiet), quiet


@SOLVERS
def test_planted_tastes_are_recovered_to_the_noise(tmp_path, solver):
    split = planted_split(noise=0.1)
    parameters = QUICK.model_copy(update={"solver": solver, "epochs": 300, "patience": 5, "nu": 0.0})
    result, context = train(split, parameters, tmp_path)
    predicted = result.ability(Rates).predict(split.test.users, split.test.items)
    assert rmse(predicted, split.test.ratings) < 0.13
    assert context.history[-1]["refit_rmse"] < 0.13
    assert result.scores["validation_rmse"] < 0.14
    assert context.shares == sorted(context.shares)


def test_the_solvers_have_the_same_minimum(tmp_path):
    split = planted_split(noise=0.5)
    given = {"l2_users": 4.0, "l2_items": 4.0, "l2_biases": 4.0, "nu": 0.0, "epochs": 300, "refit": False}
    of_als, of_sgd = (
        train(split, QUICK.model_copy(update={**given, "solver": solver}), tmp_path)[0].ability(Rates)
        for solver in ("als", "sgd")
    )
    pairs = split.test.users, split.test.items
    assert rmse(of_als.predict(*pairs), of_sgd.predict(*pairs)) < 0.06
    assert rmse(of_als.predict(*pairs), 3) > 1


@SOLVERS
def test_regularization_without_end_leaves_the_biases_in_closed_form(tmp_path, solver):
    split = planted_split(noise=0.5)
    parameters = QUICK.model_copy(
        update={"l2_users": 1e6, "l2_items": 1e6, "l2_biases": 5.0, "epochs": 60, "refit": False, "solver": solver}
    )
    rater = train(split, parameters, tmp_path)[0].ability(Rates)
    ratings = split.train
    centered = ratings.ratings.astype(np.float64) - ratings.ratings.mean(dtype=np.float64)
    biases = fit_biases(ratings, centered, 80, 60, 5.0, 5.0)
    expected = ratings.ratings.mean() + biases.predict(split.test.users, split.test.items)
    assert rmse(rater.predict(split.test.users, split.test.items), expected) < (1e-3 if solver == "als" else 0.05)


@pytest.mark.parametrize("nu", [0.0, 0.5, 1.0], ids=["constant", "root", "count"])
def test_the_l2_of_a_row_grows_with_a_power_of_its_ratings(tmp_path, nu):
    """At the minimum, the gradient of each item's factors is zero."""
    split = planted_split(n_users=40, n_items=20, noise=0.5)
    parameters = QUICK.model_copy(update={"nu": nu, "l2_users": 1.0, "l2_items": 1.0, "epochs": 3, "refit": False})
    rater = train(split, parameters, tmp_path)[0].ability(Rates)
    ratings = split.train
    predicted = rater.predict(ratings.users, ratings.items)
    error = (ratings.ratings - predicted) / rater.spread
    for item in range(20):
        rows = ratings.items == item
        pull = (error[rows, None] * rater.user_factors[ratings.users[rows], 0]).sum(axis=0)
        np.testing.assert_allclose(pull, rows.sum() ** nu * rater.item_factors[item, 0], atol=2e-3)


def test_the_l2_is_chosen_on_the_validation_part(tmp_path):
    split = planted_split(noise=2.0)
    result, context = train(split, QUICK.model_copy(update={"l2_users": None, "l2_items": None}), tmp_path)
    tried = [line for line in context.lines if "validation RMSE" in line]
    assert len(tried) == 5
    best = min(tried, key=lambda line: float(line.split()[-1]))
    assert f"{result.scores['l2_users']:.3g}" in best
    assert result.scores["l2_users"] == result.scores["l2_items"]
    assert [usual_l2(nu) for nu in (0, 0.5, 1)] == pytest.approx([15, 1.5, 0.15])


@pytest.mark.parametrize(
    ("solver", "implicit", "time_bins"),
    [("als", False, 0), ("als", True, 0), ("sgd", False, 0), ("als", False, 2)],
    ids=["als", "implicit", "sgd", "time-bins"],
)
@pytest.mark.parametrize("broken_after", [2, 4, 6], ids=["first-phase", "between", "refit"])
def test_a_training_resumes_exactly(tmp_path, solver, implicit, time_bins, broken_after):
    split = drifting_split() if time_bins else planted_split(n_users=30, n_items=20)
    parameters = QUICK.model_copy(update={"solver": solver, "implicit": implicit, "time_bins": time_bins})
    whole, whole_context = train(split, parameters, tmp_path)
    broken = QuietContext(tmp_path, cancel_after_epoch=broken_after)
    with pytest.raises(CancelledError):
        MODEL.train(split.without_test(), parameters, broken)
    broken.last_checkpoint.save(tmp_path / "checkpoint")
    resumed, context = train(split, parameters, tmp_path, resume_state=State.load(tmp_path / "checkpoint"))
    assert whole_context.history[-len(context.history) :] == context.history
    for name, array in whole.ability(Rates).state().arrays.items():
        np.testing.assert_array_equal(array, resumed.ability(Rates).state().arrays[name])
    assert resumed.scores == whole.scores


@SOLVERS
def test_threads_do_not_change_the_result(tmp_path, solver):
    split = planted_split(n_users=400, n_items=300, share=0.8)
    parameters = QUICK.model_copy(update={"solver": solver, "epochs": 2})
    one, two = (train(split, parameters, tmp_path, n_threads=n)[0] for n in (1, 2))
    assert one.embeddings["items"].vectors.tobytes() == two.embeddings["items"].vectors.tobytes()


def test_a_training_that_diverges_stops_and_says_what_to_change(tmp_path):
    parameters = QUICK.model_copy(update={"solver": "sgd", "learning_rate": 100.0, "epochs": 50})
    with pytest.raises(InputError, match="diverged") as caught:
        train(planted_split(), parameters, tmp_path)
    assert "learning_rate" in str(caught.value.remedy)


def test_useless_factors_leave_the_prediction_to_the_biases(tmp_path):
    rng = np.random.default_rng(0)
    users, items = np.repeat(np.arange(60), 12), rng.integers(0, 40, 720)
    ratings = rng.normal(0, 1, 60)[users] + rng.normal(3, 0.3, 720)
    split = rating_split(users, items, ratings, n_users=60, n_items=40, scale=(-9, 9))
    parameters = QUICK.model_copy(update={"n_factors": 20, "patience": 2, "l2_users": 0.01, "l2_items": 0.01})
    result, context = train(split, parameters, tmp_path)
    assert result.scores["best_epoch"] == 0
    assert any("biases only" in line for line in context.lines)
    assert not result.ability(Rates).item_factors.any()


def test_no_regularization_gives_finite_vectors(tmp_path):
    parameters = QUICK.model_copy(update={"n_factors": 6, "l2_users": 0.0, "l2_items": 0.0, "l2_biases": 0.0})
    result, _ = train(sparse_split(n_users=300, n_items=150, n_ratings=900), parameters, tmp_path)
    assert all(np.isfinite(each.vectors).all() for each in result.embeddings.values())
    assert np.isfinite(result.scores["validation_rmse"])


def drifting_split(*, with_times=True):
    """Half of the items are rated 3 higher after time 500, the other half 3 lower; otherwise biases and noise."""
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((120, 40)) < 0.6)
    times = rng.uniform(0, 1000, len(users))
    drift = np.where(items % 2, 1.5, -1.5) * np.where(times > 500, 1, -1)
    ratings = 5 + rng.normal(0, 0.5, 120)[users] + rng.normal(0, 0.5, 40)[items] + drift
    ratings += rng.normal(0, 0.1, len(users))
    more = {"times": times} if with_times else {}
    return rating_split(users, items, ratings, n_users=120, n_items=40, scale=(0.0, 10.0), **more)


@SOLVERS
def test_time_bins_follow_a_planted_drift(tmp_path, solver):
    split = drifting_split()
    given = {"solver": solver, "epochs": 10, "l2_users": 50.0, "l2_items": 50.0}
    static, binned = (
        train(split, QUICK.model_copy(update={**given, "time_bins": n, "l2_time_bins": 1.0}), tmp_path)[0]
        for n in (0, 2)
    )
    test = split.test
    of_own_time = binned.ability(Rates).predict_at(test.users, test.items, test.times)
    assert rmse(of_own_time, test.ratings) < 0.4
    at_any_time = static.ability(Rates).predict_at(test.users, test.items, test.times)
    assert rmse(at_any_time, test.ratings) > 1
    assert binned.scores["validation_rmse"] < 0.4
    rater = binned.ability(Rates)
    is_late = test.times > 500
    latest = rater.predict(test.users, test.items)
    assert rmse(latest[is_late], test.ratings[is_late]) < 0.4
    assert rmse(latest[~is_late], test.ratings[~is_late]) > 2
    np.testing.assert_array_equal(rater.predict_at(test.users, test.items, np.full(len(test), np.nan)), latest)
    stored = type(rater).from_state(rater.state())
    np.testing.assert_array_equal(stored.predict_at(test.users, test.items, test.times), of_own_time)


def test_the_table_of_a_script_has_the_times():
    split = drifting_split()
    table = split_table(split, times=True)
    assert table.columns.tolist() == ["user", "item", "rating", "part", "time"]
    assert "time" not in split_table(split)
    assert "time" not in split_table(drifting_split(with_times=False), times=True)
    for name in ("train", "validation", "test"):
        part, again = getattr(split, name), getattr(split_from_table(table), name)
        np.testing.assert_array_equal(part.times, again.times)
    assert MODEL.reads_times


def test_time_bins_are_refused_without_times(tmp_path):
    with pytest.raises(InputError, match="no times") as caught:
        train(drifting_split(with_times=False), QUICK.model_copy(update={"time_bins": 4}), tmp_path)
    assert "time_bins to 0" in str(caught.value.remedy)


def test_the_implicit_term_needs_least_squares():
    with pytest.raises(ParameterError, match="requires solver=als"):
        FastFactorizationParameters.checked({"implicit": True, "solver": "sgd"})


def test_defaults_and_recommendation_depend_on_the_size():
    small = {"ratings": 100_000, "users": 600, "items": 9000}
    large = {"ratings": 20_000_000, "users": 138_000, "items": 27_000}
    assert MODEL.defaults(small).solver == "als"
    assert MODEL.defaults({**small, "items": 1600}).implicit
    assert MODEL.defaults(large).solver == "sgd"
    assert MODEL.recommendation(small) == ""
    assert MODEL.recommendation(large)

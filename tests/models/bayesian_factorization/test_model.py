from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import CancelledError, InputError
from embedlab.evaluation.recommendation.biases import fit_biases
from embedlab.evaluation.score import KNOWN
from embedlab.models.bayesian_factorization.model import BayesianFactorization, BayesianFactorizationParameters
from embedlab.models.bayesian_factorization.sampler import NormalPrior
from embedlab.models.bayesian_factorization.training import stored_sweeps
from embedlab.models.contract.abilities import ExplainsScores, FoldsIn, Rates
from embedlab.models.contract.base import QuietContext, State
from embedlab.models.shared.rating_factors.rater import FactorRater
from tests.models.matrix_factorization.rating_data import planted_split, rating_split, rmse

MODEL = BayesianFactorization()
QUICK = BayesianFactorizationParameters(n_factors=2, samples=40, burn_in=20)


def train(split, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(split.without_test(), parameters, quiet), quiet


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    split = planted_split(noise=0.1)
    return split, *train(split, QUICK, tmp_path_factory.mktemp("planted"))


def test_planted_tastes_are_recovered_to_the_noise(planted):
    split, result, _ = planted
    predicted = result.ability(Rates).predict(split.test.users, split.test.items)
    assert rmse(predicted, split.test.ratings) < 0.125
    assert result.scores["noise"] == pytest.approx(0.1, abs=0.02)
    assert result.scores["validation_rmse"] < 0.135


def test_the_planted_space_is_found(planted):
    _, result, _ = planted
    rng = np.random.default_rng(0)
    tastes = rng.normal(size=(80, 2))
    vectors = result.embeddings["users"].vectors
    rows = [int(key[1:]) for key in result.embeddings["users"].keys]
    found, planted_axes = (np.linalg.qr(each - each.mean(axis=0))[0] for each in (vectors, tastes[rows]))
    assert np.linalg.svd(found.T @ planted_axes)[1].min() > 0.98


def test_the_curves_are_of_single_samples_and_after_burn_in_of_the_average(planted):
    _, _, context = planted
    first = [row for row in context.history if "refit_rmse" not in row]
    assert len(first) == 60
    assert len(context.history) == 120
    assert ["validation_rmse" in row for row in first] == [False] * 20 + [True] * 40
    assert all("sample_rmse" in row for row in first)
    assert first[-1]["validation_rmse"] < np.mean([row["sample_rmse"] for row in first[20:]])
    assert "burn-in" in context.lines[0]


def test_scores_and_curves_have_titles(planted):
    _, result, context = planted
    names = {name for row in context.history for name in row} - {"epoch"}
    assert names | set(result.scores) <= set(KNOWN)
    # Only the average over samples judges the model.
    assert not KNOWN["sample_rmse"].measures_quality


def test_the_one_predictor_has_all_abilities(planted):
    _, result, _ = planted
    rater = result.ability(FactorRater)
    assert all(result.ability(each) is rater for each in (Rates, FoldsIn, ExplainsScores))
    assert rater.user_factors.shape == (81, 30, 2)


def test_a_folded_in_user_is_near_the_user_with_the_same_ratings(planted):
    split, result, _ = planted
    rater = result.ability(FactorRater)
    known = split.known
    rows = known.users == 7
    scores = rater.fold_in(known.items[rows], known.ratings[rows]).scores
    trained = rater.rank_by_rating(np.array([7], np.int32), 60)[0]
    assert rmse(scores, trained) < 0.1


def test_with_biases_only_the_posterior_mean_is_the_ridge_solution(tmp_path):
    rng = np.random.default_rng(0)
    users, items = np.repeat(np.arange(60), 30), np.tile(np.arange(30), 60)
    truth = rng.normal(0, 0.7, 60)[users] + rng.normal(0, 0.5, 30)[items]
    split = rating_split(users, items, 3 + truth + rng.normal(0, 1, len(users)), n_users=60, n_items=30, scale=(-9, 9))
    parameters = QUICK.model_copy(update={"n_factors": 1, "samples": 150, "refit": False, "stored_samples": 150})
    result, _ = train(split, parameters, tmp_path)
    ratings = split.train
    centered = ratings.ratings.astype(np.float64) - ratings.ratings.mean(dtype=np.float64)
    # Ratios of noise and bias variances, as they were planted.
    biases = fit_biases(ratings, centered, 60, 30, 1 / 0.49, 1 / 0.25)
    expected = ratings.ratings.mean() + biases.predict(split.test.users, split.test.items)
    predicted = result.ability(Rates).predict(split.test.users, split.test.items)
    assert rmse(predicted, expected) < 0.12
    assert np.corrcoef(predicted, expected)[0, 1] > 0.99


def test_a_prior_is_drawn_near_the_moments_of_many_rows():
    rng = np.random.default_rng(0)
    rows = rng.normal([1.0, -2.0], [0.5, 2.0], (20_000, 2)).astype(np.float32)
    prior = NormalPrior.of_size(2)
    for _ in range(5):
        prior.draw(rows, rng)
    np.testing.assert_allclose(prior.mean, [1, -2], atol=0.06)
    np.testing.assert_allclose(prior.precision, [4, 0.25], rtol=0.06)


@pytest.mark.parametrize("implicit", [False, True], ids=["plain", "implicit"])
@pytest.mark.parametrize("broken_after", [2, 5, 7], ids=["first-chain", "between", "refit"])
def test_a_training_resumes_exactly(tmp_path, implicit, broken_after):
    split = planted_split(n_users=30, n_items=20)
    parameters = QUICK.model_copy(update={"samples": 4, "burn_in": 1, "implicit": implicit, "stored_samples": 2})
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


def test_a_checkpoint_of_other_parameters_is_refused(tmp_path):
    split = planted_split(n_users=30, n_items=20)
    parameters = QUICK.model_copy(update={"samples": 2, "burn_in": 0})
    _, context = train(split, parameters, tmp_path)
    with pytest.raises(InputError, match="checkpoint"):
        train(split, parameters.model_copy(update={"n_factors": 3}), tmp_path, resume_state=context.last_checkpoint)


def test_threads_do_not_change_the_result(tmp_path):
    split = planted_split(n_users=30, n_items=20)
    parameters = QUICK.model_copy(update={"samples": 3, "burn_in": 1})
    one, two = (train(split, parameters, tmp_path, n_threads=n)[0] for n in (1, 2))
    assert one.embeddings["items"].vectors.tobytes() == two.embeddings["items"].vectors.tobytes()


@pytest.mark.parametrize(
    ("burn_in", "n_sweeps", "n_stored", "expected"),
    [
        pytest.param(10, 40, 3, {20, 30, 40}, id="spaced"),
        pytest.param(0, 2, 30, {1, 2}, id="fewer-than-stored"),
        pytest.param(5, 6, 1, {6}, id="one"),
    ],
)
def test_stored_samples_are_spread_after_burn_in(burn_in, n_sweeps, n_stored, expected):
    assert stored_sweeps(burn_in, n_sweeps, n_stored) == expected


def test_defaults_bound_the_memory_of_the_stored_samples():
    small = MODEL.defaults({"ratings": 100_000, "users": 600, "items": 9000})
    assert (small.n_factors, small.implicit, small.stored_samples) == (10, False, 30)
    dense = MODEL.defaults({"ratings": 1_000_000, "users": 6000, "items": 3700})
    assert (dense.n_factors, dense.implicit) == (20, True)
    large = {"ratings": 20_000_000, "users": 138_000, "items": 27_000}
    assert MODEL.defaults(large).stored_samples * (138_000 + 2 * 27_000) * 32 * 4 < 300e6
    assert MODEL.recommendation(large) == ""


@pytest.mark.parametrize("name", ["first_sweeps", "sweeps", "finished_sweeps"])
@pytest.mark.parametrize("value", [[1], "x", -1], ids=["list", "text", "negative"])
def test_a_damaged_checkpoint_is_refused(planted, tmp_path, name, value):
    split, _, context = planted
    stored = context.last_checkpoint
    damaged = State(stored.arrays, {**stored.config, name: value})
    with pytest.raises(InputError, match="does not match"):
        train(split, QUICK, tmp_path, resume_state=damaged)

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import CancelledError, InputError, ParameterError
from embedlab.evaluation.recommendation.biases import fit_biases
from embedlab.evaluation.recommendation.ratings import score_predictions
from embedlab.kinds.ratings.splits import Ratings
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import QuietContext, State
from embedlab.models.matrix_factorization.model import MatrixFactorization, MatrixFactorizationParameters
from embedlab.models.matrix_factorization.network import build_network
from embedlab.models.matrix_factorization.predictor import FactorPredictor, UserL2
from embedlab.models.shared.recommenders.biases import choose_strengths
from tests.models.matrix_factorization.rating_data import planted_split, rating_split, rmse, sparse_split

MODEL = MatrixFactorization()
QUICK = MatrixFactorizationParameters(n_factors=2, batch_size=64, epochs=3, patience=0, refit=False, learning_rate=0.01)

NO_PRIORS = {"l2": 0.0, "l2_biases_users": 0.0, "l2_biases_items": 0.0}
WEAK_PRIORS = {"l2": 0.02, "l2_biases_users": 0.02, "l2_biases_items": 0.02}


def counts_of(split):
    parts = (split.train, split.validation, split.test)
    return {
        "ratings": sum(map(len, parts)),
        "users": len(split.dataset.users),
        "items": len(split.dataset.items),
    }


def train(split, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(split.without_test(), parameters, quiet), quiet


def joined(first, second):
    names = ("users", "items", "ratings")
    return Ratings(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in names))


def test_planted_tastes_are_recovered_to_the_noise(tmp_path):
    split = planted_split(noise=0.1)
    parameters = QUICK.model_copy(update={**WEAK_PRIORS, "epochs": 150, "patience": 10, "learning_rate": 0.02})
    result, context = train(split, parameters, tmp_path)
    predicted = result.ability(Rates).predict(split.test.users, split.test.items)
    assert rmse(predicted, split.test.ratings) < 0.13
    assert rmse(np.full(len(split.test), 3.0), split.test.ratings) > 1
    assert context.history[-1]["train_rmse"] < context.history[0]["train_rmse"] / 5


@pytest.mark.parametrize("biases", [True, False], ids=["biases", "no-biases"])
def test_predictor_equals_the_keras_network(tmp_path, biases):
    split = planted_split()
    parameters = QUICK.model_copy(update={"biases": biases})
    result, _ = train(split, parameters, tmp_path)
    predictor = result.ability(Rates)
    network = build_network(80, 60, n_factors=2, biases=biases, l2={}, seed=0)
    arrays = predictor.state().arrays
    for name in ("user_factors", "item_factors") + (("user_biases", "item_biases") if biases else ()):
        network.get_layer(name).set_weights([arrays[name].reshape(len(arrays[name]), -1)])
    expected = (
        predictor.mean + predictor.spread * network.predict([split.test.users, split.test.items], verbose=0)[:, 0]
    )
    predicted = predictor.predict(split.test.users, split.test.items)
    assert np.abs(predicted - np.clip(expected, *split.dataset.scale)).max() < 1e-5
    state = predictor.state()
    state.save(tmp_path / "predictor")
    again = FactorPredictor.from_state(State.load(tmp_path / "predictor"))
    assert np.array_equal(again.predict(split.test.users, split.test.items), predicted)


@pytest.mark.parametrize("biases", [True, False], ids=["biases", "no-biases"])
def test_diagram_has_the_parameters_of_the_keras_model(biases):
    parameters = QUICK.model_copy(update={"biases": biases, "n_factors": 5})
    layers = MODEL.network({"users": 70, "items": 40, "ratings": 500}, parameters)
    network = build_network(70, 40, n_factors=5, biases=biases, l2={}, seed=0)
    assert sum(layer.n_parameters for layer in layers) == network.count_params()
    assert {layer.name: (layer.kind, layer.output_shape) for layer in layers} == {
        layer.name: (type(layer).__name__, tuple(layer.output.shape)) for layer in network.layers
    }


def test_predictions_without_known_rows_are_mean_and_bias():
    predictor = FactorPredictor(
        user_factors=np.array([[1, 2], [3, 4]], np.float32),
        item_factors=np.array([[1, 1], [2, 0]], np.float32),
        user_biases=np.array([0.5, -0.5], np.float32),
        item_biases=np.array([0.25, 1], np.float32),
        mean=3.0,
        spread=2.0,
        scale=(0.0, 12.0),
    )
    users, items = np.array([-1, 0, -1, 0, 1], np.int32), np.array([-1, -1, 1, 0, 1], np.int32)
    assert predictor.predict(users, items).tolist() == [3.0, 4.0, 5.0, 10.5, 12.0]


def test_what_training_has_not_seen_adds_nothing(tmp_path):
    rng = np.random.default_rng(1)
    users, items = np.repeat(np.arange(20), 10), np.tile(np.arange(10), 20)
    split = rating_split(users, items, rng.integers(1, 6, 200), n_users=22, n_items=13)
    result, _ = train(split, QUICK, tmp_path)
    assert result.ability(Rates).predict(np.array([21], np.int32), np.array([12], np.int32))[0] == pytest.approx(
        result.ability(Rates).mean
    )
    assert result.embeddings["items"].keys == [f"i{row}" for row in range(10)]
    assert result.embeddings["users"].keys == [f"u{row}" for row in range(20)]
    assert result.embeddings["items"].vectors.any(axis=1).all()
    rows = np.array([0, 9, 10, 12, -1], np.int32)
    assert result.ability(Rates).knows_items(rows).tolist() == [True, True, False, False, False]
    result.ability(Rates).state().save(tmp_path / "predictor")
    again = FactorPredictor.from_state(State.load(tmp_path / "predictor"))
    assert again.knows_items(rows).tolist() == [True, True, False, False, False]


def test_parameters_name_the_l2_of_each_side():
    both = MatrixFactorizationParameters(l2=3.0)
    assert both.l2_of_sides(1000) == (3.0, 3.0)
    assert both.model_copy(update={"l2_items": 5.0}).l2_of_sides(1000) == (3.0, 5.0)
    in_keras = both.model_copy(update={"l2_users": 1e-3, "l2_items": 1e-2, "l2_unit": "keras"})
    assert in_keras.l2_of_sides(1000) == pytest.approx((1.0, 10.0))


@pytest.mark.parametrize(
    ("changes", "shrinks"),
    [
        pytest.param({"nu": 0.0, "l2": 12.0}, True, id="constant"),
        pytest.param({"nu": 0.0, "l2": 12.0, "steps": "sparse"}, True, id="constant-sparse"),
        pytest.param({"nu": 1.0, "l2": 0.1, "steps": "sparse"}, False, id="by-count"),
    ],
)
def test_constant_l2_shrinks_the_vectors_of_obscure_items(tmp_path, changes, shrinks):
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((60, 15)) < 0.7)
    tastes, traits = rng.normal(size=(60, 2)), rng.normal(size=(15, 2))
    ratings = np.einsum("nk,nk->n", tastes[users], traits[items])
    # Each of 30 more items has a single rating.
    users, items = np.r_[users, rng.integers(0, 60, 30)], np.r_[items, 15 + np.arange(30)]
    ratings = np.r_[ratings, rng.choice([-1.5, 1.5], 30)]
    split = rating_split(users, items, ratings, n_users=60, n_items=45, scale=(-9.0, 9.0), shares=(0.0, 0.0))
    parameters = QUICK.model_copy(update={"epochs": 20, "learning_rate": 0.05, "biases": False, **changes})
    result, _ = train(split, parameters, tmp_path)
    norms = np.linalg.norm(result.ability(Rates).item_factors, axis=1)
    ratio = norms[15:].mean() / norms[:15].mean()
    assert ratio < 0.3 if shrinks else ratio > 0.5


def test_sparse_steps_predict_as_well_as_dense_ones(tmp_path):
    split = planted_split(noise=0.1)
    errors = {}
    for steps in ("dense", "sparse"):
        parameters = QUICK.model_copy(
            update={**WEAK_PRIORS, "epochs": 15, "learning_rate": 0.03, "batch_size": 32, "steps": steps}
        )
        result, context = train(split, parameters, tmp_path)
        predicted = result.ability(Rates).predict(split.test.users, split.test.items)
        errors[steps] = rmse(predicted, split.test.ratings)
        assert any("sparse training steps" in line for line in context.lines) == (steps == "sparse")
    assert errors["sparse"] < 1.1 * errors["dense"] < 0.25


def test_a_training_in_sparse_steps_resumes_where_it_was(tmp_path):
    split = planted_split(n_users=30, n_items=20)
    parameters = QUICK.model_copy(update={"refit": True, "steps": "sparse"})
    whole, _ = train(split, parameters, tmp_path)
    broken = QuietContext(tmp_path, cancel_after_epoch=1)
    with pytest.raises(CancelledError):
        MODEL.train(split.without_test(), parameters, broken)
    broken.last_checkpoint.save(tmp_path / "checkpoint")
    # The checkpoint says how its steps are, whatever would be chosen now.
    resumed, _ = train(
        split,
        parameters.model_copy(update={"steps": "auto"}),
        tmp_path,
        resume_state=State.load(tmp_path / "checkpoint"),
    )
    assert np.array_equal(resumed.embeddings["items"].vectors, whole.embeddings["items"].vectors)


def random_predictor(bias=2.0, nu=0.5, seed=0):
    rng = np.random.default_rng(seed)
    has_bias = bias is not None
    return FactorPredictor(
        user_factors=rng.normal(size=(30, 3)).astype(np.float32),
        item_factors=rng.normal(size=(20, 3)).astype(np.float32),
        user_biases=rng.normal(size=30).astype(np.float32) * has_bias,
        item_biases=rng.normal(size=20).astype(np.float32) * has_bias,
        mean=3.2,
        spread=0.7,
        scale=(0.5, 5.0),
        seen_items=np.arange(20) != 7,
        user_l2=UserL2(1.5, nu, bias),
    )


def test_all_items_are_ranked_by_their_predicted_ratings():
    predictor = random_predictor()
    users = np.array([4, -1, 0, 29], np.int32)
    expected = predictor.predict(np.repeat(users, 20), np.tile(np.arange(20, dtype=np.int32), 4)).reshape(4, 20)
    expected[:, 7] = -np.inf
    np.testing.assert_allclose(predictor.rank_by_rating(users, 20), expected, atol=1e-5)


@pytest.mark.parametrize("bias", [2.0, None], ids=["bias", "no-bias"])
def test_folding_in_is_the_ridge_regression_on_the_item_factors(bias):
    predictor = random_predictor(bias)
    items, ratings = np.array([1, 5, 7, 11, 16], np.int32), np.array([5, 1, 3, 4, 2], np.float32)
    known = np.array([1, 5, 11, 16])
    targets = (ratings[items != 7] - 3.2) / 0.7 - predictor.item_biases[known]
    design = predictor.item_factors[known].astype(np.float64)
    penalty = [1.5 * 4**0.5] * 3
    if bias is not None:
        design, penalty = np.c_[design, np.ones(4)], [*penalty, bias]
    # As least squares with one row for each penalty.
    rows, aims = np.r_[design, np.diag(np.sqrt(penalty))], np.r_[targets, np.zeros(len(penalty))]
    weights = np.linalg.lstsq(rows, aims, rcond=None)[0]
    folded = predictor.fold_in(items, ratings)
    np.testing.assert_allclose(folded.vector, weights[:3], atol=1e-5)
    standard = predictor.item_factors @ weights[:3] + predictor.item_biases + weights[3:].sum()
    expected = 3.2 + 0.7 * standard
    expected[7] = -np.inf
    np.testing.assert_allclose(folded.scores, expected, atol=1e-4)


@pytest.mark.parametrize("bias", [2.0, None], ids=["bias", "no-bias"])
def test_reasons_add_up_to_the_score(bias):
    predictor = random_predictor(bias)
    items, ratings = np.array([1, 5, 7, 11], np.int32), np.array([5, 1, 3, 4], np.float32)
    folded = predictor.fold_in(items, ratings)
    for target in (0, 5, 19):
        reasons = predictor.reasons(items, ratings, target)
        assert reasons.score == pytest.approx(folded.scores[target], abs=1e-4)
        assert reasons.contributions[2] == 0
        assert reasons.contributions[0] != 0
    assert predictor.reasons(items, ratings, 7).base == -np.inf
    nobody = predictor.fold_in(np.empty(0, np.int32), np.empty(0, np.float32))
    assert nobody.scores[3] == pytest.approx(3.2 + 0.7 * predictor.item_biases[3], abs=1e-5)
    assert not nobody.vector.any()


def test_a_predictor_of_an_earlier_version_folds_in_too(tmp_path):
    earlier = replace(random_predictor(), user_l2=None, seen_items=None)
    for name, predictor in {"earlier": earlier, "now": random_predictor()}.items():
        predictor.state().save(tmp_path / name)
        again = FactorPredictor.from_state(State.load(tmp_path / name))
        assert again.user_l2 == predictor.user_l2
        folded = again.fold_in(np.array([1, 2], np.int32), np.array([5, 1], np.float32))
        assert np.isfinite(folded.vector).all()


def test_embeddings_carry_labels_and_metadata(tmp_path):
    result, _ = train(planted_split(), QUICK, tmp_path)
    films = result.embeddings["items"]
    assert films.keys[:2] == ["i0", "i1"]
    assert films.labels[:2] == ["Film 0", "Film 1"]
    assert list(films.metadata.columns) == ["count", "genres", "bias"]
    assert films.vectors.shape == (60, 2)
    assert result.embeddings["users"].vectors.shape == (80, 2)
    assert "Total params" in result.texts["summary.txt"]


@pytest.mark.parametrize("biases", [True, False], ids=["biases", "no-biases"])
@pytest.mark.parametrize("broken_after", [1, 3, 4], ids=["first-phase", "between", "refit"])
def test_a_training_with_refit_resumes_where_it_was(tmp_path, broken_after, biases):
    split = planted_split(n_users=30, n_items=20)
    parameters = QUICK.model_copy(update={"refit": True, "biases": biases})
    whole, whole_context = train(split, parameters, tmp_path)
    assert len(whole_context.history) == 6
    broken = QuietContext(tmp_path, cancel_after_epoch=broken_after)
    with pytest.raises(CancelledError):
        MODEL.train(split.without_test(), parameters, broken)
    broken.last_checkpoint.save(tmp_path / "checkpoint")
    resumed, context = train(split, parameters, tmp_path, resume_state=State.load(tmp_path / "checkpoint"))
    assert [row["epoch"] for row in context.history] == list(range(broken_after + 1, 7))
    assert np.array_equal(resumed.embeddings["items"].vectors, whole.embeddings["items"].vectors)
    assert resumed.scores == whole.scores
    assert context.shares == sorted(context.shares)


def test_the_refit_learns_from_the_validation_part_for_the_chosen_number_of_epochs(tmp_path):
    split = planted_split(n_users=30, n_items=20, share=0.3, noise=1.0)
    parameters = QUICK.model_copy(
        update={"n_factors": 16, "epochs": 60, "patience": 3, "l2": 0.0, "learning_rate": 0.03}
    )
    first, first_context = train(split, parameters, tmp_path)
    result, context = train(split, parameters.model_copy(update={"refit": True}), tmp_path)
    best = first.scores["best_epoch"]
    # The score stays that of the chosen epoch, whose validation ratings were not learned from.
    assert result.scores == {**first.scores, "n_refit_epochs": best}
    assert [row for row in context.history if "validation_rmse" in row] == first_context.history
    assert [row["epoch"] for row in context.history if "refit_rmse" in row] == [
        len(first_context.history) + number for number in range(1, best + 1)
    ]
    validation = split.validation
    known, learned = (
        rmse(run.ability(Rates).predict(validation.users, validation.items), validation.ratings)
        for run in (first, result)
    )
    assert learned < 0.9 * known
    everything = np.concatenate([split.train.ratings, validation.ratings])
    assert result.ability(Rates).mean == pytest.approx(everything.mean(), abs=1e-6)
    assert context.shares == sorted(context.shares)
    assert context.shares[-1] == 1


@pytest.mark.parametrize(
    ("epochs", "patience", "learning_rate", "stopped"),
    [
        pytest.param(3, 0, 0.01, "last_epoch", id="no-patience"),
        pytest.param(4, 4, 0.01, "last_epoch_still_improving", id="still-improving"),
        pytest.param(60, 3, 0.05, "patience", id="patience"),
    ],
)
def test_the_scores_say_why_the_training_stopped(tmp_path, epochs, patience, learning_rate, stopped):
    parameters = QUICK.model_copy(
        update={"epochs": epochs, "patience": patience, "l2": 0.0, "learning_rate": learning_rate}
    )
    result, context = train(planted_split(n_users=40, n_items=30), parameters, tmp_path)
    assert result.scores["stopped"] == stopped
    assert (len(context.history) < epochs) == (stopped == "patience")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "deviations", [pytest.param((1.1, 0.3), id="users-differ"), pytest.param((0.4, 0.9), id="items-differ")]
)
def test_defaults_are_not_below_the_biases_on_sparse_ratings(tmp_path, seed, deviations):
    split = sparse_split(seed=seed, user_deviation=deviations[0], item_deviation=deviations[1])
    parameters = MODEL.defaults(counts_of(split)).model_copy(update={"seed": seed, "refit": False})
    result, _ = train(split, parameters, tmp_path)
    predict = result.ability(Rates).predict
    ours = rmse(predict(split.test.users, split.test.items), split.test.ratings)
    baselines = score_predictions(predict, split.test, split.train, split.dataset.scale)["baselines"]
    assert ours <= baselines["user_item_bias"]["test_rmse"] + 0.004
    assert ours < baselines["item_mean"]["test_rmse"] - 0.03


def test_biases_alone_predict_when_factors_learn_only_noise(tmp_path):
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((60, 40)) < 0.3)
    biases = rng.normal(size=60)[users] + rng.normal(size=40)[items]
    ratings = 3 + biases + rng.normal(scale=0.5, size=len(users))
    split = rating_split(users, items, ratings, n_users=60, n_items=40, scale=(-9.0, 15.0))
    parameters = QUICK.model_copy(
        update={"epochs": 30, "patience": 2, "n_factors": 16, "l2": 0.0, "learning_rate": 0.05, "refit": True}
    )
    result, context = train(split, parameters, tmp_path)
    assert result.scores["best_epoch"] == 0
    assert result.scores["n_refit_epochs"] >= 1
    assert result.scores["validation_rmse"] < min(
        row["validation_rmse"] for row in context.history if "validation_rmse" in row
    )
    assert not result.ability(Rates).item_factors.any()
    assert result.embeddings["items"].vectors.any()
    assert any("biases only" in line for line in context.lines)
    strengths = choose_strengths(split.train, split.validation, 60, 40)
    everything = joined(split.train, split.validation)
    centered = everything.ratings.astype(np.float64) - everything.ratings.mean()
    fitted = fit_biases(everything, centered, 60, 40, *strengths)
    expected = everything.ratings.mean() + fitted.predict(split.test.users, split.test.items)
    assert np.abs(result.ability(Rates).predict(split.test.users, split.test.items) - expected).max() < 1e-4


def test_parameters_of_earlier_runs_are_read():
    earlier = {"n_factors": 8, "epochs": 20, "patience": 5, "biases": True, "l2": 12.0, "l2_biases": 3.0, "seed": 1}
    parameters = MatrixFactorizationParameters.checked(earlier)
    assert (parameters.l2_biases_users, parameters.l2_biases_items, parameters.refit) == (3.0, 3.0, False)
    assert MatrixFactorizationParameters.checked(parameters.model_dump(mode="json")) == parameters
    # On the command line the old name may stand beside the new defaults.
    mixed = MatrixFactorizationParameters.checked({**MatrixFactorizationParameters().model_dump(), "l2_biases": "2"})
    assert (mixed.l2_biases_users, mixed.l2_biases_items, mixed.refit) == (2.0, 2.0, True)
    with pytest.raises(ParameterError, match="l2_biases"):
        MatrixFactorizationParameters.checked({"l2_biases": -1})


def test_a_checkpoint_of_an_earlier_version_goes_on(tmp_path):
    split = planted_split(n_users=30, n_items=20)
    parameters = QUICK.model_copy(update={"l2_biases_users": 3.0, "l2_biases_items": 3.0})
    whole, _ = train(split, parameters, tmp_path)
    broken = QuietContext(tmp_path, cancel_after_epoch=2)
    with pytest.raises(CancelledError):
        MODEL.train(split.without_test(), parameters, broken)
    config = broken.last_checkpoint.config
    earlier = {"epoch": 2, "best_epoch": config["best_epoch"], "best_rmse": config["best_error"]}
    resumed, _ = train(split, parameters, tmp_path, resume_state=State(broken.last_checkpoint.arrays, earlier))
    assert np.array_equal(resumed.embeddings["items"].vectors, whole.embeddings["items"].vectors)


def test_a_resumed_training_ends_where_a_straight_one_does(tmp_path):
    split = planted_split()
    straight, straight_context = train(split, QUICK.model_copy(update={"epochs": 4}), tmp_path)
    _, first = train(split, QUICK.model_copy(update={"epochs": 2}), tmp_path)
    first.last_checkpoint.save(tmp_path / "checkpoint")
    resumed, context = train(
        split, QUICK.model_copy(update={"epochs": 4}), tmp_path, resume_state=State.load(tmp_path / "checkpoint")
    )
    assert [row["epoch"] for row in context.history] == [3, 4]
    for row, expected in zip(context.history, straight_context.history[2:], strict=True):
        assert row == pytest.approx(expected, rel=1e-9)
    assert np.array_equal(resumed.embeddings["items"].vectors, straight.embeddings["items"].vectors)


def test_the_best_validation_epoch_is_kept(tmp_path):
    split = planted_split(n_users=30, n_items=20, share=0.3, noise=1.0)
    parameters = QUICK.model_copy(
        update={"n_factors": 16, "epochs": 60, "patience": 3, "l2": 0.0, "learning_rate": 0.03}
    )
    result, context = train(split, parameters, tmp_path)
    errors = [row["validation_rmse"] for row in context.history]
    assert len(errors) < 60
    assert result.scores["stopped"] == "patience"
    assert result.scores["best_epoch"] == int(np.argmin(errors)) + 1 == len(errors) - 3
    predicted = result.ability(Rates).predict(split.validation.users, split.validation.items)
    assert rmse(predicted, split.validation.ratings) == pytest.approx(min(errors), abs=1e-5)


def test_all_ratings_equal_are_predicted_equal(tmp_path):
    users, items = np.repeat(np.arange(8), 8), np.tile(np.arange(8), 8)
    split = rating_split(users, items, np.full(64, 4.0), n_users=8, n_items=8, scale=(4.0, 4.0))
    result, _ = train(split, QUICK, tmp_path)
    assert set(result.ability(Rates).predict(split.test.users, split.test.items).tolist()) == {4.0}


def test_one_rating_is_refused(tmp_path):
    split = planted_split()
    one = type(split)(split.dataset, split.train.take(np.array([0])), Ratings.empty(), Ratings.empty())
    with pytest.raises(InputError, match="too few ratings"):
        MODEL.train(one, QUICK, QuietContext(tmp_path))


def test_cancel_is_heard(tmp_path):
    context = QuietContext(tmp_path, cancel_after_epoch=1)
    with pytest.raises(CancelledError):
        MODEL.train(planted_split().without_test(), QUICK, context)
    assert len(context.history) == 1


def test_progress_rises_to_the_end(tmp_path):
    _, context = train(planted_split(), QUICK, tmp_path)
    assert context.shares == sorted(context.shares)
    assert context.shares[-1] == 1


def test_a_checkpoint_of_other_parameters_is_refused(tmp_path):
    split = planted_split()
    _, first = train(split, QUICK, tmp_path)
    with pytest.raises(InputError, match="does not match"):
        train(split, QUICK.model_copy(update={"n_factors": 3}), tmp_path, resume_state=first.last_checkpoint)


def test_course_preset_is_valid():
    preset = MODEL.presets()["textbook settings"]
    parameters = MatrixFactorizationParameters.checked(preset)
    assert (parameters.n_factors, parameters.batch_size, parameters.epochs, parameters.biases) == (8, 5000, 20, False)
    assert parameters.l2 == parameters.l2_biases_users == parameters.l2_biases_items == 0
    assert not parameters.refit


def test_the_presets_have_l2_in_the_units_of_keras_and_by_the_count():
    presets = {name: MatrixFactorizationParameters.checked(values) for name, values in MODEL.presets().items()}
    course = presets["textbook settings with L2"]
    assert (course.initializer, course.nu, course.l2_unit) == ("glorot_uniform", 0, "keras")
    assert (course.l2_users, course.l2_items) == (1e-7, 1e-6)
    assert [presets[f"L2 by the {name}"].nu for name in ("root of the count", "count")] == [0.5, 1.0]


def write_ratings(split, path):
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    pd.concat(
        pd.DataFrame({"user": part.users, "item": part.items, "rating": part.ratings, "part": name})
        for name, part in parts.items()
    ).to_csv(path, index=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"refit": True}, id="chosen strengths and refit"),
        pytest.param({"nu": 0.5, "l2": 0.02, "l2_biases_users": 0.1, "l2_biases_items": 0.1}, id="given strengths"),
        pytest.param({"biases": False, "refit": True}, id="no biases"),
    ],
)
def test_the_script_repeats_the_training(tmp_path, changes):
    split = planted_split(noise=0.3)
    parameters = QUICK.model_copy(update={"epochs": 60, "patience": 10, "l2": 0.1, **changes})
    result, _ = train(split, parameters, tmp_path)
    write_ratings(split, tmp_path / "ratings.csv")
    (tmp_path / "repeat.py").write_text(MODEL.script(parameters, "ratings.csv"))
    done = subprocess.run(
        [sys.executable, "repeat.py"], cwd=tmp_path, check=True, capture_output=True, text=True, env=dict(os.environ)
    )
    by_script = float(done.stdout.rsplit("test RMSE", 1)[1])
    ours = rmse(result.ability(Rates).predict(split.test.users, split.test.items), split.test.ratings)
    assert by_script == pytest.approx(ours, abs=0.03)
    assert pd.read_csv(tmp_path / "items.csv").shape == (60, 3)

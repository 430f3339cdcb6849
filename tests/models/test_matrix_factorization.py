from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from embedlab.datasets.splits import Ratings
from embedlab.errors import CancelledError, InputError
from embedlab.models import keras_training
from embedlab.models.base import QuietContext, State
from embedlab.models.matrix_factorization import MatrixFactorization, MatrixFactorizationParameters
from embedlab.models.rating_predictor import FactorPredictor
from tests.models.rating_data import planted_split, rating_split, rmse

MODEL = MatrixFactorization()
QUICK = MatrixFactorizationParameters(n_factors=2, batch_size=64, epochs=3, patience=0, learning_rate=0.01)


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


def test_planted_tastes_are_recovered_to_the_noise(tmp_path):
    split = planted_split(noise=0.1)
    parameters = QUICK.model_copy(
        update={"epochs": 150, "patience": 10, "l2": 0.02, "l2_biases": 0.02, "learning_rate": 0.02}
    )
    result, context = train(split, parameters, tmp_path)
    predicted = result.predictor.predict(split.test.users, split.test.items)
    assert rmse(predicted, split.test.ratings) < 0.13
    assert rmse(np.full(len(split.test), 3.0), split.test.ratings) > 1
    assert context.history[-1]["train_rmse"] < context.history[0]["train_rmse"] / 5


@pytest.mark.parametrize("biases", [True, False])
def test_predictor_equals_the_keras_network(tmp_path, biases):
    split = planted_split()
    parameters = QUICK.model_copy(update={"biases": biases})
    result, _ = train(split, parameters, tmp_path)
    predictor = result.predictor
    network = keras_training.build_network(80, 60, n_factors=2, biases=biases, l2=0.0, l2_biases=0.0, seed=0)
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


@pytest.mark.parametrize("biases", [True, False])
def test_diagram_has_the_parameters_of_the_keras_model(biases):
    parameters = QUICK.model_copy(update={"biases": biases, "n_factors": 5})
    layers = MODEL.network({"users": 70, "items": 40, "ratings": 500}, parameters)
    network = keras_training.build_network(70, 40, n_factors=5, biases=biases, l2=0.0, l2_biases=0.0, seed=0)
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
    assert result.predictor.predict(np.array([21], np.int32), np.array([12], np.int32))[0] == pytest.approx(
        result.predictor.mean
    )
    assert not result.embeddings["items"].vectors[10:].any()
    assert not result.embeddings["users"].metadata["bias"][20:].any()


def test_embeddings_carry_labels_and_metadata(tmp_path):
    result, _ = train(planted_split(), QUICK, tmp_path)
    films = result.embeddings["items"]
    assert films.keys[:2] == ["i0", "i1"]
    assert films.labels[:2] == ["Film 0", "Film 1"]
    assert list(films.metadata.columns) == ["count", "genres", "bias"]
    assert films.vectors.shape == (60, 2)
    assert result.embeddings["users"].vectors.shape == (80, 2)
    assert "Total params" in result.texts["summary.txt"]


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
        update={"n_factors": 16, "epochs": 60, "patience": 3, "l2": 0.0, "l2_biases": 0.0, "learning_rate": 0.03}
    )
    result, context = train(split, parameters, tmp_path)
    errors = [row["validation_rmse"] for row in context.history]
    assert len(errors) < 60
    assert result.scores["best_epoch"] == int(np.argmin(errors)) + 1 == len(errors) - 3
    predicted = result.predictor.predict(split.validation.users, split.validation.items)
    assert rmse(predicted, split.validation.ratings) == pytest.approx(min(errors), abs=1e-5)


def test_all_ratings_equal_are_predicted_equal(tmp_path):
    users, items = np.repeat(np.arange(8), 8), np.tile(np.arange(8), 8)
    split = rating_split(users, items, np.full(64, 4.0), n_users=8, n_items=8, scale=(4.0, 4.0))
    result, _ = train(split, QUICK, tmp_path)
    assert set(result.predictor.predict(split.test.users, split.test.items).tolist()) == {4.0}


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
    with pytest.raises(InputError, match="does not fit"):
        train(split, QUICK.model_copy(update={"n_factors": 3}), tmp_path, resume_state=first.last_checkpoint)


def test_course_preset_is_valid():
    preset = MODEL.presets()["as in the course"]
    parameters = MatrixFactorizationParameters.checked(preset)
    assert (parameters.n_factors, parameters.batch_size, parameters.epochs, parameters.biases) == (8, 5000, 20, False)
    assert parameters.l2 == parameters.l2_biases == 0


def write_ratings(split, path):
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    pd.concat(
        pd.DataFrame({"user": part.users, "item": part.items, "rating": part.ratings, "part": name})
        for name, part in parts.items()
    ).to_csv(path, index=False)


@pytest.mark.slow
def test_the_script_repeats_the_training(tmp_path):
    split = planted_split(noise=0.3)
    parameters = QUICK.model_copy(update={"epochs": 60, "patience": 10, "l2": 0.1, "l2_biases": 0.1})
    result, _ = train(split, parameters, tmp_path)
    write_ratings(split, tmp_path / "ratings.csv")
    (tmp_path / "repeat.py").write_text(MODEL.script(parameters, "ratings.csv"))
    done = subprocess.run(
        [sys.executable, "repeat.py"], cwd=tmp_path, check=True, capture_output=True, text=True, env=dict(os.environ)
    )
    by_script = float(done.stdout.rsplit("test RMSE", 1)[1])
    ours = rmse(result.predictor.predict(split.test.users, split.test.items), split.test.ratings)
    assert by_script == pytest.approx(ours, abs=0.03)
    assert pd.read_csv(tmp_path / "items.csv").shape == (60, 3)

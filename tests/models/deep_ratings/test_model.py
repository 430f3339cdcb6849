from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import QuietContext, State
from embedlab.models.deep_ratings.model import DeepRatings, DeepRatingsParameters
from embedlab.models.deep_ratings.network import build_network
from embedlab.models.deep_ratings.predictor import DeepPredictor
from embedlab.models.shared.keras_training import start_tensorflow
from tests.models.matrix_factorization.rating_data import planted_split, rmse

MODEL = DeepRatings()
QUICK = DeepRatingsParameters(n_factors=3, batch_size=64, epochs=2, patience=0, refit=False, first_units=6)


def train(split, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(split.without_test(), parameters, quiet), quiet


def random_predictor(layers=(6, 4), n_factors=3, seed=0):
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return rng.normal(size=shape).astype(np.float32)

    widths = (2 * n_factors, *layers, 1)
    return DeepPredictor(
        user_factors=normal(9, n_factors),
        item_factors=normal(7, n_factors),
        item_biases=normal(7),
        kernels=tuple(normal(*shape) for shape in pairwise(widths)),
        biases=tuple(normal(width) for width in widths[1:]),
        seen_items=np.arange(7) != 5,
        mean=3.0,
        spread=0.5,
        scale=(0.5, 5.0),
    )


@pytest.mark.parametrize("layers", [(6, 4), (5,)], ids=["two-layers", "one-layer"])
def test_the_predictor_equals_the_keras_network(layers):
    start_tensorflow(1)
    predictor = random_predictor(layers)
    network = build_network(9, 7, n_factors=3, hidden_units=layers, item_biases=True, l2={}, seed=0)
    for name in ("user_factors", "item_factors", "item_biases"):
        table = getattr(predictor, name)
        network.get_layer(name).set_weights([table.reshape(len(table), -1)])
    names = [*(f"hidden_{number}" for number in range(1, len(layers) + 1)), "output"]
    for name, kernel, bias in zip(names, predictor.kernels, predictor.biases, strict=True):
        network.get_layer(name).set_weights([kernel, bias])
    users, items = (each.ravel().astype(np.int32) for each in np.meshgrid(np.arange(9), np.arange(7)))
    expected = np.clip(3 + 0.5 * network.predict([users, items], verbose=0)[:, 0], 0.5, 5)
    assert np.abs(predictor.predict(users, items) - expected).max() < 1e-5


def test_all_items_are_ranked_by_their_predicted_ratings(monkeypatch):
    predictor = random_predictor()
    users, items = np.array([4, -1, 0, 8], np.int32), np.arange(7, dtype=np.int32)
    expected = predictor.predict(np.repeat(users, 7), np.tile(items, 4)).reshape(4, 7)
    expected[:, 5] = -np.inf
    np.testing.assert_allclose(predictor.rank_by_rating(users, 7), expected, atol=1e-5)
    monkeypatch.setattr("embedlab.models.deep_ratings.predictor._MOST_NUMBERS", 50)
    np.testing.assert_allclose(predictor.rank_by_rating(users, 7), expected, atol=1e-5)


def test_unknown_users_and_items_have_zero_vectors_and_no_bias():
    predictor = random_predictor()
    zero = random_predictor()
    zero.user_factors[0] = zero.item_factors[0] = 0
    zero.item_biases[0] = 0
    unknown = predictor.predict(np.array([-1], np.int32), np.array([-1], np.int32))
    assert unknown == pytest.approx(zero.predict(np.array([0], np.int32), np.array([0], np.int32)))


def test_the_predictor_is_read_back(tmp_path):
    predictor = random_predictor()
    predictor.state().save(tmp_path / "predictor")
    again = DeepPredictor.from_state(State.load(tmp_path / "predictor"))
    users, items = np.arange(7, dtype=np.int32), np.arange(7, dtype=np.int32)
    assert np.array_equal(again.predict(users, items), predictor.predict(users, items))


@pytest.mark.parametrize("item_biases", [True, False], ids=["biases", "no-biases"])
def test_the_diagram_has_the_layers_of_the_keras_model(item_biases):
    parameters = QUICK.model_copy(update={"item_biases": item_biases, "n_factors": 5})
    layers = MODEL.network({"users": 70, "items": 40, "ratings": 500}, parameters)
    network = build_network(
        70, 40, n_factors=5, hidden_units=parameters.hidden_units, item_biases=item_biases, l2={}, seed=0
    )
    assert sum(layer.n_parameters for layer in layers) == network.count_params()
    assert {layer.name: (layer.kind, layer.output_shape) for layer in layers} == {
        layer.name: (type(layer).__name__, tuple(layer.output.shape)) for layer in network.layers
    }


@pytest.mark.parametrize("steps", ["dense", "sparse"])
def test_planted_tastes_are_learned(tmp_path, steps):
    split = planted_split(noise=0.1)
    parameters = QUICK.model_copy(
        update={"epochs": 40, "first_units": 32, "n_factors": 4, "l2": 0.02, "learning_rate": 0.02, "steps": steps}
    )
    result, context = train(split, parameters, tmp_path)
    predictor = result.ability(Rates)
    assert rmse(predictor.predict(split.test.users, split.test.items), split.test.ratings) < 0.75
    assert rmse(np.full(len(split.test), 3.0), split.test.ratings) > 1
    assert any("sparse" in line for line in context.lines) == (steps == "sparse")
    assert "Total params" in result.texts["summary.txt"]
    assert list(result.embeddings["items"].metadata.columns) == ["count", "genres", "bias"]


def test_the_textbook_settings_are_those_of_the_course():
    parameters = DeepRatingsParameters.checked(MODEL.presets()["textbook settings"])
    assert (parameters.n_factors, parameters.hidden_units, parameters.batch_size) == (8, (32, 4), 5000)
    assert parameters.item_biases
    assert not parameters.fitted_biases
    assert parameters.l2 == 0

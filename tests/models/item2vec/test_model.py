"""Items that always occur together are neighbors, and input times output vectors predict one from the other."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError, StorageError
from embedlab.kinds.sequences.histories import Histories
from embedlab.models.contract.state import State
from embedlab.models.item2vec.predictor import Item2VecPredictor
from embedlab.models.item2vec.vectors import association_vectors
from embedlab.models.registry import MODELS
from tests.models.sequence_data import dataset_of, nearest, pair_lines, trained


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    dataset = dataset_of(folder, pair_lines())
    return dataset, *trained("item2vec", dataset, folder / "scratch", vector_size=8, epochs=50)


def test_two_items_that_are_always_bought_together_are_neighbors_and_predict_each_other(pairs):
    dataset, result, _ = pairs
    (predictor,) = result.abilities
    assert (nearest(result, "salt"), nearest(result, "pepper")) == ("pepper", "salt")
    keys = dataset.item_keys
    salt, pepper = keys.index("salt"), keys.index("pepper")
    scores = predictor.next_scores(Histories.of([[salt], [pepper]]))
    scores[[0, 1], [salt, pepper]] = -np.inf
    assert scores.argmax(axis=1).tolist() == [pepper, salt]


def test_association_vectors_are_the_nearest_products_of_the_predictions():
    random = np.random.default_rng(0)
    inputs, outputs = random.normal(size=(2, 9, 3)).astype(np.float32)
    predictions = inputs @ outputs.T
    values, vectors = np.linalg.eigh((predictions + predictions.T) / 2)
    nearest_products = (vectors * np.maximum(values, 0)) @ vectors.T
    found = association_vectors(inputs, outputs)
    assert found.shape == (9, 3)
    np.testing.assert_allclose(found @ found.T, nearest_products, atol=1e-4)
    # Fewer items than dimensions.
    few = association_vectors(inputs[:2], outputs[:2])
    assert few.shape == (2, 3)
    assert np.isfinite(few).all()


def test_scores_are_the_mean_of_inputs_times_outputs_by_hand():
    inputs, outputs = np.eye(3, dtype=np.float32), np.arange(9, dtype=np.float32).reshape(3, 3)
    predictor = Item2VecPredictor(inputs, outputs, np.array([True, True, False]))
    scores = predictor.next_scores(Histories.of([[0, 1], [2], []]))
    np.testing.assert_allclose(scores, [[0.5, 3.5, -np.inf], [0, 0, -np.inf], [0, 0, -np.inf]])


def test_defaults_are_those_of_sequences():
    defaults = MODELS["item2vec"].defaults({"events": 1000, "sequences": 300, "users": 300, "items": 50})
    assert (defaults.window, defaults.sample, defaults.epochs, defaults.ns_exponent) == (50, 0.0, 50, 0.0)
    assert MODELS["item2vec"].defaults({"events": 10**7, "sequences": 1, "users": 1, "items": 9}).epochs == 5


def test_more_workers_learn_the_same_structure(pairs, tmp_path):
    dataset, _, scores = pairs
    result, others = trained("item2vec", dataset, tmp_path / "s", vector_size=8, epochs=50, workers=2)
    assert nearest(result, "salt") == "pepper"
    assert abs(others["recall@5"] - scores["recall@5"]) < 0.2


def test_sequences_of_one_event_are_refused(tmp_path):
    with pytest.raises(InputError, match="no next item"):
        trained("item2vec", dataset_of(tmp_path, list("abcdefghij")), tmp_path / "s")


def test_a_damaged_state_is_refused(pairs):
    state = pairs[1].abilities[0].state()
    for name, array in {"outputs": np.zeros((2, 2), np.float32), "is_known": np.zeros(3, bool)}.items():
        with pytest.raises(StorageError):
            Item2VecPredictor.from_state(State({**state.arrays, name: array}))

"""The network predicts a cycle, its NumPy twin equals Keras, and its examples are those we count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.kinds.sequences.histories import Histories
from embedlab.models.contract.state import State
from embedlab.models.next_item.examples import batches, pieces
from embedlab.models.next_item.predictor import NextItemPredictor
from embedlab.models.registry import MODELS
from tests.models.sequence_data import cycle_lines, dataset_of, trained


@pytest.fixture(scope="module")
def cycle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cycle")
    dataset = dataset_of(folder, cycle_lines())
    settings = {"vector_size": 16, "epochs": 30, "patience": 0, "refit": False, "batch_size": 64, "learning_rate": 0.02}
    return dataset, *trained("next-item", dataset, folder / "scratch", **settings)


def test_a_cycle_is_predicted_without_an_error(cycle):
    dataset, result, scores = cycle
    (predictor,) = result.abilities
    keys = dataset.item_keys
    found = predictor.next_scores(Histories.of([[row] for row in range(8)])).argmax(axis=1)
    following = {keys[row]: keys[after] for row, after in enumerate(found.tolist())}
    assert following == {f"i{row}": f"i{(row + 1) % 8}" for row in range(8)}
    assert (scores["recall@5"], scores["mrr"]) == (1.0, 1.0)
    probabilities = predictor.probabilities(predictor.next_scores(Histories.of([[0], []])))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)


def test_a_sampled_softmax_learns_the_cycle_too(cycle, tmp_path):
    dataset = cycle[0]
    settings = {"vector_size": 16, "epochs": 30, "patience": 0, "refit": False, "batch_size": 64, "learning_rate": 0.02}
    _, scores = trained("next-item", dataset, tmp_path / "s", softmax="sampled", n_candidates=6, **settings)
    assert scores["mrr"] > 0.95


def test_the_predictor_equals_the_keras_network():
    from embedlab.models.next_item.network import build_network
    from embedlab.models.next_item.trainer import NextItemTrainer

    network = build_network(5, vector_size=3, n_hidden=2, seed=1)
    sizes = {"n_hidden": 2, "max_length": 4, "dropout": 0.0, "learning_rate": 0.01, "batch_size": 8}
    trainer = NextItemTrainer(network, np.ones(5, np.int64), candidates=None, seed=1, **sizes)
    predictor = trainer.predictor(np.ones(5, bool))
    # The network counts items from 1; 0 is padding.
    histories = np.array([[1, 2, 5, 0], [4, 0, 0, 0]], np.int32)
    expected = network([histories, np.array([5, 4], np.int32)]).numpy()
    np.testing.assert_allclose(predictor.next_scores(Histories.of([[0, 1, 4], [3]])), expected, atol=1e-5)
    # Only the newest events of a longer history count.
    longer = predictor.next_scores(Histories.of([[2, 2, 0, 1, 4, 3], [0, 1, 4, 3]]))
    np.testing.assert_allclose(longer[0], longer[1], atol=1e-6)


def test_every_step_is_an_example_once():
    cut = pieces(Histories.of([[0, 1, 2, 3, 4], [5], [6, 7]]), 2)
    assert [cut.one(row).tolist() for row in range(len(cut))] == [[0, 1, 2], [2, 3, 4], [6, 7]]
    random = np.random.default_rng(0)
    found = list(batches(cut, 2, random))
    steps = {
        (tuple(batch.inputs[first : place + 1].tolist()), target)
        for batch in found
        for place, (first, target) in enumerate(zip(batch.firsts.tolist(), batch.targets.tolist(), strict=True))
    }
    assert steps == {((0,), 1), ((0, 1), 2), ((2,), 3), ((2, 3), 4), ((6,), 7)}
    assert sum(len(batch.targets) for batch in found) == 5
    assert len(found) >= 2


def test_the_diagram_has_the_parameters_of_the_network():
    model = MODELS["next-item"]
    counts = {"events": 100, "sequences": 30, "users": 30, "items": 7}
    parameters = model.parameters_class(vector_size=4, hidden_layers=2)
    layers = model.network(counts, parameters)
    from embedlab.models.next_item.network import build_network

    network = build_network(7, vector_size=4, n_hidden=2, seed=0)
    assert sum(layer.n_parameters for layer in layers) == network.count_params()


def test_a_softmax_is_sampled_above_fifty_thousand_items_only():
    parameters = MODELS["next-item"].parameters_class()
    assert not parameters.is_sampled(50_000)
    assert parameters.is_sampled(50_001)


def test_a_damaged_state_is_refused(cycle):
    predictor = cycle[1].abilities[0]
    state = predictor.state()
    NextItemPredictor.from_state(state).check(cycle[0])
    for name, array in {"biases": np.zeros(2, np.float32), "of_last_kernel": np.zeros((1, 1), np.float32)}.items():
        with pytest.raises(StorageError):
            NextItemPredictor.from_state(State({**state.arrays, name: array}, state.config))

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import InputError
from embedlab.evaluation.recommendation.ranking import best_items
from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from embedlab.models.contract.abilities import FoldsIn, Ranks
from embedlab.models.contract.base import QuietContext
from embedlab.models.shared.keras_steps.log_uniform import LogUniform
from embedlab.models.shared.keras_training import start_tensorflow
from embedlab.models.softmax_items.examples import ItemLists, batches
from embedlab.models.softmax_items.model import MOST_FULL_ITEMS, SoftmaxItems, SoftmaxItemsParameters
from embedlab.models.softmax_items.network import build_network
from embedlab.models.softmax_items.trainer import SoftmaxTrainer

MODEL = SoftmaxItems()
QUICK = SoftmaxItemsParameters(vector_size=8, epochs=30, patience=0, refit=False, batch_size=16, learning_rate=0.02)
N_USERS, N_ITEMS = 60, 40


def planted(seed=0, n_chosen=10):
    """Users of two tastes choose from two halves of the items; a few choices are held out."""
    rng = np.random.default_rng(seed)
    pairs = [
        (user, item)
        for user in range(N_USERS)
        for item in rng.choice(N_ITEMS // 2, n_chosen, replace=False) * 2 + user % 2
    ]
    users, items = np.array(pairs, np.int32).T
    is_held_out = np.tile(np.arange(n_chosen) < 2, N_USERS)
    dataset = SimpleNamespace(
        users=pd.DataFrame({"key": [f"u{row}" for row in range(N_USERS)]}),
        items=pd.DataFrame(
            {"key": [f"i{row}" for row in range(N_ITEMS)], "label": [f"i{row}" for row in range(N_ITEMS)]}
        ),
    )

    def part(chosen):
        rows = users[chosen], items[chosen], np.ones(int(chosen.sum()), np.float32)
        return Interactions(*rows), Ratings(*rows)

    (train, rated), (validation, rated_validation) = part(~is_held_out), part(is_held_out)
    nothing = Interactions.empty()
    split = RatingsSplit(dataset, rated, rated_validation, Ratings.empty())
    return InteractionsSplit(dataset, train, validation, nothing, split, None)


def train(data, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(data, parameters, quiet), quiet


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    data = planted()
    return data, *train(data, QUICK, tmp_path_factory.mktemp("softmax"))


def share_of_own_half(scores, users):
    top = best_items(scores, 10)
    return np.mean(top % 2 == np.asarray(users)[:, np.newaxis] % 2)


def test_items_of_the_own_taste_are_ranked_first(trained):
    data, result, context = trained
    users = np.arange(N_USERS, dtype=np.int32)
    assert share_of_own_half(result.ability(Ranks).scores(users), users) > 0.95
    assert context.history[-1]["loss"] < context.history[0]["loss"] - 0.5
    assert context.history[-1]["validation_ndcg@10"] > 0.3
    assert data.shape == (N_USERS, N_ITEMS)


def test_a_sampled_softmax_learns_the_same(tmp_path):
    result, context = train(planted(), QUICK.model_copy(update={"softmax": "sampled", "n_candidates": 15}), tmp_path)
    users = np.arange(N_USERS, dtype=np.int32)
    assert share_of_own_half(result.ability(Ranks).scores(users), users) > 0.95
    assert any("sampled softmax" in line for line in context.lines)


def test_the_sizes_of_list_and_dense_row_are_shown(trained):
    _, result, context = trained
    sizes = "a list of 8 numbers (median; at most 8); a dense row would have 40."
    assert any(sizes in line for line in context.lines)
    assert sizes in result.texts["summary.txt"]
    assert "Total params" in result.texts["summary.txt"]


def test_the_ranker_equals_the_keras_network(trained):
    data, result, _ = trained
    ranker = result.ability(Ranks)
    network = build_network(N_ITEMS, vector_size=8, n_hidden=1, seed=0)
    network.get_layer("item_inputs").set_weights([np.vstack([np.zeros((1, 8)), ranker.input_vectors])])
    network.get_layer("hidden_1").set_weights([ranker.kernels[0], ranker.biases[0]])
    network.get_layer("softmax").set_weights([ranker.item_vectors.T, ranker.item_biases])
    lists = ItemLists.of(data.train, data.shape)
    padded = lists.items.reshape(N_USERS, 8) + 1
    # Padding does not change a mean.
    padded = np.hstack([padded, np.zeros((N_USERS, 3), np.int32)])
    expected = network.predict(padded, verbose=0)
    scores = ranker.scores(np.arange(N_USERS, dtype=np.int32)).astype(np.float64)
    odds = np.exp(scores)
    np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), expected, atol=1e-5)


def test_a_user_folded_in_is_where_the_training_put_them(trained):
    data, result, _ = trained
    ranker = result.ability(FoldsIn)
    items = data.train.items[data.train.users == 3]
    folded = ranker.fold_in(items, np.ones(len(items), np.float32))
    np.testing.assert_allclose(folded.scores, ranker.scores(np.array([3], np.int32))[0], atol=1e-5)
    np.testing.assert_allclose(folded.vector, result.embeddings["users"].vectors[3], atol=1e-6)
    nobody = ranker.fold_in(np.empty(0, np.int32), np.empty(0, np.float32))
    np.testing.assert_allclose(nobody.scores, ranker.scores(np.array([-1], np.int32))[0], atol=1e-6)


def test_users_and_both_kinds_of_item_vectors_are_embeddings(trained):
    _, result, _ = trained
    assert {role: each.vectors.shape for role, each in result.embeddings.items()} == {
        "items": (N_ITEMS, 8),
        "item_inputs": (N_ITEMS, 8),
        "users": (N_USERS, 8),
    }


def made_trainer(candidates, seed=0):
    network = build_network(N_ITEMS, vector_size=8, n_hidden=1, seed=seed)
    return SoftmaxTrainer(
        network,
        np.ones(N_ITEMS, np.int64),
        l2=0.0,
        learning_rate=1e-6,
        batch_size=60,
        target_share=0.5,
        candidates=candidates,
        seed=0,
    )


def test_a_sampled_softmax_of_all_items_has_the_loss_of_the_full_one():
    start_tensorflow(1)
    data = planted()
    lists = ItemLists.of(data.train, data.shape)
    # So many draws contain every item; then nothing is corrected, and targets are not counted twice.
    full, sampled = (made_trainer(each) for each in (None, LogUniform(N_ITEMS, 20_000)))
    batch = next(iter(batches(lists, batch_size=60, target_share=0.5, random=np.random.default_rng(5))))
    losses = [float(each._step(*each._arguments(batch, np.random.default_rng(1)))) for each in (full, sampled)]
    assert losses[1] == pytest.approx(losses[0], abs=1e-5)


def test_the_softmax_is_full_up_to_a_number_of_items():
    assert not QUICK.is_sampled(MOST_FULL_ITEMS)
    assert QUICK.is_sampled(MOST_FULL_ITEMS + 1)
    assert not QUICK.model_copy(update={"softmax": "full"}).is_sampled(10**6)


def test_the_refit_learns_from_the_validation_part(tmp_path):
    parameters = QUICK.model_copy(update={"epochs": 4, "patience": 2, "refit": True})
    result, context = train(planted(), parameters, tmp_path)
    assert sum("refit_loss" in row for row in context.history) == result.scores["best_epoch"]
    assert result.scores["validation_ndcg@10"] == max(
        row["validation_ndcg@10"] for row in context.history if "validation_ndcg@10" in row
    )


def test_users_with_one_item_each_are_refused(tmp_path):
    data = planted()
    train_part = Interactions(np.arange(9, dtype=np.int32), np.arange(9, dtype=np.int32), np.ones(9, np.float32))
    alone = InteractionsSplit(data.dataset, train_part, data.validation, data.test, data.rated, None)
    with pytest.raises(InputError, match="No user chose two items"):
        train(alone, QUICK, tmp_path)


@pytest.mark.parametrize("hidden_layers", [0, 2], ids=["none", "two"])
def test_the_diagram_has_the_layers_of_the_keras_model(hidden_layers):
    parameters = QUICK.model_copy(update={"hidden_layers": hidden_layers})
    layers = MODEL.network({"users": 70, "items": 40, "ratings": 500}, parameters)
    network = build_network(40, vector_size=8, n_hidden=hidden_layers, seed=0)
    assert sum(layer.n_parameters for layer in layers) == network.count_params()
    shown = {layer.name: (type(layer).__name__, tuple(layer.output.shape)) for layer in network.layers}
    assert {layer.name: (layer.kind, layer.output_shape) for layer in layers}.items() <= shown.items()

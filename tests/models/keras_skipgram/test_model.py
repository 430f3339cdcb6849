from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import CancelledError, InputError
from embedlab.models.contract.base import QuietContext
from embedlab.models.keras_skipgram import pairs as skipgram_pairs
from embedlab.models.keras_skipgram.model import KerasSkipgram, KerasSkipgramParameters, network_layers
from tests.models.shared.word_data import counts_of, text_dataset, two_clusters

MODEL = KerasSkipgram()
QUICK = KerasSkipgramParameters(vector_size=8, window=3, min_count=1, epochs=4, sample=0, batch_size=256)


def train(dataset, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(dataset, parameters, quiet), quiet


def test_planted_clusters_part_and_the_loss_falls(tmp_path):
    dataset = text_dataset(tmp_path, two_clusters())
    result, context = train(dataset, QUICK, tmp_path)
    words = result.embeddings["words"]
    sea, city = (words.unit_vectors[[words.index(f"{side}{n}") for n in range(12)]] for side in "ab")
    assert (sea @ sea.T).mean() > (sea @ city.T).mean() + 0.5
    import keras

    (tmp_path / "skipgram.keras").write_bytes(result.files["skipgram.keras"])
    again = keras.saving.load_model(tmp_path / "skipgram.keras")
    assert np.array_equal(again.get_layer("words").get_weights()[0], words.vectors)
    losses = [each["loss"] for each in context.history]
    assert losses == sorted(losses, reverse=True)
    assert words.metadata["count"].tolist() == dataset.vocabulary["count"].tolist()


def test_a_resumed_training_ends_where_an_unbroken_one_does_and_the_diagram_fits(tmp_path):
    dataset = text_dataset(tmp_path, two_clusters(n_lines=100))
    parameters = QUICK.model_copy(update={"epochs": 3})
    whole, _ = train(dataset, parameters, tmp_path)
    broken = QuietContext(tmp_path, cancel_after_epoch=1)
    with pytest.raises(CancelledError):
        MODEL.train(dataset, parameters, broken)
    resumed, context = train(dataset, parameters, tmp_path, resume_state=broken.last_checkpoint)
    assert [each["epoch"] for each in context.history] == [2, 3]
    assert np.allclose(resumed.embeddings["words"].vectors, whole.embeddings["words"].vectors, atol=1e-5)
    other = text_dataset(tmp_path, [["x", "y"]] * 5)
    with pytest.raises(InputError, match="checkpoint does not match"):
        train(other, parameters, tmp_path, resume_state=broken.last_checkpoint)
    n_parameters = sum(layer.n_parameters for layer in network_layers(parameters, 24))
    assert n_parameters == sum(whole.state.arrays[name].size for name in ("vectors", "contexts"))


def test_a_step_adds_up_the_gradients_of_a_word_that_occurs_twice():
    """Adagrad by hand: with contexts at zero all errors are +-1/2, and the words stay where they are."""
    from embedlab.models.keras_skipgram.network import Trainer, build_network
    from embedlab.models.shared import keras_training

    keras_training.start_tensorflow(1)
    trainer = Trainer(build_network(3, 2, 2, seed=0), learning_rate=0.1)
    words, _ = trainer.tables()
    trainer.step(np.array([0, 0], np.int32), np.array([[1, 2], [1, 2]], np.int32))
    after, contexts = trainer.tables()
    assert np.array_equal(after, words)
    gradient = -words[0]
    expected = -0.1 * gradient / np.sqrt(0.1 + gradient**2)
    assert np.allclose(contexts[1], expected, atol=1e-6)
    assert np.allclose(contexts[2], -expected, atol=1e-6)


def test_pairs_are_all_within_the_window_and_the_line():
    words, lines = np.array([0, 1, 2, 3, 4], np.int32), np.array([0, 0, 0, 1, 1], np.int32)
    found = skipgram_pairs.pairs(words, lines, np.ones(5), 1, np.random.default_rng(0))
    assert sorted(zip(*(each.tolist() for each in found), strict=True)) == [
        (0, 1), (1, 0), (1, 2), (2, 1), (3, 4), (4, 3)
    ]  # fmt: skip
    none = skipgram_pairs.pairs(words, lines, np.zeros(5), 1, np.random.default_rng(0))
    assert len(none[0]) == 0


def test_random_words_follow_the_power_of_their_counts():
    counts = np.array([10_000, 100], np.int64)
    table = skipgram_pairs.negative_table(counts)
    assert (table == 0).mean() == pytest.approx(1000 / (1000 + 100**0.75), abs=1e-4)


def test_a_text_without_pairs_is_refused(tmp_path):
    with pytest.raises(InputError, match="No document has two words"):
        train(text_dataset(tmp_path, [["a"], ["b"]]), QUICK, tmp_path)


def test_estimates_grow_with_the_work(tmp_path):
    counts = counts_of(text_dataset(tmp_path, two_clusters()))
    base = MODEL.estimate(counts, QUICK, 2)
    assert MODEL.estimate({**counts, "tokens": 10**7}, QUICK, 2).seconds > 10 * base.seconds

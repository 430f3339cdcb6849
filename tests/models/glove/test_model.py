from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from gensim.models import KeyedVectors

from embedlab.core.errors import CancelledError, InputError
from embedlab.models.contract.base import QuietContext, State
from embedlab.models.glove import model as glove
from embedlab.models.glove import records as glove_records
from embedlab.models.glove.model import Glove, GloveParameters, GloveTraining
from embedlab.models.glove.records import shuffled_records
from embedlab.models.shared.cooccurrence import PairBlock, count_cooccurrences, window_weights
from tests.models.shared.counted_data import counted_by_hand, document_dataset, random_documents

MODEL = Glove()
QUICK = GloveParameters(vector_size=8, min_count=1, window=5, epochs=6, seed=3)


def train(dataset, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(dataset, parameters, quiet), quiet


@pytest.fixture
def data(tmp_path):
    return document_dataset(tmp_path, random_documents())


def planted_pairs(n_words, size, seed=0):
    """A table whose logarithms are known: dot products of known vectors, plus known biases; symmetric."""
    rng = np.random.default_rng(seed)
    vectors, biases = rng.normal(0, 0.7, (n_words, size)), rng.normal(1, 0.5, n_words)
    logs = vectors @ vectors.T + biases[:, np.newaxis] + biases
    rows, columns = np.triu_indices(n_words)
    values = np.exp(logs[rows, columns])
    # What is counted holds half of the diagonal.
    values[rows == columns] /= 2
    block = PairBlock(rows.astype(np.int32), columns.astype(np.int32), values)
    return SimpleNamespace(n_words=n_words, n_entries=len(rows), blocks=lambda: iter([block])), logs


@pytest.mark.parametrize("workers", [1, 2])
def test_a_planted_matrix_of_logarithms_is_recovered(tmp_path, workers):
    pairs, logs = planted_pairs(60, 4)
    records = shuffled_records(pairs, 0, tmp_path, lambda _: None)
    assert len(records) == 60 * 60
    vocabulary = pd.DataFrame({"word": [f"w{row}" for row in range(60)], "count": 9})
    parameters = GloveParameters(vector_size=6, epochs=600, x_max=1.0, learning_rate=0.1, workers=workers)
    training = GloveTraining(vocabulary, parameters, QuietContext(tmp_path, n_threads=workers))
    training.run(records)
    size = parameters.vector_size
    got = training.words[:, :size] @ training.contexts[:, :size].T
    got += training.words[:, size:] + training.contexts[:, size]
    assert np.sqrt(np.mean((got - logs) ** 2)) < 0.02 * logs.std()
    assert training.loss < 1e-3


@pytest.mark.parametrize("memory_records", [1 << 20, 300])
def test_records_are_the_table_in_both_directions_each_once(data, tmp_path, memory_records):
    words = data.vocabulary["word"].tolist()
    weights = window_weights(5, "harmonic")
    pairs = count_cooccurrences(data, words, weights, tmp_path, lambda _: None)
    records = shuffled_records(pairs, 0, tmp_path, lambda _: None, memory_records)
    expected = counted_by_hand(random_documents(), words, weights)
    table = np.zeros_like(expected)
    np.add.at(table, (records["row"], records["column"]), np.exp(records["log_count"].astype(float)))
    assert table == pytest.approx(expected, rel=1e-5)
    assert len(records) == np.count_nonzero(expected)
    assert (tmp_path / "records.bin").exists() == (memory_records == 300)


@pytest.mark.parametrize("memory_records", [1 << 20, 300])
def test_the_order_is_random_and_that_of_the_seed(data, tmp_path, memory_records):
    words = data.vocabulary["word"].tolist()
    pairs = count_cooccurrences(data, words, np.ones(5), tmp_path, lambda _: None)

    def order(seed):
        records = shuffled_records(pairs, seed, tmp_path, lambda _: None, memory_records)
        return records["row"].astype(np.int64) * len(words) + records["column"]

    first = order(1).copy()
    assert np.array_equal(first, order(1))
    assert not np.array_equal(first, order(2))
    assert abs(np.corrcoef(first, np.arange(len(first)))[0, 1]) < 0.15


def mixed_clusters(n_documents=600, length=10, n_words=12, strangers=0.15):
    """Sea words and city words with some strangers among them: of pairs that never meet GloVe learns nothing."""
    rng = np.random.default_rng(0)
    return [
        [f"{'ab'[(number + (rng.random() < strangers)) % 2]}{word}" for word in rng.integers(0, n_words, length)]
        for number in range(n_documents)
    ]


def test_words_of_one_cluster_are_nearest_to_each_other(tmp_path):
    data = document_dataset(tmp_path, mixed_clusters())
    result, context = train(data, QUICK.model_copy(update={"epochs": 60}), tmp_path)
    words = result.embeddings["words"]
    cosines = words.unit_vectors @ words.unit_vectors.T - 2 * np.eye(24)
    nearest = np.argsort(-cosines, axis=1)[:, :5]
    together = [words.keys[other][0] == words.keys[row][0] for row in range(24) for other in nearest[row]]
    # By chance 11 of 23 are.
    assert np.mean(together) > 0.95
    assert context.history[-1]["loss"] < context.history[0]["loss"]
    assert result.scores["loss"] == context.history[-1]["loss"]


def test_the_vectors_are_the_sums_of_both_tables(data, tmp_path):
    result, _ = train(data, QUICK, tmp_path)
    words, arrays = result.embeddings["words"], result.state.arrays
    assert np.array_equal(words.vectors, arrays["words"][:, :8] + arrays["contexts"][:, :8])
    assert words.keys == data.vocabulary["word"].tolist()
    assert words.metadata["count"].tolist() == data.vocabulary["count"].tolist()


def test_one_thread_gives_the_same_every_time(data, tmp_path, monkeypatch):
    first = train(data, QUICK, tmp_path)[0].embeddings["words"]
    monkeypatch.setattr(glove, "_BLOCK_RECORDS", 100)
    again = train(data, QUICK.model_copy(update={"workers": 8}), tmp_path, n_threads=1)[0].embeddings["words"]
    assert np.array_equal(first.vectors, again.vectors)


def test_records_from_disk_train_as_well(data, tmp_path, monkeypatch):
    first = train(data, QUICK, tmp_path)[1].history[-1]["loss"]
    original = glove_records.shuffled_records
    monkeypatch.setattr(glove, "shuffled_records", lambda *given: original(*given, memory_records=100))
    assert train(data, QUICK, tmp_path)[1].history[-1]["loss"] == pytest.approx(first, rel=0.05)


def test_a_resumed_training_ends_where_a_straight_one_does(data, tmp_path):
    straight, straight_context = train(data, QUICK, tmp_path)
    stopped = QuietContext(tmp_path, cancel_after_epoch=2)
    with pytest.raises(CancelledError):
        MODEL.train(data, QUICK, stopped)
    stopped.last_checkpoint.save(tmp_path / "checkpoint")
    resumed, context = train(data, QUICK, tmp_path, resume_state=State.load(tmp_path / "checkpoint"))
    assert np.array_equal(resumed.embeddings["words"].vectors, straight.embeddings["words"].vectors)
    assert context.history == straight_context.history[2:]
    assert context.shares == sorted(context.shares)


def test_a_checkpoint_of_another_text_is_refused(data, tmp_path):
    _, first = train(data, QUICK, tmp_path)
    other = document_dataset(tmp_path, random_documents(seed=5))
    with pytest.raises(InputError, match="does not match"):
        train(other, QUICK, tmp_path, resume_state=first.last_checkpoint)


def test_progress_rises_while_counting_shuffling_and_training(data, tmp_path, monkeypatch):
    monkeypatch.setattr(glove, "_BLOCK_RECORDS", 100)
    _, context = train(data, QUICK, tmp_path)
    assert context.shares == sorted(context.shares)
    assert len([share for share in context.shares if share < 0.5 / 6]) >= 2
    assert context.shares[-1] == 1.0


def test_a_diverged_training_says_so(data, tmp_path, monkeypatch):
    monkeypatch.setattr("embedlab.models.glove.kernels.train_records", lambda *_: float("nan"))
    with pytest.raises(InputError, match="diverged"):
        train(data, QUICK, tmp_path)


@pytest.mark.parametrize(
    ("documents", "min_count", "message"),
    [
        ([["one"] * 9], 1, "Fewer than two words"),
        ([["one"], ["two"]], 1, "No document has two words"),
    ],
)
def test_too_little_text_is_refused(tmp_path, documents, min_count, message):
    with pytest.raises(InputError, match=message):
        train(document_dataset(tmp_path, documents), QUICK.model_copy(update={"min_count": min_count}), tmp_path)


def test_defaults_follow_the_size_of_the_text():
    small = MODEL.defaults({"documents": 300, "tokens": 60_000, "vocabulary": 7000})
    large = MODEL.defaults({"documents": 1, "tokens": 17_000_000, "vocabulary": 250_000})
    assert (small.min_count, large.min_count) == (2, 5)
    assert (small.epochs, large.epochs) == (50, 15)
    assert small.workers == 1 < large.workers


def test_estimates_grow_with_the_work():
    counts = {"documents": 1, "tokens": 17_000_000, "vocabulary": 220_000}
    base = MODEL.estimate(counts, GloveParameters(), 2)
    assert MODEL.estimate(counts, GloveParameters(epochs=30), 2).seconds > 1.8 * base.seconds
    assert MODEL.estimate(counts, GloveParameters(workers=2), 2).seconds < 0.6 * base.seconds
    assert MODEL.estimate(counts, GloveParameters(vector_size=300), 2).seconds > 2 * base.seconds
    assert MODEL.estimate(counts, GloveParameters(vector_size=300), 2).memory_mb > base.memory_mb + 200


@pytest.mark.parametrize("min_count", [1, 5])
def test_the_script_repeats_the_training(data, tmp_path, min_count):
    parameters = QUICK.model_copy(update={"min_count": min_count})
    words = train(data, parameters, tmp_path)[0].embeddings["words"]
    (tmp_path / "script.py").write_text(MODEL.script(parameters, "documents.txt"), encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "script.py"], cwd=tmp_path, check=True, capture_output=True, env=environ)
    repeated = KeyedVectors.load_word2vec_format(str(tmp_path / "vectors.txt"))
    assert repeated.index_to_key == words.keys
    assert np.abs(repeated.vectors - words.vectors).max() < 1e-3

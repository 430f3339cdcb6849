from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from embedlab.core.errors import CancelledError, InputError, ParameterError
from embedlab.models.contract.base import QuietContext, State
from embedlab.models.shared import gensim_training
from embedlab.models.word2vec import model as word2vec
from embedlab.models.word2vec.model import Word2Vec, Word2VecParameters
from tests.models.shared.word_data import text_dataset, two_clusters

MODEL = Word2Vec()
QUICK = Word2VecParameters(vector_size=16, min_count=1, epochs=4, sample=0.0, seed=3)
GENSIM = QUICK.model_copy(update={"backend": "gensim"})
KINDS = [
    pytest.param(
        {"sg": sg, "hs": hs, "backend": backend}, id=f"{backend}-{'sg' if sg else 'cbow'}-{'hs' if hs else 'ns'}"
    )
    for sg in (True, False)
    for hs, backend in ((False, "numba"), (False, "gensim"), (True, "gensim"))
]
BY_GENSIM = [kind for kind in KINDS if kind.values[0]["backend"] == "gensim"]
BACKENDS = [pytest.param(QUICK, id="numba"), pytest.param(GENSIM, id="gensim")]


def train(dataset, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(dataset, parameters, quiet), quiet


@pytest.fixture
def clusters(tmp_path):
    return text_dataset(tmp_path, two_clusters())


@pytest.fixture
def segmented(monkeypatch):
    """Cut small texts as if they were large."""
    monkeypatch.setattr(gensim_training, "words_per_segment", lambda *_: 1500)
    monkeypatch.setattr(word2vec, "words_per_second", lambda *_: 1500)


@pytest.mark.parametrize("kind", KINDS)
def test_words_of_one_cluster_are_nearest_to_each_other(clusters, tmp_path, kind):
    parameters = QUICK.model_copy(update={"epochs": 25 if kind["sg"] else 75, "alpha": 0.05, **kind})
    result, context = train(clusters, parameters, tmp_path)
    words = result.embeddings["words"]
    cosines = words.unit_vectors @ words.unit_vectors.T - 2 * np.eye(24)
    nearest = np.argsort(-cosines, axis=1)[:, :5]
    together = [words.keys[other][0] == word[0] for row, word in enumerate(words.keys) for other in nearest[row]]
    # By chance 11 of 23 are; CBOW with a tree learns slowest.
    assert np.mean(together) > 0.95
    assert context.history[-1]["loss"] < context.history[0]["loss"]


def test_words_carry_their_counts_most_frequent_first(clusters, tmp_path):
    words = train(clusters, QUICK, tmp_path)[0].embeddings["words"]
    assert words.keys == clusters.vocabulary["word"].tolist()
    assert words.metadata["count"].tolist() == clusters.vocabulary["count"].tolist()
    assert words.vectors.shape == (24, 16)


@pytest.mark.usefixtures("segmented")
@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_training_ends_where_a_straight_one_does(clusters, tmp_path, kind):
    parameters = QUICK.model_copy(update={"sample": 0.01, **kind})
    straight, straight_context = train(clusters, parameters, tmp_path)
    stopped = QuietContext(tmp_path, cancel_after_epoch=2)
    with pytest.raises(CancelledError):
        MODEL.train(clusters, parameters, stopped)
    stopped.last_checkpoint.save(tmp_path / "checkpoint")
    resumed, context = train(clusters, parameters, tmp_path, resume_state=State.load(tmp_path / "checkpoint"))
    assert np.array_equal(resumed.embeddings["words"].vectors, straight.embeddings["words"].vectors)
    assert context.history == straight_context.history[2:]
    assert [row["epoch"] for row in context.history] == [3, 4]


def test_a_checkpoint_of_another_text_is_refused(clusters, tmp_path):
    _, first = train(clusters, QUICK, tmp_path)
    other = text_dataset(tmp_path, two_clusters(seed=1))
    with pytest.raises(InputError, match="does not match"):
        train(other, QUICK, tmp_path, resume_state=first.last_checkpoint)


@pytest.mark.usefixtures("segmented")
@pytest.mark.parametrize("parameters", BACKENDS)
def test_progress_rises_within_the_epoch(clusters, tmp_path, parameters):
    _, context = train(clusters, parameters, tmp_path)
    assert len(context.shares) == 4 * 4
    assert context.shares == pytest.approx([step / 16 for step in range(1, 17)])


@pytest.mark.usefixtures("segmented")
def test_the_learning_rate_falls_evenly_over_segments_and_epochs(clusters, tmp_path, monkeypatch):
    from gensim.models import Word2Vec as GensimWord2Vec

    rates, words = [], []
    original = GensimWord2Vec.train

    def watched(self, **given):
        rates.append((given["start_alpha"], given["end_alpha"]))
        trained = original(self, **given)
        words.append(trained[1])
        return trained

    monkeypatch.setattr(GensimWord2Vec, "train", watched)
    train(clusters, GENSIM, tmp_path)
    edges = np.linspace(0.025, 1e-4, 17)
    assert np.array(rates) == pytest.approx(np.column_stack([edges[:-1], edges[1:]]))
    # Every word of the text is trained in every epoch, none twice.
    assert sum(words) == 4 * 6000


@pytest.mark.usefixtures("segmented")
@pytest.mark.parametrize(("sg", "final"), [(True, 1e-4), (False, 0.025 / 8)], ids=["skip-gram", "cbow"])
def test_the_learning_rate_of_cbow_stays_above_zero(clusters, tmp_path, monkeypatch, sg, final):
    from embedlab.models.word2vec.training import Word2VecTraining

    rates = []
    original = Word2VecTraining.train_segment

    def watched(self, segment, start_alpha, end_alpha):
        rates.append((start_alpha, end_alpha))
        return original(self, segment, start_alpha, end_alpha)

    monkeypatch.setattr(Word2VecTraining, "train_segment", watched)
    train(clusters, QUICK.model_copy(update={"sg": sg}), tmp_path)
    assert (rates[0][0], rates[-1][1]) == pytest.approx((0.025, final))


def test_hierarchical_softmax_without_thinning_is_repeatable(clusters, tmp_path, monkeypatch):
    """Without a `sample` gensim would leave the state of its random numbers unset."""
    from gensim.models import Word2Vec as GensimWord2Vec

    models = []
    monkeypatch.setattr(GensimWord2Vec, "train", lambda self, **_: (models.append(self), (0, 0))[1])
    train(clusters, GENSIM.model_copy(update={"hs": True, "sample": 0.0}), tmp_path)
    assert models[0].sample > 0
    assert set(models[0].wv.expandos["sample_int"].tolist()) == {2**32 - 1}


def test_min_count_leaves_rare_words_out(tmp_path):
    dataset = text_dataset(tmp_path, [["a", "b", "a", "b", "rare"], ["a", "b"]])
    words = train(dataset, QUICK.model_copy(update={"min_count": 2}), tmp_path)[0].embeddings["words"]
    assert words.keys == ["a", "b"]


@pytest.mark.parametrize(
    ("lines", "min_count", "message"),
    [
        ([["one"] * 9], 1, "Fewer than two words"),
        ([["one", "two", "three"]], 2, "Fewer than two words"),
        ([["one"], ["two"]], 1, "No document has two words"),
    ],
)
def test_too_little_text_is_refused(tmp_path, lines, min_count, message):
    with pytest.raises(InputError, match=message):
        train(text_dataset(tmp_path, lines), QUICK.model_copy(update={"min_count": min_count}), tmp_path)


def test_defaults_follow_the_size_of_the_text():
    small = MODEL.defaults({"documents": 300, "tokens": 60_000, "vocabulary": 7000})
    large = MODEL.defaults({"documents": 1, "tokens": 17_000_000, "vocabulary": 250_000})
    assert (small.min_count, large.min_count) == (2, 5)
    assert small.epochs > 5 * large.epochs
    assert small.vector_size < large.vector_size
    assert (small.workers, large.workers) == (1, 4)
    assert (small.alpha, large.alpha, large.sample) == (0.025, 0.05, 1e-4)


def test_estimates_grow_with_the_work():
    counts = {"documents": 1, "tokens": 1_000_000, "vocabulary": 50_000}
    base = MODEL.estimate(counts, Word2VecParameters(), 2)
    assert MODEL.estimate(counts, Word2VecParameters(epochs=10), 2).seconds > 1.5 * base.seconds
    assert MODEL.estimate(counts, Word2VecParameters(workers=2), 2).seconds < 0.7 * base.seconds
    assert MODEL.estimate(counts, Word2VecParameters(sg=False), 2).seconds < 0.7 * base.seconds
    assert MODEL.estimate(counts, Word2VecParameters(backend="gensim"), 2).seconds > 1.5 * base.seconds
    assert MODEL.estimate(counts, Word2VecParameters(vector_size=1000), 2).memory_mb > base.memory_mb + 80


def run(folder, script, **environ):
    (folder / "script.py").write_text(script)
    return subprocess.run(
        [sys.executable, "script.py"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), **environ},
    ).stdout


def test_vectors_do_not_depend_on_the_hash_seed(clusters, tmp_path):
    script = f"""
import hashlib, pathlib
from tests.models.word2vec.test_model import MODEL, QUICK, train
from tests.models.shared.word_data import text_dataset, two_clusters
folder = pathlib.Path({str(tmp_path)!r})
words = train(text_dataset(folder, two_clusters()), QUICK, folder)[0].embeddings["words"]
print(hashlib.sha256(words.vectors.tobytes()).hexdigest())
"""
    assert run(tmp_path, script, PYTHONHASHSEED="1") == run(tmp_path, script, PYTHONHASHSEED="2")


@pytest.mark.parametrize("kind", BY_GENSIM)
def test_the_script_repeats_the_training(clusters, tmp_path, kind):
    parameters = QUICK.model_copy(update=kind)
    words = train(clusters, parameters, tmp_path)[0].embeddings["words"]
    run(tmp_path, MODEL.script(parameters, "corpus.txt"))
    repeated = KeyedVectors.load_word2vec_format(str(tmp_path / "vectors.txt"))
    assert repeated.index_to_key == words.keys
    assert np.abs(repeated.vectors - words.vectors).max() < 1e-4


def test_the_script_of_the_numba_backend_says_that_gensim_is_not_the_same_loop(clusters, tmp_path):
    train(clusters, QUICK, tmp_path)
    script = MODEL.script(QUICK, "corpus.txt")
    assert "equal quality, but different numbers" in script
    run(tmp_path, script)
    assert KeyedVectors.load_word2vec_format(str(tmp_path / "vectors.txt")).vectors.shape == (24, 16)


def test_hierarchical_softmax_is_gensims(clusters, tmp_path):
    assert Word2VecParameters.checked({"hs": True}).backend == "gensim"
    with pytest.raises(ParameterError, match="requires backend=gensim"):
        Word2VecParameters.checked({"hs": True, "backend": "numba"})


def test_several_workers_learn_the_same_structure(clusters, tmp_path):
    parameters = QUICK.model_copy(update={"epochs": 40, "alpha": 0.05, "workers": 3})
    words = train(clusters, parameters, tmp_path, n_threads=3)[0].embeddings["words"]
    group = np.array([key[0] for key in words.keys])
    cosines = words.unit_vectors @ words.unit_vectors.T
    assert cosines[group == "a"][:, group == "a"].mean() > cosines[group == "a"][:, group == "b"].mean() + 0.3

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from gensim.models import FastText as GensimFastText
from gensim.models import KeyedVectors

from embedlab.core.errors import CancelledError, InputError, ParameterError
from embedlab.models.contract.base import QuietContext, State
from embedlab.models.fasttext.model import FastText, FastTextParameters
from embedlab.models.fasttext.subwords import PartsInference, compose, part_rows, parts_matrix
from embedlab.models.shared import gensim_training
from tests.models.shared.word_data import text_dataset

MODEL = FastText()
QUICK = FastTextParameters(vector_size=16, min_count=1, epochs=4, sample=0.0, seed=3, bucket=2000)
KINDS = [{"sg": sg, "hs": hs} for sg in (True, False) for hs in (True, False)]
STEMS = {"a": ["harbour", "sailor", "island", "captain"], "b": ["market", "tramway", "cinema", "baker"]}
ENDINGS = ["", "s", "ing", "ness"]


def inflected(n_lines=600, seed=0):
    """Lines of words of the sea or of the town in several forms, never mixed."""
    rng = np.random.default_rng(seed)
    return [
        [f"{rng.choice(STEMS['ab'[number % 2]])}{rng.choice(ENDINGS)}" for _ in range(10)] for number in range(n_lines)
    ]


def train(dataset, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(dataset, parameters, quiet), quiet


def inference_of(result, folder):
    result.state.save(folder / "state")
    return PartsInference.from_state(State.load(folder / "state", mapped=True))


@pytest.fixture
def words(tmp_path):
    return text_dataset(tmp_path, inflected())


@pytest.fixture
def segmented(monkeypatch):
    """Cut small texts as if they were large."""
    monkeypatch.setattr(gensim_training, "words_per_segment", lambda *_: 1500)


@pytest.mark.parametrize("kind", KINDS)
def test_words_of_one_place_are_nearest_to_each_other(words, tmp_path, kind):
    parameters = QUICK.model_copy(update={"epochs": 20, "alpha": 0.05, **kind})
    result, context = train(words, parameters, tmp_path)
    found = result.embeddings["words"]
    town = {stem + ending for stem in STEMS["b"] for ending in ENDINGS}
    cosines = found.unit_vectors @ found.unit_vectors.T - 2 * np.eye(found.n_keys)
    nearest = np.argsort(-cosines, axis=1)[:, :5]
    together = [
        (found.keys[other] in town) == (word in town) for row, word in enumerate(found.keys) for other in nearest[row]
    ]
    assert np.mean(together) > 0.95
    assert context.history[-1]["loss"] < context.history[0]["loss"]


def test_an_unknown_form_is_nearest_to_its_own_forms_and_its_place(words, tmp_path):
    result, _ = train(words, QUICK.model_copy(update={"epochs": 20, "alpha": 0.05, "bucket": 20_000}), tmp_path)
    inference = inference_of(result, tmp_path)
    known = result.embeddings["words"]
    for stem, place in (("harbour", "a"), ("captain", "a"), ("market", "b")):
        unknown = f"{stem}ingly"
        assert unknown not in known.key_to_index
        best = [key for key, _ in known.keyed_vectors.similar_by_vector(inference.vector(unknown), topn=5)]
        assert best[0].startswith(stem)
        assert all(key.startswith(tuple(STEMS[place])) for key in best), (unknown, best)


@pytest.mark.parametrize("kind", KINDS)
def test_words_and_unknown_words_equal_those_of_gensim(words, tmp_path, kind):
    """A training of one segment is gensim's own."""
    parameters = QUICK.model_copy(update=kind)
    result, _ = train(words, parameters, tmp_path)
    peer = GensimFastText(
        vector_size=16, min_count=1, seed=3, bucket=2000, sample=0.9 if kind["hs"] else 0.0,
        sg=int(kind["sg"]), hs=int(kind["hs"]), negative=0 if kind["hs"] else 5, workers=1, sorted_vocab=0,
    )  # fmt: skip
    counts = dict(zip(words.vocabulary["word"], words.vocabulary["count"].tolist(), strict=True))
    peer.build_vocab_from_freq(counts)
    edges = np.linspace(0.025, 1e-4, 5)
    for start, end in pairwise(edges):
        peer.train(corpus_file=str(words.corpus_path), total_words=6000, epochs=1, start_alpha=start, end_alpha=end)
    found = result.embeddings["words"]
    assert found.keys == peer.wv.index_to_key
    assert np.abs(found.vectors - peer.wv.vectors).max() < 1e-6
    inference = inference_of(result, tmp_path)
    for word in ("harbourly", "zzz", "été", "北京市", "ab", "un known", "x" * 200):
        assert np.abs(inference.vector(word) - peer.wv.get_vector(word)).max() < 1e-6, word


def test_a_word_shorter_than_its_parts_has_no_vector(words, tmp_path):
    inference = inference_of(train(words, QUICK.model_copy(update={"min_n": 5}), tmp_path)[0], tmp_path)
    assert inference.vector("ab") is None
    assert inference.vector("abc") is not None
    assert inference.vector("a\udcffbcde") is None


def test_words_are_the_mean_of_themselves_and_their_parts():
    own = np.array([[3.0], [1.0]], np.float32)
    ngrams = np.array([[10.0], [20.0], [30.0]], np.float32)
    parts = parts_matrix([np.array([0, 2, 2]), np.array([], np.int64)], 3)
    assert compose(own, parts, ngrams).tolist() == [[(3 + 10 + 30 + 30) / 4], [1.0]]
    assert compose(own[:1], parts, ngrams).tolist() == [[(3 + 10 + 30 + 30) / 4]]
    # <ab>: <ab, ab>, <ab>
    assert len(part_rows("ab", 3, 6, 100)) == 3


@pytest.mark.usefixtures("segmented")
@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_training_ends_where_a_straight_one_does(words, tmp_path, kind):
    parameters = QUICK.model_copy(update={"sample": 0.01, **kind})
    straight, straight_context = train(words, parameters, tmp_path)
    stopped = QuietContext(tmp_path, cancel_after_epoch=2)
    with pytest.raises(CancelledError):
        MODEL.train(words, parameters, stopped)
    stopped.last_checkpoint.save(tmp_path / "checkpoint")
    resumed, context = train(words, parameters, tmp_path, resume_state=State.load(tmp_path / "checkpoint"))
    assert np.array_equal(resumed.embeddings["words"].vectors, straight.embeddings["words"].vectors)
    assert np.array_equal(resumed.state.arrays["ngrams"], straight.state.arrays["ngrams"])
    assert context.history == straight_context.history[2:]


def test_a_checkpoint_of_other_parts_is_refused(words, tmp_path):
    _, first = train(words, QUICK, tmp_path)
    with pytest.raises(InputError, match="does not match"):
        train(words, QUICK.model_copy(update={"bucket": 3000}), tmp_path, resume_state=first.last_checkpoint)


def test_parts_shorter_than_the_shortest_are_refused():
    with pytest.raises(ParameterError, match="max_n must be at least min_n"):
        FastTextParameters.checked({"min_n": 4, "max_n": 3})


def test_defaults_and_estimates_follow_the_parts():
    small = MODEL.defaults({"documents": 300, "tokens": 60_000, "vocabulary": 7000})
    large = MODEL.defaults({"documents": 1, "tokens": 17_000_000, "vocabulary": 250_000})
    assert 20_000 <= small.bucket < large.bucket <= 2_000_000
    counts = {"documents": 1, "tokens": 1_000_000, "vocabulary": 50_000}
    base = MODEL.estimate(counts, FastTextParameters(), 2)
    assert MODEL.estimate(counts, FastTextParameters(min_n=6), 2).seconds < 0.8 * base.seconds
    assert MODEL.estimate(counts, FastTextParameters(bucket=2_000_000), 2).memory_mb > base.memory_mb + 700


@pytest.mark.parametrize("hs", [False, True])
def test_the_script_repeats_the_training(words, tmp_path, hs):
    parameters = QUICK.model_copy(update={"hs": hs})
    found = train(words, parameters, tmp_path)[0].embeddings["words"]
    (tmp_path / "train.py").write_text(MODEL.script(parameters, "corpus.txt"), encoding="utf-8")
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True, capture_output=True, env=dict(os.environ))
    repeated = KeyedVectors.load_word2vec_format(str(tmp_path / "vectors.txt"))
    assert repeated.index_to_key == list(found.keys)
    # Numbers are of the size of 1; processors add up in different orders.
    assert np.abs(repeated.vectors - found.vectors).max() < 1e-3

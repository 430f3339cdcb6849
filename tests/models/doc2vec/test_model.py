from __future__ import annotations

import os
import subprocess
import sys
import zlib
from itertools import pairwise

import numpy as np
import pytest
from gensim.models.doc2vec import Doc2Vec as GensimDoc2Vec
from gensim.models.doc2vec import TaggedDocument

from embedlab.core.errors import CancelledError, InputError
from embedlab.evaluation.documents import score_documents
from embedlab.models.contract.base import QuietContext, State
from embedlab.models.doc2vec import model as doc2vec
from embedlab.models.doc2vec.inference import Doc2VecInference
from embedlab.models.doc2vec.model import Doc2Vec, Doc2VecParameters
from embedlab.models.shared.documents import write_documents
from tests.models.shared.document_data import labeled_dataset, planted_documents

MODEL = Doc2Vec()
QUICK = Doc2VecParameters(vector_size=16, min_count=1, epochs=4, sample=0.0, seed=3)
KINDS = [{"dm": True}, {"dm": False, "dbow_words": True}, {"dm": False, "dbow_words": False}]
NAMES = ["dm", "dbow+words", "dbow"]
LEARNING = {"epochs": 80, "alpha": 0.05}


def train(dataset, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(dataset, parameters, quiet), quiet


def inference_of(result, folder):
    result.state.save(folder / "state")
    return Doc2VecInference.from_state(State.load(folder / "state", mapped=True))


@pytest.fixture
def planted(tmp_path):
    return labeled_dataset(tmp_path)


@pytest.fixture
def segmented(monkeypatch):
    """Give small texts in several parts, as if they were large."""
    monkeypatch.setattr(doc2vec, "_SEGMENT_WORDS", 1000)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_planted_topics_are_recovered_and_new_texts_find_them(planted, tmp_path, kind):
    result, context = train(planted, QUICK.model_copy(update={**LEARNING, **kind}), tmp_path)
    documents = result.embeddings["documents"]
    assert score_documents(documents, documents.metadata["class"].tolist())["knn_accuracy"] > 0.95
    assert context.history[-1]["loss"] < context.history[0]["loss"]
    assert ("words" in result.embeddings) == (kind["dm"] or kind["dbow_words"])
    inference = inference_of(result, tmp_path)
    right = []
    for topic, words in enumerate(planted_documents(n=30, seed=9)):
        near = documents.keyed_vectors.similar_by_vector(inference.vector(words), topn=5)
        right += [int(key) % 3 == topic % 3 for key, _ in near]
    # By chance a third are.
    assert np.mean(right) > 0.8


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_training_and_inference_equal_those_of_gensim(planted, tmp_path, kind, monkeypatch):
    """With one worker, the same start and the same random numbers."""
    result, _ = train(planted, QUICK.model_copy(update={**kind, "sample": 0.01}), tmp_path)
    options = {"dm": int(kind["dm"]), "dbow_words": int(kind.get("dbow_words", True))}
    peer = GensimDoc2Vec(
        vector_size=16, min_count=1, seed=3, sample=0.01, min_alpha=1e-4, epochs=20, workers=1, sorted_vocab=0,
        **options,
    )  # fmt: skip
    peer.dv.index_to_key = list(range(120))
    counts = dict(zip(planted.vocabulary["word"], planted.vocabulary["count"].tolist(), strict=True))
    peer.build_vocab_from_freq(counts, corpus_count=120)
    tagged = [TaggedDocument(words, [number]) for number, words in enumerate(planted_documents())]
    for start, end in pairwise(np.linspace(0.025, 1e-4, 5)):
        peer.train(tagged, total_examples=120, epochs=1, start_alpha=start, end_alpha=end)
    assert np.abs(result.embeddings["documents"].vectors - peer.dv.vectors).max() < 1e-6
    inference = inference_of(result, tmp_path)
    new = planted_documents(n=1, seed=8)[0]
    found = inference.vector(new)

    def same_start(size, **_):
        peer.random.seed(zlib.crc32(" ".join(new).encode()) ^ 3)
        return ((peer.random.random_sample((1, size)) - 0.5) / size).astype(np.float32)

    monkeypatch.setattr("gensim.models.doc2vec.pseudorandom_weak_vector", same_start)
    assert np.abs(found - peer.infer_vector(new, alpha=0.025, min_alpha=1e-4, epochs=20)).max() < 1e-6


def test_a_text_always_gets_the_same_vector_and_unknown_words_do_not_count(planted, tmp_path):
    inference = inference_of(train(planted, QUICK, tmp_path)[0], tmp_path)
    words = planted_documents(n=1, seed=8)[0]
    first = inference.vector(words)
    inference.vector(["xword1"])
    assert np.array_equal(inference.vector(["unknown", *words]), first)
    assert not inference.vector(["unknown"]).any()
    assert inference.n_known(["unknown", "xword1"]) == 1


@pytest.mark.usefixtures("segmented")
@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_a_resumed_training_ends_where_a_straight_one_does(planted, tmp_path, kind):
    parameters = QUICK.model_copy(update={"sample": 0.01, **kind})
    straight, straight_context = train(planted, parameters, tmp_path)
    stopped = QuietContext(tmp_path, cancel_after_epoch=2)
    with pytest.raises(CancelledError):
        MODEL.train(planted, parameters, stopped)
    stopped.last_checkpoint.save(tmp_path / "checkpoint")
    resumed, context = train(planted, parameters, tmp_path, resume_state=State.load(tmp_path / "checkpoint"))
    assert np.array_equal(resumed.embeddings["documents"].vectors, straight.embeddings["documents"].vectors)
    assert context.history == straight_context.history[2:]


@pytest.mark.usefixtures("segmented")
def test_progress_rises_within_the_epoch(planted, tmp_path):
    _, context = train(planted, QUICK, tmp_path)
    rising = [share for share in context.shares if share > 0]
    assert rising == pytest.approx([step / 20 for step in range(1, 21)], abs=0.02)


def test_long_documents_are_read_to_their_end(tmp_path, monkeypatch):
    """A word that stands only behind the first 10,000 leads a new text to its document."""
    rng = np.random.default_rng(0)
    long = [str(word) for word in rng.choice([f"start{number}" for number in range(50)], 10_500)]
    long[10_100:] = [f"end{number % 5}" for number in range(400)]
    dataset = labeled_dataset(tmp_path, [long, *planted_documents(n=20)])
    given = []
    original = GensimDoc2Vec.train

    def watched(self, documents, **options):
        given.extend((len(document.words), document.tags[0]) for document in documents)
        return original(self, documents, **options)

    monkeypatch.setattr(GensimDoc2Vec, "train", watched)
    _, context = train(dataset, QUICK.model_copy(update={"epochs": 1}), tmp_path)
    assert given[:3] == [(10_000, 0), (500, 0), (40, 1)]
    assert any("1 documents of more than 10,000 words split into pieces" in line for line in context.lines)


def test_documents_without_known_words_are_left_out_and_numbers_stay(tmp_path):
    documents = planted_documents(n=12)
    documents[3], documents[5] = ["!!"], ["rare"]
    dataset = labeled_dataset(tmp_path, documents)
    result, _ = train(dataset, QUICK.model_copy(update={"min_count": 2}), tmp_path)
    found = result.embeddings["documents"]
    assert found.keys == [str(number) for number in range(12) if number not in (3, 5)]
    assert found.metadata["class"].tolist()[3] == "topic 1"
    assert found.labels[3].split()[0] == documents[4][0]
    assert result.scores["documents_left_out"] == 2


@pytest.mark.parametrize(
    ("documents", "min_count", "message"),
    [
        ([["a", "b", "c"]], 1, "single document"),
        ([["a", "b"], ["c", "d"]], 5, "Fewer than two words"),
        ([["a", "b"], ["!"]], 1, "Fewer than two documents"),
    ],
)
def test_too_little_text_is_refused(tmp_path, documents, min_count, message):
    dataset = labeled_dataset(tmp_path, documents)
    with pytest.raises(InputError, match=message):
        train(dataset, QUICK.model_copy(update={"min_count": min_count}), tmp_path)


def test_a_checkpoint_of_other_documents_is_refused(planted, tmp_path):
    _, first = train(planted, QUICK, tmp_path)
    (tmp_path / "other").mkdir()
    other = labeled_dataset(tmp_path / "other", planted_documents(seed=1))
    with pytest.raises(InputError, match="does not match"):
        train(other, QUICK, tmp_path, resume_state=first.last_checkpoint)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_the_script_repeats_the_training(tmp_path, kind):
    documents = planted_documents(n=30)
    documents[3] = ["!!"]
    dataset = labeled_dataset(tmp_path, documents)
    parameters = QUICK.model_copy(update=kind)
    found = train(dataset, parameters, tmp_path)[0].embeddings["documents"]
    write_documents(dataset, tmp_path / "documents.txt")
    (tmp_path / "train.py").write_text(MODEL.script(parameters, "documents.txt"), encoding="utf-8")
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True, capture_output=True, env=dict(os.environ))
    repeated = np.load(tmp_path / "vectors.npz")
    assert repeated["numbers"].tolist() == [int(key) for key in found.keys]
    assert np.abs(repeated["documents"] - found.vectors).max() < 1e-4


def test_estimates_grow_with_the_work():
    counts = {"documents": 10_000, "tokens": 1_000_000, "vocabulary": 50_000}
    base = MODEL.estimate(counts, Doc2VecParameters(), 2)
    assert MODEL.estimate(counts, Doc2VecParameters(epochs=40), 2).seconds > 1.7 * base.seconds
    assert MODEL.estimate(counts, Doc2VecParameters(dbow_words=False), 2).seconds < 0.5 * base.seconds
    many = MODEL.estimate({**counts, "documents": 1_000_000}, Doc2VecParameters(), 2)
    assert many.memory_mb > base.memory_mb + 800

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from embedlab.core.errors import InputError
from embedlab.evaluation.documents import score_documents
from embedlab.kinds.text.dataset import TextDataset, guess_text_options, import_text
from embedlab.models.contract.base import QuietContext, State
from embedlab.models.lsa.model import LSA, LSAInference, LSAParameters
from embedlab.models.shared.documents import write_documents
from embedlab.reading.sources import Limits
from tests.models.shared.document_data import N_TOPICS, labeled_dataset, planted_documents, topic_words
from tests.models.shared.word_data import counts_of

MODEL = LSA()
QUICK = LSAParameters(vector_size=8, min_count=1, max_share=1.0)


def train(dataset, parameters, folder):
    context = QuietContext(folder)
    return MODEL.train(dataset, parameters, context), context


@pytest.fixture
def planted(tmp_path):
    return labeled_dataset(tmp_path)


def test_planted_topics_are_recovered(planted, tmp_path):
    result, _ = train(planted, QUICK, tmp_path)
    documents, words = result.embeddings["documents"], result.embeddings["words"]
    assert documents.keys == [str(number) for number in range(120)]
    assert score_documents(documents, documents.metadata["class"].tolist())["knn_accuracy"] == 1.0
    own = [words.unit_vectors[[words.index(word) for word in topic_words(topic)]] for topic in range(N_TOPICS)]
    within = np.mean([(group @ group.T).mean() for group in own])
    across = (own[0] @ own[1].T).mean()
    assert within > across + 0.5


def test_documents_tell_their_first_words_class_and_length(planted, tmp_path):
    documents = train(planted, QUICK, tmp_path)[0].embeddings["documents"]
    first = planted_documents()[0]
    assert documents.labels[0].startswith(" ".join(first[:5]))
    assert len(documents.labels[0]) <= 80
    assert "\n" not in documents.labels[0]
    assert documents.metadata["class"].tolist()[:4] == ["topic 0", "topic 1", "topic 2", "topic 0"]
    assert set(documents.metadata["n_tokens"]) == {40}


def test_inference_equals_scikit_learn(planted, tmp_path):
    """And so does the training, from TF-IDF to the decomposition."""
    result, _ = train(planted, QUICK, tmp_path)
    texts = planted_documents()
    tfidf = TfidfVectorizer(analyzer=lambda words: words, sublinear_tf=True, vocabulary=planted.vocabulary["word"])
    weights = tfidf.fit_transform(texts)
    svd = TruncatedSVD(8, n_iter=7, random_state=0).fit(weights)
    result.state.save(tmp_path / "state")
    inference = LSAInference.from_state(State.load(tmp_path / "state", mapped=True))
    new = [*planted_documents(n=9, seed=7), texts[5], ["xword1", "unknown", "xword1"]]
    expected = svd.transform(tfidf.transform(new))
    assert np.abs(np.array([inference.vector(words) for words in new]) - expected).max() < 1e-5
    assert np.abs(result.embeddings["documents"].vectors - svd.transform(weights)).max() < 1e-5
    assert inference.n_known(["xword1", "unknown", "xword1"]) == 2
    assert not inference.vector(["unknown"]).any()


def test_a_training_is_repeatable(planted, tmp_path):
    first, second = (train(planted, QUICK, tmp_path)[0].embeddings["documents"].vectors for _ in range(2))
    assert np.array_equal(first, second)


def test_documents_without_words_are_left_out_and_numbers_stay(tmp_path):
    documents = planted_documents(n=12)
    documents[3] = ["!!"]
    dataset = labeled_dataset(tmp_path, documents)
    result, _ = train(dataset, QUICK, tmp_path)
    found = result.embeddings["documents"]
    assert found.keys == [str(number) for number in range(12) if number != 3]
    assert found.metadata["class"].tolist()[3] == "topic 1"
    assert result.scores["documents_left_out"] == 1


def test_words_of_most_documents_are_left_out(tmp_path):
    documents = [["everywhere", *words] for words in planted_documents()]
    dataset = labeled_dataset(tmp_path, documents)
    words = train(dataset, QUICK.model_copy(update={"max_share": 0.9}), tmp_path)[0].embeddings["words"]
    assert "everywhere" not in words.key_to_index
    assert "xword1" in words.key_to_index


def test_more_dimensions_than_documents_are_cut_and_it_is_said(tmp_path):
    dataset = labeled_dataset(tmp_path, planted_documents(n=6))
    result, context = train(dataset, QUICK.model_copy(update={"vector_size": 500}), tmp_path)
    assert result.embeddings["documents"].vector_size == 6
    assert any("vector_size 6 instead of 500" in line for line in context.lines)


@pytest.mark.parametrize(
    ("documents", "changes", "message"),
    [
        ([["a", "b", "c"]], {}, "single document"),
        ([["a", "b"], ["c", "d"]], {"min_count": 5}, "Fewer than two words"),
        ([["a", "b"], ["a", "b"]], {"max_share": 0.5}, "Fewer than two words"),
        ([["a", "b"], ["!"]], {}, "Fewer than two documents"),
    ],
)
def test_too_little_text_is_refused(tmp_path, documents, changes, message):
    dataset = labeled_dataset(tmp_path, documents)
    with pytest.raises(InputError, match=message):
        train(dataset, QUICK.model_copy(update=changes), tmp_path)


def test_the_script_repeats_the_training(tmp_path):
    documents = planted_documents()
    documents[3] = ["!!"]
    dataset = labeled_dataset(tmp_path, documents)
    parameters = QUICK.model_copy(update={"max_share": 0.4, "min_count": 3})
    result, _ = train(dataset, parameters, tmp_path)
    write_documents(dataset, tmp_path / "documents.txt")
    (tmp_path / "train.py").write_text(MODEL.script(parameters, "documents.txt"), encoding="utf-8")
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True, capture_output=True, env=dict(os.environ))
    repeated = np.load(tmp_path / "vectors.npz")
    found = result.embeddings["documents"]
    assert repeated["numbers"].tolist() == [int(key) for key in found.keys]
    assert np.abs(repeated["documents"] - found.vectors).max() < 1e-4
    # Words of equal counts may stand in another order.
    assert sorted(repeated["words"].tolist()) == sorted(result.embeddings["words"].keys)


def test_estimates_grow_with_the_work():
    counts = {"documents": 10_000, "tokens": 5_000_000, "vocabulary": 80_000}
    base = MODEL.estimate(counts, LSAParameters(), 2)
    assert MODEL.estimate(counts, LSAParameters(vector_size=400), 2).seconds > 2 * base.seconds
    assert MODEL.estimate({**counts, "tokens": 50_000_000}, LSAParameters(), 2).memory_mb > 2 * base.memory_mb


def test_ham_and_spam_are_told_apart_far_better_than_by_the_majority(real_data, tmp_path):
    path, folder = real_data("sms-spam/SMSSpamCollection"), tmp_path / "sms"
    folder.mkdir()
    import_text(path, guess_text_options(path, Limits()), folder, limits=Limits())
    dataset = TextDataset.open(folder)
    parameters = MODEL.defaults(dataset.imported.counts)
    result, _ = train(dataset, parameters, tmp_path)
    documents = result.embeddings["documents"]
    scores = score_documents(documents, documents.metadata["class"].tolist())
    assert scores["baselines"]["majority"] == pytest.approx(0.866, abs=0.0005)
    assert scores["interval"][0] > 0.95
    assert counts_of(dataset)["tokens"] == dataset.n_tokens

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath

from embedlab.core.errors import CancelledError, InputError
from embedlab.kinds.text.dataset import TextDataset, guess_text_options, import_text
from embedlab.models.contract.base import QuietContext
from embedlab.models.ppmi_svd import model as ppmi_svd
from embedlab.models.ppmi_svd.model import PpmiSvd, PpmiSvdParameters
from embedlab.models.shared.cooccurrence import window_weights
from embedlab.reading.sources import Limits
from tests.models.shared.counted_data import counted_by_hand, document_dataset, random_documents
from tests.models.shared.word_data import two_clusters

MODEL = PpmiSvd()
QUICK = PpmiSvdParameters(vector_size=8, min_count=1, window=3)


def train(dataset, parameters, folder):
    context = QuietContext(folder)
    return MODEL.train(dataset, parameters, context), context


def ppmi_by_hand(table, smoothing, shift):
    words, near = table.sum(axis=1), table.sum(axis=0) ** smoothing
    with np.errstate(divide="ignore"):
        information = np.log((table / table.sum()) / np.outer(words / table.sum(), near / near.sum())) - np.log(shift)
    return np.maximum(information, 0)


@pytest.fixture
def data(tmp_path):
    return document_dataset(tmp_path, random_documents())


@pytest.mark.parametrize("smoothing", [0.75, 1.0])
@pytest.mark.parametrize("shift", [1.0, 1.2])
@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_vectors_are_those_of_the_decomposition_by_hand(data, tmp_path, smoothing, shift, power):
    parameters = QUICK.model_copy(
        update={
            "vector_size": 30,
            "context_smoothing": smoothing,
            "shift": shift,
            "eigenvalue_weighting": power,
            "window_weighting": "harmonic",
        }
    )
    words = train(data, parameters, tmp_path)[0].embeddings["words"]
    table = counted_by_hand(random_documents(), words.keys, window_weights(3, "harmonic"))
    left, values, _ = np.linalg.svd(ppmi_by_hand(table, smoothing, shift))
    # All patterns are kept, so that inner products do not depend on signs or on the order of equal values.
    known = values > 1e-9
    expected = (left[:, known] * values[known] ** (2 * power)) @ left[:, known].T
    got = words.vectors[:, : known.sum()] @ words.vectors[:, : known.sum()].T
    assert got == pytest.approx(expected, abs=1e-4)


def test_words_of_one_cluster_are_nearest_to_each_other(tmp_path):
    words = train(document_dataset(tmp_path, two_clusters()), QUICK, tmp_path)[0].embeddings["words"]
    cosines = words.unit_vectors @ words.unit_vectors.T - 2 * np.eye(24)
    nearest = np.argsort(-cosines, axis=1)[:, :5]
    # By chance 11 of 23 are.
    assert np.mean([words.keys[other][0] == words.keys[row][0] for row in range(24) for other in nearest[row]]) == 1.0


def test_the_same_every_time(data, tmp_path):
    first = train(data, QUICK, tmp_path)[0].embeddings["words"]
    again = train(data, QUICK, tmp_path)[0].embeddings["words"]
    assert np.array_equal(first.vectors, again.vectors)
    assert first.keys == data.vocabulary["word"].tolist()
    assert first.metadata["count"].tolist() == data.vocabulary["count"].tolist()


def test_the_share_explained_is_that_of_the_squares(data, tmp_path):
    full, context = train(data, QUICK.model_copy(update={"vector_size": 30}), tmp_path)
    part, _ = train(data, QUICK.model_copy(update={"vector_size": 1}), tmp_path)
    assert full.scores["explained_share"] == pytest.approx(1.0)
    assert 0 < part.scores["explained_share"] < 0.5
    assert context.history == [{"epoch": 1, "explained_share": full.scores["explained_share"]}]


def test_progress_rises_and_cancelling_is_heard_in_the_decomposition(data, tmp_path, monkeypatch):
    monkeypatch.setattr(ppmi_svd, "MOST_DENSE", 0)
    _, context = train(data, QUICK, tmp_path)
    assert context.shares == sorted(context.shares)
    assert len([share for share in context.shares if 0.4 <= share < 1]) > 20

    class Impatient(QuietContext):
        def progress(self, *, share_of_epoch, **_):
            if share_of_epoch > 0.6:
                raise CancelledError("The training was cancelled.")

    with pytest.raises(CancelledError):
        MODEL.train(data, QUICK, Impatient(tmp_path))


def test_large_tables_are_decomposed_as_exactly_as_small_ones_whatever_the_seed(data, tmp_path, monkeypatch):
    dense = train(data, QUICK, tmp_path)[0]
    monkeypatch.setattr(ppmi_svd, "MOST_DENSE", 0)
    for seed in (0, 1):
        sparse = train(data, QUICK.model_copy(update={"seed": seed}), tmp_path)[0]
        assert sparse.state.arrays["singular_values"] == pytest.approx(dense.state.arrays["singular_values"])
        assert sparse.embeddings["words"].vectors == pytest.approx(dense.embeddings["words"].vectors, abs=1e-5)


def test_few_words_that_meet_others_among_many_that_do_not(tmp_path):
    documents = [[f"left{n % 4}", f"right{n % 4}"] for n in range(40)] + [[f"alone{n}"] for n in range(2000)]
    result, context = train(document_dataset(tmp_path, documents), QUICK, tmp_path)
    words = result.embeddings["words"]
    assert words.vector_size == QUICK.vector_size
    assert np.count_nonzero(words.vectors.any(axis=1)) == 8
    assert any("2,000 words never co-occur" in line for line in context.lines)


def test_runs_of_earlier_versions_can_be_read():
    assert PpmiSvdParameters.checked({"window": 3, "power_iterations": 4}) == PpmiSvdParameters(window=3)


def test_more_numbers_than_words_are_not_made_up(data, tmp_path):
    result, context = train(data, QUICK.model_copy(update={"vector_size": 500}), tmp_path)
    assert result.embeddings["words"].vector_size == len(data.vocabulary)
    assert any("no more words" in line for line in context.lines)


@pytest.mark.parametrize(
    ("documents", "min_count", "message"),
    [
        ([["one"] * 9], 1, "Fewer than two words"),
        ([["one", "two", "three"]], 2, "Fewer than two words"),
        ([["one"], ["two"]], 1, "No document has two words"),
    ],
)
def test_too_little_text_is_refused(tmp_path, documents, min_count, message):
    with pytest.raises(InputError, match=message):
        train(document_dataset(tmp_path, documents), QUICK.model_copy(update={"min_count": min_count}), tmp_path)


def test_a_word_that_never_meets_another_keeps_an_empty_vector(tmp_path):
    words = train(document_dataset(tmp_path, [["one", "two"] * 9, ["alone"]]), QUICK, tmp_path)[0].embeddings["words"]
    assert not words.vectors[words.index("alone")].any()
    assert np.isfinite(words.vectors).all()


def test_defaults_follow_the_size_of_the_text():
    tiny = MODEL.defaults({"documents": 3, "tokens": 500, "vocabulary": 40})
    small = MODEL.defaults({"documents": 300, "tokens": 60_000, "vocabulary": 7000})
    large = MODEL.defaults({"documents": 1, "tokens": 17_000_000, "vocabulary": 250_000})
    assert (tiny.min_count, small.min_count, large.min_count) == (1, 2, 5)
    assert tiny.vector_size < 40


def test_estimates_grow_with_the_work():
    counts = {"documents": 1, "tokens": 17_000_000, "vocabulary": 220_000}
    base = MODEL.estimate(counts, PpmiSvdParameters(), 1)
    assert MODEL.estimate(counts, PpmiSvdParameters(window=20), 1).seconds > 1.5 * base.seconds
    assert MODEL.estimate(counts, PpmiSvdParameters(vector_size=300), 1).seconds > 2 * base.seconds
    assert MODEL.estimate(counts, PpmiSvdParameters(window=20), 1).memory_mb > 1.5 * base.memory_mb
    # It took 30 s and 1,480 MB.
    assert 15 < base.seconds < 60
    assert 740 < base.memory_mb < 2960


@pytest.mark.parametrize("weighting", ["flat", "linear", "harmonic"])
def test_the_script_repeats_the_training(data, tmp_path, weighting):
    parameters = QUICK.model_copy(update={"window_weighting": weighting, "min_count": 5, "shift": 1.1})
    words = train(data, parameters, tmp_path)[0].embeddings["words"]
    (tmp_path / "script.py").write_text(MODEL.script(parameters, "documents.txt"), encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "script.py"], cwd=tmp_path, check=True, capture_output=True, env=environ)
    repeated = KeyedVectors.load_word2vec_format(str(tmp_path / "vectors.txt"))
    assert repeated.index_to_key == words.keys
    assert np.abs(repeated.vectors - words.vectors).max() < 1e-4


@pytest.mark.slow
def test_real_articles_teach_what_people_find_similar(real_data, tmp_path):
    source, folder = real_data("enwiki-100mb/plain_12MB.txt"), tmp_path / "dataset"
    folder.mkdir()
    imported = import_text(source, guess_text_options(source, Limits()), folder, limits=Limits())
    words = train(TextDataset.open(folder), MODEL.defaults(imported.counts), tmp_path)[0].embeddings["words"]
    spearman = words.keyed_vectors.evaluate_word_pairs(datapath("wordsim353.tsv"))[1].statistic
    # It is 0.60.
    assert spearman > 0.5

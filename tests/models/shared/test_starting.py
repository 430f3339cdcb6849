from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from gensim.models import KeyedVectors

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError, InputError
from embedlab.models.contract.base import QuietContext
from embedlab.models.keras_skipgram.model import KerasSkipgram, KerasSkipgramParameters
from embedlab.models.shared.starting import asked_rows, known_rows
from embedlab.models.word2vec.model import Word2Vec, Word2VecParameters
from tests.models.shared.word_data import text_dataset, two_clusters

START = Embedding(np.arange(8, dtype=np.float32).reshape(4, 2), ["Paris", "paris", "OSLO", "bergen"])
WORD2VEC = Word2VecParameters(vector_size=6, min_count=1, epochs=3, sample=0, start_from="abc")
SKIPGRAM = KerasSkipgramParameters(vector_size=6, window=3, min_count=1, epochs=1, sample=0, start_from="abc")
# So small a step that nothing learned can be seen: what is left is the start.
STILL = [
    (Word2Vec(), WORD2VEC.model_copy(update={"alpha": 1e-4, "epochs": 1})),
    (KerasSkipgram(), SKIPGRAM.model_copy(update={"learning_rate": 1e-6})),
]


def test_words_are_found_exactly_first_and_then_in_any_case():
    found, vectors = known_rows(START, ["oslo", "rome", "paris", "PARIS"], 2)
    assert found.tolist() == [0, 2, 3]
    assert vectors.tolist() == [[4, 5], [2, 3], [0, 1]]


def test_a_start_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="different vector size") as refused:
        known_rows(START, ["paris"], 3)
    assert "Set vector_size to 2" in refused.value.remedy
    with pytest.raises(InputError, match="has no word of this text"):
        known_rows(START, ["rome"], 2)


def test_without_a_name_nothing_is_begun_with_and_a_missing_embedding_is_told(tmp_path):
    context = QuietContext(tmp_path)
    assert asked_rows("", ["paris"], 2, context) is None
    with pytest.raises(InputError, match="does not exist"):
        asked_rows("abc", ["paris"], 2, context)


def planted_start():
    """Vectors of all but the last two words of each cluster, one direction a cluster."""
    keys = [f"{side}{number}" for side in "ab" for number in range(10)]
    return Embedding(np.repeat(np.eye(2, 6, dtype=np.float32), 10, axis=0), keys)


@pytest.mark.parametrize(("model", "parameters"), STILL, ids=["word2vec", "keras-skipgram"])
def test_words_begin_with_the_vectors_of_the_start_and_others_with_small_numbers(tmp_path, model, parameters):
    dataset, start = text_dataset(tmp_path, two_clusters(n_lines=60)), planted_start()
    context = QuietContext(tmp_path, start_embedding=start)
    words = model.train(dataset, parameters, context).embeddings["words"]
    begun = words.vectors[[words.index(key) for key in start.keys]]
    assert np.abs(begun - start.vectors).max() < 0.02
    others = [row for row, key in enumerate(words.keys) if key not in start.key_to_index]
    assert len(others) == 4
    assert np.abs(words.vectors[others]).max() < 0.17
    assert "20 of 24 words start with the vectors of abc" in context.lines


def test_a_start_takes_the_words_it_lacks_along(tmp_path):
    """After a short training that alone teaches little, words the start did not know lie with their cluster."""
    dataset = text_dataset(tmp_path, two_clusters(n_lines=150))
    parameters = WORD2VEC.model_copy(update={"epochs": 8, "alpha": 0.05})
    context = QuietContext(tmp_path, start_embedding=planted_start())
    words = Word2Vec().train(dataset, parameters, context).embeddings["words"]
    for side, other in ("ab", "ba"):
        for number in (10, 11):
            word = words.unit_vectors[words.index(f"{side}{number}")]
            near, far = (
                np.mean([word @ words.unit_vectors[words.index(f"{each}{n}")] for n in range(10)])
                for each in (side, other)
            )
            assert near > far


def test_a_training_that_goes_on_needs_no_start(tmp_path):
    dataset = text_dataset(tmp_path, two_clusters(n_lines=60))
    whole = Word2Vec().train(dataset, WORD2VEC, QuietContext(tmp_path, start_embedding=planted_start()))
    broken = QuietContext(tmp_path, start_embedding=planted_start(), cancel_after_epoch=1)
    with pytest.raises(CancelledError):
        Word2Vec().train(dataset, WORD2VEC, broken)
    resumed = Word2Vec().train(dataset, WORD2VEC, QuietContext(tmp_path, resume_state=broken.last_checkpoint))
    assert np.array_equal(resumed.embeddings["words"].vectors, whole.embeddings["words"].vectors)


@pytest.mark.parametrize(("model", "parameters"), STILL, ids=["word2vec", "keras-skipgram"])
@pytest.mark.slow
def test_the_scripts_begin_with_the_same_vectors(tmp_path, model, parameters):
    text_dataset(tmp_path, two_clusters(n_lines=60))
    start = planted_start()
    start.keyed_vectors.save_word2vec_format(str(tmp_path / "start.txt"))
    (tmp_path / "train.py").write_text(model.script(parameters, "corpus.txt"), encoding="utf-8")
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True, capture_output=True, env=quiet)
    made = KeyedVectors.load_word2vec_format(str(tmp_path / "vectors.txt"))
    assert np.abs(made[start.keys] - start.vectors).max() < 0.02

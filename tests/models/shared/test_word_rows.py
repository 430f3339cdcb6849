"""Subsampling, the number of words to expect, and checkpoints that fit or do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import InputError
from embedlab.models.contract.base import State
from embedlab.models.shared.word_rows import expected_words, keep_probability, restore_tables, vocabulary_digest

WORDS = pd.DataFrame({"word": ["a", "b"], "count": [3, 2]})


def test_frequent_words_are_thinned_as_by_gensim():
    assert keep_probability(np.array([90, 10], np.int64), 0.1) == pytest.approx([(1 / 9) ** 0.5 + 1 / 9, 1.0])
    assert keep_probability(np.array([90, 10], np.int64), 0.0).tolist() == [1.0, 1.0]


def test_half_of_the_words_of_natural_text_occur_twice():
    assert expected_words({"vocabulary": 1000}, 1) == 1000
    assert expected_words({"vocabulary": 1000}, 2) == pytest.approx(550, abs=10)
    assert expected_words({"vocabulary": 1}, 100) == 2


def test_tables_are_restored_in_place():
    table = np.zeros((2, 3), np.float32)
    state = State({"words": np.ones((2, 3), np.float32)}, {"vocabulary": vocabulary_digest(WORDS)})
    restore_tables({"words": table}, state, WORDS)
    assert (table == 1).all()


@pytest.mark.parametrize(
    ("arrays", "vocabulary"),
    [
        pytest.param({}, WORDS, id="no-array"),
        pytest.param({"words": np.ones((2, 4), np.float32)}, WORDS, id="other-shape"),
        pytest.param({"words": np.ones((2, 3), np.float32)}, WORDS.assign(count=[4, 2]), id="other-text"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(arrays, vocabulary):
    table = np.zeros((2, 3), np.float32)
    with pytest.raises(InputError, match="does not match this dataset"):
        restore_tables({"words": table}, State(arrays, {"vocabulary": vocabulary_digest(vocabulary)}), WORDS)
    assert not table.any()

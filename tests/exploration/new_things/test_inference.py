from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, ParameterError, TooLargeError
from embedlab.exploration.new_things import inference
from embedlab.exploration.new_things.inference import near_text, near_unknown_word
from embedlab.kinds.text.tokens.tokenizing import TokenizerOptions, tokenize

AXES = {"sea": (1, 0), "ship": (1, 0.1), "town": (0, 1)}
DOCUMENTS = Embedding(np.array([[1, 0], [0, 1], [1, 1]], np.float32), ["0", "1", "2"], ["of the sea", "town", "both"])


def words_of(**options):
    return partial(tokenize, options=TokenizerOptions(**options))


class SumOfWords:
    """A text is the sum of its known words' axes."""

    def n_known(self, words):
        return sum(word in AXES for word in words)

    def vector(self, words):
        return np.sum([AXES[word] for word in words if word in AXES], axis=0, dtype=np.float32)


class FirstLetter:
    def vector(self, word):
        return np.array(AXES[{"s": "sea", "t": "town"}[word[0]]], np.float32) if word[0] in "st" else None


def test_near_documents_come_first_with_what_is_known_of_the_text():
    found = near_text(SumOfWords(), DOCUMENTS, "SEA, sea and the Ship!", words_of(), topn=2)
    assert [answer.key for answer in found.answers] == ["0", "2"]
    assert found.answers[0].label == "of the sea"
    assert (found.n_words, found.n_known) == (5, 3)


def test_a_text_is_taken_apart_as_the_dataset_was():
    with pytest.raises(InputError, match="no word"):
        near_text(SumOfWords(), DOCUMENTS, "SEA", words_of(lowercase=False))


@pytest.mark.parametrize("text", ["", "?!", "nothing known"])
def test_a_text_without_known_words_is_refused(text):
    with pytest.raises(InputError, match="no word in the vocabulary of this run"):
        near_text(SumOfWords(), DOCUMENTS, text, words_of())


def test_bounds(monkeypatch):
    monkeypatch.setattr(inference, "LONGEST_TEXT", 10)
    with pytest.raises(TooLargeError, match="10 characters"):
        near_text(SumOfWords(), DOCUMENTS, "sea " * 3, words_of())
    with pytest.raises(ParameterError, match="topn"):
        near_text(SumOfWords(), DOCUMENTS, "sea", words_of(), topn=0)
    with pytest.raises(TooLargeError, match="200 characters"):
        near_unknown_word(FirstLetter(), DOCUMENTS, "s" * 201, TokenizerOptions())


def test_an_unknown_word_is_answered_by_its_parts():
    assert [
        answer.key for answer in near_unknown_word(FirstLetter(), DOCUMENTS, " Talk ", TokenizerOptions(), topn=1)
    ] == ["1"]


@pytest.mark.parametrize("word", ["", "  ", "zebra"])
def test_a_word_of_unknown_parts_is_refused(word):
    with pytest.raises(InputError, match="None of the word's subwords"):
        near_unknown_word(FirstLetter(), DOCUMENTS, word, TokenizerOptions())

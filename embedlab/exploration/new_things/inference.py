"""Queries with vectors that are not in the embedding: a new text among documents, an unknown word among words."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError, TooLargeError
from embedlab.core.similarity import Answer, nearest_to_vector
from embedlab.kinds.text.tokens.tokenizing import TokenizerOptions

#: Maximum number of characters of a new text.
LONGEST_TEXT = 1_000_000
#: Maximum number of characters of an unknown word.
LONGEST_WORD = 200


class InfersTexts(Protocol):
    """Anything that infers vectors of texts."""

    def n_known(self, words: Sequence[str]) -> int:
        """Return how many of the words are in the vocabulary."""
        ...

    def vector(self, words: Sequence[str]) -> Vectors:
        """Return the `(vector_size,)` vector of a text."""
        ...


class InfersWords(Protocol):
    """Anything that infers vectors of unknown words."""

    def vector(self, word: str) -> Vectors | None:
        """Return the `(vector_size,)` vector, or None."""
        ...


@dataclass(frozen=True)
class NearText:
    """The documents nearest to a new text.

    Parameters
    ----------
    answers
        Documents by cosine similarity, the nearest first.
    n_words, n_known
        Number of words in the text, and of those in the vocabulary.
    """

    answers: list[Answer]
    n_words: int
    n_known: int


def near_text(
    inference: InfersTexts,
    documents: Embedding,
    text: str,
    tokenize: Callable[[str], Sequence[str]],
    topn: int = 10,
) -> NearText:
    """Return the documents most similar to a new text.

    Parameters
    ----------
    inference
        Inference of the model that trained `documents`.
    tokenize
        The tokenizer of the dataset.
    topn
        Number of answers, 1 to `MOST_ANSWERS`.

    Raises
    ------
    InputError
        No word of the text is known.
    TooLargeError
        The text is longer than `LONGEST_TEXT` characters.
    """
    words = words_of_new_text(text, tokenize)
    vector = _vector_of_words(inference, words)
    return NearText(nearest_to_vector(documents, vector, topn), len(words), inference.n_known(words))


def text_vector(inference: InfersTexts, text: str, tokenize: Callable[[str], Sequence[str]]) -> Vectors:
    """Return the `(vector_size,)` vector of a new text; raises as `near_text` does."""
    return _vector_of_words(inference, words_of_new_text(text, tokenize))


def _vector_of_words(inference: InfersTexts, words: Sequence[str]) -> Vectors:
    vector = inference.vector(words) if inference.n_known(words) else None
    if vector is None or not np.any(vector):
        raise no_known_words(len(words))
    return vector


def words_of_new_text(text: str, tokenize: Callable[[str], Sequence[str]]) -> Sequence[str]:
    """Return the words of a new text; raises `TooLargeError` if it is longer than `LONGEST_TEXT` characters."""
    if len(text) > LONGEST_TEXT:
        raise TooLargeError(
            f"A new text may have at most {LONGEST_TEXT:,} characters.", received=f"{len(text):,} characters"
        )
    return tokenize(text)


def no_known_words(n_words: int) -> InputError:
    """Return the error for a new text of `n_words` words, none of which is in the vocabulary."""
    return InputError(
        "The text has no word in the vocabulary of this run.",
        received=f"{n_words:,} {'word' if n_words == 1 else 'words'}, none known" if n_words else "no words",
        remedy="Enter a text in the language and on the topics of the dataset.",
    )


def spelled_word(text: str, tokenizer: TokenizerOptions) -> str:
    """Return a word normalized as in the dataset: in the same case and Unicode form.

    Parameters
    ----------
    tokenizer
        The options the dataset was imported with.

    Raises
    ------
    TooLargeError
        It is longer than `LONGEST_WORD` characters.
    """
    word = text.strip()
    if len(word) > LONGEST_WORD:
        raise TooLargeError(f"A word may have at most {LONGEST_WORD} characters.", received=f"{len(word)} characters")
    return unicodedata.normalize("NFC", word.lower() if tokenizer.lowercase else word)


def unknown_word_vector(inference: InfersWords, text: str, tokenizer: TokenizerOptions) -> Vectors:
    """Return the `(vector_size,)` vector of an out-of-vocabulary word, built from its subwords.

    Raises
    ------
    InputError
        None of its subwords is known.
    TooLargeError
        As `spelled_word`.
    """
    spelled = spelled_word(text, tokenizer)
    vector = inference.vector(spelled) if spelled else None
    if vector is None or not np.any(vector):
        raise InputError("None of the word's subwords is known.", received=text.strip(), remedy="Try a longer word.")
    return vector


def near_unknown_word(
    inference: InfersWords,
    words: Embedding,
    text: str,
    tokenizer: TokenizerOptions,
    topn: int = 10,
    min_count: int = 0,
) -> list[Answer]:
    """Return the words most similar to an out-of-vocabulary word, by a vector built from its subwords.

    Parameters
    ----------
    inference
        Inference of the model that trained `words`.
    text
        The word; normalized to the case and the Unicode form of the dataset's words.
    tokenizer
        The options that the dataset was imported with.
    topn
        Number of answers, 1 to `MOST_ANSWERS`.
    min_count
        Leave out words that occur less often.

    Raises
    ------
    InputError
        None of its subwords is known.
    TooLargeError
        It is longer than `LONGEST_WORD` characters.
    """
    return nearest_to_vector(words, unknown_word_vector(inference, text, tokenizer), topn, min_count=min_count)

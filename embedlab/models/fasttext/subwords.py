"""Words as the sum of their subwords: fastText's character n-grams, hashed into buckets as gensim does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import PlacesWord
from embedlab.models.contract.base import State

Floats = npt.NDArray[np.float32]


def part_rows(word: str, min_n: int, max_n: int, bucket: int) -> npt.NDArray[np.int64]:
    """Return the rows of a word's character n-grams, with < and > as word boundaries; empty without buckets."""
    from gensim.models.fasttext import ft_ngram_hashes

    # gensim's compiled code encodes strictly; lone surrogates have no n-grams.
    if not bucket or any("\ud800" <= character <= "\udfff" for character in word):
        return np.empty(0, dtype=np.int64)
    return np.array(ft_ngram_hashes(word, min_n, max_n, bucket), dtype=np.int64)


def parts_matrix(rows_of_words: Sequence[npt.NDArray[Any]], bucket: int) -> Any:
    """Return the n-grams of all words as a sparse `(n_words, bucket)` count matrix."""
    from scipy.sparse import csr_matrix

    starts = np.concatenate([[0], np.cumsum([len(rows) for rows in rows_of_words])])
    columns = np.concatenate([*rows_of_words, np.empty(0, np.int64)]).astype(np.int64)
    return csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=(len(rows_of_words), max(1, bucket)))


def compose(own: Floats, parts: Any, ngrams: Floats) -> Floats:
    """Return the mean of each word's own vector and those of its n-grams.

    Parameters
    ----------
    own
        `(n_words, vector_size)`.
    parts
        Sparse `(n_words, bucket)`; see `parts_matrix`.
    ngrams
        `(bucket, vector_size)`.
    """
    if not len(ngrams):
        return own
    n_parts = np.diff(parts.indptr)[: len(own)].astype(np.float32)
    total: Floats = own + parts[: len(own)] @ ngrams
    total /= n_parts[:, np.newaxis] + 1
    return total


class PartsInference(PlacesWord):
    """The vector of an out-of-vocabulary word: the mean of its n-gram vectors, equal to gensim's.

    State: `ngrams` `(bucket, vector_size)` float32; `min_n`, `max_n`, `bucket`.
    """

    def __init__(self, state: State) -> None:
        self._ngrams = state.arrays["ngrams"]
        self._min_n, self._max_n, self._bucket = (int(state.config[name]) for name in ("min_n", "max_n", "bucket"))
        if self._ngrams.ndim != 2 or len(self._ngrams) != self._bucket:
            raise damaged("state")

    @classmethod
    def from_state(cls, state: State) -> PartsInference:
        """Load the inference model from a run's state."""
        return cls(state)

    def vector(self, word: str) -> Floats | None:
        """Return the vector of a word, or None if it is shorter than the shortest n-gram."""
        rows = part_rows(word, self._min_n, self._max_n, self._bucket)
        if not len(rows):
            return None
        mean: Floats = self._ngrams[rows].sum(axis=0, dtype=np.float32) / np.float32(len(rows))
        return mean

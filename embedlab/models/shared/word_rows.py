"""What models of words share: the words they learn, how often each is read, and how many there will be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.errors import InputError
from embedlab.core.kind import Counts
from embedlab.models.contract.base import State, checkpoint_mismatch


def kept_vocabulary(vocabulary: pd.DataFrame, min_count: int) -> pd.DataFrame:
    """Return the words (columns `word`, `count`) that occur at least `min_count` times, most frequent first.

    Raises
    ------
    InputError
        Fewer than two do.
    """
    kept: pd.DataFrame = vocabulary[vocabulary["count"] >= min_count].reset_index(drop=True)
    if len(kept) < 2:
        raise InputError(
            f"Fewer than two words occur at least {min_count} times: there is nothing to compare.",
            received=f"{len(kept)} of {len(vocabulary)} words",
            remedy="Choose a smaller min_count, or add more text.",
        )
    return kept


def vocabulary_digest(vocabulary: pd.DataFrame) -> str:
    """Return what tells one vocabulary from another."""
    text = "\n".join(f"{word} {count}" for word, count in zip(vocabulary["word"], vocabulary["count"], strict=True))
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def restore_tables(tables: Mapping[str, npt.NDArray[Any]], state: State, vocabulary: pd.DataFrame) -> None:
    """Give tables the arrays of a checkpoint, in place: compiled code holds on to the arrays.

    Raises
    ------
    InputError
        The checkpoint belongs to another text or to other parameters.
    """
    fits = all(name in state.arrays and state.arrays[name].shape == table.shape for name, table in tables.items())
    if not fits or state.config["vocabulary"] != vocabulary_digest(vocabulary):
        raise checkpoint_mismatch()
    for name, table in tables.items():
        table[:] = state.arrays[name]


def no_pairs() -> InputError:
    """Return the error of a text in which no word has a neighbor."""
    return InputError(
        "No document has two words of the vocabulary: there is nothing to learn from.",
        remedy="Choose a smaller min_count, or import the text as one document or as paragraphs.",
    )


def word_embedding(vectors: npt.NDArray[np.float32], vocabulary: pd.DataFrame) -> Embedding:
    """Return the words' vectors with their counts, most frequent first."""
    metadata = pd.DataFrame({COUNT_COLUMN: vocabulary["count"].to_numpy(np.int64)})
    return Embedding(vectors, vocabulary["word"].tolist(), metadata=metadata)


def expected_words(counts: Counts, min_count: int) -> float:
    """Return about how many words of natural text occur at least `min_count` times, from its number of different words.

    Measured: 56 % of the words occur twice, 25 % five times.
    """
    return max(2.0, float(counts["vocabulary"] * min_count**-0.86))


def keep_probability(counts: npt.NDArray[np.int64], sample: float) -> npt.NDArray[np.float64]:
    """Return the probability that subsampling keeps an occurrence of each word, as gensim computes it.

    It is ``sqrt(sample / share) + sample / share`` of the word's share of the text, at most 1.

    Parameters
    ----------
    counts
        `(n_words,)` int64 occurrences.
    sample
        The share above which words are thinned out; 0 thins none.

    Returns
    -------
    `(n_words,)` float64.
    """
    if sample == 0:
        return np.ones(len(counts))
    relative = sample * counts.sum() / counts
    kept: npt.NDArray[np.float64] = np.minimum(1.0, np.sqrt(relative) + relative)
    return kept


def words_of_network(counts: Counts, min_count: int) -> int:
    """Return how many words a network tells apart: `kept_words` of the counts where they are known, else a guess."""
    return round(counts.get("kept_words", expected_words(counts, min_count)))


def expected_pairs(counts: Counts, min_count: int, window: int) -> float:
    """Return how many entries a text's symmetric co-occurrence table will have.

    Fitted to English of 60 thousand to 17 million words with windows from 2 to 15.
    """
    n_words = expected_words(counts, min_count)
    n_stood = 2.0 * window * max(1.0, float(counts["tokens"]))
    return float(min(n_words * n_words, n_stood, 10.4 * n_stood**0.777))

"""What models that count co-occurrences share: which words they learn, and how many pairs a text will have."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.errors import InputError
from embedlab.core.kind import Counts


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
            remedy="Choose a smaller min_count, or bring more text.",
        )
    return kept


def vocabulary_digest(vocabulary: pd.DataFrame) -> str:
    """Return what tells one vocabulary from another."""
    text = "\n".join(f"{word} {count}" for word, count in zip(vocabulary["word"], vocabulary["count"], strict=True))
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def no_pairs() -> InputError:
    """Return the error of a text in which no word has a neighbour."""
    return InputError(
        "No two known words stand in one document: there is nothing to learn from.",
        remedy="Choose a smaller min_count, or import the text as one document or as paragraphs.",
    )


def word_embedding(vectors: npt.NDArray[np.float32], vocabulary: pd.DataFrame) -> Embedding:
    """Return the words' vectors with their counts, most frequent first."""
    metadata = pd.DataFrame({COUNT_COLUMN: vocabulary["count"].to_numpy(np.int64)})
    return Embedding(vectors, vocabulary["word"].tolist(), metadata=metadata)


def expected_words(counts: Counts, min_count: int) -> float:
    """Return how many words of natural text occur `min_count` times, known only how many different ones it has."""
    return max(2.0, float(counts["vocabulary"] * min_count**-0.86))


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

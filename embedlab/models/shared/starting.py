"""Initializing word vectors from an existing embedding: transfer learning and pre-trained vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.models.contract.base import Context

Floats = npt.NDArray[np.float32]

#: Rows of words in a vocabulary, `(n_known,)` int64, and their initial vectors, `(n_known, vector_size)`.
KnownRows = tuple[npt.NDArray[np.int64], Floats]


def start_field() -> str:
    """Return the field `start_from` of a model's parameters."""
    field: str = Field(
        "",
        title="Initial word vectors",
        max_length=200,
        description="An embedding of this workspace to initialize the word vectors with. Empty: random numbers.",
        json_schema_extra={"embedding": True},
    )
    return field


def known_rows(start: Embedding, words: Sequence[str], vector_size: int) -> KnownRows:
    """Look up words in an embedding: an exact match, otherwise the first key that matches in any case.

    Parameters
    ----------
    start
        Vectors of words.
    words
        The vocabulary.
    vector_size
        Vector size of the model to initialize.

    Raises
    ------
    InputError
        The vector sizes differ, or the embedding has none of the words.
    """
    if start.vector_size != vector_size:
        raise InputError(
            "The embedding to start from has a different vector size.",
            received=f"{start.vector_size} dimensions, vector_size={vector_size}",
            remedy=f"Set vector_size to {start.vector_size}.",
        )
    row_of_lower: dict[str, int] = {}
    for row, key in enumerate(start.keys):
        row_of_lower.setdefault(key.lower(), row)
    at = np.array([start.key_to_index.get(word, row_of_lower.get(word.lower(), -1)) for word in words], np.int64)
    known = np.flatnonzero(at >= 0)
    if not len(known):
        raise InputError(
            "The embedding to start from has no word of this text.",
            received=f"{start.n_keys:,} keys such as {', '.join(start.keys[:3])}",
            remedy="Choose a word embedding in the same language.",
        )
    return known, np.asarray(start.vectors, np.float32)[at[known]]


def asked_rows(reference: str, words: Sequence[str], vector_size: int, context: Context) -> KnownRows | None:
    """Return the initial word vectors that `start_from` names, and log their number.

    None if `start_from` is empty, and when resuming from a checkpoint, which has all vectors.

    Raises
    ------
    InputError
        The embedding does not exist or does not match.
    """
    if not reference or context.resume_state is not None:
        return None
    if context.start_embedding is None:
        raise InputError("The embedding to start from does not exist.", received=reference)
    known, vectors = known_rows(context.start_embedding, words, vector_size)
    context.log(f"{len(known):,} of {len(words):,} words start with the vectors of {reference}")
    return known, vectors

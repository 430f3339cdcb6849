"""Beginning a training of words with vectors that were learned before: transfer, and pre-trained vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.models.contract.base import Context

Floats = npt.NDArray[np.float32]

#: Words of a vocabulary (their rows, `(n_found,)` int64) and the vectors they begin with, `(n_found, vector_size)`.
KnownRows = tuple[npt.NDArray[np.int64], Floats]


def start_field(what_else: str) -> str:
    """Return the field `start_from` of a model's parameters; `what_else` says how words begin without it."""
    field: str = Field(
        "",
        max_length=200,
        description=f"An embedding of this workspace whose vectors the words start from. Empty: {what_else}.",
        json_schema_extra={"embedding": True},
    )
    return field


def known_rows(start: Embedding, words: Sequence[str], vector_size: int) -> KnownRows:
    """Find words among the keys of an embedding: exactly, or else in any case (its first such key).

    Parameters
    ----------
    start
        Vectors of words.
    words
        The vocabulary.
    vector_size
        Of the model that is to begin with them.

    Raises
    ------
    InputError
        The dimensions differ, or no word is found.
    """
    if start.vector_size != vector_size:
        raise InputError(
            "The embedding to start from has another dimension.",
            received=f"vectors of {start.vector_size} numbers, vector_size={vector_size}",
            remedy=f"Set vector_size to {start.vector_size}.",
        )
    row_of_lower: dict[str, int] = {}
    for row, key in enumerate(start.keys):
        row_of_lower.setdefault(key.lower(), row)
    at = np.array([start.key_to_index.get(word, row_of_lower.get(word.lower(), -1)) for word in words], np.int64)
    found = np.flatnonzero(at >= 0)
    if not len(found):
        raise InputError(
            "The embedding to start from has no word of this text.",
            received=f"{start.n_keys:,} keys such as {', '.join(start.keys[:3])}",
            remedy="Choose an embedding of words of the same language.",
        )
    return found, np.asarray(start.vectors, np.float32)[at[found]]


def asked_rows(reference: str, words: Sequence[str], vector_size: int, context: Context) -> KnownRows | None:
    """Return what the words begin with as `start_from` asks, and log how many were found.

    None where it names nothing, and where a checkpoint is gone on from, which holds all vectors.

    Raises
    ------
    InputError
        The embedding is not there or does not fit.
    """
    if not reference or context.resume_state is not None:
        return None
    if context.start_embedding is None:
        raise InputError("The embedding to start from does not exist.", received=reference)
    found, vectors = known_rows(context.start_embedding, words, vector_size)
    context.log(f"{len(found):,} of {len(words):,} words begin with the vectors of {reference}")
    return found, vectors

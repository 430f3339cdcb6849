"""The nearest keys by cosine similarity, computed by gensim's `KeyedVectors`."""

from __future__ import annotations

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.core.similarity import Answer, answers, checked_topn, graph_answers, unit_vector
from embedlab.exploration.asking.spelling import find_key


def neighbors(embedding: Embedding, key: str, topn: int = 10, min_count: int = 0) -> list[Answer]:
    """Return the keys most similar to `key`, the most similar first, excluding `key` itself.

    For the items of a ratings model, these are "items like this one".

    Parameters
    ----------
    key
        A key, or a label (see `find_key`).
    topn
        Number of answers, 1 to `MOST_ANSWERS`.
    min_count
        Leave out keys that occur, or are rated, less often; the answers are the nearest `topn` of the others.

    Returns
    -------
    Cosine similarities from -1 to 1; a zero vector has similarity 0 to everything. Equal to gensim's
    ``KeyedVectors.most_similar``, with ties in the embedding's own order. Read from the neighbor graph of the embedding
    if there is one and it is exact.

    Raises
    ------
    NotFoundError
        The key is not in the vocabulary; the remedy suggests the closest spellings.
    InputError
        The key's vector contains NaN or infinite numbers. Such keys are never among the answers.
        Or `min_count` is positive, but the embedding has no counts.
    ParameterError
        `topn` is out of bounds.
    """
    row = embedding.index(find_key(embedding, key))
    if min_count == 0 and (stored := graph_answers(embedding, row, checked_topn(topn))) is not None:
        return stored
    return answers(embedding, unit_vector(embedding, row), topn, [row], min_count)


def similarity(embedding: Embedding, a: str, b: str) -> float:
    """Return the cosine similarity of two keys (or labels), -1 to 1; raises as `neighbors` does."""
    units = [unit_vector(embedding, embedding.index(find_key(embedding, key))) for key in (a, b)]
    return float(np.clip(np.dot(units[0], units[1]), -1, 1))

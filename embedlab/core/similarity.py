"""The keys of an embedding whose vectors are most similar to a vector, by cosine similarity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embedlab.core.counts import rare_rows
from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError, ParameterError
from embedlab.core.graph_file import load_graph

#: Maximum number of answers to a query.
MOST_ANSWERS = 1000
#: Below every cosine: the score of a vector that has none.
NO_ANSWER = -4.0
_ROWS_PER_BLOCK = 4096
#: float32 cosines closer than this may have another order in another product.
_NEAR_TIE = 4e-6


class Answer(NamedTuple):
    """One answer to a query: the key, its label, and its score."""

    key: str
    label: str
    score: float


def checked_topn(topn: int) -> int:
    """Return `topn`, or raise `ParameterError` if it is not between 1 and `MOST_ANSWERS`."""
    if not 1 <= topn <= MOST_ANSWERS:
        raise ParameterError(
            f"The number of answers (topn) must be between 1 and {MOST_ANSWERS}.",
            received=topn,
            remedy="Request fewer answers." if topn > MOST_ANSWERS else "Request at least one.",
        )
    return topn


def best_rows(scores: npt.NDArray[np.floating], topn: int, exclude: Iterable[int] = ()) -> list[int]:
    """Return the rows of the `topn` highest scores, highest first; among equal scores the lower row comes first.

    Parameters
    ----------
    scores
        `(n,)`, finite.
    exclude
        Rows to leave out.
    """
    excluded = set(exclude)
    n_candidates = min(topn + len(excluded), len(scores))
    if n_candidates == 0:
        return []
    threshold = np.partition(scores, len(scores) - n_candidates)[len(scores) - n_candidates]
    above = np.flatnonzero(scores > threshold)
    # Very many rows may equal the threshold: take only as many as are needed.
    ties = np.flatnonzero(scores == threshold)[:n_candidates]
    rows = np.concatenate([above, ties])
    rows = rows[np.lexsort((rows, -scores[rows]))]
    return [int(row) for row in rows if row not in excluded][:topn]


def answers(
    embedding: Embedding, query: Vectors, topn: int, exclude: Iterable[int] = (), min_count: int = 0
) -> list[Answer]:
    """Return the keys whose vectors have the highest cosine similarity to `query`.

    Parameters
    ----------
    query
        `(vector_size,)` float32, finite; all zeros give every key the score 0.
    exclude
        Rows to leave out. Keys whose vectors contain NaN or infinite numbers are always left out.
    min_count
        Leave out keys with a lower or unknown count; the answers are the best `topn` of the others.

    Raises
    ------
    InputError
        `min_count` is positive, but the embedding has no counts.
    """
    checked_topn(topn)
    scores = cosines(embedding, query, min_count)
    rows = [row for row in best_rows(scores, topn, exclude) if scores[row] > NO_ANSWER]
    return [Answer(embedding.keys[row], embedding.labels[row], float(scores[row])) for row in rows]


def cosines(embedding: Embedding, query: Vectors, min_count: int = 0) -> npt.NDArray[np.float32]:
    """Return the cosine similarity of every key to `query`, `(n_keys,)`; `NO_ANSWER` for keys that are left out.

    Parameters are those of `answers`, which raises the same errors.
    """
    rare = rare_rows(embedding, min_count)
    with np.errstate(invalid="ignore", over="ignore"):
        scores = np.asarray(embedding.keyed_vectors.most_similar(positive=[query], topn=None), dtype=np.float32)
    overflowed = np.flatnonzero(~np.isfinite(scores))
    # Rounding may exceed 1 slightly.
    scores = np.clip(scores, -1, 1)
    if len(overflowed):
        scores[overflowed] = _exact_cosines(embedding, query, overflowed)
    scores[rare] = NO_ANSWER
    return scores


def graph_answers(embedding: Embedding, row: int, topn: int) -> list[Answer] | None:
    """Return the keys most similar to that of `row`, read from the stored neighbor graph of the embedding.

    The answers are those of `answers`, without a pass over all vectors.

    Returns
    -------
    None if there is no exact graph, it has too few neighbors, or its order is not certain because of (nearly) equal
    similarities.
    """
    graph = None if embedding.folder is None else load_graph(embedding.folder, embedding.n_keys)
    if graph is None or not graph.is_exact:
        return None
    rows = np.asarray(graph.rows[row])
    if not 0 <= rows.min() <= rows.max() < embedding.n_keys:
        # A damaged file.
        return None
    is_whole = len(rows) == embedding.n_keys - 1
    if len(rows) <= topn and not is_whole:
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        query = np.asarray(embedding.vectors[row]) / embedding.norms[row]
        scores = np.clip((np.asarray(embedding.vectors[rows]) @ query) / embedding.norms[rows], -1, 1)
    if not np.isfinite(scores).all() or not query.any():
        return None
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    # The next one too, so that the last answer is certain.
    if (np.diff(-ranked[: topn + 1]) < _NEAR_TIE).any():
        return None
    best = rows[order[:topn]]
    return [
        Answer(embedding.keys[other], embedding.labels[other], float(score))
        for other, score in zip(best.tolist(), ranked, strict=False)
    ]


def _exact_cosines(embedding: Embedding, query: Vectors, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Return the cosines of rows whose products overflow float32; `NO_ANSWER` for rows that are not finite."""
    cosines = np.empty(len(rows))
    for start in range(0, len(rows), _ROWS_PER_BLOCK):
        block = slice(start, start + _ROWS_PER_BLOCK)
        vectors = np.asarray(embedding.vectors[rows[block]], dtype=np.float64)
        finite = np.isfinite(vectors).all(axis=1)
        vectors[~finite] = 0
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query.astype(np.float64))
        exact = np.clip(vectors @ query / np.where(lengths > 0, lengths, 1), -1, 1)
        cosines[block] = np.where(finite, exact, NO_ANSWER)
    return cosines


def unit_vectors(embedding: Embedding, rows: Sequence[int]) -> Vectors:
    """Return `(len(rows), vector_size)` vectors normalized to length 1; a zero vector stays zero.

    Raises
    ------
    InputError
        A vector contains NaN or an infinite number, as after a training that diverged.
    """
    units: Vectors = np.asarray(embedding.vectors[rows]) / embedding.norms[rows, np.newaxis]
    finite = np.isfinite(units).all(axis=1)
    if not finite.all():
        raise InputError(
            "The vector of this key contains NaN or infinite numbers, so it has no similarity to anything.",
            received=embedding.labels[rows[int(np.argmin(finite))]],
            remedy="Choose another key, or train again with a lower learning rate.",
        )
    return units


def unit_vector(embedding: Embedding, row: int) -> Vectors:
    """Return the vector of `row` normalized to length 1, as `unit_vectors` does."""
    unit: Vectors = unit_vectors(embedding, [row])[0]
    return unit


def nearest_to_vector(
    embedding: Embedding, vector: npt.ArrayLike, topn: int = 10, exclude: Iterable[str] = (), min_count: int = 0
) -> list[Answer]:
    """Return the keys most similar to any `vector` of the embedding's size.

    Parameters
    ----------
    vector
        `(vector_size,)`, finite.
    exclude
        Keys to leave out; unknown ones are ignored.
    min_count
        Leave out keys with a lower or unknown count.

    Raises
    ------
    InputError
        The vector has another size or is not finite; or `min_count` is positive, but the embedding has no counts.
    """
    query = np.asarray(vector, dtype=np.float64)
    if query.shape != (embedding.vector_size,):
        raise InputError(f"The vector must have {embedding.vector_size} numbers.", received=query.shape)
    if not np.isfinite(query).all():
        raise InputError("The vector contains NaN or an infinite number.")
    # Squares of very large numbers overflow, and those of very small ones underflow.
    query = query / (np.abs(query).max() or 1.0)
    length = np.linalg.norm(query)
    unit: Vectors = (query / length if length > 0 else query).astype(np.float32)
    rows = [embedding.key_to_index[key] for key in exclude if key in embedding.key_to_index]
    return answers(embedding, unit, topn, rows, min_count)

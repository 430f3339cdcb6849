"""Neighbors of the mean of several keys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.core.errors import ParameterError
from embedlab.core.similarity import Answer, answers
from embedlab.exploration.asking.several_keys import find_keys, mean_direction, unit_rows

_LARGEST_WEIGHT = 1000.0


def neighbors_of_mean(
    embedding: Embedding,
    keys: Sequence[str],
    weights: Sequence[float] | None = None,
    topn: int = 10,
    min_count: int = 0,
) -> list[Answer]:
    """Return the keys nearest to the weighted mean of the unit vectors of `keys`, excluding `keys`.

    Parameters
    ----------
    keys
        Keys or labels, at most `several_keys.MOST_KEYS`; repeated keys count repeatedly.
    weights
        One for each of `keys`; by default all 1. Negative weights subtract: the keys b, a, c with the weights 1, -1, 1
        are the analogy a : b = c : ?
    topn
        Number of answers, 1 to `neighbors.MOST_ANSWERS`.
    min_count
        Leave out keys that occur, or are rated, less often.

    Returns
    -------
    Cosine similarities to the mean, the highest first. Equal to gensim's ``KeyedVectors.most_similar(positive=keys)``.

    Raises
    ------
    NotFoundError
        A key is not in the vocabulary; the remedy suggests the closest spellings.
    ParameterError
        The weights do not match the keys, are not finite or are too large, or `topn` is out of bounds.
    InputError
        The keys cancel out.
    """
    shares = _total_weights(embedding, keys, checked_weights(weights, len(keys)))
    query = mean_direction(unit_rows(embedding, list(shares)), list(shares.values()))
    return answers(embedding, query, topn, [embedding.index(key) for key in shares], min_count)


def _total_weights(embedding: Embedding, keys: Sequence[str], weights: Sequence[float]) -> dict[str, float]:
    """Return the total weight of each key."""
    shares = dict.fromkeys(find_keys(embedding, keys), 0.0)
    for key, weight in zip(keys, weights, strict=True):
        (canonical,) = find_keys(embedding, [key])
        shares[canonical] += weight
    return shares


def cosines_to_mean(
    embedding: Embedding, keys: Sequence[str], weights: Sequence[float] | None = None
) -> list[tuple[str, float]]:
    """Return each key (once) with its cosine similarity to the mean.

    Raises as `neighbors_of_mean` does.
    """
    shares = _total_weights(embedding, keys, checked_weights(weights, len(keys)))
    units = unit_rows(embedding, list(shares))
    cosines = np.clip(units @ mean_direction(units, list(shares.values())), -1, 1)
    return [(key, float(cosine)) for key, cosine in zip(shares, cosines, strict=True)]


def checked_weights(weights: Sequence[float] | None, n_keys: int) -> list[float]:
    """Return `n_keys` weights, or raise `ParameterError` if they are invalid."""
    if weights is None:
        return [1.0] * n_keys
    if len(weights) != n_keys:
        raise ParameterError(
            "Every key needs one weight.",
            received=f"{n_keys} keys, {len(weights)} weights",
            remedy="Give one weight per key, in the same order, or none.",
        )
    for weight in weights:
        if not np.isfinite(weight) or abs(weight) > _LARGEST_WEIGHT:
            raise ParameterError(
                f"A weight must be a number from -{_LARGEST_WEIGHT:g} to {_LARGEST_WEIGHT:g}.", received=weight
            )
    return [float(weight) for weight in weights]

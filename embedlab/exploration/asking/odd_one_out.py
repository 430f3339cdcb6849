"""The odd one out: of several keys the one least like the mean of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.core.similarity import Answer
from embedlab.exploration.asking.several import find_keys, mean_direction, unit_rows

_LEAST_KEYS = 3


@dataclass(frozen=True)
class OddOneOut:
    """The odd one out, and why.

    Parameters
    ----------
    members
        Every key with its cosine similarity to the mean of all, the highest first; among equal ones in the order given.
    """

    members: tuple[Answer, ...]

    @property
    def odd(self) -> Answer:
        """The key least similar to the mean."""
        return self.members[-1]

    @property
    def margin(self) -> float:
        """How much less similar to the mean the odd one is than the one before it; 0 where two are equally odd."""
        return self.members[-2].score - self.members[-1].score


def odd_one_out(embedding: Embedding, keys: Sequence[str]) -> OddOneOut:
    """Return which of several keys does not belong to the others.

    The mean is taken of unit vectors, the odd one included, as gensim's ``KeyedVectors.doesnt_match`` does; the answer
    is the same.

    Parameters
    ----------
    keys
        At least three different keys or labels, at most `several.MOST_KEYS`.

    Raises
    ------
    InputError
        Too few keys, or keys that cancel out.
    NotFoundError
        One is not in the vocabulary; the remedy offers the closest spellings.
    """
    found = find_keys(embedding, keys, least=_LEAST_KEYS)
    units = unit_rows(embedding, found)
    cosines = np.clip(units @ mean_direction(units), -1, 1)
    order = np.argsort(-cosines, kind="stable")
    return OddOneOut(tuple(Answer(found[at], embedding.label(found[at]), float(cosines[at])) for at in order))

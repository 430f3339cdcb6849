"""The odd one out: the key that is least similar to the mean of several keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.core.similarity import Answer
from embedlab.exploration.asking.several_keys import find_keys, mean_direction, unit_rows

_LEAST_KEYS = 3


@dataclass(frozen=True)
class OddOneOut:
    """The odd one out, and why.

    Parameters
    ----------
    members
        Every key with its cosine similarity to the mean of all, the highest first; ties keep their order.
    """

    members: tuple[Answer, ...]

    @property
    def odd(self) -> Answer:
        """The key least similar to the mean."""
        return self.members[-1]

    @property
    def margin(self) -> float:
        """Difference in similarity to the mean between the odd one and the next key; 0 for a tie."""
        return self.members[-2].score - self.members[-1].score


def odd_one_out(embedding: Embedding, keys: Sequence[str]) -> OddOneOut:
    """Return the key that does not belong with the others.

    The mean is that of all unit vectors, including the odd one, so the answer equals that of gensim's
    ``KeyedVectors.doesnt_match``.

    Parameters
    ----------
    keys
        At least three different keys or labels, at most `several_keys.MOST_KEYS`.

    Raises
    ------
    InputError
        There are too few keys, or they cancel out.
    NotFoundError
        A key is not in the vocabulary; the remedy suggests the closest spellings.
    """
    unique = find_keys(embedding, keys, least=_LEAST_KEYS)
    units = unit_rows(embedding, unique)
    cosines = np.clip(units @ mean_direction(units), -1, 1)
    order = np.argsort(-cosines, kind="stable")
    return OddOneOut(tuple(Answer(unique[at], embedding.label(unique[at]), float(cosines[at])) for at in order))

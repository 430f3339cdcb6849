"""Which answers to believe: those that trainings with other seeds give too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.core.similarity import Answer
from embedlab.exploration.asking.neighbors import neighbors


def times_near(key: str, answers: Sequence[Answer], others: Sequence[Embedding]) -> list[int]:
    """Return for each of the nearest neighbors of `key` in how many embeddings it is one, its own included.

    Parameters
    ----------
    answers
        The nearest neighbors of `key` in one embedding.
    others
        Embeddings of the same keys, trained with other seeds; one that does not know the key, or has NaN for its
        vector, has no neighbors of it.
        As many of their neighbors are looked at as there are answers.
    """
    if not answers:
        return []
    near = [_near(other, key, len(answers)) for other in others]
    return [1 + sum(answer.key in keys for keys in near) for answer in answers]


def _near(embedding: Embedding, key: str, topn: int) -> set[str]:
    row = embedding.key_to_index.get(key)
    # With another seed the training may have diverged.
    if row is None or not np.isfinite(embedding.vectors[row]).all():
        return set()
    return {answer.key for answer in neighbors(embedding, key, topn)}

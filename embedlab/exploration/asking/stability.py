"""How many trainings with other seeds give the same answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.core.similarity import Answer
from embedlab.exploration.asking.neighbors import neighbors


def neighbor_counts(key: str, answers: Sequence[Answer], others: Sequence[Embedding]) -> list[int]:
    """Return for each nearest neighbor of `key` the number of embeddings that agree, its own included.

    Parameters
    ----------
    answers
        The nearest neighbors of `key` in one embedding.
    others
        Embeddings of the same keys, trained with other seeds; the same number of neighbors is compared in each. An
        embedding without the key, or with NaN in its vector, counts as having no neighbors.
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

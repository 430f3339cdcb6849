"""Which answers to believe: those that trainings with other seeds give too."""

from __future__ import annotations

from collections.abc import Sequence

from embedlab.embedding import Embedding
from embedlab.exploration.neighbors import Answer, neighbors


def times_near(key: str, answers: Sequence[Answer], others: Sequence[Embedding]) -> list[int]:
    """Return for each of the nearest neighbours of `key` in how many embeddings it is one, its own included.

    Parameters
    ----------
    answers
        The nearest neighbours of `key` in one embedding.
    others
        Embeddings of the same keys, trained with other seeds; one that does not know the key has no neighbours of it.
        As many of their neighbours are looked at as there are answers.
    """
    if not answers:
        return []
    near = [
        {answer.key for answer in neighbors(other, key, len(answers))} if key in other.key_to_index else set()
        for other in others
    ]
    return [1 + sum(answer.key in keys for keys in near) for answer in answers]

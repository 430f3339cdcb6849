from __future__ import annotations

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.exploration.asking.stability import neighbor_counts


def embedding(angles):
    """Words on a circle, so that near means a small difference of angles."""
    vectors = np.array([(np.cos(angle), np.sin(angle)) for angle in angles.values()], np.float32)
    return Embedding(vectors, list(angles))


def test_answers_are_counted_in_all_embeddings():
    one = embedding({"a": 0, "b": 0.1, "c": 0.2, "d": 1.5, "e": 1.6})
    two = embedding({"a": 0, "b": 0.1, "c": 1.4, "d": 0.2, "e": 1.6})
    three = embedding({"a": 0, "b": 2.0, "c": 0.1, "d": 1.5, "e": 0.2})
    without = embedding({"b": 0.1, "c": 0.2})
    answers = neighbors(one, "a", 2)
    assert [answer.key for answer in answers] == ["b", "c"]
    assert neighbor_counts("a", answers, [two, three, without]) == [2, 2]
    assert neighbor_counts("a", answers, []) == [1, 1]
    assert neighbor_counts("a", [], [two]) == []

"""Which items are recommended, how long their vectors are, and which are near each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embedlab.evaluation.recommendation import obscure_items
from embedlab.evaluation.recommendation.obscure_items import nearest_rows, norms_by_count, recommended_items


def test_the_share_of_obscure_recommendations_by_hand() -> None:
    counts = np.array([100, 50, 3, 1, *[10] * 12])
    # Everyone gets items 0 to 9, except what they have rated: then item 10 follows.
    table = np.tile(-np.arange(16, dtype=np.float32), (3, 1))
    users, items = np.array([0, 1, 2, 2], np.int32), np.array([0, 2, 2, 3], np.int32)
    found = recommended_items(lambda rows: table[rows], users, items, counts)
    assert found is not None
    # User 0 has both rare items, user 1 one of them, user 2 none.
    assert found.share_obscure == pytest.approx(3 / 30)
    assert found.median_ratings == 10
    assert found.n_users == 3


def test_items_that_cannot_be_recommended_do_not_count() -> None:
    table = np.array([[-np.inf, 1, np.nan, -np.inf]], np.float32)
    nobody = np.zeros(1, np.int32)
    found = recommended_items(lambda rows: table[rows], nobody, np.array([3], np.int32), np.array([9, 2, 9, 9]))
    assert found is not None
    assert (found.share_obscure, found.median_ratings) == (1.0, 2)
    nothing = np.full((1, 4), -np.inf, np.float32)
    assert recommended_items(lambda rows: nothing[rows], nobody, nobody, np.ones(4)) is None


def test_many_users_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obscure_items, "MOST_USERS", 7)
    monkeypatch.setattr(obscure_items, "_MOST_SCORES", 40)
    users = np.arange(50, dtype=np.int32)
    table = np.random.default_rng(0).random((50, 20)).astype(np.float32)
    found = recommended_items(lambda rows: table[rows], users, users % 20, np.ones(20))
    assert found is not None
    assert (found.n_users, found.share_obscure) == (7, 1.0)


def test_norms_by_count_follow_a_planted_law() -> None:
    random = np.random.default_rng(0)
    counts = np.repeat([1, 2, 5, 20, 100, 400], 50)
    directions = random.normal(size=(len(counts), 4))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    # A constant penalty of 10: the norm grows as n / (n + 10).
    vectors = (directions * (counts / (counts + 10))[:, np.newaxis]).astype(np.float32)
    found = norms_by_count(vectors, counts)
    assert found.counts == pytest.approx([1, 2, 5, 20, 100, 400])
    assert found.norms == pytest.approx(found.counts / (found.counts + 10), rel=1e-5)


def test_items_without_ratings_have_no_place_on_a_logarithmic_axis() -> None:
    found = norms_by_count(np.ones((3, 2), np.float32), np.array([0, 4, 0]))
    assert (found.counts.tolist(), found.norms.tolist()) == (pytest.approx([4]), pytest.approx([np.sqrt(2)]))
    assert len(norms_by_count(np.ones((2, 2), np.float32), np.zeros(2)).counts) == 0


def test_the_nearest_rows_are_by_cosine_without_the_row_itself_and_without_zeros() -> None:
    vectors = np.array([[1, 0], [5, 0], [1, 1], [0, 0], [-1, 0]], np.float32)
    rows, cosines = nearest_rows(vectors, 0, 10)
    assert rows.tolist() == [1, 2, 4]
    assert cosines == pytest.approx([1, np.sqrt(0.5), -1])
    assert nearest_rows(vectors, 3, 10)[0].tolist() == []


def alternating_least_squares(
    users: Any, items: Any, values: Any, shape: tuple[int, int], *, l2: float, nu: float, n_factors: int = 4
) -> tuple[Any, Any]:
    """Factorize ratings, with L2 regularization of ``l2 * n ** nu`` for a row with n ratings."""
    random = np.random.default_rng(0)
    sides = [random.normal(0, 0.1, (n, n_factors)) for n in shape]
    for _ in range(6):
        for side, (rows, others) in enumerate(((users, items), (items, users))):
            for row in np.unique(rows):
                part = rows == row
                design = sides[1 - side][others[part]]
                penalty = l2 * part.sum() ** nu * np.eye(n_factors)
                sides[side][row] = np.linalg.solve(design.T @ design + penalty, design.T @ values[part])
    return sides[0], sides[1]


def test_constant_l2_keeps_obscure_items_out_and_count_scaled_l2_does_not() -> None:
    random = np.random.default_rng(0)
    shape = 200, 400
    tastes, traits = (random.normal(size=(n, 3)) for n in shape)
    users, items = np.nonzero(random.random(shape) < np.minimum(0.6, 3 / np.arange(1, shape[1] + 1)))
    values = np.einsum("nk,nk->n", tastes[users], traits[items]) / 3 + random.normal(size=len(users))
    counts = np.bincount(items, minlength=shape[1])
    assert np.mean(counts <= 3) > 0.5
    shares, norms = {}, {}
    for nu, l2 in ((0.0, 4.0), (1.0, 0.1)):
        of_users, of_items = alternating_least_squares(users, items, values, shape, l2=l2, nu=nu)
        found = recommended_items(
            lambda rows, p=of_users, q=of_items: p[rows] @ q.T, users.astype(np.int32), items.astype(np.int32), counts
        )
        assert found is not None
        shares[nu] = found.share_obscure
        curve = norms_by_count(of_items.astype(np.float32), counts)
        norms[nu] = curve.norms[0] / curve.norms[-1]
    assert shares[0.0] < 0.1
    assert shares[1.0] > max(0.3, 4 * shares[0.0])
    # The vector of an item with one rating is near 0 only under a constant penalty.
    assert norms[0.0] < 0.1
    assert norms[1.0] > 0.4

"""Planted near-duplicates are found and grouped, whatever else the vectors are."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.exploration import near_duplicates
from embedlab.exploration.near_duplicates import NearDuplicates, find_near_duplicates


def embedding(vectors: np.ndarray) -> Embedding:
    return Embedding(np.asarray(vectors, np.float32), [f"key{at}" for at in range(len(vectors))])


def at_angle(*degrees: float) -> np.ndarray:
    radians = np.radians(degrees)
    return np.column_stack([np.cos(radians), np.sin(radians)])


def test_planted_pairs_are_found_with_their_cosine():
    vectors = np.eye(6, dtype=np.float32)
    vectors[4] = 3 * vectors[0] + 0.3 * vectors[5]
    found = find_near_duplicates(embedding(vectors))
    assert found.pairs.tolist() == [[0, 4]]
    assert found.cosines[0] == pytest.approx(1 / np.sqrt(1.01), abs=1e-6)
    assert (found.n_compared, found.least_cosine) == (6, near_duplicates.LOWEST_COSINE)


def test_a_chain_of_small_differences_does_not_connect_distant_keys():
    # Neighbors are 15 degrees apart (cosine 0.966), the ends 45 degrees (0.707).
    found = find_near_duplicates(embedding(at_angle(0, 15, 30, 45)))
    groups = found.groups(0.95)
    assert [(first, [row for row, _ in others]) for first, others in groups] == [(0, [1]), (2, [3])]
    assert found.groups(0.99) == []


def test_thousands_of_equal_vectors_are_one_group_of_bounded_size():
    vectors = np.tile(at_angle(10), (3000, 1)) * np.linspace(1, 5, 3000)[:, None]
    vectors = np.vstack([at_angle(100), np.round(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), 3)])
    found = find_near_duplicates(embedding(vectors))
    assert len(found.pairs) == 2999
    ((first, others),) = found.groups()
    assert (first, len(others)) == (1, 2999)


def test_the_number_of_pairs_is_bounded_by_the_most_similar(monkeypatch):
    monkeypatch.setattr(near_duplicates, "MOST_PAIRS", 30)
    monkeypatch.setattr(near_duplicates, "_BLOCK_KEYS", 7)
    vectors = at_angle(*np.linspace(0, 30, 60))
    found = find_near_duplicates(embedding(vectors))
    cosines = np.sort((vectors @ vectors.T)[np.triu_indices(60, 1)])[::-1]
    assert len(found.cosines) == 30
    np.testing.assert_allclose(found.cosines, cosines[:30], atol=1e-6)
    assert found.least_cosine == pytest.approx(cosines[29], abs=1e-6)


def test_almost_equal_vectors_stay_within_the_bound(monkeypatch):
    monkeypatch.setattr(near_duplicates, "MOST_PAIRS", 50)
    monkeypatch.setattr(near_duplicates, "_BLOCK_KEYS", 16)
    vectors = np.ones((200, 8)) + 1e-5 * np.random.default_rng(0).normal(size=(200, 8))
    assert len(find_near_duplicates(embedding(vectors)).pairs) == 50


def test_only_the_first_keys_of_many_are_compared(monkeypatch):
    monkeypatch.setattr(near_duplicates, "MOST_COMPARED", 4)
    found = find_near_duplicates(embedding(at_angle(0, 90, 1, 180, 91)))
    assert (found.pairs.tolist(), found.n_compared) == ([[0, 2]], 4)


@pytest.mark.parametrize(
    "vectors",
    [np.ones((1, 3)), np.zeros((20, 3)), np.full((20, 3), np.nan)],
    ids=["one", "zero", "nan"],
)
def test_vectors_without_direction_have_no_duplicates(vectors):
    assert len(find_near_duplicates(embedding(vectors)).pairs) == 0


def test_saved_near_duplicates_are_read_again(tmp_path):
    found = find_near_duplicates(embedding(at_angle(0, 5, 90)))
    found.save(tmp_path / "d.npz")
    again = NearDuplicates.load(tmp_path / "d.npz", 3)
    assert again.pairs.tolist() == [[0, 1]]
    assert (again.n_compared, again.cosines.tolist()) == (3, found.cosines.tolist())
    # A file of another embedding would name rows that do not exist.
    assert NearDuplicates.load(tmp_path / "d.npz", 1) is None
    assert NearDuplicates.load(tmp_path / "missing.npz", 3) is None
    (tmp_path / "d.npz").write_bytes(b"PK\x03\x04nothing")
    assert NearDuplicates.load(tmp_path / "d.npz", 3) is None

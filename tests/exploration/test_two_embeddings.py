"""Two embeddings: a rotation changes nothing, and unrelated vectors agree by chance."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, ParameterError
from embedlab.evaluation.paired import paired_scores
from embedlab.exploration import neighbor_overlap
from embedlab.exploration.neighbor_overlap import shared_rows
from embedlab.exploration.two_embeddings import agreement

N, SIZE = 400, 12


def gaussian(seed: int, n: int = N, size: int = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, size)).astype(np.float32)


def keys(n: int = N) -> list[str]:
    return [f"w{place}" for place in range(n)]


def test_a_rotation_and_another_scale_change_no_neighbor() -> None:
    vectors = gaussian(0)
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(SIZE, SIZE)))[0].astype(np.float32)
    result = agreement(Embedding(vectors, keys()), Embedding(3 * vectors @ rotation, keys()))
    assert result.overlap == pytest.approx(1.0, abs=1e-3)
    assert (result.n_shared, result.n_compared, result.topn) == (N, N, 10)


def test_unrelated_vectors_agree_by_chance() -> None:
    result = agreement(Embedding(gaussian(0), keys()), Embedding(gaussian(1, size=5), keys()))
    assert result.chance == pytest.approx(10 / (N - 1))
    assert result.interval is not None
    assert result.interval[0] < result.chance < result.interval[1]


def test_the_key_that_moved_is_the_one_that_changed_most() -> None:
    # Points on a circle, 40 a degree: only one of them moves to the other side.
    angles = 2 * np.pi * np.arange(N) / N
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    moved = vectors.copy()
    moved[100] = -vectors[100] + np.float32([0.0001, 0.0])
    result = agreement(Embedding(vectors, keys()), Embedding(moved, keys()), topn=4)
    change = result.changes[0]
    assert (change.key, change.share) == ("w100", 0.0)
    assert set(change.first_neighbors) == {"w98", "w99", "w101", "w102"}
    assert {"w299", "w300", "w301"} < set(change.second_neighbors)
    assert result.overlap > 0.97


def test_only_shared_keys_with_a_direction_are_compared() -> None:
    first, second = gaussian(0), gaussian(0)
    first[3], second[4] = np.nan, 0.0
    other = Embedding(second[::-1].copy(), list(reversed(keys()[:-5])) + [f"x{n}" for n in range(5)])
    rows_first, rows_second = shared_rows(Embedding(first, keys()), other)
    assert 3 not in rows_first
    names = [other.keys[row] for row in rows_second]
    assert names == [keys()[row] for row in rows_first]
    assert len(names) <= N - 5


def test_keys_of_two_catalogs_match_by_their_labels() -> None:
    first = Embedding(gaussian(0, 5), ["1", "2", "3", "4", "5"], ["Alien", "Heat", "Big", "Ran", "Up"])
    second = Embedding(gaussian(0, 5), ["9", "8", "7", "6", "1"], ["Alien", "Heat", "Big", "Ran", "Other"])
    result = agreement(first, second, topn=2)
    assert result.n_shared == 4
    assert result.overlap == 1.0
    assert result.interval is None


def test_a_sample_of_the_keys_estimates_the_overlap_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = gaussian(0), gaussian(0)
    second += 0.6 * gaussian(2)
    embeddings = Embedding(first, keys()), Embedding(second, keys())
    whole = agreement(*embeddings)
    monkeypatch.setattr(neighbor_overlap, "MOST_COSINES", 100 * N * 2)
    sample = agreement(*embeddings)
    assert sample.n_compared == 100
    assert sample.interval is not None
    assert sample.interval[0] < whole.overlap < sample.interval[1]
    assert agreement(*embeddings) == sample


def test_nothing_in_common_is_refused() -> None:
    first = Embedding(gaussian(0, 5), keys(5))
    with pytest.raises(InputError, match="too few keys in common"):
        agreement(first, Embedding(gaussian(0, 5), [f"x{n}" for n in range(5)]))
    with pytest.raises(ParameterError):
        agreement(first, first, topn=0)


def planted_pairs() -> tuple[np.ndarray, list[tuple[str, str, float]]]:
    vectors = gaussian(3)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = np.einsum("nd,nd->n", units[:200], units[200:])
    return vectors, [(f"w{row}", f"w{row + 200}", float(cosine)) for row, cosine in enumerate(cosines)]


def test_paired_scores_are_on_the_same_pairs() -> None:
    vectors, pairs = planted_pairs()
    perfect, random = Embedding(vectors, keys()), Embedding(gaussian(4)[:300], keys(300))
    result = paired_scores(perfect, random, pairs)
    assert result is not None
    # The second embedding knows 300 words: 100 pairs have both.
    assert (result.n_cases, result.n_total) == (100, 200)
    assert result.first == pytest.approx(1.0)
    assert abs(result.second) < 0.3
    assert result.interval is not None
    assert 0 < result.interval[0] < result.difference < result.interval[1]
    assert result.are_enough


def test_equal_embeddings_have_no_difference() -> None:
    vectors, pairs = planted_pairs()
    noisy = Embedding(vectors + 0.5 * gaussian(5), keys())
    result = paired_scores(noisy, noisy, pairs)
    assert result is not None
    assert result.difference == 0.0
    assert paired_scores(noisy, Embedding(vectors[:1], ["other"]), pairs) is None

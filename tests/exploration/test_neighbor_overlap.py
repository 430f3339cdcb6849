"""Neighbors in several embeddings, against known answers: copies, mirrors, chance, planted changes."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, TooLargeError
from embedlab.exploration import neighbor_overlap as module
from embedlab.exploration.neighbor_overlap import neighbor_overlap, picture_overlap, shared_rows
from embedlab.exploration.slices import MOST_SLICES, compare_slices, path_of_key
from embedlab.exploration.two_embeddings import agreement_of, change_of_key

N = 300


def keys(n: int = N) -> list[str]:
    return [f"w{place}" for place in range(n)]


def gaussian(seed: int, n: int = N, size: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, size)).astype(np.float32)


def circle(n: int = N) -> np.ndarray:
    angles = 2 * np.pi * np.arange(n) / n
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_mirrored_and_shuffled_copy_shares_all_neighbors() -> None:
    vectors = gaussian(0)
    order = np.random.default_rng(1).permutation(N)
    mirrored = (vectors * np.float32([-1, 1, 1, 1, 1, 1, 1, 1]))[order]
    first = Embedding(vectors, keys())
    second = Embedding(mirrored, [keys()[row] for row in order])
    found = neighbor_overlap([first, second])
    assert found.shares().tolist() == [1.0] * N
    assert found.jaccard().tolist() == [1.0] * N
    assert found.mean() == (1.0, None)
    back = found.counterparts(N)
    assert [second.keys[row] for row in back] == keys()
    assert found.counterparts(N, 1, 0)[back].tolist() == list(range(N))


def test_unrelated_vectors_of_other_dimensions_share_what_chance_says() -> None:
    found = neighbor_overlap([Embedding(gaussian(0), keys()), Embedding(gaussian(1, size=3), keys())])
    mean, interval = found.mean()
    assert found.chance == pytest.approx(10 / (N - 1))
    assert interval is not None
    assert interval[0] < found.chance < interval[1]
    assert 0 < mean < 0.1


def test_values_of_keys_are_placed_in_the_rows_of_both_sides() -> None:
    first, second = gaussian(0), gaussian(0)
    first[3], second[2] = np.nan, 0.0
    other_keys = [*keys()[5:], "x1", "x2", "x3", "x4", "x5"]
    second = np.roll(second, -5, axis=0)
    found = neighbor_overlap([Embedding(first, keys()), Embedding(second, other_keys)])
    # The zero vector was rolled to the end; w0 to w4 are missing in the second.
    assert found.n_shared == N - 5
    column = found.of_all_keys(found.shares(), 0, N)
    assert np.flatnonzero(np.isnan(column)).tolist() == [0, 1, 2, 3, 4]
    assert np.flatnonzero(np.isnan(found.of_all_keys(found.shares(), 1, N))).tolist() == list(range(N - 5, N))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0], ids=["nan", "inf", "minus-inf", "zero"])
def test_vectors_without_a_direction_are_left_out(value: float) -> None:
    broken = gaussian(0)
    broken[7] = value
    rows, others = shared_rows(Embedding(broken, keys()), Embedding(gaussian(1), keys()))
    assert rows.tolist() == others.tolist() == [row for row in range(N) if row != 7]


@pytest.mark.parametrize("n_shared", [0, 1, 2], ids=["none", "one", "two"])
def test_too_few_shared_keys_are_refused(n_shared: int) -> None:
    other = [*keys()[:n_shared], *(f"x{place}" for place in range(N - n_shared))]
    with pytest.raises(InputError, match="too few keys in common"):
        neighbor_overlap([Embedding(gaussian(0), keys()), Embedding(gaussian(1), other)])
    with pytest.raises(InputError, match="at least two"):
        neighbor_overlap([Embedding(gaussian(0), keys())])


def test_lost_and_gained_neighbors_of_a_key_that_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = circle()
    moved = vectors.copy()
    moved[100] = vectors[250] + np.float32([1e-4, 0])
    first, second = Embedding(vectors, keys()), Embedding(moved, keys())
    found = neighbor_overlap([first, second], topn=4)
    change = agreement_of(first, second, found).changes[0]
    assert (change.key, change.share, change.both) == ("w100", 0.0, ())
    assert set(change.lost) == {"w98", "w99", "w101", "w102"}
    assert "w250" in change.gained
    # The same answer for a key that is not in the sample.
    monkeypatch.setattr(module, "MOST_COSINES", 1)
    sample = neighbor_overlap([first, second], topn=4)
    assert sample.n_compared == 1
    again = change_of_key(first, second, sample, 100)
    assert again is not None
    assert (again.share, set(again.lost), set(again.gained)) == (0.0, set(change.lost), set(change.gained))


def test_a_key_that_is_not_shared_has_no_change() -> None:
    first, second = Embedding(gaussian(0), keys()), Embedding(gaussian(1, 50), keys(50))
    assert change_of_key(first, second, neighbor_overlap([first, second]), 99) is None


def test_keys_beyond_the_candidates_are_counted_but_no_neighbors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEYS", 100)
    first = Embedding(gaussian(0), keys())
    found = neighbor_overlap([first, first])
    assert (found.n_shared, found.n_candidates, found.n_compared) == (N, 100, 100)
    assert found.near.max() < 100
    change = change_of_key(first, first, found, 200)
    assert change is not None
    assert change.share == 1.0
    assert len(change.both) == 10


def test_pictures_of_one_embedding_are_compared_by_their_points() -> None:
    points = gaussian(0, size=2)
    mirrored = points[:, ::-1] * np.float32([3, -3])
    assert picture_overlap(points, mirrored).mean() == (1.0, None)
    other = picture_overlap(points, gaussian(1, size=3))
    assert other.mean()[0] < 0.1
    # Equal points hide each other, but never count as their own neighbors.
    same = picture_overlap(np.zeros((20, 2), np.float32), points[:20], topn=3)
    assert not (same.near == same.queries[np.newaxis, :, np.newaxis]).any()


def test_slices_follow_a_key_that_moves_step_by_step() -> None:
    vectors = circle()
    years = []
    for place in (100, 100, 101, 250):
        year = vectors.copy()
        year[100] = vectors[place] + np.float32([1e-4, 0])
        years.append(Embedding(year, keys()))
    slices = compare_slices(years, topn=4)
    assert slices.most_changed(1) == [100]
    path = path_of_key(years, slices, 100)
    assert path is not None
    assert path.to_first[:2] == (1.0, 1.0)
    assert path.to_first[2] == pytest.approx(0.75, abs=0.3)
    assert path.to_first[3] == 0.0
    assert path.to_previous[3] == 0.0
    assert "w250" in path.neighbors[3]
    assert [round(each, 2) for each, _ in slices.means()][:2] == [1.0, 1.0]
    np.testing.assert_allclose([slices.to_first[at, 100] for at in range(4)], path.to_first)


def test_slices_are_limited_to_the_keys_of_all() -> None:
    first = Embedding(gaussian(0), keys())
    second = Embedding(gaussian(0)[20:], keys()[20:])
    third = Embedding(gaussian(0)[::-1][10:].copy(), keys()[::-1][10:])
    slices = compare_slices([first, second, third])
    assert slices.overlap.n_shared == N - 30
    assert slices.to_first.min() == 1.0
    for side, each in enumerate((first, second, third)):
        assert [each.keys[row] for row in slices.overlap.rows[side]] == keys()[20 : N - 10]
    assert path_of_key([first, second, third], slices, 5) is None
    with pytest.raises(TooLargeError):
        compare_slices([first] * (MOST_SLICES + 1))

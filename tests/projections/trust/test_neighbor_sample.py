from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from embedlab.core.errors import CancelledError, InputError
from embedlab.projections.trust import neighbor_sample
from embedlab.projections.trust.neighbor_sample import NeighborSample, sample_neighbors, vectors_digest


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def exact(vectors, metric, queries):
    found = (
        NearestNeighbors(n_neighbors=50, metric=metric, algorithm="brute")
        .fit(vectors)
        .kneighbors(return_distance=False)
    )
    return found[queries]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize(
    "order",
    [
        pytest.param(None, id="any order"),
        # Each block holds nearer points than all before it.
        pytest.param(-1, id="far points first"),
    ],
)
def test_neighbors_are_exact_block_by_block(monkeypatch, metric, order):
    vectors = normal(3000, 6) + np.float32(2)
    if order is not None:
        vectors = vectors[np.argsort(np.linalg.norm(vectors - vectors.mean(0), axis=1))[::order]]
    monkeypatch.setattr(neighbor_sample, "_BLOCK_NUMBERS", 6 * 70)
    monkeypatch.setattr(neighbor_sample, "_MOST_QUERIES", 400)
    sample = sample_neighbors(vectors, metric, seed=3)
    assert len(sample.queries) == len(np.unique(sample.queries)) == 400
    np.testing.assert_array_equal(sample.neighbors, exact(vectors.astype(np.float64), metric, sample.queries))


def test_a_common_offset_costs_no_digits():
    vectors = (normal(500, 4) + 10_000).astype(np.float32)
    sample = sample_neighbors(vectors, "euclidean")
    found = exact(vectors.astype(np.float64), "euclidean", sample.queries)
    shared = np.mean([len(set(a) & set(b)) for a, b in zip(sample.neighbors, found, strict=True)])
    assert shared > 49.5


def test_rows_that_are_not_finite_are_nobodys_neighbors():
    vectors = normal(300, 4)
    vectors[::3, 1] = np.nan
    vectors[1, 2] = np.inf
    sample = sample_neighbors(vectors)
    kept = np.isfinite(vectors).all(axis=1)
    assert sample.n_finite == kept.sum() == len(sample.queries)
    assert kept[sample.queries].all()
    assert kept[sample.neighbors].all()


@pytest.mark.parametrize(("n_points", "n_neighbors"), [(1, 0), (2, 1), (5, 4), (51, 50), (52, 50)])
def test_few_points_have_fewer_neighbors(n_points, n_neighbors):
    sample = sample_neighbors(normal(n_points, 3))
    assert sample.neighbors.shape == (n_points, n_neighbors)
    for row, near in zip(sample.queries, sample.neighbors, strict=True):
        assert len({int(row), *near.tolist()}) == n_neighbors + 1


def test_more_numbers_get_fewer_queries(monkeypatch):
    monkeypatch.setattr(neighbor_sample, "_MOST_PRODUCTS", 4000 * 3 * 1000)
    assert len(sample_neighbors(normal(4000, 3)).queries) == 1000
    assert len(sample_neighbors(normal(4000, 30)).queries) == 500


def test_a_stored_sample_is_the_same_and_known_by_its_vectors(tmp_path: Path):
    vectors = normal(300, 5)
    sample = sample_neighbors(vectors)
    sample.save(tmp_path / "neighbors.npz")
    stored = NeighborSample.load(tmp_path / "neighbors.npz")
    for name in ("digest", "n_points", "n_finite", "metric", "scale"):
        assert getattr(stored, name) == getattr(sample, name)
    np.testing.assert_array_equal(stored.queries, sample.queries)
    np.testing.assert_array_equal(stored.neighbors, sample.neighbors)
    assert stored.digest == vectors_digest(vectors)
    vectors[299, 4] = np.nextafter(vectors[299, 4], np.float32(9))
    assert stored.digest != vectors_digest(vectors)
    assert vectors_digest(vectors.reshape(500, 3)) != vectors_digest(vectors)


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def _other_rows(path: Path) -> None:
    with np.load(path) as stored:
        parts = dict(stored)
    parts["neighbors"] = parts["neighbors"] + 300
    np.savez(path, **parts)


def _other_shape(path: Path) -> None:
    with np.load(path) as stored:
        parts = dict(stored)
    parts["queries"] = parts["queries"][:-1]
    np.savez(path, **parts)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.unlink(), id="no file"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(_cut_short, id="cut short"),
        pytest.param(lambda path: np.savez(path, digest=np.array("x")), id="parts missing"),
        pytest.param(lambda path: path.write_bytes(b"PK no zip"), id="no zip"),
        pytest.param(_other_rows, id="rows out of bounds"),
        pytest.param(_other_shape, id="lengths disagree"),
    ],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage):
    path = tmp_path / "neighbors.npz"
    sample_neighbors(normal(300, 5)).save(path)
    damage(path)
    assert NeighborSample.load(path) is None


def test_progress_rises_and_a_cancel_is_heard():
    told = []
    sample_neighbors(normal(3000, 6), report=lambda share, stage: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1

    def cancel(share, stage):
        if share > 0.5:
            raise CancelledError("The work was cancelled.")

    with pytest.raises(CancelledError):
        sample_neighbors(normal(3000, 6), report=cancel)


def test_memory_does_not_grow_with_the_vectors(monkeypatch):
    monkeypatch.setattr(neighbor_sample, "_BLOCK_DISTANCES", 1 << 19)
    monkeypatch.setattr(neighbor_sample, "_BLOCK_NUMBERS", 1 << 16)
    monkeypatch.setattr(neighbor_sample, "_MOST_QUERIES", 200)
    vectors = np.random.default_rng(0).standard_normal((200_000, 40), dtype=np.float32)
    tracemalloc.start()
    sample_neighbors(vectors)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The vectors have 32 MB; a copy of them, or all distances of the queries (160 MB), would not fit.
    assert peak < 20e6


def test_no_vectors_are_refused():
    with pytest.raises(InputError, match="at least one"):
        sample_neighbors(np.empty((0, 3), np.float32))

"""The graph of an embedding is that of brute force, and gives maps and queries the same neighbors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.graph_file import StoredGraph, load_graph
from embedlab.core.progress import ignore_progress
from embedlab.core.similarity import answers, graph_answers, unit_vector
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.projections import neighbor_sample, shared_graph
from embedlab.projections.neighbor_graph import metric_points, nearest_points
from embedlab.projections.neighbor_sample import sample_neighbors, vectors_digest
from embedlab.projections.shared_graph import build_graph, graph_width, neighbors_of


def random_vectors(n_points: int = 300, vector_size: int = 12) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n_points, vector_size)).astype(np.float32)


def built(vectors: np.ndarray, metric: str = "cosine") -> StoredGraph:
    graph = build_graph(metric_points(vectors, metric), metric, vectors_digest(vectors), 1, ignore_progress)
    assert graph is not None
    return graph


def saved(vectors: np.ndarray, folder: Path) -> Embedding:
    Embedding(vectors, [f"k{row}" for row in range(len(vectors))]).save(folder)
    return Embedding.load(folder)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_it_equals_brute_force(metric: str) -> None:
    vectors = random_vectors()
    points = vectors.astype(np.float64)
    if metric == "cosine":
        points /= np.linalg.norm(points, axis=1, keepdims=True)
    distances = np.linalg.norm(points[:, np.newaxis] - points, axis=2)
    np.fill_diagonal(distances, np.inf)
    expected = np.argsort(distances, axis=1)[:, :90]
    graph = built(vectors, metric)
    assert graph.is_exact
    np.testing.assert_array_equal(graph.rows, expected)


def test_maps_read_the_neighbors_they_would_search() -> None:
    vectors = random_vectors()
    points = metric_points(vectors, "cosine")
    expected_rows, expected_distances = nearest_points(points, 15, 0, 1, ignore_progress)
    rows, distances = neighbors_of(built(vectors), points, 15) or (None, None)
    np.testing.assert_array_equal(rows, expected_rows)
    np.testing.assert_allclose(distances, expected_distances, atol=1e-5)
    assert neighbors_of(built(vectors), points, 91) is None


def test_its_size_is_bounded() -> None:
    assert graph_width(1_000_000) * 4 * 1_000_000 <= shared_graph.MOST_GRAPH_BYTES
    assert build_graph(random_vectors(1), "cosine", "0" * 32, 1, ignore_progress) is None


def test_above_the_bound_it_is_approximate_and_says_so(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(shared_graph, "MOST_EXACT_NEIGHBORS", 100)
    monkeypatch.setattr("embedlab.projections.neighbor_graph.MOST_EXACT_NEIGHBORS", 100)
    embedding = saved(random_vectors(), tmp_path / "e")
    graph = built(random_vectors())
    assert not graph.is_exact
    graph.save(tmp_path / "e")
    loaded = load_graph(tmp_path / "e", 300)
    assert loaded is not None
    assert not loaded.is_exact
    # Queries stay exact.
    assert graph_answers(embedding, 0, 10) is None


def test_queries_from_the_graph_are_the_exact_answers(tmp_path) -> None:
    embedding = saved(random_vectors(), tmp_path / "e")
    expected = [answers(embedding, unit_vector(embedding, row), 10, [row]) for row in range(300)]
    assert graph_answers(embedding, 0, 10) is None
    built(random_vectors()).save(tmp_path / "e")
    n_read = 0
    for row, each in enumerate(expected):
        found = neighbors(embedding, f"k{row}", 10)
        assert [answer.key for answer in found] == [answer.key for answer in each]
        np.testing.assert_allclose([a.score for a in found], [a.score for a in each], atol=1e-6)
        n_read += graph_answers(embedding, row, 10) is not None
    assert n_read > 280
    # More than the graph has, and a minimum count, need the whole pass.
    assert graph_answers(embedding, 0, 90) is None
    assert len(neighbors(embedding, "k0", 200)) == 200


def test_equal_vectors_are_answered_in_their_own_order(tmp_path) -> None:
    vectors = np.repeat(random_vectors(3), 100, axis=0)
    embedding = saved(vectors, tmp_path / "e")
    built(vectors).save(tmp_path / "e")
    assert graph_answers(embedding, 5, 10) is None
    assert [answer.key for answer in neighbors(embedding, "k5", 3)] == ["k0", "k1", "k2"]


def test_a_zero_vector_is_answered_as_without_a_graph(tmp_path) -> None:
    vectors = random_vectors()
    vectors[7] = 0
    embedding = saved(vectors, tmp_path / "e")
    before = neighbors(embedding, "k7", 5)
    built(vectors).save(tmp_path / "e")
    assert neighbors(embedding, "k7", 5) == before


def test_a_damaged_file_or_one_of_another_size_is_not_used(tmp_path) -> None:
    embedding = saved(random_vectors(), tmp_path / "e")
    built(random_vectors()).save(tmp_path / "e")
    (path,) = (tmp_path / "e").glob("graph-*")
    assert load_graph(tmp_path / "e", 299) is None
    whole = path.read_bytes()
    path.write_bytes(whole[:999])
    assert load_graph(tmp_path / "e", 300) is None
    assert len(neighbors(embedding, "k0")) == 10
    # Rows out of bounds.
    path.write_bytes(whole[:-1200] + b"\x7f" * 1200)
    assert graph_answers(embedding, 299, 10) is None
    assert neighbors_of(load_graph(tmp_path / "e", 300), metric_points(random_vectors(), "cosine"), 90) is None


def test_a_deleted_embedding_does_not_get_its_folder_back(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        built(random_vectors()).save(tmp_path / "gone")
    assert not (tmp_path / "gone").exists()


def test_another_graph_replaces_the_stored_one(tmp_path) -> None:
    (tmp_path / "e").mkdir()
    built(random_vectors()).save(tmp_path / "e")
    built(random_vectors(300, 5)).save(tmp_path / "e")
    built(random_vectors(), "euclidean").save(tmp_path / "e")
    assert len(list((tmp_path / "e").glob("graph-cosine-*"))) == 1
    assert len(list((tmp_path / "e").glob("graph-*"))) == 2


def test_the_sample_of_a_map_reads_the_graph(monkeypatch) -> None:
    vectors = random_vectors()
    expected = sample_neighbors(vectors)
    monkeypatch.setattr(neighbor_sample, "_candidates", None)
    found = sample_neighbors(vectors, graph=built(vectors))
    np.testing.assert_array_equal(found.neighbors, expected.neighbors)
    monkeypatch.undo()
    # A graph of other vectors is not used.
    other = sample_neighbors(vectors, graph=built(vectors[::-1].copy()))
    np.testing.assert_array_equal(other.neighbors, expected.neighbors)

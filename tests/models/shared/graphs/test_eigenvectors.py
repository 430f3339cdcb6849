from __future__ import annotations

import numpy as np

from embedlab.kinds.graph.dataset import Edges, neighbors_of
from embedlab.models.shared.graphs import eigenvectors
from embedlab.models.shared.graphs.eigenvectors import spectral_vectors


def groups(n_nodes, n_groups, seed=0):
    """Return a graph with groups, and the group of each node."""
    rng = np.random.default_rng(seed)
    of = np.arange(n_nodes) % n_groups
    first, second = np.triu_indices(n_nodes, 1)
    is_linked = rng.random(len(first)) < np.where(of[first] == of[second], 0.4, 0.02)
    ring = np.arange(n_nodes), (np.arange(n_nodes) + 1) % n_nodes
    sources = np.concatenate([first[is_linked], ring[0]]).astype(np.int32)
    targets = np.concatenate([second[is_linked], ring[1]]).astype(np.int32)
    return neighbors_of(Edges(sources, targets, np.ones(len(sources), np.float32)), n_nodes), of


def test_dot_products_of_all_dimensions_are_the_positive_part_of_the_matrix():
    neighbors, _ = groups(30, 3)
    vectors = spectral_vectors(neighbors, 30)
    dense = np.zeros((30, 30))
    for node in range(30):
        dense[node, neighbors.of(node)] = neighbors.weights[neighbors.offsets[node] : neighbors.offsets[node + 1]]
    roots = 1 / np.sqrt(dense.sum(axis=1))
    values, found = np.linalg.eigh(roots[:, np.newaxis] * dense * roots)
    np.testing.assert_allclose(vectors @ vectors.T, (found * np.maximum(values, 0)) @ found.T, atol=1e-5)


def test_iteration_finds_what_the_exact_decomposition_finds(monkeypatch):
    neighbors, _ = groups(120, 4)
    exact = spectral_vectors(neighbors, 4)
    monkeypatch.setattr(eigenvectors, "_DENSE", 10)
    shares = []
    found = spectral_vectors(neighbors, 4, tick=shares.append)
    np.testing.assert_allclose(found @ found.T, exact @ exact.T, atol=2e-3)
    assert shares[-1] == 1.0


def test_eigenmaps_separate_groups_and_leave_the_constant_out():
    neighbors, of = groups(60, 2)
    first = spectral_vectors(neighbors, 1, matrix="laplacian")[:, 0]
    assert ((first > 0) == (of == of[first.argmax()])).all()
    assert np.abs(first).min() > 0

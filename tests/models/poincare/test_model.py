"""Poincare embeddings: the gradients of gensim, and a tree whose depth is its radius."""

from __future__ import annotations

import numpy as np
import pytest
from gensim.models.poincare import PoincareBatch

from embedlab.core.errors import InputError
from embedlab.evaluation.graphs.hierarchies import depth_correlation
from embedlab.models.contract.abilities import PredictsLinks
from embedlab.models.contract.base import QuietContext
from embedlab.models.poincare.kernels import loss_and_gradients
from embedlab.models.registry import model
from embedlab.models.shared.graphs.hyperbolic import HyperbolicLinks, poincare_distances
from embedlab.tasks.registry import task
from tests.kinds.graph.graphs import import_graph


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A tree with three children a node and four levels below the root: 121 nodes."""
    lines, level = ["child,parent"], ["r"]
    for _ in range(4):
        children = [(f"{node}.{child}", node) for node in level for child in range(3)]
        lines += [f"{child},{parent}" for child, parent in children]
        level = [child for child, _ in children]
    return import_graph(tmp_path_factory.mktemp("tree"), "\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def result(tree, tmp_path_factory):
    known = model("poincare")
    parameters = known.defaults(tree.imported.counts)
    return known.train(tree, parameters, QuietContext(tmp_path_factory.mktemp("scratch")))


def test_loss_and_gradients_are_those_of_gensim():
    rng = np.random.default_rng(0)
    vectors = rng.uniform(-0.5, 0.5, (6, 3))
    child, targets = 0, np.array([1, 2, 3, 4])
    distances, of_child, of_targets = np.empty(4), np.empty(3), np.empty((4, 3))
    loss = loss_and_gradients(vectors, child, targets, 4, 0.7, distances, of_child, of_targets)
    batch = PoincareBatch(
        vectors[[child]], vectors[targets].T[np.newaxis].transpose(2, 1, 0), [child], targets.tolist(), 0.7
    )
    batch.compute_all()
    np.testing.assert_allclose(of_child, batch.gradients_u[:, 0], rtol=1e-9)
    np.testing.assert_allclose(of_targets, batch.gradients_v[:, :, 0], rtol=1e-9)
    np.testing.assert_allclose(distances, batch.poincare_dists[:, 0], rtol=1e-12)
    # gensim's loss leaves the regularization out.
    assert loss == pytest.approx(batch.loss + 0.7 * (vectors[1] ** 2).sum())


def test_a_trees_depth_is_its_radius(tree, result):
    embedding = result.embeddings["hyperbolic_nodes"]
    radii = np.linalg.norm(embedding.vectors, axis=1)
    assert (radii < 1).all()
    np.testing.assert_allclose(embedding.metadata["radius"], radii, rtol=1e-6)
    depths = tree.hierarchy.depths
    assert depth_correlation(radii, depths) > 0.98
    assert tree.keys[int(radii.argmin())] == "r"
    assert (np.diff([radii[depths == depth].mean() for depth in range(5)]) > 0).all()


def test_it_is_judged_beside_a_spectral_embedding(tree, result, tmp_path):
    hierarchy = task("hierarchy")
    scores = hierarchy.judge(result, hierarchy.split(tree, None, tmp_path))
    assert set(scores["baselines"]) == set(hierarchy.baselines)
    assert scores["reconstruction_map"] > 3 * scores["baselines"]["spectral_shape"]["reconstruction_map"]
    assert scores["mean_rank"] < scores["baselines"]["degree_shape"]["mean_rank"]
    assert scores["depth_correlation"] > 0.95
    assert scores["ancestors_inside"] > 0.95
    assert "better than the best baseline" in hierarchy.verdict(scores, {}).text


def test_links_are_ranked_by_the_distance_in_the_ball(result):
    links = result.ability(PredictsLinks)
    vectors = result.embeddings["hyperbolic_nodes"].vectors
    nodes = np.arange(5, dtype=np.int32)
    expected = -poincare_distances(vectors[nodes, np.newaxis], vectors)
    np.testing.assert_allclose(links.scores(nodes), expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(links.pair_scores(nodes, nodes + 1), expected[nodes, nodes + 1], rtol=1e-5, atol=1e-5)
    assert isinstance(links, HyperbolicLinks)


def test_the_distance_from_the_center_is_that_of_the_formula():
    point = np.array([0.6, 0.0])
    assert poincare_distances(np.zeros(2), point) == pytest.approx(2 * np.arctanh(0.6))
    assert poincare_distances(point, point) == pytest.approx(0)


def test_a_node_related_to_all_others_is_refused(tmp_path):
    dataset = import_graph(tmp_path, "a b\nb c\nc a\n")
    known = model("poincare")
    with pytest.raises(InputError, match="related to all"):
        known.train(dataset, known.defaults({"nodes": 3, "edges": 3}), QuietContext(tmp_path))

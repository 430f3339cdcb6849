from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import somersd

from embedlab.evaluation.graphs.hierarchies import depth_correlation, reconstruction, score_hierarchy
from embedlab.kinds.graph.structure import Hierarchy, depths_of
from embedlab.models.shared.graphs.relations import ancestors_of, parents_of, related_to

#: A root with two children, the first with two children of its own.
PARENTS = np.array([-1, 0, 0, 1, 1], np.int32)
TREE = Hierarchy(PARENTS, depths_of(PARENTS), True)


class Given:
    """Similarities and radii that are given."""

    def __init__(self, similarities, radii):
        self._similarities, self._radii = np.asarray(similarities, float), np.asarray(radii, float)

    def similarities(self, nodes):
        return self._similarities[nodes]

    def radii(self):
        return self._radii


def test_relations_are_parents_or_all_ancestors():
    assert list(zip(*(each.tolist() for each in parents_of(TREE)), strict=True)) == [(1, 0), (2, 0), (3, 1), (4, 1)]
    ancestors = set(zip(*(each.tolist() for each in ancestors_of(TREE)), strict=True))
    assert ancestors == {(1, 0), (2, 0), (3, 1), (4, 1), (3, 0), (4, 0)}


def test_reconstruction_is_that_of_a_hand_computation():
    related = related_to(*ancestors_of(TREE), 5)
    # For node 3, the order is 4, 1, 2, 0: its ancestor 1 is second, 0 is fourth of all, third among non-relatives.
    similar = np.zeros((5, 5))
    similar[3] = [1, 3, 2, 0, 4]
    found = reconstruction(Given(similar, np.zeros(5)), related, np.array([3], np.int32))
    assert found.precisions[0] == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert found.ranks[0] == pytest.approx((2 + 3) / 2)


def test_the_depth_correlation_is_that_of_somers():
    rng = np.random.default_rng(0)
    depths = rng.integers(0, 5, 200)
    radii = np.round(depths + rng.normal(0, 2, 200), 1)
    # SciPy's asymmetry: D(Y|X) leaves out ties in its first argument.
    assert depth_correlation(radii, depths) == pytest.approx(somersd(depths, radii).statistic)
    assert depth_correlation(depths * 2.0, depths) == 1.0
    assert depth_correlation(-depths * 1.0, depths) == -1.0
    assert depth_correlation(radii, np.zeros(200)) is None


def test_a_perfect_picture_beats_one_without_information():
    related = related_to(*ancestors_of(TREE), 5)
    perfect = np.zeros((5, 5))
    for node in range(5):
        perfect[node, related.of(node)] = 1
    scores = score_hierarchy(
        Given(perfect, TREE.depths), {"none": Given(np.zeros((5, 5)), np.zeros(5))}, related, TREE.depths
    )
    assert (scores["reconstruction_map"], scores["mean_rank"], scores["depth_correlation"]) == (1.0, 1.0, 1.0)
    assert scores["baselines"]["none"]["depth_correlation"] == 0.0
    assert scores["baselines"]["none"]["mean_rank"] > 2
    assert (scores["ancestors_inside"], scores["baselines"]["none"]["ancestors_inside"]) == (1.0, 0.5)

"""Walks have the transition frequencies of the papers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import chisquare

from embedlab.kinds.graph.dataset import Edges, neighbors_of
from embedlab.models.node2vec.training import Walker
from embedlab.models.node2vec.walks import cumulative_weights


def walker(pairs, n_nodes, p=1.0, q=1.0, walk_length=20):
    table = np.array([(*pair, 1.0)[:3] for pair in pairs], float)
    edges = Edges(table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2].astype(np.float32))
    neighbors = neighbors_of(edges, n_nodes)
    weights = cumulative_weights(neighbors.offsets, neighbors.weights)
    return Walker(neighbors.offsets, neighbors.nodes, weights, walk_length, p, q)


def walked(of, n_walks=4000, start=0, seed=1):
    # The start is part of the seed: equal starts need different seeds.
    return np.concatenate([of.walk(np.array([start], np.int32), seed + number)[0] for number in range(n_walks)])


#: A triangle 0-1-2, and a tail 2-3-4.
TRIANGLE = [(0, 1), (1, 2), (0, 2), (2, 3), (3, 4)]


@pytest.mark.parametrize(
    "weights", [pytest.param((1.0, 1.0, 1.0), id="equal"), pytest.param((1.0, 3.0, 6.0), id="weighted")]
)
def test_first_order_steps_have_the_frequencies_of_the_weights(weights):
    star = [(0, leaf + 1, weight) for leaf, weight in enumerate(weights)]
    steps = walked(walker(star, 4, walk_length=2))[:, 1]
    counts = np.bincount(steps, minlength=4)[1:]
    assert chisquare(counts, len(steps) * np.array(weights) / sum(weights)).pvalue > 0.001


@pytest.mark.parametrize(("p", "q"), [pytest.param(1.0, 1.0, id="deepwalk"), pytest.param(0.25, 4.0, id="near"),
                                      pytest.param(4.0, 0.25, id="far")])  # fmt: skip
def test_second_order_steps_have_the_frequencies_of_the_paper(p, q):
    walks = walked(walker(TRIANGLE, 5, p, q, walk_length=3))
    via_2 = walks[walks[:, 1] == 2]
    # From 0 to 2: back to 0 weighs 1/p; 1 is linked to 0 and weighs 1; 3 is not and weighs 1/q.
    expected = np.array([1 / p, 1.0, 1 / q])
    counts = np.bincount(via_2[:, 2], minlength=5)[[0, 1, 3]]
    assert chisquare(counts, len(via_2) * expected / expected.sum()).pvalue > 0.001


def test_extreme_p_and_q_return_or_go_outward():
    ring = [(node, (node + 1) % 30) for node in range(30)]
    returns = walked(walker(ring, 30, p=0.01), n_walks=200)
    outward = walked(walker(ring, 30, p=100.0, q=0.01), n_walks=200)
    assert np.mean(returns[:, 2:] == returns[:, :-2]) > 0.95
    assert np.mean(outward[:, 2:] == outward[:, :-2]) < 0.05
    assert np.mean([len(set(walk)) for walk in returns.tolist()]) < 5
    assert np.mean([len(set(walk)) for walk in outward.tolist()]) > 15


def test_a_walk_follows_edges_and_ends_where_there_are_none():
    directed = neighbors_of(
        Edges(np.array([0, 1], np.int32), np.array([1, 2], np.int32), np.ones(2, np.float32)), 3, both_directions=False
    )
    of = Walker(directed.offsets, directed.nodes, np.empty(0), 10, 1.0, 1.0)
    walks, lengths = of.walk(np.array([0, 2], np.int32), 0)
    assert lengths.tolist() == [3, 1]
    assert walks[0, :3].tolist() == [0, 1, 2]
    links = {frozenset(pair) for pair in TRIANGLE}
    steps = walked(walker(TRIANGLE, 5), n_walks=50)
    assert {frozenset(step) for walk in steps.tolist() for step in itertools.pairwise(walk)} <= links


def test_walks_are_those_of_their_seed():
    of = walker(TRIANGLE, 5)
    starts = np.arange(5, dtype=np.int32)
    first, again, other = (of.walk(starts, seed)[0] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    # A walk does not depend on the walks beside it.
    assert (of.walk(starts[2:3], 1)[0] == first[2:3]).all()


def test_visits_count_each_start_and_every_step():
    of = walker(TRIANGLE, 5, walk_length=6)
    visits = of.visits(5, 1)
    assert visits.sum() == 5 * 6
    assert visits.min() >= 1
    # A tail of one link is visited mostly as a start: more often than its share of the links alone.
    many = sum(of.visits(5, seed) for seed in range(200))
    assert many[4] / many.sum() > 1 / 10

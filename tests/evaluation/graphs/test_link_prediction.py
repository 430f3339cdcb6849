from __future__ import annotations

import itertools

import numpy as np
import pytest

from embedlab.evaluation.graphs.link_prediction import (
    LinkCodes,
    Pairs,
    found_links,
    hard_non_links,
    link_test,
    placements,
    random_non_links,
    score_links,
)
from embedlab.evaluation.graphs.link_rivals import PreferentialAttachment, adamic_adar, common_neighbors
from embedlab.kinds.graph.dataset import Edges, neighbors_of
from tests.kinds.graph.graphs import import_graph


def graph(pairs):
    rows = np.array(pairs, np.int32)
    return Edges(rows[:, 0].copy(), rows[:, 1].copy(), np.ones(len(rows), np.float32))


#: A square with one diagonal, and a tail.
SQUARE = graph([(0, 1), (1, 2), (2, 3), (0, 3), (0, 2), (3, 4)])


def rows(*numbers):
    return np.array(numbers, np.int32)


def test_the_auc_is_the_share_of_pairs_in_the_right_order():
    of_links, of_others = np.array([3.0, 2.0, 1.0]), np.array([2.0, 0.0])
    by_hand = np.mean([1.0 if a > b else 0.5 if a == b else 0.0 for a, b in itertools.product(of_links, of_others)])
    assert placements(of_links, of_others).auc == pytest.approx(by_hand) == pytest.approx(4.5 / 6)


def test_the_interval_of_delong_agrees_with_the_spread_of_samples():
    rng = np.random.default_rng(0)
    samples = [placements(rng.normal(1, 1, 80), rng.normal(0, 1, 80)) for _ in range(300)]
    spread = np.std([each.auc for each in samples])
    widths = [(each.interval[1] - each.interval[0]) / (2 * 1.96) for each in samples]
    assert np.mean(widths) == pytest.approx(spread, rel=0.1)
    # Of two normal distributions one standard deviation apart: Phi(1 / sqrt(2)).
    assert np.mean([each.interval[0] <= 0.7602 <= each.interval[1] for each in samples]) > 0.9


def test_the_difference_of_equal_scores_is_exactly_zero():
    rng = np.random.default_rng(0)
    ranked = placements(rng.normal(1, 1, 50), rng.normal(0, 1, 50))
    assert ranked.difference(ranked) == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_simple_rules_are_those_of_the_papers():
    neighbors = neighbors_of(SQUARE, 5)
    # 1 and 3 share 0 (3 neighbors) and 2 (3 neighbors); 0 and 4 share 3 (3 neighbors).
    assert common_neighbors(neighbors).pair_scores(rows(1, 0, 1), rows(3, 4, 4)).tolist() == [2, 1, 0]
    np.testing.assert_allclose(
        adamic_adar(neighbors).pair_scores(rows(1, 0), rows(3, 4)), [2 / np.log(3), 1 / np.log(3)], rtol=1e-6
    )
    assert PreferentialAttachment(neighbors).pair_scores(rows(1, 0), rows(3, 4)).tolist() == [2 * 3, 3 * 1]


@pytest.mark.parametrize("rule", [common_neighbors, adamic_adar, PreferentialAttachment])
def test_scores_of_all_nodes_are_those_of_pairs(rule):
    scorer = rule(neighbors_of(SQUARE, 5))
    first, second = (each.ravel().astype(np.int32) for each in np.meshgrid(np.arange(5), np.arange(5), indexing="ij"))
    whole = scorer.scores(np.arange(5, dtype=np.int32))
    np.testing.assert_allclose(scorer.pair_scores(first, second).reshape(5, 5), whole, rtol=1e-6)


def test_other_pairs_are_never_links():
    linked, neighbors = LinkCodes(5, SQUARE), neighbors_of(SQUARE, 5)
    missing = {(0, 4), (1, 3), (1, 4), (2, 4)}
    random = random_non_links(linked, 5, 50, np.random.default_rng(0))
    assert {tuple(sorted(pair)) for pair in zip(random.first.tolist(), random.second.tolist(), strict=True)} == missing
    hard = hard_non_links(linked, neighbors, 50, np.random.default_rng(0))
    # 1 and 4 have no common neighbor.
    shared = {tuple(sorted(pair)) for pair in zip(hard.first.tolist(), hard.second.tolist(), strict=True)}
    assert shared == missing - {(1, 4)}
    whole = graph(list(itertools.combinations(range(4), 2)))
    assert len(random_non_links(LinkCodes(4, whole), 4, 10, np.random.default_rng(0))) == 0


class Table:
    """Scores that are given."""

    def __init__(self, table):
        self.table = np.asarray(table, np.float32)

    def pair_scores(self, first, second):
        return self.table[first, second]

    def scores(self, nodes):
        return self.table[nodes]


def planted(tmp_path, n_nodes=60):
    rng = np.random.default_rng(0)
    pairs = {tuple(sorted(pair)) for pair in rng.integers(0, n_nodes, (6 * n_nodes, 2)).tolist() if pair[0] != pair[1]}
    dataset = import_graph(tmp_path, "".join(f"{a} {b}\n" for a, b in sorted(pairs)))
    return dataset.split(0, validation_share=0.05, test_share=0.1)


def test_one_who_knows_the_hidden_links_is_perfect_and_constant_scores_are_chance(tmp_path):
    split = planted(tmp_path)
    test = link_test(split, 0)
    truth = np.zeros((split.n_nodes, split.n_nodes))
    truth[split.test.sources, split.test.targets] = truth[split.test.targets, split.test.sources] = 1
    scores = score_links(Table(truth), {"constant": Table(truth * 0)}, test)
    assert scores["auc"] == scores["auc_hard"] == 1.0
    assert scores["hits@10"] == 1.0
    assert scores["n_test"] == split.test.n_edges
    assert scores["baselines"]["constant"]["auc"] == 0.5
    # Ties are broken at random among about 50 nodes.
    assert 0.02 < scores["baselines"]["constant"]["hits@10"] < 0.5
    low, high = scores["intervals"]["auc"]
    assert 0.8 < low < high == 1.0


def test_hits_rank_all_nodes_but_the_known_neighbors(tmp_path):
    split = planted(tmp_path)
    test = link_test(split, 0)
    asking, wanted = int(test.queries.first[0]), int(test.queries.second[0])
    others = [node for node in range(split.n_nodes) if node not in {asking, wanted, *test.known.of(asking).tolist()}]
    table = np.zeros((split.n_nodes, split.n_nodes))
    # Known neighbors and the node itself score highest, but do not count.
    table[asking] = 9
    table[asking, wanted] = 5
    table[asking, others] = 1
    table[asking, others[:9]] = 7
    assert found_links(Table(table), test)[0]
    table[asking, others[9]] = 7
    assert not found_links(Table(table), test)[0]


def test_without_hidden_links_there_are_no_scores():
    empty = Pairs(rows(), rows())
    split = neighbors_of(SQUARE, 5)
    from embedlab.evaluation.graphs.link_prediction import LinkTest

    assert score_links(Table(np.zeros((5, 5))), {}, LinkTest(empty, empty, empty, empty, empty, split, 0)) == {
        "n_test": 0
    }

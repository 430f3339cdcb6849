from __future__ import annotations

import itertools

import numpy as np
import pytest

from embedlab.core.errors import NotFoundError
from embedlab.exploration.new_things.likely_links import likely_links
from embedlab.kinds.protocols import Protocol
from embedlab.models.contract.abilities import PredictsLinks
from embedlab.models.contract.base import QuietContext
from embedlab.models.registry import model
from embedlab.models.shared.graphs.vector_links import unit_rows
from embedlab.samples.karate_club import edges, faction, name
from embedlab.tasks.registry import task
from tests.kinds.graph.graphs import import_graph


def trained(data, folder, of="node2vec", **parameters):
    (folder / of).mkdir()
    known = model(of)
    counts = {"nodes": data.n_nodes, "edges": data.train.n_edges}
    values = known.defaults(counts).model_dump()
    values |= {name: value for name, value in {"epochs": 30, **parameters}.items() if name in values}
    return known.train(data, known.parameters_class.checked(values), QuietContext(folder / of))


@pytest.fixture(scope="module")
def cliques(tmp_path_factory):
    """Two cliques of 12 nodes, joined by one edge."""
    folder = tmp_path_factory.mktemp("cliques")
    pairs = [pair for first in (0, 12) for pair in itertools.combinations(range(first, first + 12), 2)]
    dataset = import_graph(folder, "".join(f"{a} {b}\n" for a, b in [*pairs, (0, 12)]))
    return dataset.split(0, validation_share=0.1, test_share=0.1)


@pytest.mark.parametrize("of", ["node2vec", "spectral"])
def test_two_cliques_joined_by_an_edge_separate(cliques, tmp_path, of):
    result = trained(cliques, tmp_path, of)
    units = unit_rows(result.embeddings["nodes"].vectors)
    side = np.array([int(key) < 12 for key in cliques.dataset.keys])
    similar = units @ units.T
    same = side[:, np.newaxis] == side
    np.fill_diagonal(same, False)
    assert similar[same].mean() > similar[side[:, np.newaxis] != side].mean() + 0.3
    # The nearest neighbor of every node is in its own clique.
    np.fill_diagonal(similar, -2)
    assert (side[similar.argmax(axis=1)] == side).all()


@pytest.fixture(scope="module")
def of_cliques(cliques, tmp_path_factory):
    return trained(cliques, tmp_path_factory.mktemp("trained"))


def test_most_likely_new_links_are_in_the_same_clique_and_not_there_already(cliques, of_cliques):
    ability = of_cliques.ability(PredictsLinks)
    dataset = cliques.dataset
    # 5 is linked to all of its clique; its new links lead to the other one.
    assert {int(answer.key) >= 12 for answer in likely_links(ability, dataset, "5", 3)} == {True}
    linked = {dataset.keys[row] for row in dataset.neighbors.of(dataset.row_of["0"]).tolist()}
    answers = likely_links(ability, dataset, "0", 5)
    assert not linked & {answer.key for answer in answers}
    assert [answer.score for answer in answers] == sorted((answer.score for answer in answers), reverse=True)
    with pytest.raises(NotFoundError):
        likely_links(ability, dataset, "99")


def test_the_factions_of_the_karate_club_are_found(tmp_path):
    lines = "".join(f"{name(a)},{name(b)}\n" for a, b in edges())
    dataset = import_graph(tmp_path, f"source,target\n{lines}")
    split = dataset.split(0, validation_share=0.01, test_share=0.01)
    vectors = trained(split, tmp_path, epochs=50).embeddings["nodes"].vectors
    units = unit_rows(vectors - vectors.mean(axis=0))
    factions = np.array([faction({name(each): each for each in range(1, 35)}[key]) for key in dataset.keys])
    anchors = {
        key: units[dataset.row_of[node]] for key, node in (("instructor", "Instructor"), ("president", "President"))
    }
    nearer = np.where(units @ anchors["instructor"] > units @ anchors["president"], "instructor", "president")
    # The mathematical sociologists reach 33 of 34 with the whole graph.
    assert (nearer == factions).mean() > 0.9


def test_scores_of_a_run_name_the_rivals_and_judge_them(cliques, of_cliques, tmp_path):
    links = task("links")
    parts = links.split(cliques.dataset, Protocol("random", 0, 0.1, 0.1), tmp_path)
    scores = {**of_cliques.scores, **links.judge(of_cliques, parts)}
    assert set(scores["baselines"]) == set(links.baselines)
    assert 0.5 < scores["auc"] <= 1
    assert set(scores["intervals"]) <= {"auc", "auc_hard", "hits@10"}
    verdict = links.verdict(scores, cliques.dataset.imported.counts).text
    assert "hidden link" in verdict or "too few" in verdict
    # A simple rule that is better is said to be better.
    beaten = {
        **scores,
        "auc": 0.6,
        "n_test": 100,
        "baselines": {"adamic_adar": {"auc": 0.9}},
        "differences": {"adamic_adar": {"auc": {"value": -0.3, "low": -0.4, "high": -0.2}}},
    }
    text = links.verdict(beaten, {}).text
    assert "worse than the baseline" in text
    assert "Adamic-Adar" in text


def test_a_graph_in_which_nothing_can_be_hidden_says_so(tmp_path):
    dataset = import_graph(tmp_path, "".join(f"hub leaf{number}\n" for number in range(12)))
    links = task("links")
    parts = links.split(dataset, Protocol("random", 0, 0.1, 0.2), tmp_path)
    scores = links.judge(trained(parts.learned, tmp_path, epochs=1), parts)
    assert "only one of a node" in scores["not_computed"]["auc"]


def test_two_workers_learn_as_well_as_one(cliques, tmp_path):
    (tmp_path / "two").mkdir()
    known = model("node2vec")
    parameters = known.parameters_class.checked({"vector_size": 8, "epochs": 20, "workers": 2})
    result = known.train(cliques, parameters, QuietContext(tmp_path / "two", n_threads=2))
    units = unit_rows(result.embeddings["nodes"].vectors)
    side = np.array([int(key) < 12 for key in cliques.dataset.keys])
    similar = units @ units.T
    assert similar[side][:, side].mean() > similar[side][:, ~side].mean() + 0.2

"""What a retrieval run says about itself, and which scores it has."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.evaluation.retrieval.ranks import score_retrieval
from embedlab.evaluation.scores import read_baselines, read_scores
from embedlab.kinds.base import Imported
from embedlab.kinds.pairs.dataset import PairsDataset, Things
from embedlab.kinds.protocols import Protocol
from embedlab.models.contract.base import State, TrainingResult
from embedlab.models.registry import model
from embedlab.tasks.registry import task

RETRIEVAL = task("retrieval")
PROTOCOL = Protocol("random", 0, 0.1, 0.2)


def scores_with(own: float, linear: float) -> dict:
    ranks = np.full(200, own), np.full(200, own)
    rival = np.full(200, linear) + (np.arange(200) % 3 == 0), np.full(200, linear)
    found = score_retrieval(ranks, {"cca": rival}, np.arange(200))
    return {**found, "n_test": 200, "n_test_pairs": 200, "n_unseen": 7, "n_ranked_groups": 0}


def test_a_run_better_than_cca_says_so():
    verdict = RETRIEVAL.verdict(scores_with(1, 3), {})
    assert verdict.level == "good"
    assert "the right partner is first for 100 %" in verdict.text
    assert "better than “CCA (linear)”" in verdict.text
    notes = RETRIEVAL.notes(scores_with(1, 3))
    assert any("7 of 200 test pairs are about a thing that is in no training pair" in each for each in notes)
    assert not any("linear" in each for each in notes)


def test_the_page_says_when_cca_wins():
    verdict = RETRIEVAL.verdict(scores_with(4, 1), {})
    assert verdict.level == "low"
    assert "worse than “CCA (linear)”" in verdict.text
    assert any("a linear map is enough" in each for each in RETRIEVAL.notes(scores_with(4, 1)))


@pytest.fixture
def dataset() -> PairsDataset:
    rng = np.random.default_rng(0)
    n, ones = 40, np.ones(40, np.int64)
    texts = Things("text", "text", "|", [f"{'red' if row % 2 else 'blue'} thing {row}" for row in range(n)], ones)
    tags = Things("tag", "tags", "|", ["red", "blue"], np.array([20, 20]))
    order = rng.permutation(n)
    return PairsDataset(
        [texts, tags],
        order.astype(np.int32),
        (1 - order % 2).astype(np.int32),
        np.ones(n, np.int8),
        np.full(n, -1, np.int32),
        [],
        Imported("pairs", {}),
    )


def test_vectors_that_know_the_answer_are_scored_in_both_directions_beside_all_rivals(dataset, tmp_path):
    parts = RETRIEVAL.split(dataset, PROTOCOL, tmp_path)
    assert len(parts.learned.test) == 0
    truth = np.concatenate([np.eye(2)[[1 - row % 2 for row in range(40)]], np.eye(2)]).astype(np.float32)
    keys = [key for of_kind in dataset.keys for key in of_kind]
    scores = RETRIEVAL.judge(TrainingResult({"things": Embedding(truth, keys)}, State({})), parts)
    own = read_scores(scores)
    assert {own[name].value for name in ("recall@1", "recall@5", "mrr")} == {1.0}
    # The other texts of a tag are left out when one of them is ranked.
    assert own["reverse_mrr"].value == 1.0
    baselines = read_baselines(scores)
    assert set(baselines) == set(RETRIEVAL.baselines)
    assert baselines["tfidf_cosine"]["recall@1"].value == 1.0
    assert baselines["popularity"]["recall@1"].value < 1
    sizes = RETRIEVAL.part_sizes(parts)
    assert (sizes.train, sizes.validation, sizes.test) == (28, 4, 8)


def test_the_data_of_a_script_has_the_parts_of_the_run(dataset, tmp_path):
    file = RETRIEVAL.write_data(dataset, PROTOCOL, model("two-tower"), tmp_path)
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 40
    assert sum(row["part"] == "test" for row in rows) == 8
    assert all(row["right"] in row["left"] for row in rows)

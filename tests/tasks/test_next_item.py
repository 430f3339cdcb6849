"""Scores of the next item: ranks, ties, baselines, intervals, verdicts, and the data file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from embedlab.evaluation.recommendation.next_items import score_next_items
from embedlab.evaluation.scores import read_scores
from embedlab.kinds.sequences.histories import Histories
from embedlab.kinds.sequences.ranks import next_ranks
from embedlab.models.registry import MODELS
from embedlab.tasks.registry import task, verdict_of, without_own_baselines
from embedlab.workspace.rows import DatasetRow
from tests.models.sequence_data import PROTOCOL, cycle_lines, dataset_of, trained


def test_ranks_leave_out_the_history_and_share_ties():
    scores = np.array([[5, 4, 4, 3, -np.inf]], np.float32)

    def ranks(history, target, *, with_history=False):
        found = next_ranks(
            lambda part: np.repeat(scores, len(part), axis=0),
            Histories.of([history]),
            np.array([target], np.int32),
            5,
            with_history=with_history,
        )
        return found[0]

    assert ranks([], 0) == 0
    assert ranks([], 1) == ranks([], 2) == 1.5
    assert ranks([0], 1) == 0.5
    assert ranks([0], 1, with_history=True) == 1.5
    assert ranks([0, 1], 3) == 1
    # Never recommended: behind all items.
    assert ranks([], 4) == 5


def test_measures_and_differences_are_those_of_the_ranks():
    scores = score_next_items(np.array([0, 1, 4, 5, 9, 20.0]), {"other": np.full(6, 100.0)}, 50)
    assert (scores["recall@5"], scores["recall@10"], scores["n_test"]) == (3 / 6, 5 / 6, 6)
    assert scores["mrr"] == pytest.approx(np.mean([1, 1 / 2, 1 / 5, 1 / 6, 1 / 10, 1 / 21]))
    low, high = scores["intervals"]["recall@5"]
    assert low <= 0.5 <= high
    assert scores["differences"]["other"]["recall@10"]["value"] == pytest.approx(5 / 6)
    assert score_next_items(np.zeros(0), {}, 50) == {"n_test": 0, "n_ranked_items": 50}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("task")
    dataset = dataset_of(folder, cycle_lines())
    return dataset, *trained("markov", dataset, folder / "scratch")


def test_the_verdict_names_every_baseline(judged):
    _, result, scores = judged
    verdict = task("next-item").verdict({**result.scores, **scores}, {})
    assert verdict.text.startswith("The next item is among the first five predictions for 100 % of 40 held-out users")
    for title in ("Most frequent items", "Co-occurrence", "Markov table", "VSKNN"):
        assert title in verdict.text
    assert read_scores(scores)["mrr"].n_cases == 40
    assert task("next-item").notes(scores) == []
    assert "not scored" in task("next-item").notes({"n_test_users": 9, "n_without_case": 2})[0]


def test_a_markov_chain_is_not_compared_with_the_markov_table(judged):
    _, result, scores = judged
    stored = {**result.scores, **scores}
    assert "Markov table" in verdict_of("item2vec", stored, {}).text
    assert "Markov table" not in verdict_of("markov", stored, {}).text
    others = without_own_baselines("markov", stored)
    assert set(others["baselines"]) == set(others["differences"]) == {"most_frequent_items", "cooccurrence", "vsknn"}
    assert others["recall@5"] == stored["recall@5"]
    assert without_own_baselines("item2vec", stored) == without_own_baselines("gone", stored) == stored


def test_the_data_file_has_every_event_with_its_part(judged, tmp_path):
    dataset = judged[0]
    path = task("next-item").write_data(dataset, PROTOCOL, MODELS["markov"], tmp_path)
    table = pd.read_csv(path)
    assert list(table.columns) == ["sequence", "item", "title", "part"]
    n_of = table["part"].value_counts()
    assert n_of["test_target"] == 40
    assert n_of["validation_target"] == 20
    # Every event is there once, and the cases of the validation users once more.
    repeated = n_of["validation_history"] + n_of["validation_target"]
    assert len(table) - repeated == dataset.imported.counts["events"]


def test_data_without_a_next_item_are_refused():
    def refusal(**counts):
        row = DatasetRow.__new__(DatasetRow)
        object.__setattr__(row, "counts", counts)
        return task("next-item").refusal(row)

    assert refusal(events=10, sequences=3, users=3, items=4) is None
    assert refusal(events=10, sequences=10, users=3, items=4) is not None
    assert refusal(events=10, sequences=3, users=3, items=1) is not None

"""The task of comparing rows: the label is recognized, and the verdict says when PCA wins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import InputError
from embedlab.models.contract.base import State, TrainingResult
from embedlab.models.pca_whitening.model import PcaWhitening, PcaWhiteningParameters
from embedlab.models.shared.dense_rows.table_split import _free_names
from embedlab.models.standardization.model import Standardization, StandardizationParameters
from embedlab.tasks.base import Parts
from embedlab.tasks.registry import task, verdict_of, without_own_baselines
from embedlab.tasks.rows import EXPLAINED, KNN, RECALL, label_column, similarity_note
from tests.models.dense_data import quiet, split_of


@pytest.fixture(scope="module")
def split():
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1], 150)[rng.permutation(300)]
    matrix = np.column_stack([groups * 6, groups * -6, np.zeros(300)]) + rng.normal(size=(300, 3))
    return split_of(matrix, n_validation=30, n_test=60, group=[f"group {group}" for group in groups])


def scored(split, model, parameters, folder):
    result = model.train(split.without_test(), parameters, quiet(folder))
    return task("rows").judge(result, Parts(split.without_test(), split))


def test_pca_is_as_good_as_pca_and_finds_the_planted_groups(split, tmp_path):
    scores = scored(split, PcaWhitening(), PcaWhiteningParameters(vector_size=1), tmp_path)
    assert scores["differences"]["pca"][EXPLAINED]["value"] == 0
    assert scores["label_column"] == "group"
    assert scores[KNN] == 1.0
    assert scores["baselines"]["majority"][KNN] < 0.7
    assert set(scores["baselines"]) == set(task("rows").baselines)
    verdict = task("rows").verdict(scores, {})
    assert verdict.level == "good"
    assert "the same as PCA of the same width" in verdict.text
    assert "Neighbors predict “group” for 100 % of the rows" in verdict.text
    # The run is that baseline: it is not compared with itself.
    others = without_own_baselines("pca-whitening", scores)
    assert set(others["baselines"]) == {"mean", "standardized", "majority"}
    verdict = verdict_of("pca-whitening", scores, {})
    assert verdict.level == "good"
    assert "PCA of the same width" not in verdict.text
    assert "It is a PCA" in verdict.text


def test_all_standardized_columns_lose_nothing(split, tmp_path):
    scores = scored(split, Standardization(), StandardizationParameters(), tmp_path)
    assert scores[EXPLAINED] == 1.0
    assert scores["euclidean"][RECALL] == 1.0
    assert "nothing is lost" in task("rows").verdict(scores, {}).text


def test_a_result_without_an_encoder_has_no_scores(split):
    assert task("rows").judge(TrainingResult({}, State({})), Parts(split, split)) == {}


@pytest.mark.parametrize(
    ("own", "interval", "level", "words"),
    [
        pytest.param(0.8, [0.1, 0.3], "good", "better than PCA of the same width (60 %)", id="better"),
        pytest.param(0.5, [-0.2, -0.05], "low", "PCA of the same width wins (60 %)", id="worse"),
        pytest.param(0.61, [-0.1, 0.1], "unknown", "not distinguishable from PCA of the same width", id="equal"),
    ],
)
def test_the_verdict_says_when_pca_wins(own, interval, level, words):
    scores = {
        EXPLAINED: own,
        "n_test": 200,
        "intervals": {EXPLAINED: [own - 0.1, own + 0.1]},
        "baselines": {"pca": {EXPLAINED: 0.6}},
        "differences": {"pca": {EXPLAINED: {"value": own - 0.6, "low": interval[0], "high": interval[1]}}},
    }
    verdict = task("rows").verdict(scores, {})
    assert verdict.level == level
    assert words in verdict.text
    assert "200 held-out rows" in verdict.text


def test_the_note_says_when_euclidean_distance_is_more_apt():
    note = similarity_note({RECALL: 0.5, "euclidean": {RECALL: 0.9}})
    assert "Euclidean distance of the same vectors keeps 90 % of the true neighbors instead of 50 %" in note
    assert "magnitude matters" in note
    assert "magnitude matters" not in similarity_note({RECALL: 0.9, "euclidean": {RECALL: 0.9}})


def test_a_label_is_a_column_of_few_values_that_repeat():
    known = np.arange(40)
    described = pd.DataFrame(
        {
            "size": np.arange(40.0),
            "id": [f"id {row}" for row in range(40)],
            "constant": ["same"] * 40,
            "color": ["red", "blue", "", "red"] * 10,
        }
    )
    assert label_column(described, known) == "color"
    assert label_column(described[["size", "id", "constant"]], known) is None


def test_a_table_without_numbers_is_refused(tmp_path):
    from types import SimpleNamespace

    refusal = task("rows").refusal(SimpleNamespace(counts={"rows": 9}, name="words"))
    assert isinstance(refusal, InputError)
    assert task("rows").refusal(SimpleNamespace(counts={"rows": 9, "numbers": 2}, name="x")) is None


def test_reserved_names_of_columns_get_a_line():
    assert _free_names(["key", "label", "size", "key_"]) == ["key__", "label_", "size", "key_"]

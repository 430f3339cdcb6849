"""Which model wins and why, on planted tables where the reason is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.evaluation.rows import baselines as baselines_module
from embedlab.evaluation.rows.baselines import BOOSTING, LINEAR, WITHOUT_RARE_WORDS, Baselines, fit_baselines
from embedlab.evaluation.rows.design import Columns
from embedlab.evaluation.rows.winner import find_winner, why_it_wins
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.table.splits import table_split
from embedlab.tasks.registry import task
from tests.models.table_data import table

N = 360
Own = Callable[[np.ndarray, Baselines], np.ndarray]


def _rare_words(rng: np.random.Generator) -> tuple[str, list[str]]:
    # A host has six rows, and a word of its own that no other host has.
    effects = rng.normal(0, 2, N // 6)
    rows = []
    for row in range(N):
        host, garden = row % (N // 6), rng.random() < 0.5
        place = rng.choice(["garden", "yard"]) if garden else rng.choice(["attic", "cellar"])
        letters = "".join(chr(97 + int(digit)) for digit in f"{host:03d}")
        text = f"a home with {place} and a view from host{letters} near the station"
        rows.append(f"{rng.normal():.3f},{text},{10 + effects[host] + 0.5 * garden + rng.normal(0, 0.2):.4f}")
    return "size,advert,price", rows


def _curve(rng: np.random.Generator) -> tuple[str, list[str]]:
    sizes = rng.uniform(-2, 2, (N, 2))
    rows = [f"{a:.4f},{b:.4f},{10 + a * a - b * b + rng.normal(0, 0.2):.4f}" for a, b in sizes]
    return "first,second,price", rows


def _sum(rng: np.random.Generator) -> tuple[str, list[str]]:
    numbers = rng.normal(0, 1, (N, 3))
    rows = [f"{a:.4f},{b:.4f},{c:.4f},{10 + 2 * a - b + 0.5 * c + rng.normal(0, 0.3):.4f}" for a, b, c in numbers]
    return "first,second,third,price", rows


def _chance(rng: np.random.Generator) -> tuple[str, list[str]]:
    return "first,second,price", [",".join(f"{each:.4f}" for each in row) for row in rng.normal(0, 1, (N, 3))]


def _found(
    folder: Path, planted: Callable[[np.random.Generator], tuple[str, list[str]]], own: Own, **options: Any
) -> dict[str, Any]:
    header, rows = planted(np.random.default_rng(0))
    dataset = table(folder, rows, header, target_log=False, **options)
    split = table_split(dataset, Protocol("random", 0, 0.1, 0.3))
    fitted = fit_baselines(split, Columns(dataset, [each.name for each in dataset.used]))
    truth = split.targets(split.test)
    return find_winner(truth, own(truth, fitted), fitted, is_classifier=False)


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines_module, "_TREES", 30)


def _noisy(spread: float) -> Own:
    return lambda truth, _: truth + np.random.default_rng(1).normal(0, spread, len(truth))


def test_a_lead_by_rare_words_is_said_to_come_from_rare_words(tmp_path: Path) -> None:
    found = _found(tmp_path, _rare_words, lambda _, fitted: fitted.reduced[WITHOUT_RARE_WORDS])
    assert found["name"] == LINEAR
    # A host with fewer than three rows to learn from has no column.
    assert 50 <= found["n_rare_words"] <= 60 < found["n_words"]
    assert found["rare_words"]["difference"]["low"] > 0.3
    assert found["texts"]["with"] == found["rare_words"]["with"] == found["values"][LINEAR] > 0.6
    assert found["why"].startswith("The linear model wins (R\u00b2 0.")
    assert f"its lead comes from rare words: without the {found['n_rare_words']} of" in found["why"]
    assert "252 rows" in found["why"]


def test_a_lead_by_curves_of_numbers_is_said_to_come_from_curves(tmp_path: Path) -> None:
    found = _found(tmp_path, _curve, lambda _, fitted: fitted.predictions[LINEAR])
    assert found["name"] == BOOSTING
    assert "texts" not in found
    assert found["curves"]["with"] - found["curves"]["without"] > 0.5
    assert found["why"].startswith("Gradient boosting wins")
    assert "learns curves and combinations of columns" in found["why"]
    assert "texts" not in found["why"]


def test_a_linear_model_wins_where_effects_add_up(tmp_path: Path) -> None:
    found = _found(tmp_path, _sum, _noisy(1.5))
    assert found["name"] == LINEAR
    assert "The effects of the columns add up: gradient boosting" in found["why"]


def test_the_run_wins_where_effects_do_not_add_up(tmp_path: Path) -> None:
    found = _found(tmp_path, _curve, _noisy(0.01))
    assert found["name"] == "own"
    assert found["why"].startswith("This model wins")
    assert "do not just add up" in found["why"]


def test_a_lead_that_may_be_chance_is_not_explained(tmp_path: Path) -> None:
    found = _found(tmp_path, _sum, lambda truth, fitted: fitted.predictions[LINEAR] + 0.001 * (truth - truth.mean()))
    assert found["name"] == "own"
    nearly = {**found, "lead": {"value": 1e-4, "low": -0.01, "high": 0.01}}
    said = why_it_wins(nearly)
    assert said.startswith("No model clearly wins: R\u00b2 0.")
    assert "for this model, " in said
    assert said.endswith("for gradient boosting.")
    assert "add up" not in said
    texts = {"without": 0.698, "with": 0.769, "difference": {"value": 0.071, "low": 0.04, "high": 0.1}}
    curves = {"without": 0.698, "with": 0.772, "difference": {"value": 0.074, "low": 0.04, "high": 0.1}}
    assert why_it_wins({**nearly, "texts": texts, "curves": curves}).endswith(
        "The words of the texts raise the linear model from 0.698 to 0.769. Curves and combinations of columns, which "
        "gradient boosting learns, raise R\u00b2 on the same columns, without the texts, from 0.698 to 0.772."
    )


def test_a_table_of_texts_alone_has_no_boosting_and_a_tie_is_won_by_the_linear_model(tmp_path: Path) -> None:
    def texts(rng: np.random.Generator) -> tuple[str, list[str]]:
        return "advert,price", [row.split(",", 1)[1] for row in _rare_words(rng)[1]]

    found = _found(tmp_path, texts, lambda _, fitted: fitted.predictions[LINEAR])
    assert set(found["values"]) == {"own", LINEAR}
    assert "curves" not in found
    assert found["why"].startswith("The linear model is as good as this model (R\u00b2 0.")
    assert "and simpler. The words of the texts raise" in found["why"]


def test_the_verdict_and_the_sentences_say_which_model_wins() -> None:
    scores = {
        "test_r2": 0.7,
        "baselines": {LINEAR: {"test_r2": 0.8}},
        "winner": {"name": LINEAR, "why": "The linear model wins (R\u00b2 0.800 to 0.700). Its words."},
    }
    target = task("target")
    assert target.verdict(scores, {}).reason == scores["winner"]["why"]
    assert target.details(scores) == [scores["winner"]["why"]]
    assert target.verdict({"test_r2": 0.7}, {}).reason == ""


def test_no_model_wins_where_none_is_better_than_a_constant(tmp_path: Path) -> None:
    found = _found(tmp_path, _chance, lambda truth, _: np.full(len(truth), 0.1))
    assert found["constant"]["difference"]["low"] <= 0
    assert found["why"].startswith("No model is clearly better than a constant (R\u00b2 ")
    assert "-0.000" not in found["why"]
    older = {name: each for name, each in found.items() if name != "constant"}
    assert "constant" not in why_it_wins(older)

"""Which run of a sweep is chosen, on the terminal and in JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from embedlab.cli.sweep import _write_choice
from embedlab.jobs.searches.results import search_result
from tests.cli.conftest import Said


def found(scores: list[dict[str, float]]) -> Any:
    runs: Any = [
        SimpleNamespace(id=name, model="matrix-factorization", scores=each, parameters={"l2": float(place)})
        for place, (name, each) in enumerate(zip("abc", scores, strict=False))
    ]
    return search_result(runs, {}, "")


def test_the_best_is_chosen_by_the_validation_part(capsys: pytest.CaptureFixture[str]) -> None:
    scores = [{"test_rmse": 0.1, "validation_rmse": 0.5}, {"test_rmse": 0.2, "validation_rmse": 0.4}]
    _write_choice(found(scores))
    assert capsys.readouterr().err == "Chosen: b (l2 1.0): lowest validation RMSE (0.4).\n"


def test_the_test_part_and_the_loss_choose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    _write_choice(found([{"test_rmse": 0.1, "loss": 0.1}, {"test_rmse": 0.2, "loss": 0.2}]))
    assert capsys.readouterr().err == ""


def test_a_sweep_over_two_parameters_says_what_it_chose(embedlab: Callable[..., Said], tmp_path: Path) -> None:
    rows = [f"u{n % 20},i{n % 31},{1 + n * n % 5}" for n in range(400)]
    (tmp_path / "ratings.csv").write_text("\n".join(["user,item,rating", *rows]) + "\n", encoding="utf-8")
    dataset = embedlab("import", "ratings", tmp_path / "ratings.csv", "--json").json["id"]
    done = embedlab("sweep", dataset, "ease", "--grid", "l2=1,100", "--grid", "most_items=10,30", "--json").json
    assert len(done["runs"]) == 4
    best = max(done["runs"], key=lambda run: run["scores"]["validation_ndcg@10"])
    chosen = done["chosen"]
    assert chosen["value"] == best["scores"]["validation_ndcg@10"]
    assert {"run", "l2", "most_items", "score", "reason"} <= chosen.keys()
    assert chosen["reason"].startswith("highest validation NDCG@10")
    refused = embedlab(
        "sweep", dataset, "ease", "--grid", f"l2={','.join(map(str, range(1, 101)))}", "--grid",
        f"most_items={','.join(map(str, range(10, 110)))}", "--json",
    )  # fmt: skip
    assert refused.exit_code == 2
    assert "10,000 runs, about" in str(refused.json["error"]["received"])

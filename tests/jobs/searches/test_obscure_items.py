"""Which runs are compared for their L2 regularization, and which are trained for the comparison."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import Field

from embedlab.core.embedding import Embedding
from embedlab.jobs.searches import obscure_items
from embedlab.jobs.searches.obscure_items import (
    comparable_runs,
    is_regularized,
    items_of_run,
    neighbors_of_item,
    plan_experiment,
    popular_items,
    titles_of,
)
from embedlab.models.contract.base import Parameters
from embedlab.workspace.rows import Status


class Scaled(Parameters):
    """A model that needs a strength."""

    n_factors: int = Field(8, title="Dimensions")
    nu: float = Field(0.0, title="Exponent", ge=0, le=1)
    l2: float = Field(12.0, title="L2", ge=0)
    l2_users: float | None = Field(None, title="L2 of users", ge=0)


class Chosen(Parameters):
    """A model that chooses its strength, and cannot be trained without one."""

    nu: float = Field(1.0, title="Exponent", ge=0, le=1)
    l2: float | None = Field(None, title="L2", gt=0)


class Constant(Parameters):
    """A model without an exponent."""

    l2: float = Field(1.0, title="L2", ge=0)


def run(run_id: str, model: str = "scaled", status: Status = Status.SUCCEEDED, **parameters: Any) -> Any:
    values = {"n_factors": 8, "nu": 0.0, "l2": 12.0, "l2_users": None, **parameters}
    return SimpleNamespace(
        id=run_id,
        model=model,
        status=status,
        parameters=values,
        protocol=None,
        dataset_id="d",
        scores={"test_rmse": 0.9},
    )


def workspace_of(*runs: Any, embedding: Embedding | None = None) -> Any:
    rows = [] if embedding is None else [SimpleNamespace(id="e", name="users"), SimpleNamespace(id="i", name="items")]
    return SimpleNamespace(
        runs=lambda dataset_id: list(runs),
        embeddings=lambda run_id: rows,
        load_embedding=lambda embedding_id: {"i": embedding}[embedding_id],
    )


def test_runs_that_differ_in_their_regularization_alone_are_compared() -> None:
    own = run("own", nu=0.5, l2=1.0)
    others = [
        run("none", l2=0.0),
        run("newer", nu=1.0, l2=0.1),
        run("older", nu=1.0, l2=0.2),
        run("constant"),
        run("wide", nu=1.0, n_factors=64),
        run("failed", nu=1.0, l2=0.3, status=Status.FAILED),
        run("other", model="chosen", nu=1.0),
    ]
    found = comparable_runs(workspace_of(own, *others), own)
    assert [each.id for each in found] == ["constant", "own", "newer", "none"]
    assert titles_of(found) == ["nu 0", "nu 0.5", "nu 1", "no L2"]


def test_another_test_part_is_not_comparable() -> None:
    own, other = run("own"), run("other", nu=1.0)
    other.protocol = {"name": "random", "seed": 1}
    assert comparable_runs(workspace_of(own, other), own) == [own]


@pytest.mark.parametrize(
    ("parameters", "title"),
    [
        pytest.param({"nu": 1.0}, "nu 1", id="exponent"),
        pytest.param({"l2": 0.0, "nu": 1.0}, "no L2", id="none"),
        pytest.param({"l2": 0.0, "l2_users": 1e-7}, "nu 0", id="one side"),
    ],
)
def test_titles_name_the_regularization(parameters: dict[str, Any], title: str) -> None:
    assert titles_of([run("a", **parameters)]) == [title]


def test_equal_titles_are_numbered_and_models_without_exponent_name_their_strength() -> None:
    assert titles_of([run("a"), run("b"), run("c")]) == ["nu 0", "nu 0 (2)", "nu 0 (3)"]
    constant: Any = SimpleNamespace(parameters={"l2": 0.25})
    assert titles_of([constant]) == ["L2 0.25"]
    assert is_regularized(constant)
    assert not is_regularized(SimpleNamespace(parameters={"window": 5}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parameters_class", "expected"),
    [
        pytest.param(
            Scaled,
            [
                {"nu": 0.0, "l2": 10.0, "l2_users": None},
                {"nu": 0.5, "l2": 1.0, "l2_users": None},
                {"nu": 1.0, "l2": 0.1, "l2_users": None},
                {"nu": 0.0, "l2": 0.0, "l2_users": 0.0},
            ],
            id="needs a strength",
        ),
        pytest.param(
            Chosen,
            [{"nu": 0.0, "l2": None}, {"nu": 0.5, "l2": None}, {"nu": 1.0, "l2": None}],
            id="chooses its strength",
        ),
        pytest.param(Constant, None, id="no exponent"),
    ],
)
def test_the_experiment_varies_the_exponent_and_leaves_the_rest(
    monkeypatch: pytest.MonkeyPatch, parameters_class: type[Parameters], expected: list[dict[str, Any]] | None
) -> None:
    planned: list[Any] = []
    monkeypatch.setattr(obscure_items, "MODELS", {"scaled": SimpleNamespace(parameters_class=parameters_class)})
    monkeypatch.setattr(
        obscure_items,
        "plan_settings",
        lambda w, d, model, settings, shared: planned.append((settings, shared)) or "plan",
    )
    own: Any = SimpleNamespace(model="scaled", parameters={**parameters_class().model_dump(), "seed": 3})
    plan = plan_experiment(workspace_of(), None, own)  # type: ignore[arg-type]
    if expected is None:
        assert plan is None
        return
    settings, shared = planned[0]
    assert plan == "plan"
    assert settings == expected
    assert shared["seed"] == 3
    assert not {"nu", "l2", "l2_users"} & shared.keys()


def test_neighbors_have_their_counts() -> None:
    vectors = np.array([[1, 0], [1, 0.1], [0, 1]], np.float32)
    counts = pd.DataFrame({"count": [5, 900, 1]})
    workspace = workspace_of(embedding=Embedding(vectors, ["a", "b", "c"], ["A", "B", "C"], counts))
    found = neighbors_of_item(workspace, run("own"), "a")
    assert [(each.label, each.count) for each in found] == [("B", 900), ("C", 1)]
    assert neighbors_of_item(workspace, run("own"), "unknown") == []
    assert list(popular_items(workspace, run("own"), 2)) == ["b", "a"]
    assert items_of_run(workspace_of(), run("own"), "nu 0") is None

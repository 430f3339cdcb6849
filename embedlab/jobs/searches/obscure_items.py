"""Runs with different L2 regularization side by side: what they recommend, and how long their item vectors are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.errors import ParameterError
from embedlab.evaluation.recommendation.obscure_items import (
    NormsByCount,
    RecommendedItems,
    nearest_rows,
    norms_by_count,
    recommended_items,
)
from embedlab.jobs.inference import has_ability, open_with_dataset
from embedlab.jobs.searches.sweeps import SweepPlan, plan_settings
from embedlab.models.contract.abilities import Ranks, Rates
from embedlab.models.registry import MODELS
from embedlab.models.shared.recommenders.scorers import user_scorer
from embedlab.workspace.rows import DatasetRow, EmbeddingRow, RunRow, Status
from embedlab.workspace.workspace import Workspace

#: The exponent of the number of ratings in the L2 regularization of a user or item.
EXPONENT: Final = "nu"
#: Parameters of a model that set the strength of this regularization.
_STRENGTHS: Final = ("l2", "l2_users", "l2_items")
#: By exponent a strength that suits ratings, for models that do not choose one: on ml-latest-small, each is near the
#: best for its exponent.
_SUITABLE: Final = {0.0: 10.0, 0.5: 1.0, 1.0: 0.1}
_ITEMS: Final = "items"
MOST_COMPARED: Final = 4
MOST_NEIGHBORS: Final = 8


@dataclass(frozen=True)
class RunItems:
    """The item vectors of one run.

    Parameters
    ----------
    title
        How the run differs from the others: `nu 0.5`, `no L2`.
    rmse
        On the test part; None if the run predicts no ratings.
    recommended
        None if the run recommends nothing.
    norms
        Of the item vectors by number of ratings.
    """

    run: RunRow
    title: str
    rmse: float | None
    recommended: RecommendedItems | None
    norms: NormsByCount


@dataclass(frozen=True)
class Neighbor:
    """An item near another one, and its number of ratings."""

    label: str
    count: int
    cosine: float


def item_vectors_of(workspace: Workspace, run: RunRow) -> EmbeddingRow | None:
    """Return the embedding of items of a finished run; None if it has none."""
    if run.status != Status.SUCCEEDED:
        return None
    return next((row for row in workspace.embeddings(run_id=run.id) if row.name == _ITEMS), None)


def is_regularized(run: RunRow) -> bool:
    """Return whether the model of a run has an L2 strength or exponent to compare."""
    return EXPONENT in run.parameters or any(name in run.parameters for name in _STRENGTHS)


def comparable_runs(workspace: Workspace, run: RunRow) -> list[RunRow]:
    """Return runs that differ from a run in their L2 regularization alone, this one among them.

    At most `MOST_COMPARED`, the newest of each setting, by exponent; runs without L2 come last.
    """
    varied = {EXPONENT, *_STRENGTHS}
    alike: dict[tuple[Any, ...], RunRow] = {_setting(run): run}
    for other in workspace.runs(run.dataset_id):
        same = all(
            run.parameters.get(name) == other.parameters.get(name)
            for name in run.parameters.keys() | other.parameters.keys()
            if name not in varied
        )
        is_like = other.model == run.model and other.protocol == run.protocol and other.status == Status.SUCCEEDED
        if same and is_like:
            alike.setdefault(_setting(other), other)
    # Of runs with one exponent, the newest; with and without L2.
    by_kind: dict[tuple[float, bool], RunRow] = {}
    for each in alike.values():
        by_kind.setdefault((_exponent(each), _has_no_l2(each)), each)
    chosen = sorted(by_kind.values(), key=lambda each: (_has_no_l2(each), _exponent(each)))
    return chosen[:MOST_COMPARED]


def _setting(run: RunRow) -> tuple[Any, ...]:
    return tuple(run.parameters.get(name) for name in (EXPONENT, *_STRENGTHS))


def _exponent(run: RunRow) -> float:
    value = run.parameters.get(EXPONENT)
    return float(value) if isinstance(value, int | float) else 0.0


def _has_no_l2(run: RunRow) -> bool:
    strengths = [run.parameters[name] for name in _STRENGTHS if name in run.parameters]
    given = [value for value in strengths if value is not None]
    return bool(given) and all(value == 0 for value in given)


def regularization_title(run: RunRow) -> str:
    """Return the L2 regularization of a run in a few words."""
    if _has_no_l2(run):
        return "no L2"
    if EXPONENT in run.parameters:
        return f"nu {_exponent(run):g}"
    strengths = [run.parameters[name] for name in _STRENGTHS if isinstance(run.parameters.get(name), int | float)]
    return f"L2 {strengths[0]:g}" if strengths else "L2"


def items_of_run(workspace: Workspace, run: RunRow, title: str) -> RunItems | None:
    """Return what a run recommends, and the norms of its item vectors; None if it has none.

    Raises
    ------
    StorageError
        Files of the run are damaged.
    """
    row = item_vectors_of(workspace, run)
    if row is None:
        return None
    embedding = workspace.load_embedding(row.id)
    rmse = run.scores.get("test_rmse")
    return RunItems(
        run,
        title,
        float(rmse) if isinstance(rmse, int | float) else None,
        _recommended(workspace, run),
        norms_by_count(embedding.vectors, _counts(embedding)),
    )


def _recommended(workspace: Workspace, run: RunRow) -> RecommendedItems | None:
    ability = next((each for each in (Ranks, Rates) if has_ability(run, each)), None)
    if ability is None:
        return None
    opened, dataset = open_with_dataset(workspace, run.id, ability, object)
    ratings: Any = getattr(dataset, "ratings")  # noqa: B009
    n_items = len(getattr(dataset, _ITEMS))
    score = user_scorer([opened], n_items)
    if score is None:
        return None
    counts = np.bincount(ratings.items, minlength=n_items)
    return recommended_items(score, np.asarray(ratings.users), np.asarray(ratings.items), counts)


def _counts(embedding: Embedding) -> Any:
    if COUNT_COLUMN not in embedding.metadata:
        return np.zeros(len(embedding.keys))
    return embedding.metadata[COUNT_COLUMN].to_numpy()


def neighbors_of_item(workspace: Workspace, run: RunRow, key: str) -> list[Neighbor]:
    """Return the items nearest to one by cosine similarity; empty if the run does not know it."""
    row = item_vectors_of(workspace, run)
    if row is None:
        return []
    embedding = workspace.load_embedding(row.id)
    keys = list(embedding.keys)
    if key not in keys:
        return []
    rows, cosines = nearest_rows(np.asarray(embedding.vectors), keys.index(key), MOST_NEIGHBORS)
    counts = _counts(embedding)
    return [
        Neighbor(str(embedding.labels[place]), int(counts[place]), float(cosine))
        for place, cosine in zip(rows.tolist(), cosines.tolist(), strict=True)
    ]


def popular_items(workspace: Workspace, run: RunRow, most: int) -> dict[str, str]:
    """Return the label of the items with the most ratings, by key."""
    row = item_vectors_of(workspace, run)
    if row is None:
        return {}
    embedding = workspace.load_embedding(row.id)
    order = np.argsort(-_counts(embedding), kind="stable")[:most].tolist()
    return {str(embedding.keys[place]): str(embedding.labels[place]) for place in order}


def plan_experiment(workspace: Workspace, dataset: DatasetRow, run: RunRow) -> SweepPlan | None:
    """Return a plan for the runs of the figure: the exponents 0, 0.5 and 1, and no L2; None without an exponent.

    All other parameters are those of the run. A strength that the model can choose on validation data is left to it.

    Raises
    ------
    ParameterError, InputError, TooLargeError
        As `plan_sweep`.
    """
    model = MODELS.get(run.model)
    if model is None or EXPONENT not in model.parameters_class.model_fields:
        return None
    fields = model.parameters_class.model_fields
    strengths = [name for name in _STRENGTHS if name in fields]
    optional = {name for name in strengths if fields[name].get_default() is None}
    shared = {name: value for name, value in run.parameters.items() if name not in {EXPONENT, *strengths}}
    settings: list[dict[str, Any]] = [
        {EXPONENT: exponent, **{name: None if name in optional else strength for name in strengths}}
        for exponent, strength in _SUITABLE.items()
    ]
    without = {EXPONENT: 0.0, **dict.fromkeys(strengths, 0.0)}
    if _is_allowed(model.parameters_class, {**shared, **without}):
        settings.append(without)
    return plan_settings(workspace, dataset, run.model, settings, shared)


def _is_allowed(parameters_class: Any, values: dict[str, Any]) -> bool:
    try:
        parameters_class.checked(values)
    except ParameterError:
        # Some models cannot be trained without regularization.
        return False
    return True


def titles_of(runs: Sequence[RunRow]) -> list[str]:
    """Return the L2 regularization of each run, with a number where several are equal."""
    titles: list[str] = []
    for title in map(regularization_title, runs):
        n_before = sum(each == title or each.startswith(f"{title} (") for each in titles)
        titles.append(f"{title} ({n_before + 1})" if n_before else title)
    return titles

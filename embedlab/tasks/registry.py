"""Registry of tasks by name. Importing it imports no heavy library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from embedlab.core.errors import NotFoundError
from embedlab.evaluation import score as score_registry
from embedlab.evaluation.score import Score
from embedlab.evaluation.scores import main_score, read_scores
from embedlab.evaluation.verdicts import Verdict, verdict_of_scores
from embedlab.models.contract import task_kinds
from embedlab.models.contract.base import Model
from embedlab.models.registry import MODELS
from embedlab.tasks.base import Task
from embedlab.tasks.documents import Documents
from embedlab.tasks.hierarchy import Hierarchy
from embedlab.tasks.image_labels import ImageLabels
from embedlab.tasks.labels import Labels
from embedlab.tasks.links import Links
from embedlab.tasks.next_item import NextItem
from embedlab.tasks.ranking import Ranking
from embedlab.tasks.rating import Rating
from embedlab.tasks.retrieval import Retrieval
from embedlab.tasks.rows import RowsTask
from embedlab.tasks.target import PredictTarget
from embedlab.tasks.words import Words

_TASKS: dict[str, Task[Any]] = {}
#: Tasks by the name that models refer to.
TASKS: Mapping[str, Task[Any]] = MappingProxyType(_TASKS)


def register(new: Task[Any]) -> None:
    """Add a task with its own scores and baselines.

    Raises
    ------
    ValueError
        Another task has this name.
    """
    if new.name in _TASKS:
        raise ValueError(f"the task {new.name} already exists")
    score_registry.add(new.score_kinds, new.baseline_titles)
    _TASKS[new.name] = new
    task_kinds.add_task(new.name, new.kind)


@contextmanager
def registered(*new: Task[Any]) -> Iterator[None]:
    """Add tasks temporarily, and remove them afterwards."""
    done: list[Task[Any]] = []
    try:
        for each in new:
            register(each)
            done.append(each)
        yield
    finally:
        for each in done:
            del _TASKS[each.name]
            task_kinds.remove_task(each.name)
            score_registry.remove(each.score_kinds, each.baseline_titles)


for _known in (
    Words(),
    Documents(),
    Labels(),
    Rating(),
    Ranking(),
    PredictTarget(),
    RowsTask(),
    Links(),
    Hierarchy(),
    Retrieval(),
    NextItem(),
    ImageLabels(),
):
    register(_known)


def task(name: str) -> Task[Any]:
    """Return the task with this name.

    Raises
    ------
    NotFoundError
        There is no such task; the remedy lists the tasks.
    """
    try:
        return _TASKS[name]
    except KeyError:
        raise NotFoundError(
            "There is no such task.", received=name, remedy=f"Known tasks: {', '.join(_TASKS)}."
        ) from None


def task_of(model: Model[Any, Any]) -> Task[Any]:
    """Return the task of a model; raises `NotFoundError` if it is not registered."""
    return task(model.task)


def task_of_model(name: str) -> Task[Any] | None:
    """Return the task of a model by its name; None for an unknown model."""
    model = MODELS.get(name)
    return None if model is None else task(model.task)


def tasks_for(kind: str) -> tuple[Task[Any], ...]:
    """Return the tasks for datasets of a kind."""
    return tuple(each for each in _TASKS.values() if each.kind == kind)


def task_of_scores(model_name: str, scores: Mapping[str, Any]) -> Task[Any] | None:
    """Return the task that a run was judged by; of a model that is not known, the task whose headline score it has.

    Parameters
    ----------
    model_name, scores
        Of the run; the scores as they are stored.
    """
    known = task_of_model(model_name)
    if known is not None:
        return known
    present = {name for name, score in read_scores(scores).items() if score.value is not None}
    return next((each for each in _TASKS.values() if each.uses_split and each.headline in present), None)


def without_own_baselines(model_name: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scores of a run without the baselines that are its model itself: it would be compared with itself.

    Parameters
    ----------
    model_name, scores
        Of the run; the scores as they are stored.
    """
    model = MODELS.get(model_name)
    own = () if model is None else model.own_baselines
    return {
        name: {each: of_it for each, of_it in value.items() if each not in own}
        if name in {"baselines", "differences"} and isinstance(value, Mapping)
        else value
        for name, value in scores.items()
    }


def headline_score(model_name: str, scores: Mapping[str, Any]) -> Score | None:
    """Return the main score of a run: the headline of its model's task, or else the first meaningful score.

    Parameters
    ----------
    model_name, scores
        The model of the run, and its stored scores.
    """
    known = task_of_model(model_name)
    return main_score(scores, "" if known is None else known.headline)


def verdict_of(model_name: str, scores: Mapping[str, Any], counts: Mapping[str, int | float]) -> Verdict:
    """Return what the scores of a run, or of imported vectors, mean.

    Parameters
    ----------
    model_name
        Of the run; empty for imported vectors.
    scores, counts
        Stored scores, and the counts of the dataset.
    """
    known = task_of_scores(model_name, scores)
    scores = without_own_baselines(model_name, scores)
    if known is not None:
        return known.verdict(scores, counts)
    return verdict_of_scores(scores, n_tokens=counts.get("tokens"))

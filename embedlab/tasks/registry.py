"""The tasks EmbedLab knows, by name. Importing this imports no heavy library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from embedlab.core.errors import NotFoundError
from embedlab.evaluation import score as known_scores
from embedlab.evaluation.score import Score
from embedlab.evaluation.scores import main_score, read_scores
from embedlab.models.contract import task_kinds
from embedlab.models.contract.base import Model
from embedlab.models.registry import MODELS
from embedlab.tasks.base import Task
from embedlab.tasks.documents import Documents
from embedlab.tasks.labels import Labels
from embedlab.tasks.rating import Rating
from embedlab.tasks.words import Words

_TASKS: dict[str, Task[Any]] = {}
#: Tasks by the name that models give.
TASKS: Mapping[str, Task[Any]] = MappingProxyType(_TASKS)


def register(added: Task[Any]) -> None:
    """Add a task, with the scores and baselines that are its own.

    Raises
    ------
    ValueError
        Another task has the name.
    """
    if added.name in _TASKS:
        raise ValueError(f"there is a task {added.name} already")
    known_scores.add(added.score_kinds, added.baseline_titles)
    _TASKS[added.name] = added
    task_kinds.add_task(added.name, added.kind)


@contextmanager
def registered(*added: Task[Any]) -> Iterator[None]:
    """Add tasks for a while; afterwards only what was there before is known."""
    done: list[Task[Any]] = []
    try:
        for each in added:
            register(each)
            done.append(each)
        yield
    finally:
        for each in done:
            del _TASKS[each.name]
            task_kinds.remove_task(each.name)
            known_scores.remove(each.score_kinds, each.baseline_titles)


for _known in (Words(), Documents(), Labels(), Rating()):
    register(_known)


def task(name: str) -> Task[Any]:
    """Return the task of this name.

    Raises
    ------
    NotFoundError
        There is none; the remedy names those there are.
    """
    try:
        return _TASKS[name]
    except KeyError:
        raise NotFoundError(
            "There is no such task.", received=name, remedy=f"Known tasks: {', '.join(_TASKS)}."
        ) from None


def task_of(model: Model[Any, Any]) -> Task[Any]:
    """Return the task a model is trained for; raises `NotFoundError` when it is not registered."""
    return task(model.task)


def task_of_model(name: str) -> Task[Any] | None:
    """Return the task of the model of a run; None when this version does not know the model."""
    model = MODELS.get(name)
    return None if model is None else task(model.task)


def tasks_for(kind: str) -> tuple[Task[Any], ...]:
    """Return the tasks about datasets of a kind."""
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


def headline_score(model_name: str, scores: Mapping[str, Any]) -> Score | None:
    """Return the one score that stands for a run: that of its model's task, or else the first that means something.

    Parameters
    ----------
    model_name, scores
        Of the run; the scores as they are stored.
    """
    known = task_of_model(model_name)
    return main_score(scores, "" if known is None else known.headline)

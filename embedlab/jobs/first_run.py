"""The first training on new data: the model that is recommended for it, with its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from embedlab.core.durations import rough_duration
from embedlab.core.kind import Counts
from embedlab.jobs.estimates import Experience, LearnedEstimate
from embedlab.jobs.requests import refuse_misfit
from embedlab.kinds.registry import kind as kind_of
from embedlab.models.registry import model as model_of
from embedlab.models.registry import models_for, recommended
from embedlab.tasks.registry import task_of
from embedlab.workspace.rows import DatasetRow
from embedlab.workspace.workspace import Workspace


@dataclass(frozen=True)
class FirstRun:
    """A training with default parameters.

    Parameters
    ----------
    model, title
        Name and title of the model.
    reason
        Why it is recommended, in one sentence; empty for a model that the user chose.
    parameters
        Its defaults for the data, as JSON.
    """

    model: str
    title: str
    reason: str
    parameters: Mapping[str, Any]


def first_run(
    kind: str,
    counts: Counts,
    model_name: str | None = None,
    details: Mapping[str, Any] = MappingProxyType({}),
) -> FirstRun | None:
    """Return the first training on data with these counts; None if the data already is an embedding.

    Parameters
    ----------
    model_name
        A model chosen by the user; None for the recommended one of those whose task does not refuse the data.
    details
        Of the dataset, as far as they are known.

    Raises
    ------
    NotFoundError, InputError
        There is no such model, or it does not learn from this kind of data.
    """
    if kind_of(kind).is_embedding:
        return None
    if model_name is None:
        dataset = _as_row(kind, counts, details)
        model, reason = recommended(
            kind, counts, details=details, fits=lambda each: task_of(each).refusal(dataset) is None
        )
    else:
        refuse_misfit(model_name, kind)
        model, reason = model_of(model_name), ""
    return FirstRun(model.name, model.title, reason, model.defaults(counts).model_dump(mode="json"))


def first_run_refusal(
    kind: str, counts: Counts, model_name: str | None = None, details: Mapping[str, Any] = MappingProxyType({})
) -> str:
    """Return why no model can be trained on data with these counts and details, in plain sentences; empty if one can.

    Parameters
    ----------
    kind, counts, model_name, details
        As of `first_run`. Without details, a model that the user chose is not refused: they may be what it needs.
    """
    if model_name is not None and not details:
        return ""
    models = models_for(kind) if model_name is None else [model_of(model_name)]
    dataset = _as_row(kind, counts, details)
    refusals = [task_of(each).refusal(dataset) for each in models]
    reasons = [refusal.what for refusal in refusals if refusal is not None]
    return " ".join(dict.fromkeys(reasons)) if len(reasons) == len(refusals) else ""


def _as_row(kind: str, counts: Counts, details: Mapping[str, Any]) -> DatasetRow:
    """Return a dataset that is not imported yet, for a task to judge."""
    return DatasetRow("", "", "", kind, "", dict(counts), {}, [], dict(details), 0, 0.0)


def estimate_first_run(workspace: Workspace, run: FirstRun, counts: Counts) -> LearnedEstimate:
    """Return the time and memory of a first training, learned from earlier runs of its model."""
    model = model_of(run.model)
    return Experience(workspace, model).estimate(counts, model.parameters_class.checked(run.parameters))


def sentence(run: FirstRun | None, seconds: float | None = None) -> str:
    """Return in one line what happens before the map opens: what is trained, for how long, and why."""
    if run is None:
        return "These vectors are mapped as they are; no training is needed."
    # "about under 1 s" would say the same thing twice.
    time = "" if seconds is None else f" in about {rough_duration(max(1.0, seconds))}"
    return f"Trains {run.title}{time}. {run.reason}".rstrip()

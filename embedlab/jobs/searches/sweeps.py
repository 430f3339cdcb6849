"""Sweeps: the same model trained over a grid of settings. Every run is a normal run."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedlab.core.errors import ConflictError, ParameterError, TooLargeError
from embedlab.jobs.estimates import Experience, LearnedEstimate
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.protocols import new_run_protocol
from embedlab.jobs.requests import training_rows
from embedlab.jobs.starting import refuse_unfit
from embedlab.jobs.trainable import refuse_settings
from embedlab.models.registry import model as model_of
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import DatasetRow, JobRow
from embedlab.workspace.workspace import Workspace

#: Maximum number of runs in a sweep, and maximum estimated time.
MOST_RUNS = 100
LONGEST_S = 24 * 3600.0


@dataclass(frozen=True)
class SweepPlan:
    """The runs of a sweep and their estimated time.

    Parameters
    ----------
    model
        Name of the model.
    settings
        For each run, the validated parameters that vary.
    parameters
        For each run, all validated parameters.
    seconds
        Estimated time for all runs, with all slots in parallel.
    n_taught
        Number of earlier runs used for the estimate; 0: the model's own estimate.
    """

    model: str
    settings: tuple[dict[str, Any], ...]
    parameters: tuple[dict[str, Any], ...]
    seconds: float
    n_taught: int


def plan_sweep(
    workspace: Workspace,
    dataset: DatasetRow,
    model_name: str,
    grid: Mapping[str, Sequence[Any]],
    parameters: Mapping[str, Any] | None = None,
) -> SweepPlan:
    """Validate a grid and estimate its cost.

    Parameters
    ----------
    grid
        The values to try for each parameter; all combinations are trained.
    parameters
        Parameters that are the same for all runs; missing ones get the defaults for the dataset.

    Raises
    ------
    ParameterError
        A parameter is unknown, out of bounds, or has no values; an embedding to start from does not match, or was
        trained on the test part.
    NotFoundError
        The embedding named by `start_from` does not exist.
    InputError
        The model cannot be trained on this kind of dataset, or needs labels the dataset does not have.
    TooLargeError
        There would be more than `MOST_RUNS` runs, or they would take longer than `LONGEST_S`.
    """
    refuse_unfit(model_name, dataset)
    model = model_of(model_name)
    empty = next((name for name, values in grid.items() if not values), None)
    if not grid or empty is not None:
        raise ParameterError("A sweep needs values to try.", received=empty or "nothing", remedy="Enter two or more.")
    start = {**model.defaults(dataset.counts).model_dump(mode="json"), **(parameters or {})}
    slots, experience = workspace.settings.slots, Experience(workspace, model)

    def estimate(values: Mapping[str, Any]) -> LearnedEstimate:
        return experience.estimate(dataset.counts, model.parameters_class.checked(values))

    unique = {name: list(dict.fromkeys(values)) for name, values in grid.items()}
    n_runs = math.prod(len(values) for values in unique.values())
    if n_runs > MOST_RUNS:
        hours = n_runs * estimate(start).seconds / slots / 3600
        raise TooLargeError(
            f"A sweep may have at most {MOST_RUNS} runs.",
            received=f"{n_runs:,} runs, about {hours:,.1f} hours",
            remedy="Try fewer values.",
        )
    combinations = [dict(zip(unique, values, strict=True)) for values in itertools.product(*unique.values())]
    return plan_settings(workspace, dataset, model_name, combinations, parameters)


def plan_settings(
    workspace: Workspace,
    dataset: DatasetRow,
    model_name: str,
    combinations: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, Any] | None = None,
) -> SweepPlan:
    """Validate some settings, which need not be a grid, and estimate their cost.

    Parameters
    ----------
    combinations
        The parameters that vary, for each run; at most `MOST_RUNS`.
    parameters
        Parameters that are the same for all runs; missing ones get the defaults for the dataset.

    Raises
    ------
    ParameterError, NotFoundError, InputError, TooLargeError
        As `plan_sweep`.
    """
    refuse_unfit(model_name, dataset)
    model = model_of(model_name)
    start = {**model.defaults(dataset.counts).model_dump(mode="json"), **(parameters or {})}
    slots, experience = workspace.settings.slots, Experience(workspace, model)
    names = list(dict.fromkeys(name for combination in combinations for name in combination))
    protocol = new_run_protocol(model_name, dataset)
    checked: list[dict[str, Any]] = []
    for combination in combinations:
        values = model.parameters_class.checked({**start, **combination}).model_dump(mode="json")
        if values not in checked:
            refuse_settings(workspace, dataset, model_name, values, protocol)
            checked.append(values)
    estimates = [experience.estimate(dataset.counts, model.parameters_class.checked(values)) for values in checked]
    seconds = sum(each.seconds for each in estimates) / min(slots, len(checked))
    if seconds > LONGEST_S:
        raise TooLargeError(
            f"A sweep may take at most {LONGEST_S / 3600:.0f} hours.",
            received=f"about {seconds / 3600:,.1f} hours",
            remedy="Try fewer values, or fewer epochs.",
        )
    settings = tuple({name: values[name] for name in names} for values in checked)
    # Each estimate uses the runs near its own size.
    n_taught = max(each.n_runs for each in estimates)
    return SweepPlan(model_name, settings, tuple(checked), seconds, n_taught)


def run_name(title: str, settings: Mapping[str, Any]) -> str:
    """Return the name of a run of a sweep: its model and settings, without those that the model chooses itself.

    Examples
    --------
    >>> run_name("Fast factorization", {"nu": 0.5, "l2_users": None})
    'Fast factorization, nu 0.5'
    """
    chosen = [f"{name} {value}" for name, value in settings.items() if value is not None]
    return ", ".join([title, *(chosen or ["automatic"])])


def submit_sweep(
    jobs: Jobs, dataset_id: str, plan: SweepPlan, *, snapshot_every: int | None = None
) -> tuple[str, list[str]]:
    """Queue all runs of a plan, all or none; return the sweep's id and the runs' ids.

    Parameters
    ----------
    snapshot_every
        Epochs between the snapshots for the film of each run; None for snapshots by time.

    Raises
    ------
    ParameterError
        `snapshot_every` is out of bounds.
    """
    dataset = jobs.workspace.dataset(dataset_id)
    title = model_of(plan.model).title
    protocol = new_run_protocol(plan.model, dataset)
    sweep_id = new_id()
    run_ids = []
    with jobs.workspace.transaction() as connection:
        for settings, parameters in zip(plan.settings, plan.parameters, strict=True):
            run_id = training_rows(
                jobs.queue,
                connection,
                dataset.id,
                dataset.name,
                plan.model,
                parameters,
                run_name(title, settings),
                protocol=protocol,
                sweep=sweep_id,
                snapshot_every=snapshot_every,
            )
            run_ids.append(run_id)
    jobs.dispatch()
    return sweep_id, run_ids


def active_sweeps(jobs: Jobs, dataset_id: str) -> dict[str, list[JobRow]]:
    """Return the queued and running trainings of each sweep on a dataset, by sweep id."""
    sweeps: dict[str, list[JobRow]] = {}
    for job in jobs.jobs("train", active=True):
        if job.request.get("dataset_id") == dataset_id and (sweep_id := job.request.get("sweep")):
            sweeps.setdefault(sweep_id, []).append(job)
    return sweeps


def stop_sweep(jobs: Jobs, rows: Sequence[JobRow]) -> int:
    """Cancel the remaining trainings of a sweep; finished runs are kept. Return the number of cancelled trainings."""
    n_stopped = 0
    # Cancel queued jobs first, so that none of them starts in the slot of a cancelled one.
    for row in sorted(rows, key=lambda row: row.status != "queued"):
        try:
            jobs.cancel(row.id)
        except ConflictError:
            # It has already ended.
            continue
        n_stopped += 1
    return n_stopped

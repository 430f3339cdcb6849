"""What a training will need, told by its model and corrected by what earlier trainings really took."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from embedlab.core.errors import EmbedLabError
from embedlab.core.kind import Counts
from embedlab.jobs.engine.processes import is_on_this_host, threads_per_slot
from embedlab.jobs.stopped_early import stopped_early
from embedlab.models.contract.base import Estimate, Model, Parameters
from embedlab.workspace.rows import DatasetRow, Status
from embedlab.workspace.tables import datasets, jobs, runs
from embedlab.workspace.workspace import Workspace

#: Where a training's result tells the most memory its worker held, and the threads it could use.
PEAK_MEMORY = "peak_memory_mb"
THREADS = "n_threads"

#: Only the newest runs are looked at.
MOST_RUNS = 50
#: A run this many times as large or small weighs exp(-1/2) = 0.61 of one of the same size.
_BANDWIDTH = math.log(4)
#: A run weighs half as much as one this many runs newer.
_HALF_LIFE_RUNS = 20.0
#: How much a run weighs that had other threads, or another machine; both: the square.
_UNLIKE = 0.25
#: A run that weighs less teaches nothing.
_LEAST_WEIGHT = 0.05
#: What the model tells itself weighs as much as this many like runs.
PRIOR_RUNS = 1.0
#: Ratios beyond these bounds, or further than this from the other runs, are taken to be at the bound.
_WIDEST = math.log(20)
_FURTHEST = math.log(3)
#: Seconds or MB that no training takes.
_LARGEST = 1e15

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LearnedEstimate:
    """What a training will need, as far as earlier runs have taught it.

    Parameters
    ----------
    seconds
        From the start of the work to its end.
    memory_mb
        The most memory the worker will hold, in MB of 10**6 bytes.
    n_runs, n_memory_runs
        How many earlier runs taught the time, and the memory; with 0 it is the model's own estimate.
    """

    seconds: float
    memory_mb: float
    n_runs: int
    n_memory_runs: int


class _Lesson(NamedTuple):
    """What an earlier run took of what the present code would have told, and how much that counts."""

    told: float
    taken: float
    weight: float


class _Correction:
    """The correction of one measure; a pure function of the lessons, newest first."""

    def __init__(self, lessons: list[_Lesson]) -> None:
        table = np.array(lessons, dtype=np.float64).reshape(-1, 3)
        self._log_told = np.log(table[:, 0])
        self._log_ratio = np.clip(np.log(table[:, 1]) - self._log_told, -_WIDEST, _WIDEST)
        self._weight = table[:, 2] * 0.5 ** (np.arange(len(table)) / _HALF_LIFE_RUNS)

    def apply(self, told: float) -> tuple[float, int]:
        """Return the corrected figure, and how many runs taught it."""
        if not _is_amount(told):
            return told, 0
        distance = (self._log_told - math.log(told)) / _BANDWIDTH
        weight = self._weight * np.exp(-0.5 * distance**2)
        teaches = weight >= _LEAST_WEIGHT
        if not teaches.any():
            return told, 0
        weight, log_ratio = weight[teaches], self._log_ratio[teaches]
        middle = _weighted_median(log_ratio, weight)
        log_ratio = np.clip(log_ratio, middle - _FURTHEST, middle + _FURTHEST)
        correction = float(weight @ log_ratio) / (float(weight.sum()) + PRIOR_RUNS)
        return told * math.exp(correction), len(weight)


def _weighted_median(values: _Floats, weights: _Floats) -> float:
    """Return the value with half of the weight on either side, between two values where it falls between them."""
    order = np.argsort(values)
    weights = weights[order]
    return float(np.interp(weights.sum() / 2, np.cumsum(weights) - weights / 2, values[order]))


class Experience:
    """What the earlier runs of a model teach about its next ones; read once, asked as often as needed.

    The model tells `t` from its constants. Of each earlier run `i` the present code tells `t_i` from the counts of its
    dataset and its parameters, and `a_i` is what it took. The estimate is ``t * exp(c)`` with the kernel-weighted mean
    of the log ratios, shrunk towards 0 by a prior of `PRIOR_RUNS` runs that took what was told::

        c = sum(w_i * log(a_i / t_i)) / (sum(w_i) + PRIOR_RUNS)
        w_i = exp(-(log(t_i / t) / h)**2 / 2) * 0.5**(age_i / 20) * 0.25**(unlike_i)

    `h` is log 4, `age_i` counts the newer runs, `unlike_i` what was different: the number of threads, the machine. So
    `n` like runs that all took `r` times as long give close to ``r**(n / (n + 1))``. A log ratio beyond log 20, or
    further than log 3 from the weighted median of all, is taken to be at that bound: one run on a machine that was
    asleep or overloaded cannot spoil the estimate.

    A run's time is that of its job, from the claim to the end: loading the libraries, reading the data, training,
    scoring, the first maps, storing. The wait for a slot and the start of the worker's interpreter come before. Its
    memory is the peak of the worker's process from its start until the results are written. Runs that failed or were
    stopped teach nothing, nor do those that were resumed or begun again: their times are those of the last attempt.

    Sources
    -------
    The mean: Nadaraya, "On Estimating Regression", Theory of Probability and its Applications 9 (1964); Watson,
    "Smooth Regression Analysis", Sankhya A 26 (1964). The bounded ratios: Huber, "Robust Estimation of a Location
    Parameter", Annals of Mathematical Statistics 35 (1964), in one step from the median.
    """

    def __init__(self, workspace: Workspace, model: Model[Any, Any]) -> None:
        self._model = model
        self._n_threads = threads_per_slot(workspace.settings)
        times: list[_Lesson] = []
        memories: list[_Lesson] = []
        for run in _newest_runs(workspace, model.name):
            result, worker = _as_mapping(run["result"]), _as_mapping(run["worker"])
            if stopped_early(result) is not None:
                # It took the time of fewer epochs than its parameters say.
                continue
            # Runs from before the threads were kept had, most likely, as many as now.
            n_threads = result.get(THREADS, self._n_threads)
            told = self._told(run["counts"], run["parameters"], n_threads)
            if told is None:
                continue
            unlike = (n_threads != self._n_threads) + (not is_on_this_host(worker))
            weight = _UNLIKE**unlike
            if _is_amount(run["elapsed_s"]):
                times.append(_Lesson(told.seconds, run["elapsed_s"], weight))
            peak_mb = peak_memory_of(result)
            if peak_mb is not None:
                memories.append(_Lesson(told.memory_mb, peak_mb, weight))
        self._times, self._memories = _Correction(times), _Correction(memories)

    def estimate(self, counts: Counts, parameters: Parameters) -> LearnedEstimate:
        """Return what a training with these parameters will need on a dataset with these counts."""
        own = self._model.estimate(counts, parameters, self._n_threads)
        seconds, n_runs = self._times.apply(own.seconds)
        memory_mb, n_memory_runs = self._memories.apply(own.memory_mb)
        return LearnedEstimate(seconds, memory_mb, n_runs, n_memory_runs)

    def _told(self, counts: Any, parameters: Any, n_threads: Any) -> Estimate | None:
        """Return what would be told now; None for what the present code cannot train."""
        try:
            told = self._model.estimate(counts, self._model.parameters_class.checked(parameters), n_threads)
        except (EmbedLabError, ArithmeticError, LookupError, TypeError, ValueError):
            # A run of an earlier version, or of a backup, which may hold anything.
            return None
        return told if _is_amount(told.seconds) and _is_amount(told.memory_mb) else None


def estimate_training(
    workspace: Workspace, dataset: DatasetRow, model: Model[Any, Any], parameters: Parameters
) -> LearnedEstimate:
    """Return what a training will need, learned from the model's earlier runs; one query. See `Experience`."""
    return Experience(workspace, model).estimate(dataset.counts, parameters)


def origin(n_runs: int) -> str:
    """Return what an estimate rests on, as the end of a sentence."""
    if n_runs == 0:
        return "from the model's own figures; better with every run"
    return f"learned from {n_runs} earlier run{'s' if n_runs > 1 else ''}"


def peak_memory_of(result: Mapping[str, Any] | None) -> float | None:
    """Return the peak memory in MB that a job's result tells; None where it was not measured."""
    peak_mb = _as_mapping(result).get(PEAK_MEMORY)
    return float(peak_mb) if _is_amount(peak_mb) else None


def _newest_runs(workspace: Workspace, model_name: str) -> Sequence[Mapping[str, Any]]:
    """Return the newest runs of a model that went through at the first attempt, newest first."""
    query = (
        sa.select(
            datasets.c.counts,
            runs.c.parameters,
            (jobs.c.finished_at - jobs.c.started_at).label("elapsed_s"),
            jobs.c.worker,
            jobs.c.result,
        )
        .select_from(runs)
        .join(jobs, jobs.c.id == runs.c.id)
        .join(datasets, datasets.c.id == runs.c.dataset_id)
        .where(
            runs.c.owner == workspace.catalog.owner,
            runs.c.model == model_name,
            jobs.c.status == Status.SUCCEEDED,
            jobs.c.attempt == 1,
        )
        .order_by(jobs.c.finished_at.desc(), jobs.c.id)
        .limit(MOST_RUNS)
    )
    with workspace.catalog.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _is_amount(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LARGEST


def _as_mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

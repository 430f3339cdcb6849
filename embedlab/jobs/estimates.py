"""The time and memory a training will need, estimated by its model and corrected by earlier trainings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeGuard
from weakref import WeakKeyDictionary

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

#: Keys in a training's result: the peak memory of its worker, and the threads it could use.
PEAK_MEMORY = "peak_memory_mb"
THREADS = "n_threads"

#: Only the newest runs are used.
MOST_RUNS = 50
#: A run larger or smaller by this factor (log) has exp(-1/2) = 0.61 of the weight of a run of the same size.
_BANDWIDTH = math.log(4)
#: A run has half the weight of one this many runs newer.
_HALF_LIFE_RUNS = 20.0
#: Weight of a run with a different number of threads, or on a different machine; squared for both.
_UNLIKE = 0.25
#: Runs with a smaller weight are ignored.
_LEAST_WEIGHT = 0.05
#: Weight of the model's own estimate, in comparable runs.
PRIOR_RUNS = 1.0
#: Models estimate within this factor; 8 of 10 trainings are to be within it.
OWN_FACTOR = 2.0
#: Of a normal distribution, 8 of 10 values are within this many standard deviations.
_Z = 1.2816
#: Even equal trainings do not take the same time.
_LEAST_FACTOR = 1.1
_WIDEST_FACTOR = 4.0
#: Log ratios are clipped to the first bound, and to the second around the median of the runs.
_WIDEST = math.log(20)
_FURTHEST = math.log(3)
#: Seconds or MB beyond any training.
_LARGEST = 1e15

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LearnedEstimate:
    """The time and memory a training will need, learned from earlier runs.

    Parameters
    ----------
    seconds
        From the start of the work to its end.
    memory_mb
        Peak memory of the worker, in MB of 10**6 bytes.
    n_runs, n_memory_runs
        Number of earlier runs used for the time, and for the memory; 0: the model's own estimate.
    seconds_factor, memory_factor
        8 of 10 trainings take between the estimate divided and multiplied by this factor.
    """

    seconds: float
    memory_mb: float
    n_runs: int
    n_memory_runs: int
    seconds_factor: float = OWN_FACTOR
    memory_factor: float = OWN_FACTOR

    @property
    def seconds_range(self) -> tuple[float, float]:
        """The seconds that 8 of 10 trainings take."""
        return self.seconds / self.seconds_factor, self.seconds * self.seconds_factor

    @property
    def memory_mb_range(self) -> tuple[float, float]:
        """The memory in MB that 8 of 10 trainings take."""
        return self.memory_mb / self.memory_factor, self.memory_mb * self.memory_factor


class _Lesson(NamedTuple):
    """The current estimate for an earlier run, what the run actually took, and its weight."""

    estimated: float
    actual: float
    weight: float


class _Corrected(NamedTuple):
    """A corrected estimate, the number of runs used, and the factor of its range."""

    value: float
    n_runs: int
    factor: float


class _Correction:
    """The correction of one quantity; a pure function of the lessons, newest first."""

    def __init__(self, lessons: list[_Lesson]) -> None:
        table = np.array(lessons, dtype=np.float64).reshape(-1, 3)
        self._log_estimated = np.log(table[:, 0])
        self._log_ratio = np.clip(np.log(table[:, 1]) - self._log_estimated, -_WIDEST, _WIDEST)
        self._weight = table[:, 2] * 0.5 ** (np.arange(len(table)) / _HALF_LIFE_RUNS)

    def apply(self, estimated: float) -> _Corrected:
        """Return the corrected estimate."""
        if not _is_amount(estimated):
            return _Corrected(estimated, 0, OWN_FACTOR)
        distance = (self._log_estimated - math.log(estimated)) / _BANDWIDTH
        weight = self._weight * np.exp(-0.5 * distance**2)
        is_used = weight >= _LEAST_WEIGHT
        if not is_used.any():
            return _Corrected(estimated, 0, OWN_FACTOR)
        weight, log_ratio = weight[is_used], self._log_ratio[is_used]
        median = _weighted_median(log_ratio, weight)
        log_ratio = np.clip(log_ratio, median - _FURTHEST, median + _FURTHEST)
        n_runs = float(weight.sum()) + PRIOR_RUNS
        correction = float(weight @ log_ratio) / n_runs
        own_variance = math.log(OWN_FACTOR) ** 2 / (2 * _Z**2)
        squares = float(weight @ (log_ratio - correction) ** 2) + PRIOR_RUNS * (own_variance + correction**2)
        half_width = _Z * math.sqrt(squares / n_runs * (1 + 1 / n_runs))
        factor = min(_WIDEST_FACTOR, max(_LEAST_FACTOR, math.exp(half_width)))
        return _Corrected(estimated * math.exp(correction), len(weight), factor)


def _weighted_median(values: _Floats, weights: _Floats) -> float:
    """Return the value with half of the weight on either side, interpolated between values."""
    order = np.argsort(values)
    weights = weights[order]
    return float(np.interp(weights.sum() / 2, np.cumsum(weights) - weights / 2, values[order]))


@dataclass(frozen=True)
class _Known:
    """What the runs of a model have taught.

    Parameters
    ----------
    state
        The threads of a worker now, then id and end of the runs: nothing else of an ended run changes.
    times, memories
        The corrections.
    """

    state: tuple[Any, ...]
    times: _Correction
    memories: _Correction


#: By the model's name. A form asks at every click, and between two clicks there is rarely a new run.
_known: WeakKeyDictionary[Workspace, dict[str, _Known]] = WeakKeyDictionary()


class Experience:
    """Estimates for a model, corrected by its earlier runs; reads the catalog once.

    `t` is the model's own estimate. For each earlier run `i`, `t_i` is the current code's estimate from the counts of
    its dataset and its parameters, and `a_i` is what it took. The corrected estimate is ``t * exp(c)``, with the
    kernel-weighted mean of the log ratios, shrunk towards 0 by a prior of `PRIOR_RUNS` runs that match their estimate::

        c = sum(w_i * log(a_i / t_i)) / (sum(w_i) + PRIOR_RUNS)
        w_i = exp(-(log(t_i / t) / h)**2 / 2) * 0.5**(age_i / 20) * 0.25**(unlike_i)

    `h` is log 4, `age_i` is the number of newer runs, `unlike_i` counts the differences: the number of threads, the
    machine. So `n` comparable runs that all took `r` times as long give about ``r**(n / (n + 1))``. Log ratios are
    clipped to log 20, and to log 3 around their weighted median, so that one run on a sleeping or overloaded machine
    cannot spoil the estimate.

    The range holds 8 of 10 trainings, if log ratios are normally distributed around `c`. Their variance is that of the
    runs, with one more run for the prior, whose own variance makes the range without runs a factor of 2::

        s**2 = (sum(w_i * (log(a_i / t_i) - c)**2) + s0**2 + c**2) / n,    n = sum(w_i) + 1
        f = exp(z * s * sqrt(1 + 1 / n)),    z = 1.28,    z * s0 * sqrt(2) = log(2)

    So `n - 1` comparable runs that all matched their estimate give ``f = 2**sqrt((1 + 1 / n) / (2 * n))``.

    A run's time is that of its job, from the claim to the end: loading the libraries, reading the data, training,
    scoring, the first maps, storing. It excludes the wait for a slot and the start of the worker's interpreter. Its
    memory is the peak of the worker process from its start until the results are written. Runs that failed or were
    cancelled are ignored, and so are resumed or restarted runs: their times are those of the last attempt.

    Sources
    -------
    The mean: Nadaraya, "On Estimating Regression", Theory of Probability and its Applications 9 (1964); Watson,
    "Smooth Regression Analysis", Sankhya A 26 (1964). The bounded ratios: Huber, "Robust Estimation of a Location
    Parameter", Annals of Mathematical Statistics 35 (1964), in one step from the median.
    """

    def __init__(self, workspace: Workspace, model: Model[Any, Any]) -> None:
        self._model = model
        self._n_threads = threads_per_slot(workspace.settings)
        newest = _newest_runs(workspace, model.name)
        known = _known.setdefault(workspace, {})
        state = (self._n_threads, *newest)
        if model.name not in known or known[model.name].state != state:
            known[model.name] = _Known(state, *self._learned(workspace, [run_id for run_id, _ in newest]))
        self._times, self._memories = known[model.name].times, known[model.name].memories

    def _learned(self, workspace: Workspace, run_ids: Sequence[str]) -> tuple[_Correction, _Correction]:
        """Return the corrections of time and memory that runs teach, given newest first."""
        times: list[_Lesson] = []
        memories: list[_Lesson] = []
        for run in _runs_with_results(workspace, run_ids):
            result, worker = _as_mapping(run["result"]), _as_mapping(run["worker"])
            if stopped_early(result) is not None:
                # Its time is that of fewer epochs than its parameters say.
                continue
            # Older runs do not store the threads; most likely they had as many as now.
            n_threads = result.get(THREADS, self._n_threads)
            estimated = self._estimate_or_none(run["counts"], run["parameters"], n_threads)
            if estimated is None:
                continue
            unlike = (n_threads != self._n_threads) + (not is_on_this_host(worker))
            weight = _UNLIKE**unlike
            if _is_amount(run["elapsed_s"]):
                times.append(_Lesson(estimated.seconds, run["elapsed_s"], weight))
            peak_mb = peak_memory_of(result)
            if peak_mb is not None:
                memories.append(_Lesson(estimated.memory_mb, peak_mb, weight))
        return _Correction(times), _Correction(memories)

    def estimate(self, counts: Counts, parameters: Parameters) -> LearnedEstimate:
        """Return the time and memory for a training with these parameters on a dataset with these counts."""
        own = self._model.estimate(counts, parameters, self._n_threads)
        time, memory = self._times.apply(own.seconds), self._memories.apply(own.memory_mb)
        return LearnedEstimate(
            time.value,
            memory.value,
            time.n_runs,
            memory.n_runs,
            seconds_factor=time.factor,
            memory_factor=memory.factor,
        )

    def _estimate_or_none(self, counts: Any, parameters: Any, n_threads: Any) -> Estimate | None:
        """Return the current estimate for an earlier run; None if the current code cannot train it."""
        try:
            estimate = self._model.estimate(counts, self._model.parameters_class.checked(parameters), n_threads)
        except (EmbedLabError, ArithmeticError, LookupError, TypeError, ValueError):
            # A run of an earlier version, or from a backup, which may contain anything.
            return None
        return estimate if _is_amount(estimate.seconds) and _is_amount(estimate.memory_mb) else None


def estimate_training(
    workspace: Workspace, dataset: DatasetRow, model: Model[Any, Any], parameters: Parameters
) -> LearnedEstimate:
    """Return what a training will need, learned from the model's earlier runs. See `Experience`."""
    return Experience(workspace, model).estimate(dataset.counts, parameters)


def origin(n_runs: int) -> str:
    """Return the basis of an estimate, as the end of a sentence."""
    if n_runs == 0:
        return "from the model's own figures; improves with every run"
    return f"learned from {n_runs} earlier run{'s' if n_runs > 1 else ''}"


def peak_memory_of(result: Mapping[str, Any] | None) -> float | None:
    """Return the peak memory in MB from a job's result; None if it was not measured."""
    peak_mb = _as_mapping(result).get(PEAK_MEMORY)
    return float(peak_mb) if _is_amount(peak_mb) else None


def _newest_runs(workspace: Workspace, model_name: str) -> list[tuple[str, float | None]]:
    """Return id and end of the newest runs of a model that went through at the first attempt, newest first."""
    query = (
        sa.select(runs.c.id, jobs.c.finished_at)
        .join(jobs, jobs.c.id == runs.c.id)
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
        return [(run_id, finished_at) for run_id, finished_at in connection.execute(query)]


def _runs_with_results(workspace: Workspace, run_ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return what some runs took, and of what; in the order of their ids."""
    query = (
        sa.select(
            runs.c.id,
            datasets.c.counts,
            runs.c.parameters,
            (jobs.c.finished_at - jobs.c.started_at).label("elapsed_s"),
            jobs.c.worker,
            jobs.c.result,
        )
        .select_from(runs)
        .join(jobs, jobs.c.id == runs.c.id)
        .join(datasets, datasets.c.id == runs.c.dataset_id)
        .where(runs.c.owner == workspace.catalog.owner, runs.c.id.in_(run_ids))
    )
    with workspace.catalog.engine.connect() as connection:
        by_id = {row["id"]: dict(row) for row in connection.execute(query).mappings()}
    return [by_id[run_id] for run_id in run_ids if run_id in by_id]


def _is_amount(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LARGEST


def _as_mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

"""The result of a parameter sweep: its scores on the validation part, the chosen run, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedlab.core.parameters import spelled_out
from embedlab.evaluation.cases import FEWEST, are_enough_test_cases
from embedlab.evaluation.choice import Choice, choose
from embedlab.evaluation.differences import read_differences
from embedlab.evaluation.score import Score, ScoreKind
from embedlab.evaluation.scores import in_sentence, read_scores
from embedlab.jobs.jobs import Jobs
from embedlab.models.contract.base import fourth_root_rule
from embedlab.models.registry import MODELS
from embedlab.tasks.registry import task_of_model
from embedlab.workspace.rows import DatasetRow, RunRow, Status
from embedlab.workspace.tables import jobs as job_table
from embedlab.workspace.tables import runs as run_table

#: Parameters that set the number of dimensions, for which a smaller value is simpler.
DIMENSIONS = ("vector_size", "n_factors")
#: Jobs and sweeps that are looked through, newest first.
_MOST_JOBS = 2000
MOST_SWEEPS = 20
_VALIDATION = "validation_"
#: A normal 95 % interval has this many standard errors on each side.
_STANDARD_ERRORS = 1.96


@dataclass(frozen=True)
class VariedParameter:
    """A parameter in which the runs of a sweep differ.

    Parameters
    ----------
    name, title
        In code, and for people.
    is_log
        Whether useful values spread over orders of magnitude.
    is_dimension
        Whether it is the number of dimensions.
    """

    name: str
    title: str
    is_log: bool
    is_dimension: bool


@dataclass(frozen=True)
class SearchResult:
    """The finished runs of a sweep, to choose one of them.

    Parameters
    ----------
    model
        Name of the model.
    parameters
        What was varied; those with the most different values first.
    runs
        The finished runs.
    score
        Kind of the score that runs are chosen by, never one of the test part; None if they have none.
    values
        Of this score, one for each run.
    choice
        The chosen run; None if there are no two scores.
    rule
        The fourth root of the number of values, if the number of dimensions was varied.
    n_cases, cases
        Number of cases of the validation part that decided, and their plural noun; None if it is not stored.
    """

    model: str
    parameters: tuple[VariedParameter, ...]
    runs: tuple[RunRow, ...]
    score: ScoreKind | None
    values: tuple[float | None, ...]
    choice: Choice | None
    rule: int | None = None
    n_cases: int | None = None
    cases: str = "cases"

    @property
    def caution(self) -> str:
        """Why the choice may be chance, in a sentence or two; empty if there are enough validation cases."""
        if self.choice is None or self.n_cases is None or self.n_cases >= FEWEST:
            return ""
        noun = f"validation {self.cases if self.n_cases != 1 else self.cases.removesuffix('s')}"
        if are_enough_test_cases(self.n_cases):
            return f"Only {self.n_cases:,} {noun} decided, so another setting may be just as good."
        return (
            f"Only {self.n_cases:,} {noun} decided: too few to tell settings apart. Choose a protocol with a larger "
            "validation part, or add data."
        )

    @property
    def chosen(self) -> RunRow | None:
        """The chosen run."""
        return None if self.choice is None else self.runs[self.choice.place]

    def setting(self, run: RunRow) -> dict[str, Any]:
        """Return the varied parameters of a run."""
        return {each.name: run.parameters.get(each.name) for each in self.parameters}

    def as_json(self) -> dict[str, Any] | None:
        """Return the chosen run with the reason; None if none is chosen."""
        run = self.chosen
        if run is None or self.choice is None or self.score is None:
            return None
        return {
            "run": run.id,
            **self.setting(run),
            "score": self.score.title,
            "value": self.values[self.choice.place],
            "reason": self.choice.reason,
            **({} if self.n_cases is None else {"n_cases": self.n_cases}),
            **({"caution": self.caution} if self.caution else {}),
        }


def finished_sweeps(jobs: Jobs, dataset: DatasetRow) -> dict[str, list[RunRow]]:
    """Return the finished runs of each sweep on a dataset with at least two of them, by sweep id, newest first."""
    request = job_table.c.request
    trained = jobs.queue.find(
        job_table.c.kind == "train",
        job_table.c.status == Status.SUCCEEDED,
        request["dataset_id"].as_string() == dataset.id,
        request["sweep"].as_string().is_not(None),
        most=_MOST_JOBS,
    )
    members: dict[str, list[str]] = {}
    for job in trained:
        members.setdefault(str(job.request["sweep"]), []).append(job.id)
    newest = {sweep: ids for sweep, ids in list(members.items())[:MOST_SWEEPS] if len(ids) > 1}
    shown = [run_id for ids in newest.values() for run_id in ids]
    runs = {run.id: run for run in jobs.workspace.catalog.runs(run_table.c.id.in_(shown))} if shown else {}
    found = {sweep: [runs[run_id] for run_id in reversed(ids) if run_id in runs] for sweep, ids in newest.items()}
    return {sweep: rows for sweep, rows in found.items() if len(rows) > 1}


def search_result(
    runs: Sequence[RunRow], dataset_counts: Mapping[str, int | float], one_hot_count: str
) -> SearchResult:
    """Return the result of a sweep.

    Parameters
    ----------
    runs
        Its finished runs, at least one.
    dataset_counts
        Counts of the dataset.
    one_hot_count
        Name of the count of the values that are embedded, for the rule of thumb; may be empty.
    """
    model = runs[0].model
    parameters = _varied(model, runs)
    scores = [read_scores(run.scores) for run in runs]
    name = _choosing(model, scores)
    values = tuple(None if name is None else _value(each.get(name)) for each in scores)
    kind = None if name is None else next(each[name].kind for each in scores if name in each)
    size = next((each for each in parameters if each.is_dimension), None)
    choice = None
    if kind is not None and kind.better is not None and name is not None:
        choice = choose(
            values,
            kind.better,
            in_sentence(kind.title),
            standard_error=_standard_error(name, runs),
            sizes=None if size is None else [float(run.parameters[size.name]) for run in runs],
            size_name="" if size is None else size.name,
        )
    n_values = int(dataset_counts.get(one_hot_count, 0))
    rule = fourth_root_rule(n_values) if size is not None and n_values else None
    known = [each[name].n_cases for each in scores if name in each]
    n_cases = min((n for n in known if n is not None), default=None)
    task = task_of_model(model)
    cases = "cases" if task is None else task.cases.lower()
    return SearchResult(model, parameters, tuple(runs), kind, values, choice, rule, n_cases, cases)


def _varied(model_name: str, runs: Sequence[RunRow]) -> tuple[VariedParameter, ...]:
    names = dict.fromkeys(name for run in runs for name in run.parameters)
    values = {name: [run.parameters.get(name) for run in runs] for name in names}
    n_different = {name: len(set(map(str, each))) for name, each in values.items()}
    numeric = [
        name
        for name, each in values.items()
        if n_different[name] > 1 and all(type(value) in (int, float) for value in each)
    ]
    model = MODELS.get(model_name)
    properties = {} if model is None else model.parameters_class.model_json_schema()["properties"]
    return tuple(
        VariedParameter(
            name,
            spelled_out(name) if model is None else model.parameters_class.title_of(name),
            bool(properties.get(name, {}).get("log")) or name in DIMENSIONS,
            name in DIMENSIONS,
        )
        for name in sorted(numeric, key=lambda name: -n_different[name])
    )


def _choosing(model_name: str, scores: Sequence[Mapping[str, Score]]) -> str | None:
    """Return the score that runs are chosen by: the validation score of the headline, or another validation score."""
    task = task_of_model(model_name)
    headline = "" if task is None else f"{_VALIDATION}{task.headline.removeprefix('test_')}"
    possible = dict.fromkeys(
        name for each in scores for name, score in each.items() if score.may_choose and score.value is not None
    )
    ordered = sorted(possible, key=lambda name: (name != headline, not name.startswith(_VALIDATION)))
    return next(iter(ordered), None)


def _standard_error(name: str, runs: Sequence[RunRow]) -> float | None:
    """Return the standard error of a difference between two settings on the same users.

    Validation scores have no intervals. The test part has about as many users, so the width of an interval there, never
    its place, says how much scores vary between users: of the difference to the most similar baseline, or else of the
    score itself.
    """
    stem = name.removeprefix(_VALIDATION)
    names = {name, stem, f"test_{stem}"}
    widths = []
    for run in runs:
        differences = [
            difference.interval
            for of_baseline in read_differences(run.scores).values()
            for each, difference in of_baseline.items()
            if each in names
        ]
        own = [score.interval for each, score in read_scores(run.scores).items() if each in names]
        # The difference to itself has no width.
        of_run = [
            [width for low, high in filter(None, intervals) if (width := high - low) > 0]
            for intervals in (differences, own)
        ]
        widths += [min(of_run[0] or of_run[1])] if of_run[0] or of_run[1] else []
    return sorted(widths)[len(widths) // 2] / (2 * _STANDARD_ERRORS) if widths else None


def _value(score: Score | None) -> float | None:
    return None if score is None else score.value

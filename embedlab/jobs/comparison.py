"""Comparison of all runs on a dataset: differing settings, scores, and baselines."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from embedlab.core.errors import NotFoundError
from embedlab.core.roles import evaluated_embedding
from embedlab.evaluation.intervals import Interval
from embedlab.evaluation.references import Reference
from embedlab.evaluation.score import Score, ScoreKind, baseline_title, best_places
from embedlab.evaluation.scores import read_baselines, read_scores
from embedlab.jobs.judging import current_scores, is_judged
from embedlab.jobs.protocols import ProtocolUse, count_uses, dataset_protocol, protocols_by_run
from embedlab.kinds.protocols import Protocol
from embedlab.tasks.registry import without_own_baselines
from embedlab.workspace.rows import DatasetRow, RunRow, YardstickRow
from embedlab.workspace.tables import embeddings
from embedlab.workspace.tables import runs as runs_table
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import yardsticks_of

#: Maximum number of settings in the table; those with the most different values come first.
MOST_SETTINGS = 6
#: The newest runs among which the best is looked for.
_MOST_FOR_BEST = 200


@dataclass(frozen=True)
class ScoreColumn:
    """One score of all runs.

    Parameters
    ----------
    name
        Stable name; for an uploaded file, its id.
    title
        Display title, unique among the columns.
    kind
        Properties of scores with this name.
    scores
        One per run; None if there is none. All others have a value.
    """

    name: str
    title: str
    kind: ScoreKind
    scores: tuple[Score | None, ...]

    @property
    def values(self) -> tuple[float | None, ...]:
        """The value of each run."""
        return tuple(None if score is None else score.value for score in self.scores)

    @property
    def intervals(self) -> tuple[Interval | None, ...]:
        """The 95 % interval of each run."""
        return tuple(None if score is None else score.interval for score in self.scores)

    @property
    def margin(self) -> float | None:
        """Half the width of the 95 % interval, median over the runs; None without intervals."""
        widths = [(high - low) / 2 for low, high in filter(None, self.intervals)]
        return median(widths) if widths else None

    @property
    def doubt(self) -> str:
        """Why these scores are not meaningful, according to the newest run; empty if they are."""
        return next((score.note for score in self.scores if score is not None and not score.meaningful), "")

    @property
    def best(self) -> frozenset[int]:
        """Positions of the best runs, if this score may be used to choose runs."""
        return best_places(self.scores)


@dataclass(frozen=True)
class BaselineScores:
    """Scores of a baseline on the current test part, by name."""

    name: str
    title: str
    scores: dict[str, Score]


@dataclass(frozen=True)
class Comparison:
    """The comparable runs on a dataset, newest first.

    Runs with different test parts are never compared.

    Parameters
    ----------
    runs
        Runs with one evaluation protocol and runs that use no split, in any status.
    settings
        Names of the parameters in which runs differ, with one value per run (None if a model has no such parameter).
    scores
        All scores that at least one run has, by name.
    baselines
        The baselines of the newest run.
    unlike_baselines
        Names of scores for which other runs have different baselines: other test parts, or an earlier version. Their
        differences are partly differences of the test part.
    unjudged
        Ids of finished runs that have not been evaluated by all checks and files of the dataset.
    protocol
        Evaluation protocol of the runs; None if no run uses a split.
    protocols
        All protocols of runs on the dataset, that of the newest run first.
    n_left_out
        Number of excluded runs with other protocols.
    n_found
        Number of runs that can be compared; more than in `runs` if `most` limits them.
    """

    runs: tuple[RunRow, ...]
    settings: dict[str, tuple[Any, ...]]
    scores: dict[str, ScoreColumn]
    baselines: tuple[BaselineScores, ...]
    unlike_baselines: tuple[str, ...]
    unjudged: tuple[str, ...]
    protocol: Protocol | None = None
    protocols: tuple[ProtocolUse, ...] = ()
    n_left_out: int = 0
    n_found: int = 0

    def choosing(self) -> list[ScoreColumn]:
        """Return the scores that may be used to choose runs, those on the validation part first."""
        columns = [column for column in self.scores.values() if _may_choose(column)]
        return sorted(columns, key=lambda column: (column.kind.part != "validation", not column.kind.measures_quality))


def _may_choose(column: ScoreColumn) -> bool:
    return any(score is not None and score.may_choose for score in column.scores)


def compare_runs(
    workspace: Workspace, dataset_id: str, protocol_id: str | None = None, *, most: int | None = None
) -> Comparison:
    """Return the runs on a dataset with one evaluation protocol, and those that use no split.

    Parameters
    ----------
    protocol_id
        `Protocol.id` of the runs; by default that of the dataset, or of the newest run if no run has it.
    most
        Maximum number of runs, newest first; None: all.

    Raises
    ------
    NotFoundError
        There is no such dataset, or no run on it has this protocol.
    """
    dataset = workspace.dataset(dataset_id)
    yardsticks = yardsticks_of(workspace, dataset.id)
    judged_under = protocols_by_run(workspace, dataset)
    used = count_uses(judged_under.values())
    protocol = _choose_protocol(used, dataset, protocol_id)
    run_ids = [run_id for run_id, each in judged_under.items() if each in {None, protocol}]
    shown = run_ids[:most]
    if most is None:
        found, made = workspace.runs(dataset.id), workspace.embeddings(dataset_id=dataset.id)
    else:
        found = workspace.catalog.runs(runs_table.c.id.in_(shown))
        made = workspace.catalog.find(embeddings, embeddings.c.run_id.in_(shown))
    wanted = set(shown)
    runs = tuple(run for run in found if run.id in wanted)
    # Checks and files do not apply to some models, such as those with document vectors only.
    judgeable = {row.run_id for row in made if evaluated_embedding([row.name])}
    stored = [without_own_baselines(run.model, current_scores(run.scores, yardsticks)) for run in runs]
    baselines, unlike = _baselines(stored)
    return Comparison(
        runs,
        _differing(runs),
        _columns([read_scores(scores) for scores in stored]),
        baselines,
        unlike,
        _unjudged(runs, judgeable, yardsticks),
        protocol,
        tuple(used),
        workspace.catalog.count(runs_table, runs_table.c.dataset_id == dataset.id) - len(run_ids),
        len(run_ids),
    )


def _choose_protocol(uses: Sequence[ProtocolUse], dataset: DatasetRow, protocol_id: str | None) -> Protocol | None:
    by_id = {use.protocol.id: use.protocol for use in uses}
    if protocol_id is not None:
        if protocol_id in by_id:
            return by_id[protocol_id]
        raise NotFoundError(
            "No run on this dataset has this evaluation protocol.",
            received=protocol_id,
            remedy=f"Protocols in use: {', '.join(by_id) or 'none'}.",
        )
    if not uses:
        return None
    current = dataset_protocol(dataset)
    return current if current.id in by_id else uses[0].protocol


def _unjudged(
    runs: Iterable[RunRow], judgeable: set[str | None], yardsticks: Sequence[YardstickRow]
) -> tuple[str, ...]:
    return tuple(run.id for run in runs if run.id in judgeable and not is_judged(run.scores, yardsticks))


def _columns(of_runs: Sequence[Mapping[str, Score]]) -> dict[str, ScoreColumn]:
    firsts: dict[str, Score] = {}
    for scores in of_runs:
        for name, score in scores.items():
            if score.value is not None:
                firsts.setdefault(name, score)
    n_alike = Counter(score.title for score in firsts.values())
    columns = {}
    for name, first in firsts.items():
        title = first.title if n_alike[first.title] == 1 else f"{first.title} \u00b7 {name[:4]}"
        columns[name] = ScoreColumn(name, title, first.kind, tuple(_present(scores.get(name)) for scores in of_runs))
    return columns


def _present(score: Score | None) -> Score | None:
    return None if score is None or score.value is None else score


def _baselines(stored: Sequence[Mapping[str, Any]]) -> tuple[tuple[BaselineScores, ...], tuple[str, ...]]:
    """Return the baselines of the newest run that has each score, and the names of scores where other runs differ."""
    newest: dict[str, dict[str, Score]] = {}
    unlike: dict[str, None] = {}
    for scores in stored:
        for baseline, of_baseline in read_baselines(scores).items():
            for name, score in of_baseline.items():
                first = newest.setdefault(baseline, {}).setdefault(name, score)
                # Every baseline score has a value; a different summation order changes the last digits.
                if not math.isclose(first.value or 0.0, score.value or 0.0, rel_tol=1e-6, abs_tol=1e-9):
                    unlike[name] = None
    rows = tuple(BaselineScores(name, baseline_title(name), scores) for name, scores in newest.items())
    return rows, tuple(unlike)


def _differing(runs: tuple[RunRow, ...]) -> dict[str, tuple[Any, ...]]:
    """Return the parameters with different values among the runs that have them."""
    names = dict.fromkeys(name for run in runs for name in run.parameters)
    values = {name: tuple(run.parameters.get(name) for run in runs) for name in names}
    n_different = {name: len({str(run.parameters[name]) for run in runs if name in run.parameters}) for name in values}
    chosen = sorted((name for name in values if n_different[name] > 1), key=lambda name: -n_different[name])
    return {name: values[name] for name in chosen[:MOST_SETTINGS]}


def best_run_of(workspace: Workspace, run: RunRow, names: Sequence[str]) -> dict[str, Reference]:
    """Return the best other run on the dataset of a run, by the name of the score.

    Only scores that may be used to choose runs, and only meaningful ones; runs with another evaluation protocol do not
    count. A score has none if no other run has it, or if this run is the best.
    """
    found: dict[str, Reference] = {}
    if not names:
        return found
    try:
        comparison = compare_runs(workspace, run.dataset_id, most=_MOST_FOR_BEST)
    except NotFoundError:
        return found
    place_of = {each.id: place for place, each in enumerate(comparison.runs)}
    for name in names:
        column = comparison.scores.get(name)
        best = frozenset[int]() if column is None else column.best
        if column is None or not best or place_of.get(run.id) in best:
            continue
        place = min(best)
        found[name] = Reference(column.values[place] or 0.0, f"Best run: {comparison.runs[place].name}", "best_run")
    return found

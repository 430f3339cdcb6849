"""All runs on a dataset side by side: what differs in their settings, how long they took, how good they are."""

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
from embedlab.evaluation.score import Score, ScoreKind, baseline_title, best_places
from embedlab.evaluation.scores import read_baselines, read_scores
from embedlab.jobs.judging import current_scores, is_judged
from embedlab.jobs.protocols import ProtocolUse, dataset_protocol, protocols_by_run, protocols_in_use
from embedlab.kinds.protocols import Protocol
from embedlab.workspace.rows import DatasetRow, RunRow, YardstickRow
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import yardsticks_of

#: More settings than these make a table nobody reads; those with the most different values come first.
MOST_SETTINGS = 6


@dataclass(frozen=True)
class ScoreColumn:
    """One score of all runs.

    Parameters
    ----------
    name
        Stable; of an uploaded file its id.
    title
        For people, different from that of every other column.
    kind
        What is known of scores of this name.
    scores
        Of each run; None where there is none. Those that are there have a value.
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
        """How far the 95 % interval extends to each side in the median run; None without intervals."""
        widths = [(high - low) / 2 for low, high in filter(None, self.intervals)]
        return median(widths) if widths else None

    @property
    def doubt(self) -> str:
        """Why these scores mean little, as the newest run says it; empty where they mean something."""
        return next((score.note for score in self.scores if score is not None and not score.meaningful), "")

    @property
    def best(self) -> frozenset[int]:
        """Places of the best runs, where runs may be chosen by this score."""
        return best_places(self.scores)


@dataclass(frozen=True)
class BaselineScores:
    """What a baseline reaches on the test part in force, by score name."""

    name: str
    title: str
    scores: dict[str, Score]


@dataclass(frozen=True)
class Comparison:
    """The runs on a dataset that can be compared, newest first.

    Runs judged on different test parts never stand side by side.

    Parameters
    ----------
    runs
        Those of one evaluation protocol and those that use no split, whatever their status.
    settings
        Names of the parameters in which runs differ, and the value of each for each run (None where a model has no
        such parameter).
    scores
        By name every score of which a run has a value.
    baselines
        As the newest run was scored beside them.
    unlike_baselines
        Names of scores of which runs were scored beside other baselines than those: other test parts, or an earlier
        version. Their differences are partly differences of the test part.
    unjudged
        Ids of finished runs that have not been judged by all that is kept with the dataset now.
    protocol
        What the runs were judged under; None where no run uses a split.
    protocols
        All protocols of runs on the dataset, that of the newest run first.
    n_left_out
        How many runs of other protocols are left out.
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

    def choosing(self) -> list[ScoreColumn]:
        """Return the scores that runs may be chosen by, those of the validation part first."""
        columns = [column for column in self.scores.values() if _may_choose(column)]
        return sorted(columns, key=lambda column: (column.kind.part != "validation", not column.kind.measures_quality))


def _may_choose(column: ScoreColumn) -> bool:
    return any(score is not None and score.may_choose for score in column.scores)


def compare_runs(workspace: Workspace, dataset_id: str, protocol_id: str | None = None) -> Comparison:
    """Gather the runs on a dataset that were judged under one evaluation protocol, and those that use no split.

    Parameters
    ----------
    protocol_id
        `Protocol.id` of the runs; when left out that of the dataset, or of the newest run where no run has it.

    Raises
    ------
    NotFoundError
        There is no such dataset, or no run on it has this protocol.
    """
    dataset = workspace.dataset(dataset_id)
    yardsticks = yardsticks_of(workspace, dataset.id)
    # Some models learn nothing that could be judged so, such as vectors of documents alone.
    judgeable = {row.run_id for row in workspace.embeddings(dataset_id=dataset.id) if evaluated_embedding([row.name])}
    everything = workspace.runs(dataset.id)
    used = protocols_in_use(everything, dataset)
    protocol = _chosen(used, dataset, protocol_id)
    judged_under = protocols_by_run(everything, dataset)
    runs = tuple(run for run in everything if run.id in judged_under and judged_under[run.id] in {None, protocol})
    stored = [current_scores(run.scores, yardsticks) for run in runs]
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
        len(everything) - len(runs),
    )


def _chosen(used: Sequence[ProtocolUse], dataset: DatasetRow, protocol_id: str | None) -> Protocol | None:
    by_id = {use.protocol.id: use.protocol for use in used}
    if protocol_id is not None:
        if protocol_id in by_id:
            return by_id[protocol_id]
        raise NotFoundError(
            "No run on this dataset has this evaluation protocol.",
            received=protocol_id,
            remedy=f"There are: {', '.join(by_id) or 'none yet'}.",
        )
    if not used:
        return None
    present = dataset_protocol(dataset)
    return present if present.id in by_id else used[0].protocol


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
    """Return the baselines of the newest run that has each score, and the names of scores where others have unlike."""
    in_force: dict[str, dict[str, Score]] = {}
    unlike: dict[str, None] = {}
    for scores in stored:
        for baseline, of_baseline in read_baselines(scores).items():
            for name, score in of_baseline.items():
                first = in_force.setdefault(baseline, {}).setdefault(name, score)
                # Every score of a baseline has a value; sums in another order differ in the last digits.
                if not math.isclose(first.value or 0.0, score.value or 0.0, rel_tol=1e-6, abs_tol=1e-9):
                    unlike[name] = None
    rows = tuple(BaselineScores(name, baseline_title(name), scores) for name, scores in in_force.items())
    return rows, tuple(unlike)


def _differing(runs: tuple[RunRow, ...]) -> dict[str, tuple[Any, ...]]:
    """Return the parameters in which runs of one model differ, and those in which models differ that share them."""
    names = dict.fromkeys(name for run in runs for name in run.parameters)
    values = {name: tuple(run.parameters.get(name) for run in runs) for name in names}
    n_different = {name: len({str(run.parameters[name]) for run in runs if name in run.parameters}) for name in values}
    chosen = sorted((name for name in values if n_different[name] > 1), key=lambda name: -n_different[name])
    return {name: values[name] for name in chosen[:MOST_SETTINGS]}

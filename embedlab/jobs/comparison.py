"""All runs on a dataset side by side: what differs in their settings, how long they took, how good they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from embedlab.datasets.protocols import Protocol
from embedlab.errors import NotFoundError
from embedlab.evaluation.scores import flat_scores, named_scores, score_title
from embedlab.jobs.judging import JUDGED_NAMES, current_scores, is_judged
from embedlab.jobs.protocols import ProtocolUse, dataset_protocol, protocols_in_use, run_protocol
from embedlab.workspace.rows import DatasetRow, RunRow
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import yardsticks_of

Interval = tuple[float, float]

#: More settings than these make a table nobody reads; those with the most different values come first.
MOST_SETTINGS = 6


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
        Titles of all scores, and their value for each run (None where there is none).
    intervals
        By title the 95 % interval of each run (None where there is none).
    margins
        By title how far the 95 % interval reaches to each side, in the middle of the runs.
    doubtful
        Why scores of a title mean little, where they do.
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
    scores: dict[str, tuple[float | None, ...]]
    intervals: dict[str, tuple[Interval | None, ...]]
    margins: dict[str, float]
    doubtful: dict[str, str]
    unjudged: tuple[str, ...]
    protocol: Protocol | None = None
    protocols: tuple[ProtocolUse, ...] = ()
    n_left_out: int = 0


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
    judgeable = {row.run_id for row in workspace.embeddings(dataset_id=dataset.id) if row.name in JUDGED_NAMES}
    everything = workspace.runs(dataset.id)
    used = protocols_in_use(everything, dataset)
    protocol = _chosen(used, dataset, protocol_id)
    runs = tuple(run for run in everything if run_protocol(run, dataset) in {None, protocol})
    present = [current_scores(run.scores, yardsticks) for run in runs]
    flat = [flat_scores(scores) for scores in present]
    titles = dict.fromkeys(title for scores in flat for title in scores)
    found = [_intervals(scores) for scores in present]
    intervals = {title: tuple(each.get(title) for each in found) for title in titles}
    intervals = {title: values for title, values in intervals.items() if any(values)}
    doubtful = {
        score_title(name, score): str(score.get("note", ""))
        for scores in reversed(present)
        for name, score in named_scores(scores).items()
        if name != "checks" and not score.get("meaningful")
    }
    return Comparison(
        runs,
        _differing(runs),
        {title: tuple(scores.get(title) for scores in flat) for title in titles},
        intervals,
        _margins(intervals),
        {title: note for title, note in doubtful.items() if title in titles},
        tuple(run.id for run in runs if run.id in judgeable and not is_judged(run.scores, yardsticks)),
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


def _intervals(scores: Mapping[str, Any]) -> dict[str, Interval]:
    return {
        score_title(name, score): (float(score["low"]), float(score["high"]))
        for name, score in named_scores(scores).items()
        if score.get("low") is not None and score.get("high") is not None
    }


def _margins(intervals: Mapping[str, Sequence[Interval | None]]) -> dict[str, float]:
    return {
        title: median((each[1] - each[0]) / 2 for each in values if each is not None)
        for title, values in intervals.items()
    }


def _differing(runs: tuple[RunRow, ...]) -> dict[str, tuple[Any, ...]]:
    """Return the parameters in which runs of one model differ, and those in which models differ that share them."""
    names = dict.fromkeys(name for run in runs for name in run.parameters)
    values = {name: tuple(run.parameters.get(name) for run in runs) for name in names}
    n_different = {name: len({str(run.parameters[name]) for run in runs if name in run.parameters}) for name in values}
    chosen = sorted((name for name in values if n_different[name] > 1), key=lambda name: -n_different[name])
    return {name: values[name] for name in chosen[:MOST_SETTINGS]}

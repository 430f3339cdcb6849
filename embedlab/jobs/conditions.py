"""The conditions of a run's training and evaluation, as sentences to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.core.errors import EmbedLabError
from embedlab.jobs.engine.processes import threads_per_slot
from embedlab.jobs.estimates import THREADS
from embedlab.jobs.protocols import is_judged_on_split, run_protocol
from embedlab.jobs.stopped_early import stopped_early
from embedlab.models.shared.repeatability import repeatability_note
from embedlab.tasks.registry import task_of_scores
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace


def protocol_note(workspace: Workspace, run: RunRow) -> str:
    """Return the evaluation protocol of a run, or the test part it excluded from training; empty for neither."""
    try:
        protocol = run_protocol(run, workspace.dataset(run.dataset_id))
    except EmbedLabError as error:
        return f"Evaluation protocol unknown: {error.what}"
    if protocol is None:
        return ""
    if is_judged_on_split(run.model):
        n_grouped = run.scores.get("n_grouped_documents")
        grouped = f"; {n_grouped:,} duplicate documents, each group in one part" if n_grouped else ""
        return f"Evaluation protocol: {protocol.title}{grouped}"
    return f"Trained without the test part. Evaluation protocol: {protocol.title}"


def test_part_notes(run: RunRow) -> list[str]:
    """Return what a reader of the scores of a run needs to know about its test part, in plain sentences."""
    task = task_of_scores(run.model, run.scores)
    return [] if task is None else task.notes(run.scores)


def score_details(run: RunRow) -> list[str]:
    """Return what a run stores with its scores and is not a single number, in plain sentences."""
    task = task_of_scores(run.model, run.scores)
    return [] if task is None else task.details(run.scores)


def training_note(workspace: Workspace, parameters: Mapping[str, Any]) -> str:
    """Return why a training with these parameters is not exactly repeatable here; empty if it is."""
    return repeatability_note(parameters, threads_per_slot(workspace.settings))


def stop_note(result: Mapping[str, Any] | None) -> str:
    """Return when a run was stopped early; empty if it was not."""
    stopped = stopped_early(result)
    return "" if stopped is None else f"Stopped early after epoch {stopped.epoch} of {stopped.n_epochs}"


def run_note(run: RunRow, result: Mapping[str, Any] | None) -> str:
    """Return why a run is not exactly repeatable; empty if it is.

    Parameters
    ----------
    result
        Result of the run's job, with the number of threads the training could use.
    """
    n_threads = (result or {}).get(THREADS)
    return repeatability_note(run.parameters, n_threads if isinstance(n_threads, int) else None)

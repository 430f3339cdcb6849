"""Runs and imported vectors of any dataset, with their scores, to compare them with each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedlab.core.errors import InputError, NotFoundError
from embedlab.core.roles import evaluated_embedding, role
from embedlab.evaluation.comparability import Origin, may_be_ranked, why_not_comparable
from embedlab.evaluation.score import Score, ScoreKind, best_places
from embedlab.evaluation.scores import read_scores
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.judging import current_scores, judged_embedding
from embedlab.jobs.protocols import run_protocol
from embedlab.tasks.yardsticks import JUDGED
from embedlab.workspace.rows import DatasetRow, EmbeddingRow, RunRow, Status
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import yardsticks_of

# Of the newest evaluations one has most likely succeeded.
_MOST_JOBS = 20
#: More rows or columns of a table are not read.
MOST_CANDIDATES = 20


@dataclass(frozen=True)
class Candidate:
    """A run, or imported vectors.

    Parameters
    ----------
    title
        Its name.
    embedding
        The embedding to compare; None if the run has none.
    run, dataset
        Its run, and the dataset; None for imported vectors and for deleted datasets.
    scores
        As stored.
    origin
        What the scores were measured on.
    """

    title: str
    embedding: EmbeddingRow | None
    run: RunRow | None
    dataset: DatasetRow | None
    scores: Mapping[str, Any]
    origin: Origin

    @property
    def id(self) -> str:
        """Id of the embedding, or else of the run."""
        row = self.embedding or self.run
        return "" if row is None else row.id


def candidate(jobs: Jobs, name: str) -> Candidate:
    """Return the run or the embedding with an id, the imported vectors of a dataset, or the embedding `RUN/name`.

    Parameters
    ----------
    name
        Of a run, its evaluated embedding is compared, or else that whose role comes first.

    Raises
    ------
    NotFoundError
        There is neither.
    """
    workspace = jobs.workspace
    try:
        row: EmbeddingRow | None = workspace.resolve_embedding(name)
        run = workspace.run(row.run_id) if row is not None and row.run_id is not None else None
    except NotFoundError:
        if "/" in name:
            raise
        row = next((each for each in workspace.embeddings(dataset_id=name) if each.run_id is None), None)
        run = None if row is not None else _run(workspace, name)
        if run is not None:
            row = judged_embedding(workspace, run.id) or main_embedding(workspace.embeddings(run_id=run.id))
    dataset_id = run.dataset_id if run is not None else row.dataset_id if row is not None else None
    dataset = _dataset(workspace, dataset_id)
    title = (row.title if row is not None else "") or (run.name if run is not None else "")
    return Candidate(title, row, run, dataset, _scores(jobs, row, run, dataset), _origin(run, dataset))


def main_embedding(rows: Iterable[EmbeddingRow]) -> EmbeddingRow | None:
    """Return the embedding whose role comes first: all of a run are equally old, so their order is chance."""
    return min(rows, key=lambda row: (role(row.name).order, row.name), default=None)


def _run(workspace: Workspace, name: str) -> RunRow:
    try:
        return workspace.run(name)
    except NotFoundError:
        raise NotFoundError(
            "There is no such run or embedding.", received=name, remedy="List them: embedlab runs, embedlab embeddings."
        ) from None


def _dataset(workspace: Workspace, dataset_id: str | None) -> DatasetRow | None:
    try:
        return None if dataset_id is None else workspace.dataset(dataset_id)
    except NotFoundError:
        return None


def _scores(jobs: Jobs, row: EmbeddingRow | None, run: RunRow | None, dataset: DatasetRow | None) -> Mapping[str, Any]:
    if run is not None:
        scores = current_scores(run.scores, yardsticks_of(jobs.workspace, run.dataset_id))
        judged = judged_embedding(jobs.workspace, run.id)
        if row is None or (judged is not None and row.id == judged.id):
            return scores
        # The tests of words were done with another embedding of the run.
        return {name: value for name, value in scores.items() if name not in JUDGED}
    if row is None or dataset is None:
        return {}
    return imported_scores(jobs, dataset.id).get(row.id, {})


def _origin(run: RunRow | None, dataset: DatasetRow | None) -> Origin:
    if run is None or dataset is None:
        return Origin(None if dataset is None else dataset.id)
    try:
        protocol = run_protocol(run, dataset)
    except InputError:
        # Damaged: nothing tells what the run was scored on, so it is comparable with no other.
        return Origin(dataset.id, f"unknown:{run.id}", run.model)
    return Origin(dataset.id, None if protocol is None else protocol.id, run.model)


def imported_scores(jobs: Jobs, dataset_id: str) -> dict[str, dict[str, Any]]:
    """Return the newest scores of imported vectors, by the id of the embedding; empty before they are evaluated."""
    newest = jobs.about("judge", "dataset_id", dataset_id, most=_MOST_JOBS)
    finished = next((job for job in newest if job.status == Status.SUCCEEDED), None)
    scores: dict[str, dict[str, Any]] = ((finished.result or {}) if finished is not None else {}).get("embeddings", {})
    return scores


def can_be_evaluated(row: EmbeddingRow) -> bool:
    """Return whether word tests, checks or files can evaluate an embedding."""
    return evaluated_embedding([row.name]) is not None


@dataclass(frozen=True)
class TableColumn:
    """One score of several candidates.

    Parameters
    ----------
    title, kind
        Of the score.
    scores
        One per candidate; None if there is none.
    notes
        One per candidate: why its score cannot be compared with the first of the column; empty if it can.
    best
        Positions of the best, only if all can be compared.
    """

    title: str
    kind: ScoreKind
    scores: tuple[Score | None, ...]
    notes: tuple[str, ...]
    best: frozenset[int]


def score_table(candidates: Sequence[Candidate]) -> dict[str, TableColumn]:
    """Return the scores of candidates from any datasets, by name; scores with too few cases are left out."""
    read = [read_scores(each.scores) for each in candidates]
    names = dict.fromkeys(name for scores in read for name, score in scores.items() if score.value is not None)
    table = {}
    for name in names:
        column = [scores.get(name) for scores in read]
        scored = tuple(score if score is not None and score.value is not None else None for score in column)
        judged = [
            (score, each.origin)
            for score, each in zip(scored, candidates, strict=True)
            if score is not None and score.meaningful
        ]
        if not judged or not judged[0][0].kind.measures_quality:
            continue
        shown = tuple(score if score is not None and score.meaningful else None for score in scored)
        notes = tuple(
            "" if score is None else why_not_comparable(*judged[0], score, each.origin)
            for score, each in zip(shown, candidates, strict=True)
        )
        best = best_places(shown) if may_be_ranked(judged) else frozenset[int]()
        table[name] = TableColumn(judged[0][0].title, judged[0][0].kind, shown, notes, best)
    return table

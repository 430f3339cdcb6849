"""The same training with several seeds, and the stability of the neighbors between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from embedlab.core.embedding import Embedding
from embedlab.core.errors import ConflictError, NotFoundError, ParameterError, StorageError
from embedlab.core.files import atomic_file
from embedlab.core.stored import damage_errors, read_array
from embedlab.evaluation.stability import Stability
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.judging import judged_embedding
from embedlab.jobs.lineage import refuse_start
from embedlab.jobs.protocols import protocols_by_run, run_protocol
from embedlab.jobs.requests import training_rows
from embedlab.models.registry import model as model_of
from embedlab.workspace.rows import EmbeddingRow, JobRow, RunRow, Status
from embedlab.workspace.tables import jobs as jobs_table
from embedlab.workspace.tables import runs
from embedlab.workspace.workspace import Workspace

#: Maximum number of seeds to compare, including the first run's own.
MOST_SEEDS = 10
#: File in a run's folder with the shares, one per key of its evaluated embedding.
SHARES_FILE = "stability.npy"
#: The score's name among a run's scores.
SCORE = "stability"


def repeats_of(workspace: Workspace, run: RunRow) -> list[RunRow]:
    """Return the finished runs that differ from a run only in their seed, the run itself first, one per seed.

    All have the same evaluation protocol, so they were trained on the same cases. Of several with the same seed, only
    the newest is returned; at most `MOST_SEEDS` runs.
    """
    wanted = _without_seed(run.parameters)
    dataset = workspace.dataset(run.dataset_id)
    protocol = run_protocol(run, dataset)
    of_model = runs.c.model == run.model
    judged_under = protocols_by_run(workspace, dataset, of_model)
    # Of all runs only this is read; the few that are returned are read whole afterwards.
    query = (
        sa.select(runs.c.id, runs.c.parameters)
        .join(jobs_table, jobs_table.c.id == runs.c.id)
        .where(runs.c.owner == workspace.catalog.owner, runs.c.dataset_id == dataset.id, of_model)
        .where(jobs_table.c.status == Status.SUCCEEDED)
        .order_by(runs.c.created_at.desc(), runs.c.id)
    )
    with workspace.catalog.engine.connect() as connection:
        newest_first = connection.execute(query).all()
    alike: dict[object, str] = {}
    for run_id, parameters in newest_first:
        if _without_seed(parameters) == wanted and run_id in judged_under and judged_under[run_id] == protocol:
            alike.setdefault(parameters.get("seed"), run_id)
    alike.pop(run.parameters.get("seed"), None)
    others = workspace.catalog.runs(runs.c.id.in_(list(alike.values())[: MOST_SEEDS - 1]))
    return [run, *others]


def _without_seed(parameters: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in parameters.items() if name != "seed"}


def submit_repeats(jobs: Jobs, run_id: str, n_seeds: int) -> list[JobRow]:
    """Queue the missing trainings for a comparison of `n_seeds` seeds, and the comparison after them.

    Returns
    -------
    The jobs, the comparison last; all or none are queued.

    Raises
    ------
    ParameterError
        `n_seeds` is below 2 or above `MOST_SEEDS`.
    ConflictError
        The run has not succeeded, has no embedding to compare, or a comparison is already running.
    """
    workspace = jobs.workspace
    run = workspace.run(run_id)
    if not 2 <= n_seeds <= MOST_SEEDS:
        raise ParameterError(f"Between 2 and {MOST_SEEDS} seeds can be compared.", received=n_seeds)
    if run.status != Status.SUCCEEDED:
        raise ConflictError("The run has not succeeded.", received=run.status, remedy="Wait for it, or restart it.")
    if judged_embedding(workspace, run.id) is None:
        raise ConflictError("This run has no embedding whose neighbors could be compared.", received=run.name)
    if active_repeats(jobs, run):
        raise ConflictError("Its seeds are already being compared.", received=run.name, remedy="Wait until it ends.")
    existing = repeats_of(workspace, run)
    used_seeds = {other.parameters.get("seed") for other in existing}
    free_seeds = (seed for seed in range(n_seeds + len(used_seeds)) if seed not in used_seeds)
    seeds = [next(free_seeds) for _ in range(n_seeds - len(existing))]
    dataset = workspace.dataset(run.dataset_id)
    # The same split for all seeds, even if the protocol of the dataset has changed since.
    protocol = run_protocol(run, dataset)
    refuse_start(workspace, run.model, run.parameters, dataset, protocol)
    queued: list[str] = []
    with workspace.transaction() as connection:
        for seed in seeds:
            parameters = {**run.parameters, "seed": seed}
            title = f"{model_of(run.model).title}, seed {seed}"
            job_id = training_rows(
                jobs.queue,
                connection,
                dataset.id,
                dataset.name,
                run.model,
                parameters,
                title,
                protocol=protocol,
                repeats=run.id,
            )
            queued.append(job_id)
        request = {"run_id": run.id, "n_seeds": n_seeds, "after": list(queued)}
        queued.append(jobs.queue.submit(connection, "stability", f"Compare the seeds of {run.name}", request))
    jobs.dispatch()
    return [jobs.job(job_id) for job_id in queued]


def active_repeats(jobs: Jobs, run: RunRow) -> list[JobRow]:
    """Return the queued and running jobs for the comparison of a run's seeds."""
    return [job for job in jobs.jobs(active=True) if run.id in (job.request.get("repeats"), job.request.get("run_id"))]


@dataclass(frozen=True)
class WordShare:
    """A key, and the share of its neighbors that stay the same."""

    key: str
    label: str
    share: float


@dataclass(frozen=True)
class StoredStability:
    """The stored stability of a run.

    Parameters
    ----------
    row
        The embedding whose keys were compared.
    shares
        `(n_keys,)` float32, one per key of the embedding; NaN for keys that were not compared.
    n_seeds, topn
        Number of trainings, and of neighbors per key.
    """

    row: EmbeddingRow
    shares: npt.NDArray[np.float32]
    n_seeds: int
    topn: int


def save_stability(workspace: Workspace, run: RunRow, stability: Stability) -> None:
    """Write the shares to a run's folder, in the order of its own keys; a deleted run is not recreated."""
    row = judged_embedding(workspace, run.id)
    if row is None:
        return
    share_of = dict(zip(stability.keys, stability.shares.tolist(), strict=True))
    folder = workspace.run_folder(run.id)
    try:
        keys = workspace.load_embedding(row.id).keys
        shares = np.array([share_of.get(key, np.nan) for key in keys], np.float32)
        with atomic_file(folder / SHARES_FILE, make_folder=False) as stream:
            np.save(stream, shares, allow_pickle=False)
    except (NotFoundError, FileNotFoundError, StorageError):
        # The run may be deleted at any moment; raise all other errors.
        if folder.is_dir():
            raise


def load_stability(workspace: Workspace, run: RunRow) -> StoredStability | None:
    """Return the stored stability of a run, or None; raises `StorageError` if its file is damaged."""
    score = run.scores.get(SCORE)
    row = judged_embedding(workspace, run.id)
    if not isinstance(score, dict) or row is None:
        return None
    shares = read_array(workspace.run_folder(run.id) / SHARES_FILE, "f", n_dimensions=1, mapped=False)
    if shares.shape != (row.n_keys,) or np.any(shares < 0.0) or np.any(shares > 1.0):
        raise StorageError("The stability of a run does not fit its embedding.", received=run.name)
    with damage_errors("stability"):
        return StoredStability(row, shares, int(score["n_seeds"]), int(score["topn"]))


def keys_by_stability(embedding: Embedding, kept: StoredStability, n: int, *, most: bool) -> list[WordShare]:
    """Return the `n` most (or least) steady keys of the compared embedding; of equal ones the more frequent first."""
    asked = np.flatnonzero(np.isfinite(kept.shares))
    order = asked[np.argsort(-kept.shares[asked] if most else kept.shares[asked], kind="stable")]
    return [WordShare(embedding.keys[row], embedding.labels[row], float(kept.shares[row])) for row in order[:n]]


def other_seeds(workspace: Workspace, run: RunRow) -> Sequence[EmbeddingRow]:
    """Return the evaluated embeddings of the runs that differ from a run only in their seed, without its own."""
    rows = [judged_embedding(workspace, other.id) for other in repeats_of(workspace, run)[1:]]
    return [row for row in rows if row is not None]

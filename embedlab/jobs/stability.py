"""The same training with several seeds, asked for at once, and what stays the same between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
from embedlab.workspace.workspace import Workspace

#: Seeds compared at most, the first run's own included.
MOST_SEEDS = 10
#: Where a run's folder keeps the shares, one a key of its judged embedding.
SHARES_FILE = "stability.npy"
#: The score's name among a run's scores.
SCORE = "stability"


def repeats_of(workspace: Workspace, run: RunRow) -> list[RunRow]:
    """Return the finished runs that differ from a run in their seed alone, the run itself first, one a seed.

    All of them were judged under the same evaluation protocol: they learned from the same cases. Of several with the
    same seed the newest stands for all; no more than `MOST_SEEDS`.
    """
    wanted = _without_seed(run)
    dataset = workspace.dataset(run.dataset_id)
    protocol = run_protocol(run, dataset)
    others = workspace.runs(run.dataset_id)
    judged_under = protocols_by_run(others, dataset)
    alike = {
        other.parameters.get("seed"): other
        for other in reversed(others)
        if other.model == run.model
        and other.status == Status.SUCCEEDED
        and _without_seed(other) == wanted
        and other.id in judged_under
        and judged_under[other.id] == protocol
    }
    alike.pop(run.parameters.get("seed"), None)
    newest_first = sorted(alike.values(), key=lambda other: -other.created_at)
    return [run, *newest_first][:MOST_SEEDS]


def _without_seed(run: RunRow) -> dict[str, object]:
    return {name: value for name, value in run.parameters.items() if name != "seed"}


def submit_repeats(jobs: Jobs, run_id: str, n_seeds: int) -> list[JobRow]:
    """Queue what is missing for a comparison of `n_seeds` seeds: the trainings, and the comparison after them.

    Returns
    -------
    The jobs, the comparison last; all or none are queued.

    Raises
    ------
    ParameterError
        `n_seeds` is below 2 or above `MOST_SEEDS`.
    ConflictError
        The run has not succeeded, made nothing whose neighbors could be compared, or a comparison is under way.
    """
    workspace = jobs.workspace
    run = workspace.run(run_id)
    if not 2 <= n_seeds <= MOST_SEEDS:
        raise ParameterError(f"Between 2 and {MOST_SEEDS} seeds can be compared.", received=n_seeds)
    if run.status != Status.SUCCEEDED:
        raise ConflictError("The run has not succeeded.", received=run.status, remedy="Wait for it, or restart it.")
    if judged_embedding(workspace, run.id) is None:
        raise ConflictError("This run made nothing whose neighbors could be compared.", received=run.name)
    if active_repeats(jobs, run):
        raise ConflictError("A comparison of its seeds is under way.", received=run.name, remedy="Wait for its end.")
    present = repeats_of(workspace, run)
    taken = {other.parameters.get("seed") for other in present}
    free = (seed for seed in range(n_seeds + len(taken)) if seed not in taken)
    seeds = [next(free) for _ in range(n_seeds - len(present))]
    dataset = workspace.dataset(run.dataset_id)
    # The same parts for all seeds, also where the protocol of the dataset has changed since.
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
        asked = {"run_id": run.id, "n_seeds": n_seeds, "after": list(queued)}
        queued.append(jobs.queue.submit(connection, "stability", f"Compare the seeds of {run.name}", asked))
    jobs.dispatch()
    return [jobs.job(job_id) for job_id in queued]


def active_repeats(jobs: Jobs, run: RunRow) -> list[JobRow]:
    """Return what waits or is at work for the comparison of a run's seeds."""
    return [job for job in jobs.jobs(active=True) if run.id in (job.request.get("repeats"), job.request.get("run_id"))]


@dataclass(frozen=True)
class WordShare:
    """A key, and the share of its neighbors that stay."""

    key: str
    label: str
    share: float


@dataclass(frozen=True)
class KeptStability:
    """What was found out about a run.

    Parameters
    ----------
    row
        The embedding whose keys were compared.
    shares
        `(n_keys,)` float32, one a key of the embedding; NaN where a key was not asked.
    n_seeds, topn
        Trainings compared, and neighbors looked at.
    """

    row: EmbeddingRow
    shares: npt.NDArray[np.float32]
    n_seeds: int
    topn: int


def keep_stability(workspace: Workspace, run: RunRow, found: Stability) -> None:
    """Write the shares into a run's folder, in the order of its own keys; a run that is gone does not come back."""
    row = judged_embedding(workspace, run.id)
    if row is None:
        return
    share_of = dict(zip(found.keys, found.shares.tolist(), strict=True))
    folder = workspace.run_folder(run.id)
    try:
        keys = workspace.load_embedding(row.id).keys
        shares = np.array([share_of.get(key, np.nan) for key in keys], np.float32)
        with atomic_file(folder / SHARES_FILE, make_folder=False) as stream:
            np.save(stream, shares, allow_pickle=False)
    except (NotFoundError, FileNotFoundError, StorageError):
        # The run may be deleted at any moment; any other trouble is told.
        if folder.is_dir():
            raise


def kept_stability(workspace: Workspace, run: RunRow) -> KeptStability | None:
    """Return what was found out about a run, or None; raises `StorageError` when its file is damaged."""
    score = run.scores.get(SCORE)
    row = judged_embedding(workspace, run.id)
    if not isinstance(score, dict) or row is None:
        return None
    shares = read_array(workspace.run_folder(run.id) / SHARES_FILE, "f", n_dimensions=1, mapped=False)
    if shares.shape != (row.n_keys,) or np.any(shares < 0.0) or np.any(shares > 1.0):
        raise StorageError("The stability of a run does not fit its embedding.", received=run.name)
    with damage_errors("stability"):
        return KeptStability(row, shares, int(score["n_seeds"]), int(score["topn"]))


def steadiest(workspace: Workspace, kept: KeptStability, n: int, *, most: bool) -> list[WordShare]:
    """Return the `n` most (or least) steady keys; of equal ones the more frequent come first."""
    embedding = workspace.load_embedding(kept.row.id)
    asked = np.flatnonzero(np.isfinite(kept.shares))
    order = asked[np.argsort(-kept.shares[asked] if most else kept.shares[asked], kind="stable")]
    return [WordShare(embedding.keys[row], embedding.labels[row], float(kept.shares[row])) for row in order[:n]]


def other_seeds(workspace: Workspace, run: RunRow) -> Sequence[EmbeddingRow]:
    """Return the judged embeddings of the runs that differ from a run in their seed alone, without its own."""
    rows = [judged_embedding(workspace, other.id) for other in repeats_of(workspace, run)[1:]]
    return [row for row in rows if row is not None]

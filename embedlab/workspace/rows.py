"""The rows of the catalog, immutable. Times are seconds since 1970, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

#: The kind of jobs that have a run: a row of `runs` has the id of its job.
TRAINING = "train"


class Status(StrEnum):
    """The status of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def is_active(self) -> bool:
        """Whether the job is queued or running."""
        return self in {Status.QUEUED, Status.RUNNING}


#: Statuses of queued and running jobs, and of ended ones.
ACTIVE = tuple(status for status in Status if status.is_active)
ENDED = tuple(status for status in Status if not status.is_active)


@dataclass(frozen=True)
class UploadRow:
    """A file copied into the workspace, not yet imported. `name` comes from the user and is never a path."""

    id: str
    owner: str
    name: str
    digest: str
    size_bytes: int
    created_at: float


@dataclass(frozen=True)
class DatasetRow:
    """A validated dataset. `protocol` is the evaluation protocol of new runs, as JSON; None: the default."""

    id: str
    owner: str
    name: str
    kind: str
    digest: str
    counts: dict[str, int | float]
    options: dict[str, Any]
    warnings: list[str]
    details: dict[str, Any]
    size_bytes: int
    created_at: float
    protocol: dict[str, Any] | None = None


@dataclass(frozen=True)
class DatasetItem:
    """The columns of a dataset that lists show."""

    id: str
    name: str
    kind: str
    counts: dict[str, int | float]
    size_bytes: int
    created_at: float


@dataclass(frozen=True)
class JobRow:
    """A background job. `worker` has the host, pid and start time of its process."""

    id: str
    owner: str
    kind: str
    status: Status
    title: str
    request: dict[str, Any]
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    attempt: int
    created_at: float
    started_at: float | None
    finished_at: float | None
    heartbeat_at: float | None
    cancel_requested_at: float | None
    token: str | None
    worker: dict[str, Any] | None

    @property
    def run_id(self) -> str | None:
        """The run this job trains, which has the job's own id."""
        return self.id if self.kind == TRAINING else None

    @property
    def cancel_requested(self) -> bool:
        """Whether cancellation was requested."""
        return self.cancel_requested_at is not None

    @property
    def elapsed_s(self) -> float | None:
        """Seconds from start to end, for a finished job."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at


@dataclass(frozen=True)
class RunRow:
    """One training of one model on one dataset; status and times come from its job.

    `protocol` is its evaluation protocol, as JSON; see `embedlab.jobs.protocols.run_protocol` for None.
    """

    id: str
    owner: str
    name: str
    dataset_id: str
    model: str
    parameters: dict[str, Any]
    scores: dict[str, Any]
    versions: dict[str, str]
    created_at: float
    status: Status
    error: dict[str, Any] | None
    started_at: float | None
    finished_at: float | None
    protocol: dict[str, Any] | None = None

    @property
    def elapsed_s(self) -> float | None:
        """Seconds from start to end, for a finished run."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at


@dataclass(frozen=True)
class EmbeddingRow:
    """An embedding: `name` within its run (`words`, `items`), `title` to show."""

    id: str
    owner: str
    name: str
    title: str
    run_id: str | None
    dataset_id: str | None
    n_keys: int
    vector_size: int
    size_bytes: int
    created_at: float


@dataclass(frozen=True)
class ProjectionRow:
    """Coordinates of an embedding in two or three dimensions.

    An isolated map shows only some rows of its embedding: its `quality` has `isolated`, an object with `n_points` and
    `steps` (how they were selected), and its folder has the rows.
    """

    id: str
    owner: str
    embedding_id: str
    method: str
    n_components: int
    parameters: dict[str, Any]
    seed: int
    quality: dict[str, Any]
    created_at: float

    @property
    def n_isolated(self) -> int | None:
        """Number of points of an isolated map; None for a map of all points."""
        facts = self.quality.get("isolated")
        n_points = facts.get("n_points") if isinstance(facts, dict) else None
        return n_points if isinstance(n_points, int) else None

    @property
    def isolated_steps(self) -> tuple[str, ...]:
        """How the points of an isolated map were selected, as plain texts."""
        facts = self.quality.get("isolated")
        steps = facts.get("steps") if isinstance(facts, dict) else None
        return tuple(map(str, steps)) if isinstance(steps, list) else ()


@dataclass(frozen=True)
class YardstickRow:
    """A check or file that the embeddings of a dataset are evaluated by.

    `kind` is check (its sentence is the name), pairs (`content` is a list of word, word, score) or analogies (a list of
    section names with their questions of four words).
    """

    id: str
    owner: str
    dataset_id: str
    kind: str
    name: str
    content: Any
    created_at: float

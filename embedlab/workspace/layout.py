"""Layout of the workspace's folder. Only ids from the catalog become paths, never users' strings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from embedlab.core.errors import NotFoundError
from embedlab.workspace.catalog import is_id

#: In the folder of an isolated map: the rows of the embedding that it shows.
ISOLATED_ROWS_FILE = "rows.npy"


@dataclass(frozen=True)
class Layout:
    """The folders of a workspace."""

    home: Path

    def _of(self, room: str, row_id: str) -> Path:
        if not is_id(row_id):
            raise NotFoundError("This is not an id.", received=row_id)
        return self.home / room / row_id

    def dataset(self, dataset_id: str) -> Path:
        """Folder of a dataset."""
        return self._of("datasets", dataset_id)

    def run(self, run_id: str) -> Path:
        """Folder of a finished run."""
        return self._of("runs", run_id)

    def embedding(self, embedding_id: str) -> Path:
        """Folder of an embedding."""
        return self._of("embeddings", embedding_id)

    def projection(self, projection_id: str) -> Path:
        """Folder of a projection."""
        return self._of("projections", projection_id)

    def job(self, job_id: str) -> Path:
        """Folder of a job: progress, log, checkpoints."""
        return self._of("jobs", job_id)

    def upload(self, upload_id: str) -> Path:
        """File of an upload."""
        return self._of("uploads", upload_id)

    @property
    def locks(self) -> Path:
        """Folder of the lock files."""
        return self.home / "locks"

    @property
    def marks_lock(self) -> Path:
        """Lock of what people add to embeddings: bookmarks, named selections, names of clusters."""
        return self.locks / "marks.lock"

    @property
    def identity_file(self) -> Path:
        """File with the id that is also in the catalog; see `embedlab.workspace.identity`."""
        return self.home / "workspace.json"

    @property
    def reserve_file(self) -> Path:
        """File that reserves some space; see `embedlab.workspace.reserve`."""
        return self.home / "reserve"

    @property
    def trash(self) -> Path:
        """Folder of orphaned files until they are deleted; see `embedlab.workspace.trash`."""
        return self.home / "trash"

    @property
    def rooms(self) -> tuple[Path, ...]:
        """All folders with artifacts."""
        return tuple(self.home / room for room in ("datasets", "runs", "embeddings", "projections", "jobs", "uploads"))

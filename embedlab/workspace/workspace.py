"""The workspace: one folder and one database with all data."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import ConflictError, NotFoundError
from embedlab.core.settings import Settings
from embedlab.core.stored import damaged, read_array
from embedlab.kinds.registry import kind as kind_of
from embedlab.workspace import housekeeping, reserve, trash
from embedlab.workspace.catalog import Catalog, is_id, new_id
from embedlab.workspace.layout import ISOLATED_ROWS_FILE, Layout
from embedlab.workspace.opening import open_catalog
from embedlab.workspace.rows import DatasetRow, EmbeddingRow, ProjectionRow, RunRow
from embedlab.workspace.sizes import Sizes
from embedlab.workspace.tables import EpochNow, datasets, embeddings, jobs, projections, runs, uploads, yardsticks
from embedlab.workspace.uploads import Upload, copy_in, shown_name

T = TypeVar("T")


@dataclass(frozen=True)
class Dependents:
    """Ids of everything that a deletion would also delete."""

    runs: tuple[str, ...] = ()
    embeddings: tuple[str, ...] = ()
    projections: tuple[str, ...] = ()


class Workspace:
    """All stored data of one owner. Safe to share between threads."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.settings = settings
        self.catalog = catalog
        self.layout = Layout(settings.home)
        self._sizes = Sizes()

    @classmethod
    def open(cls, settings: Settings, *, adopt: bool = False) -> Workspace:
        """Open the workspace; creates folder and schema if they are missing.

        Parameters
        ----------
        adopt
            Use folder and catalog together although they do not match; see `embedlab.workspace.identity`.

        Raises
        ------
        StorageError
            The folder cannot be written, the database cannot be opened or is newer than this program, or the folder
            and the database do not belong together.
        """
        return cls(settings, Catalog(open_catalog(settings, adopt=adopt), settings.owner))

    def close(self) -> None:
        """Close the database connections."""
        self.catalog.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Open a transaction: all or nothing.

        Raises
        ------
        ConflictError
            A row it refers to was deleted.
        StorageError
            The database is busy, full, read-only, damaged or unreachable.
        """
        with conflict_errors(), self.catalog.engine.begin() as connection:
            yield connection

    # Uploads

    def stage_upload(self, source: BinaryIO | Path, file_name: str) -> Upload:
        """Copy a file into the workspace; its digest shows whether it was imported before."""
        upload_id = new_id()
        path = self.layout.upload(upload_id)
        digest, size_bytes = copy_in(source, path)
        name = shown_name(file_name)
        values = {"id": upload_id, "name": name, "digest": digest, "size_bytes": size_bytes, "created_at": EpochNow()}
        try:
            with self.transaction() as connection:
                self.catalog.insert(connection, uploads, values)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Upload(upload_id, path, name, digest, size_bytes)

    def upload(self, upload_id: str) -> Upload:
        """Return a staged upload, or raise `NotFoundError`."""
        row = self.catalog.get(uploads, upload_id)
        return Upload(row.id, self.layout.upload(row.id), row.name, row.digest, row.size_bytes)

    def discard_upload(self, upload_id: str) -> None:
        """Delete a staged upload; do nothing if it does not exist."""
        if not is_id(upload_id):
            return

        def remove() -> None:
            with self.transaction() as connection:
                self.catalog.delete(connection, uploads, [upload_id])
                of_another = connection.execute(sa.select(uploads.c.id).where(uploads.c.id == upload_id)).first()
            if of_another is None:
                self.layout.upload(upload_id).unlink(missing_ok=True)

        self.freeing(remove)

    # Datasets

    def datasets(self, kind: str | None = None, *, most: int | None = None) -> list[DatasetRow]:
        """Return the datasets, newest first, at most `most`."""
        return self.catalog.find(datasets, *([datasets.c.kind == kind] if kind else []), most=most)

    def dataset(self, dataset_id: str) -> DatasetRow:
        """Return one dataset, or raise `NotFoundError`."""
        row: DatasetRow = self.catalog.get(datasets, dataset_id)
        return row

    def find_dataset(self, digest: str) -> DatasetRow | None:
        """Return the newest dataset imported from a file with this digest."""
        rows: list[DatasetRow] = self.catalog.find(datasets, datasets.c.digest == digest)
        return rows[0] if rows else None

    def dataset_folder(self, dataset_id: str) -> Path:
        """Return the folder of a dataset."""
        return self.layout.dataset(dataset_id)

    def open_dataset(self, dataset_id: str) -> Any:
        """Open a dataset by its kind; raises `InputError` for vectors, which are already an embedding."""
        row = self.dataset(dataset_id)
        return kind_of(row.kind).open(self.dataset_folder(row.id))

    def rename_dataset(self, dataset_id: str, name: str) -> None:
        """Rename a dataset."""
        self.catalog.rename(datasets, dataset_id, name)

    def dependents_of_dataset(self, dataset_id: str) -> Dependents:
        """Return everything that deleting the dataset would also delete."""
        run_ids = tuple(row.id for row in self.runs(dataset_id))
        of_dataset = (embeddings.c.dataset_id == dataset_id) | embeddings.c.run_id.in_(run_ids)
        return self._with_embeddings(run_ids, of_dataset)

    def delete_dataset(self, dataset_id: str) -> None:
        """Delete a dataset and everything derived from it; raises `ConflictError` while one of its runs is active."""
        self.dataset(dataset_id)
        dependents = self.dependents_of_dataset(dataset_id)
        self._refuse_active(dependents.runs)

        def remove() -> None:
            with self.transaction() as connection:
                self._delete_dependents(connection, dependents)
                connection.execute(sa.delete(yardsticks).where(yardsticks.c.dataset_id == dataset_id))
                self.catalog.delete(connection, datasets, [dataset_id])
            self._remove_folders(dependents, self.layout.dataset(dataset_id))

        self.freeing(remove)

    # Runs

    def runs(self, dataset_id: str | None = None, *, most: int | None = None) -> list[RunRow]:
        """Return the runs, newest first, at most `most`."""
        return self.catalog.runs(*([runs.c.dataset_id == dataset_id] if dataset_id else []), most=most)

    def run(self, run_id: str) -> RunRow:
        """Return one run, or raise `NotFoundError`."""
        return self.catalog.run(run_id)

    def run_folder(self, run_id: str) -> Path:
        """Return the folder of a run; it exists once the run has succeeded."""
        return self.layout.run(run_id)

    def rename_run(self, run_id: str, name: str) -> None:
        """Rename a run."""
        self.catalog.rename(runs, run_id, name)

    def dependents_of_run(self, run_id: str) -> Dependents:
        """Return everything that deleting the run would delete, including the run itself."""
        return self._with_embeddings((run_id,), embeddings.c.run_id == run_id)

    def delete_run(self, run_id: str) -> None:
        """Delete a run with its embeddings and maps; raises `ConflictError` while it is active."""
        self.run(run_id)
        dependents = self.dependents_of_run(run_id)
        self._refuse_active(dependents.runs)
        self._delete(dependents)

    # Embeddings and projections

    def embeddings(
        self, run_id: str | None = None, dataset_id: str | None = None, *, most: int | None = None
    ) -> list[EmbeddingRow]:
        """Return the embeddings, newest first: all, those of a run, or those trained on or imported as a dataset."""
        conditions: list[sa.ColumnElement[bool]] = []
        if run_id:
            conditions.append(embeddings.c.run_id == run_id)
        if dataset_id:
            conditions.append(embeddings.c.dataset_id == dataset_id)
        return self.catalog.find(embeddings, *conditions, most=most)

    def embedding(self, embedding_id: str) -> EmbeddingRow:
        """Return one embedding's row, or raise `NotFoundError`."""
        row: EmbeddingRow = self.catalog.get(embeddings, embedding_id)
        return row

    def resolve_embedding(self, name: str) -> EmbeddingRow:
        """Return the embedding with this id or `RUN/name`.

        Raises
        ------
        NotFoundError
            There is none; the remedy lists the embeddings of the run.
        """
        run_id, slash, embedding_name = name.partition("/")
        if not slash:
            return self.embedding(name)
        of_run = self.embeddings(run_id=self.run(run_id).id)
        for row in of_run:
            if row.name == embedding_name:
                return row
        names = ", ".join(f"{run_id}/{row.name}" for row in of_run) or "none yet"
        raise NotFoundError(
            "The run has no embedding with this name.", received=embedding_name, remedy=f"Available: {names}."
        )

    def load_embedding(self, embedding_id: str) -> Embedding:
        """Load an embedding; its vectors are memory-mapped.

        Raises
        ------
        StorageError
            Its files are missing, damaged, or belong to another embedding.
        """
        row = self.embedding(embedding_id)
        embedding = Embedding.load(self.layout.embedding(row.id))
        if (embedding.n_keys, embedding.vector_size) != (row.n_keys, row.vector_size):
            raise damaged(f"embedding {row.id}")
        return embedding

    def delete_embedding(self, embedding_id: str) -> None:
        """Delete an embedding with its maps."""
        self.embedding(embedding_id)
        self._delete(self._with_embeddings((), embeddings.c.id == embedding_id))

    def projections(self, embedding_id: str) -> list[ProjectionRow]:
        """Return the projections of all points of an embedding, oldest first; see `isolated_maps` for others."""
        return [row for row in self._all_projections(embedding_id) if row.n_isolated is None]

    def isolated_maps(self, embedding_id: str) -> list[ProjectionRow]:
        """Return the projections of only some points of an embedding, oldest first."""
        return [row for row in self._all_projections(embedding_id) if row.n_isolated is not None]

    def _all_projections(self, embedding_id: str) -> list[ProjectionRow]:
        return self.catalog.find(projections, projections.c.embedding_id == embedding_id, newest_first=False)

    def projection(self, projection_id: str) -> ProjectionRow:
        """Return one projection's row, or raise `NotFoundError`."""
        row: ProjectionRow = self.catalog.get(projections, projection_id)
        return row

    def coordinates(self, projection_id: str) -> Vectors:
        """Return `(n_keys, n_components)` float32 coordinates, memory-mapped; of an isolated map, one for each point.

        Raises
        ------
        StorageError
            The file is missing, damaged, or does not match the embedding.
        """
        row = self.projection(projection_id)
        coordinates: Vectors = read_array(self.layout.projection(row.id) / "coordinates.npy", "f", n_dimensions=2)
        n_points = self.embedding(row.embedding_id).n_keys if row.n_isolated is None else row.n_isolated
        if coordinates.shape != (n_points, row.n_components):
            raise damaged(f"map {row.id}")
        return coordinates

    def isolated_rows(self, projection_id: str) -> npt.NDArray[np.int64] | None:
        """Return the rows of the embedding that an isolated map shows, ascending; None for a map of all points.

        Raises
        ------
        StorageError
            The file is missing, damaged, or does not match the embedding.
        """
        row = self.projection(projection_id)
        if row.n_isolated is None:
            return None
        rows = read_array(self.layout.projection(row.id) / ISOLATED_ROWS_FILE, "i", n_dimensions=1).astype(np.int64)
        n_keys = self.embedding(row.embedding_id).n_keys
        ascending = len(rows) == row.n_isolated > 0 and rows[0] >= 0 and rows[-1] < n_keys and (np.diff(rows) > 0).all()
        if not ascending:
            raise damaged(f"map {row.id}")
        return rows

    def delete_projection(self, projection_id: str) -> None:
        """Delete a map."""
        row = self.projection(projection_id)
        self._delete(Dependents((), (), (row.id,)))

    # Housekeeping

    def freeing(self, work: Callable[[], T]) -> T:
        """Do some work that frees space; on a full disk, use the reserved space for it."""
        return reserve.with_room(self.layout, work)

    def sweep(self, older_than_s: float = 3600.0) -> None:
        """Delete abandoned uploads, and move orphaned files to the trash; see `embedlab.workspace.housekeeping`."""
        housekeeping.sweep(self.catalog.engine, self.layout, older_than_s)

    def trash(self) -> trash.Trash:
        """Return the content of the trash: orphaned files of all owners."""
        return trash.trash_content(self.layout)

    def empty_trash(self) -> None:
        """Delete everything in the trash now, instead of 7 days after it was moved there."""
        trash.empty_trash(self.layout)

    def usage(self) -> housekeeping.Usage:
        """Return the disk usage; unchanged folders are not measured again."""
        return housekeeping.usage(self.catalog, self.layout, self._sizes)

    def backup(self, path: Path) -> Path:
        """Write all data of the owner to one zip; see `embedlab.workspace.backup`."""
        from embedlab.workspace.backup import write_backup

        return write_backup(self, path)

    def _with_embeddings(self, run_ids: tuple[str, ...], condition: sa.ColumnElement[bool]) -> Dependents:
        embedding_ids = tuple(row.id for row in self.catalog.find(embeddings, condition))
        projection_rows = self.catalog.find(projections, projections.c.embedding_id.in_(embedding_ids))
        return Dependents(run_ids, embedding_ids, tuple(row.id for row in projection_rows))

    def _refuse_active(self, run_ids: tuple[str, ...]) -> None:
        for run in self.catalog.runs(runs.c.id.in_(run_ids)):
            if run.status.is_active:
                raise ConflictError(
                    "A run is still active.", received=run.name, remedy="Cancel the run first, then delete."
                )

    def _delete(self, dependents: Dependents) -> None:
        def remove() -> None:
            with self.transaction() as connection:
                self._delete_dependents(connection, dependents)
            self._remove_folders(dependents)

        self.freeing(remove)

    def _delete_dependents(self, connection: sa.Connection, dependents: Dependents) -> None:
        self.catalog.delete(connection, projections, dependents.projections)
        self.catalog.delete(connection, embeddings, dependents.embeddings)
        self.catalog.delete(connection, runs, dependents.runs)
        self.catalog.delete(connection, jobs, dependents.runs)

    def _remove_folders(self, dependents: Dependents, *others: Path) -> None:
        folders = [
            *map(self.layout.projection, dependents.projections),
            *map(self.layout.embedding, dependents.embeddings),
            *map(self.layout.run, dependents.runs),
            *map(self.layout.job, dependents.runs),
            *others,
        ]
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def conflict_errors() -> Iterator[None]:
    """Turn integrity errors of the database into `ConflictError`."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        raise ConflictError(
            "Something this depends on was deleted or added meanwhile.",
            remedy="Check the current state, and try again.",
        ) from error


def describe(row: Any) -> dict[str, Any]:
    """Return a row as JSON, without owner and token."""
    return {name: getattr(row, name) for name in row.__dataclass_fields__ if name not in {"owner", "token"}}

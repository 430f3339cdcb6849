"""Queries of the catalog that return rows. Every query is limited to one owner."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from embedlab.core.errors import InputError, NotFoundError
from embedlab.core.plain import one_line
from embedlab.workspace.rows import (
    DatasetRow,
    EmbeddingRow,
    JobRow,
    ProjectionRow,
    RunRow,
    Status,
    UploadRow,
    YardstickRow,
)
from embedlab.workspace.tables import datasets, embeddings, jobs, projections, runs, uploads, yardsticks

ID_LENGTH = 12
_ID_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
Row = TypeVar("Row")


def new_id() -> str:
    """Return a new random id of 12 characters that are hard to confuse."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(ID_LENGTH))


def is_id(text: str) -> bool:
    """Return whether `text` has the form of an id, so that it is safe in a path."""
    return len(text) == ID_LENGTH and all(character in _ID_ALPHABET for character in text)


def checked_name(name: str) -> str:
    """Return a user's name as one printable line, or raise `InputError` if it has no visible character."""
    line = one_line(name)
    if not line:
        raise InputError("A name needs at least one visible character.", received=name)
    return line


_BUILD: dict[sa.Table, Any] = {
    uploads: UploadRow,
    datasets: DatasetRow,
    jobs: lambda **row: JobRow(**{**row, "status": Status(row["status"])}),
    embeddings: EmbeddingRow,
    projections: ProjectionRow,
    yardsticks: YardstickRow,
}
_NOUN = {
    uploads: "upload",
    datasets: "dataset",
    jobs: "job",
    runs: "run",
    embeddings: "embedding",
    projections: "projection",
    yardsticks: "check or test file",
}


class Catalog:
    """Reads and writes rows of one owner.

    Parameters
    ----------
    engine
        The opened database.
    owner
        Owner of the rows to read and write.
    """

    def __init__(self, engine: sa.Engine, owner: str) -> None:
        self.engine = engine
        self.owner = owner

    def find(
        self, table: sa.Table, *conditions: sa.ColumnElement[bool], newest_first: bool = True, most: int | None = None
    ) -> list[Any]:
        """Return the owner's rows of `table` that meet all conditions, at most `most`."""
        order = table.c.created_at.desc() if newest_first else table.c.created_at.asc()
        query = sa.select(table).where(table.c.owner == self.owner, *conditions).order_by(order, table.c.id).limit(most)
        with self.engine.connect() as connection:
            return [_BUILD[table](**row) for row in connection.execute(query).mappings()]

    def get(self, table: sa.Table, row_id: str) -> Any:
        """Return the row of `table` with this id, or raise `NotFoundError`."""
        rows = self.find(table, table.c.id == row_id) if is_id(row_id) else []
        if not rows:
            raise not_found(table, row_id)
        return rows[0]

    def count(self, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
        """Return how many of the owner's rows of `table` meet all conditions."""
        query = sa.select(sa.func.count()).select_from(table).where(table.c.owner == self.owner, *conditions)
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def runs(self, *conditions: sa.ColumnElement[bool], most: int | None = None) -> list[RunRow]:
        """Return the owner's runs, newest first, at most `most`, with status and times of their jobs."""
        query = (
            sa.select(runs, jobs.c.status, jobs.c.error, jobs.c.started_at, jobs.c.finished_at)
            .join(jobs, jobs.c.id == runs.c.id)
            .where(runs.c.owner == self.owner, *conditions)
            .order_by(runs.c.created_at.desc(), runs.c.id)
            .limit(most)
        )
        with self.engine.connect() as connection:
            return [RunRow(**{**row, "status": Status(row["status"])}) for row in connection.execute(query).mappings()]

    def run(self, run_id: str) -> RunRow:
        """Return one run, or raise `NotFoundError`."""
        rows = self.runs(runs.c.id == run_id) if is_id(run_id) else []
        if not rows:
            raise not_found(runs, run_id)
        return rows[0]

    def rename(self, table: sa.Table, row_id: str, name: str) -> None:
        """Rename a row; raises `NotFoundError` or `InputError`."""
        update = sa.update(table).where(table.c.id == row_id, table.c.owner == self.owner)
        with self.engine.begin() as connection:
            if connection.execute(update.values(name=checked_name(name))).rowcount == 0:
                raise not_found(table, row_id)

    def insert(self, connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
        """Add a row for the owner, within the caller's transaction."""
        connection.execute(sa.insert(table).values(owner=self.owner, **values))

    def delete(self, connection: sa.Connection, table: sa.Table, ids: Sequence[str]) -> None:
        """Delete the owner's rows with these ids, within the caller's transaction."""
        connection.execute(sa.delete(table).where(table.c.owner == self.owner, table.c.id.in_(ids)))


def not_found(table: sa.Table, row_id: str) -> NotFoundError:
    """Return the error for an unknown id."""
    noun = _NOUN[table]
    listed = noun in {"dataset", "run", "embedding", "job"}
    return NotFoundError(
        f"There is no {noun} with this id.",
        received=row_id,
        remedy=f"List the {noun}s with: python -m embedlab {noun}s" if listed else "It may have been deleted.",
    )

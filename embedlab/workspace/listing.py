"""Lists for people: the newest of what there is, or what some words name, by a fixed number of slim queries.

Columns of JSON are read of the rows that are shown, and of no other. What people search by is compared here and not
by the database: SQLite knows upper and lower case of ASCII alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from embedlab.workspace.rows import DatasetItem, EmbeddingRow, RunRow, Status
from embedlab.workspace.tables import datasets, embeddings, jobs, runs
from embedlab.workspace.workspace import Workspace

Row = TypeVar("Row")

_ITEM = (
    datasets.c.id,
    datasets.c.name,
    datasets.c.kind,
    datasets.c.counts,
    datasets.c.size_bytes,
    datasets.c.created_at,
)


@dataclass(frozen=True)
class Found(Generic[Row]):
    """The first rows of those that were found.

    Parameters
    ----------
    rows
        Newest first.
    n_found
        How many there are, those included that `rows` leaves out.
    """

    rows: tuple[Row, ...]
    n_found: int


def find_datasets(
    workspace: Workspace, words: str = "", *, kinds: Collection[str] | None = None, most: int
) -> Found[DatasetItem]:
    """Return the newest datasets in whose names all words occur.

    Parameters
    ----------
    words
        Parted by blanks, in upper or lower case; empty: all datasets.
    kinds
        Only those of these kinds; None: of any.
    most
        How many rows at most.
    """
    conditions = [] if kinds is None else [datasets.c.kind.in_(kinds)]
    names = sa.select(datasets.c.id, datasets.c.name)
    chosen, n_found = _chosen(workspace, datasets, names, conditions, words, most)
    query = _newest(workspace, datasets, sa.select(*_ITEM), [*conditions, *chosen]).limit(most)
    with workspace.catalog.engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return Found(tuple(DatasetItem(**row) for row in rows), n_found)


def find_runs(
    workspace: Workspace,
    words: str = "",
    *,
    states: Collection[Status] = (),
    models: Collection[str] | None = None,
    title_of: Callable[[str], str] = str,
    most: int,
) -> Found[RunRow]:
    """Return the newest runs in whose names, models and datasets all words occur.

    Parameters
    ----------
    words
        Parted by blanks, in upper or lower case; empty: all runs.
    states
        Only runs in these states; empty: in any.
    models
        Only runs of these models; None: of any.
    title_of
        Returns a model's name for people.
    most
        How many rows at most.
    """
    conditions: list[sa.ColumnElement[bool]] = [jobs.c.status.in_(states)] if states else []
    if models is not None:
        conditions.append(runs.c.model.in_(models))
    joined = runs.join(jobs, jobs.c.id == runs.c.id).outerjoin(datasets, datasets.c.id == runs.c.dataset_id)
    names = sa.select(runs.c.id, runs.c.name, datasets.c.name, runs.c.model).select_from(joined)
    chosen, n_found = _chosen(workspace, runs, names, conditions, words, most, title_of)
    return Found(tuple(workspace.catalog.runs(*conditions, *chosen, most=most)), n_found)


def find_run_names(
    workspace: Workspace,
    words: str = "",
    *,
    states: Collection[Status],
    models: Collection[str],
    most: int,
) -> Found[tuple[str, str]]:
    """Return id and name of the newest runs of some models in whose names all words occur.

    Parameters are those of `find_runs`.
    """
    conditions = [jobs.c.status.in_(states), runs.c.model.in_(models)]
    names = sa.select(runs.c.id, runs.c.name).select_from(runs.join(jobs, jobs.c.id == runs.c.id))
    chosen, n_found = _chosen(workspace, runs, names, conditions, words, most)
    query = _newest(workspace, runs, names, [*conditions, *chosen]).limit(most)
    with workspace.catalog.engine.connect() as connection:
        return Found(tuple((row[0], row[1]) for row in connection.execute(query)), n_found)


def find_embeddings(
    workspace: Workspace, words: str = "", *, names: Collection[str] | None = None, most: int
) -> Found[EmbeddingRow]:
    """Return the newest embeddings in whose titles all words occur.

    Parameters
    ----------
    words
        Parted by blanks, in upper or lower case; empty: all embeddings.
    names
        Only embeddings of these names within their runs; None: of any.
    most
        How many rows at most.
    """
    conditions = [embeddings.c.name.in_(names)] if names is not None else []
    titles = sa.select(embeddings.c.id, embeddings.c.title, embeddings.c.name)
    chosen, n_found = _chosen(workspace, embeddings, titles, conditions, words, most)
    return Found(tuple(workspace.catalog.find(embeddings, *conditions, *chosen, most=most)), n_found)


def count_datasets(workspace: Workspace) -> int:
    """Return how many datasets there are."""
    return workspace.catalog.count(datasets)


def find_names(workspace: Workspace, *, most: int) -> dict[str, str]:
    """Return the names of the newest datasets by their ids."""
    query = _newest(workspace, datasets, sa.select(datasets.c.id, datasets.c.name), ()).limit(most)
    with workspace.catalog.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def dataset_names(workspace: Workspace, dataset_ids: Collection[str]) -> dict[str, str]:
    """Return the names of datasets by their ids; of those that are gone nothing."""
    query = sa.select(datasets.c.id, datasets.c.name).where(
        datasets.c.owner == workspace.catalog.owner, datasets.c.id.in_(set(dataset_ids))
    )
    with workspace.catalog.engine.connect() as connection:
        return {row.id: row.name for row in connection.execute(query)}


def embeddings_by(workspace: Workspace, column: str, ids: Collection[str]) -> Mapping[str, Sequence[EmbeddingRow]]:
    """Return the embeddings of several runs or datasets, newest first, by the id of what they belong to.

    Parameters
    ----------
    column
        `run_id` or `dataset_id`.
    ids
        Of the runs or datasets; each is a key of what is returned.
    """
    found: dict[str, list[EmbeddingRow]] = {row_id: [] for row_id in ids}
    for row in workspace.catalog.find(embeddings, embeddings.c[column].in_(set(ids))):
        found[getattr(row, column)].append(row)
    return found


def embeddings_of(workspace: Workspace, ids: Collection[str]) -> list[EmbeddingRow]:
    """Return the embeddings with these ids, newest first; those that are gone are left out."""
    return workspace.catalog.find(embeddings, embeddings.c.id.in_(set(ids)))


def runs_by_status(workspace: Workspace) -> dict[Status, int]:
    """Return how many runs there are in each state, without the states in which there is none."""
    query = (
        sa.select(jobs.c.status, sa.func.count())
        .join(runs, runs.c.id == jobs.c.id)
        .where(runs.c.owner == workspace.catalog.owner)
        .group_by(jobs.c.status)
    )
    with workspace.catalog.engine.connect() as connection:
        return {Status(status): n for status, n in connection.execute(query)}


def _newest(
    workspace: Workspace, table: sa.Table, query: sa.Select[Any], conditions: Sequence[sa.ColumnElement[bool]]
) -> sa.Select[Any]:
    owned = table.c.owner == workspace.catalog.owner
    return query.where(owned, *conditions).order_by(table.c.created_at.desc(), table.c.id)


def _chosen(
    workspace: Workspace,
    table: sa.Table,
    texts: sa.Select[Any],
    conditions: Sequence[sa.ColumnElement[bool]],
    words: str,
    most: int,
    title_of: Callable[[str], str] = str,
) -> tuple[list[sa.ColumnElement[bool]], int]:
    """Return what else the rows to be shown have to meet, and how many rows were found; one query.

    Parameters
    ----------
    texts
        Selects the ids, and the texts in which the words are looked for.
    """
    wanted = words.casefold().split()
    with workspace.catalog.engine.connect() as connection:
        if not wanted:
            counting = texts.with_only_columns(sa.func.count(), maintain_column_froms=True)
            query = counting.where(table.c.owner == workspace.catalog.owner, *conditions)
            return [], int(connection.execute(query).scalar_one())
        found = [
            row[0]
            for row in connection.execute(_newest(workspace, table, texts, conditions))
            if _has_all(" ".join([*(text or "" for text in row[1:]), title_of(row[-1] or "")]).casefold(), wanted)
        ]
    return [table.c.id.in_(found[:most])], len(found)


def _has_all(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)

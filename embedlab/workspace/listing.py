"""Lists to show: the newest rows, or those that match a search, with a fixed number of small queries.

JSON columns are read only for rows that are shown. The search compares here and not in the database, because SQLite
ignores case only for ASCII.
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
    """The first rows of a search result.

    Parameters
    ----------
    rows
        Newest first.
    n_found
        Total number of matching rows.
    """

    rows: tuple[Row, ...]
    n_found: int


def find_datasets(
    workspace: Workspace, words: str = "", *, kinds: Collection[str] | None = None, most: int
) -> Found[DatasetItem]:
    """Return the newest datasets whose names contain all words.

    Parameters
    ----------
    words
        Separated by spaces, in any case; empty: all datasets.
    kinds
        Only datasets of these kinds; None: any.
    most
        Maximum number of rows.
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
    """Return the newest runs whose names, models and datasets contain all words.

    Parameters
    ----------
    words
        Separated by spaces, in any case; empty: all runs.
    states
        Only runs in these states; empty: any.
    models
        Only runs of these models; None: any.
    title_of
        Returns a model's display title.
    most
        Maximum number of rows.
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
    dataset_id: str | None = None,
) -> Found[tuple[str, str]]:
    """Return id and name of the newest runs of some models whose names contain all words, on one dataset or on any.

    See `find_runs` for the parameters.
    """
    conditions: list[sa.ColumnElement[bool]] = [jobs.c.status.in_(states), runs.c.model.in_(models)]
    if dataset_id is not None:
        conditions.append(runs.c.dataset_id == dataset_id)
    names = sa.select(runs.c.id, runs.c.name).select_from(runs.join(jobs, jobs.c.id == runs.c.id))
    chosen, n_found = _chosen(workspace, runs, names, conditions, words, most)
    query = _newest(workspace, runs, names, [*conditions, *chosen]).limit(most)
    with workspace.catalog.engine.connect() as connection:
        return Found(tuple((row[0], row[1]) for row in connection.execute(query)), n_found)


def find_embeddings(
    workspace: Workspace, words: str = "", *, names: Collection[str] | None = None, most: int
) -> Found[EmbeddingRow]:
    """Return the newest embeddings whose titles contain all words.

    Parameters
    ----------
    words
        Separated by spaces, in any case; empty: all embeddings.
    names
        Only embeddings with these names within their runs; None: any.
    most
        Maximum number of rows.
    """
    conditions = [embeddings.c.name.in_(names)] if names is not None else []
    titles = sa.select(embeddings.c.id, embeddings.c.title, embeddings.c.name)
    chosen, n_found = _chosen(workspace, embeddings, titles, conditions, words, most)
    return Found(tuple(workspace.catalog.find(embeddings, *conditions, *chosen, most=most)), n_found)


def count_datasets(workspace: Workspace) -> int:
    """Return the number of datasets."""
    return workspace.catalog.count(datasets)


def find_names(workspace: Workspace, *, most: int) -> dict[str, str]:
    """Return the names of the newest datasets by their ids."""
    query = _newest(workspace, datasets, sa.select(datasets.c.id, datasets.c.name), ()).limit(most)
    with workspace.catalog.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


@dataclass(frozen=True)
class RunName:
    """The columns of a run that a short list shows."""

    id: str
    name: str
    status: Status
    created_at: float


def run_names(workspace: Workspace, dataset_id: str, *, most: int) -> tuple[RunName, ...]:
    """Return the newest runs on a dataset, at most `most`, without their JSON columns."""
    columns = sa.select(runs.c.id, runs.c.name, jobs.c.status, runs.c.created_at).join(jobs, jobs.c.id == runs.c.id)
    query = _newest(workspace, runs, columns, [runs.c.dataset_id == dataset_id]).limit(most)
    with workspace.catalog.engine.connect() as connection:
        return tuple(RunName(row[0], row[1], Status(row[2]), row[3]) for row in connection.execute(query))


def embeddings_without_origin(workspace: Workspace, *, most: int) -> list[EmbeddingRow]:
    """Return the newest embeddings without a run and a dataset, at most `most`."""
    origin = (embeddings.c.run_id.is_(None), embeddings.c.dataset_id.is_(None))
    return workspace.catalog.find(embeddings, *origin, most=most)


def dataset_names(workspace: Workspace, dataset_ids: Collection[str]) -> dict[str, str]:
    """Return the names of datasets by their ids, without deleted ones."""
    query = sa.select(datasets.c.id, datasets.c.name).where(
        datasets.c.owner == workspace.catalog.owner, datasets.c.id.in_(set(dataset_ids))
    )
    with workspace.catalog.engine.connect() as connection:
        return {row.id: row.name for row in connection.execute(query)}


def embeddings_by(workspace: Workspace, column: str, ids: Collection[str]) -> Mapping[str, Sequence[EmbeddingRow]]:
    """Return the embeddings of several runs or datasets, newest first, by the id of the run or dataset.

    Parameters
    ----------
    column
        `run_id` or `dataset_id`.
    ids
        Ids of the runs or datasets; each is a key of the result.
    """
    by_id: dict[str, list[EmbeddingRow]] = {row_id: [] for row_id in ids}
    for row in workspace.catalog.find(embeddings, embeddings.c[column].in_(set(ids))):
        by_id[getattr(row, column)].append(row)
    return by_id


def embeddings_of(workspace: Workspace, ids: Collection[str]) -> list[EmbeddingRow]:
    """Return the embeddings with these ids, newest first, without deleted ones."""
    return workspace.catalog.find(embeddings, embeddings.c.id.in_(set(ids)))


def runs_by_status(workspace: Workspace) -> dict[Status, int]:
    """Return the number of runs in each state, without states that have none."""
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
    """Return additional conditions for the rows to show, and the total number of matches; one query.

    Parameters
    ----------
    texts
        Selects the ids, and the texts to search.
    """
    search_words = words.casefold().split()
    with workspace.catalog.engine.connect() as connection:
        if not search_words:
            counting = texts.with_only_columns(sa.func.count(), maintain_column_froms=True)
            query = counting.where(table.c.owner == workspace.catalog.owner, *conditions)
            return [], int(connection.execute(query).scalar_one())
        row_ids = [
            row[0]
            for row in connection.execute(_newest(workspace, table, texts, conditions))
            if _has_all(" ".join([*(text or "" for text in row[1:]), title_of(row[-1] or "")]).casefold(), search_words)
        ]
    return [table.c.id.in_(row_ids[:most])], len(row_ids)


def _has_all(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)

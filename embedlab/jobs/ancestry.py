"""The ancestor runs of embeddings: the run that trained one, the run whose vectors it started from, and so on.

All chains are followed together, so that the number of queries is the length of the longest chain.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from embedlab.core.errors import NotFoundError
from embedlab.core.kind import Kind
from embedlab.workspace.rows import EmbeddingRow, RunRow
from embedlab.workspace.tables import datasets, embeddings, runs
from embedlab.workspace.workspace import Workspace

#: The parameter that names the embedding a training starts from.
START_FROM = "start_from"


@dataclass(frozen=True)
class Source:
    """A training dataset of an ancestor run."""

    id: str
    name: str
    kind: Kind
    digest: str


class Ancestry:
    """The ancestor runs and datasets of some embeddings, as the catalog has them now.

    Parameters
    ----------
    workspace
        The workspace.
    rows
        The embeddings.
    """

    def __init__(self, workspace: Workspace, rows: Sequence[EmbeddingRow]) -> None:
        self.workspace = workspace
        self._runs: dict[str, RunRow] = {}
        self._by_reference: dict[str, EmbeddingRow] = {}
        run_ids = {row.run_id for row in rows if row.run_id is not None}
        while run_ids:
            generation = workspace.catalog.runs(runs.c.id.in_(run_ids))
            self._runs |= {run.id: run for run in generation}
            references = {reference for run in generation if (reference := _reference(run))}
            self._look_up(references - self._by_reference.keys())
            parents = [self._by_reference[each] for each in references if each in self._by_reference]
            run_ids = {row.run_id for row in parents if row.run_id is not None} - self._runs.keys()
        self._sources = _sources(workspace, {run.dataset_id for run in self._runs.values()})

    def _look_up(self, references: Collection[str]) -> None:
        """Look up embeddings by id or `RUN/name`."""
        if not references:
            return
        of_runs = {each.partition("/")[0] for each in references if "/" in each}
        named = embeddings.c.id.in_(set(references)) | embeddings.c.run_id.in_(of_runs)
        for row in self.workspace.catalog.find(embeddings, named, newest_first=False):
            for reference in (row.id, f"{row.run_id}/{row.name}"):
                if reference in references:
                    self._by_reference[reference] = row

    def ancestors(self, row: EmbeddingRow) -> list[RunRow]:
        """Return the run that trained an embedding, the run whose vectors it started from, and so on.

        Raises
        ------
        NotFoundError
            One of them was deleted.
        """
        chain: dict[str, RunRow] = {}
        while row.run_id is not None and row.run_id not in chain:
            if row.run_id not in self._runs:
                raise NotFoundError("A run was deleted.", received=row.run_id)
            run = chain[row.run_id] = self._runs[row.run_id]
            if not (reference := _reference(run)):
                break
            if reference not in self._by_reference:
                raise NotFoundError("An embedding was deleted.", received=reference)
            row = self._by_reference[reference]
        return list(chain.values())

    def source(self, run: RunRow) -> Source:
        """Return the dataset a run was trained on; raises `NotFoundError` if it was deleted."""
        if run.dataset_id not in self._sources:
            raise NotFoundError("A dataset was deleted.", received=run.dataset_id)
        return self._sources[run.dataset_id]


def _reference(run: RunRow) -> str:
    return str(run.parameters.get(START_FROM) or "")


def _sources(workspace: Workspace, ids: Collection[str]) -> dict[str, Source]:
    query = sa.select(datasets.c.id, datasets.c.name, datasets.c.kind, datasets.c.digest).where(
        datasets.c.owner == workspace.catalog.owner, datasets.c.id.in_(set(ids))
    )
    with workspace.catalog.engine.connect() as connection:
        return {row.id: Source(row.id, row.name, Kind(row.kind), row.digest) for row in connection.execute(query)}

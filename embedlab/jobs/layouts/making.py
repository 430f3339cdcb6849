"""The layout of one map in a worker: its start, its sample, its live frames, and what the map says about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.counts import key_counts
from embedlab.core.embedding import Embedding, Vectors
from embedlab.exploration.clusters import CLUSTERS_FILE, Clusters
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.layouts.identity import LAYOUT, layout_key, versions
from embedlab.jobs.layouts.live import LiveLayout
from embedlab.jobs.layouts.shared_neighbors import GraphOfEmbedding
from embedlab.projections.base import FitResult, ProjectionMethod
from embedlab.projections.context import ProjectionContext
from embedlab.projections.neighbor_graph import MOST_EXACT_NEIGHBORS
from embedlab.projections.neighbor_sample import vectors_digest
from embedlab.projections.points import Coordinates
from embedlab.projections.sampling import Plan, fit_sampled, plan_layout, stratified_sample
from embedlab.workspace.workspace import Workspace


@dataclass(frozen=True)
class Start:
    """The map that a layout starts from.

    Parameters
    ----------
    projection_id
        Its id.
    coordinates
        `(n_keys, n_components)` float32.
    title
        The embedding it belongs to, if that is another one; otherwise empty.
    """

    projection_id: str
    coordinates: Coordinates
    title: str = ""


class Layout:
    """One map to lay out.

    Parameters
    ----------
    parameters
        Validated parameters of the method.
    start
        None for the method's own start.
    isolated_rows
        Rows of the stored embedding that `embedding` consists of, for a map of some of its points; None for all.
    """

    def __init__(
        self,
        workspace: Workspace,
        context: JobContext,
        embedding_id: str,
        embedding: Embedding,
        method: ProjectionMethod[Any],
        n_components: int,
        parameters: Any,
        seed: int,
        start: Start | None = None,
        isolated_rows: npt.NDArray[np.int64] | None = None,
    ) -> None:
        self._workspace = workspace
        self._context = context
        self._embedding_id = embedding_id
        self._embedding = embedding
        self._method = method
        self._n_components = n_components
        self._parameters = parameters
        self._seed = seed
        self._start = start
        self._isolated_rows = isolated_rows

    @cached_property
    def digest(self) -> str:
        """Digest of the vectors."""
        return vectors_digest(self._embedding.vectors)

    @cached_property
    def plan(self) -> Plan:
        """How many points the method lays out itself."""
        return plan_layout(
            self._method,
            self._embedding.n_keys,
            self._embedding.vector_size,
            self._n_components,
            self._parameters,
            self._workspace.settings.map_time_s,
        )

    @cached_property
    def key(self) -> str:
        """Digest of everything that decides the layout."""
        embedding = self._embedding
        return layout_key(
            self._method,
            self.digest,
            [*embedding.keys, *embedding.labels] if self._method.uses_names else [],
            self._parameters.model_dump(mode="json"),
            self._n_components,
            self._seed,
            None if self._start is None else self._start.coordinates,
            self.plan.n_sampled,
        )

    def fit_each(
        self, vectors: Vectors, dimensions: Sequence[int], parameters: Any, projection: ProjectionContext
    ) -> list[FitResult]:
        """Lay out the map, as `ProjectionMethod.fit_each` does for its own number of dimensions."""
        del dimensions
        projection.n_components = self._n_components
        projection.start = None if self._start is None else self._start.coordinates
        graph = GraphOfEmbedding(self._workspace, self._context, self._embedding_id, self.digest)
        rows = np.arange(len(vectors))
        if self.plan.is_sample:
            rows = self._sampled()
        elif self._isolated_rows is None:
            projection.shared_neighbors = graph.neighbors
        if self._method.has_iterations:
            shown = rows if self._isolated_rows is None else np.asarray(self._isolated_rows)[rows]
            LiveLayout(self._context, shown).attach(projection)
        if self.plan.is_sample:
            fitted = fit_sampled(self._method, vectors, parameters, projection, rows)
        else:
            fitted = self._method.fit(vectors, parameters, projection)
        is_exact = graph.is_exact is not False and len(rows) <= MOST_EXACT_NEIGHBORS
        facts = {**fitted.facts, LAYOUT: self._facts(projection, is_exact=is_exact)}
        return [FitResult(fitted.coordinates, facts)]

    def _facts(self, projection: ProjectionContext, *, is_exact: bool) -> dict[str, Any]:
        facts: dict[str, Any] = {"versions": versions(self._method)}
        if projection.stopped_after is None:
            # A map that was stopped is one that nobody can repeat.
            facts["key"] = self.key
        else:
            facts["stopped_after"] = list(projection.stopped_after)
        if self._start is not None:
            facts["start_from"] = self._start.projection_id
            if self._start.title:
                facts["start_title"] = self._start.title
        if self.plan.is_sample:
            facts["n_sampled"] = self.plan.n_sampled
        if self._method.has_iterations and not is_exact:
            facts["approximate_neighbors"] = True
        return facts

    def _sampled(self) -> npt.NDArray[np.int64]:
        embedding = self._embedding
        folder = self._workspace.layout.embedding(self._embedding_id)
        is_whole = self._isolated_rows is None
        clusters = Clusters.load(folder / CLUSTERS_FILE, embedding.n_keys) if is_whole else None
        return stratified_sample(
            embedding.n_keys,
            self.plan.n_sampled,
            None if clusters is None else clusters.codes,
            key_counts(embedding),
            self._seed,
        )

"""The neighbor graph of an embedding in a job: read if it is stored, otherwise computed and stored."""

from __future__ import annotations

from embedlab.core.embedding import Vectors
from embedlab.core.graph_file import load_graph
from embedlab.core.progress import ReportProgress, part_of
from embedlab.jobs.engine.context import JobContext
from embedlab.projections.context import Neighbors, SharedNeighbors
from embedlab.projections.shared_graph import build_graph, graph_width, neighbors_of
from embedlab.workspace.workspace import Workspace

_SEARCH_SHARE = 0.95


class GraphOfEmbedding:
    """Gives the methods the neighbors of an embedding.

    Parameters
    ----------
    digest
        Digest of the vectors; a stored graph of other vectors is replaced.

    Attributes
    ----------
    is_exact
        Whether the neighbors used are exact; None if none were used.
    """

    def __init__(self, workspace: Workspace, context: JobContext, embedding_id: str, digest: str) -> None:
        self._folder = workspace.layout.embedding(embedding_id)
        self._context = context
        self._digest = digest
        self.is_exact: bool | None = None

    @property
    def neighbors(self) -> SharedNeighbors:
        """The function for `ProjectionContext.shared_neighbors`."""
        return self._neighbors

    def _neighbors(self, points: Vectors, metric: str, n_neighbors: int, report: ReportProgress) -> Neighbors | None:
        if min(n_neighbors, len(points) - 1) > graph_width(len(points)):
            return None
        graph = load_graph(self._folder, len(points), metric)
        if graph is not None and graph.digest == self._digest:
            found = neighbors_of(graph, points, n_neighbors)
            if found is not None:
                self.is_exact = graph.is_exact
                report(1.0, "reading neighbors")
                return found
        graph = build_graph(points, metric, self._digest, self._context.n_threads, part_of(report, 0.0, _SEARCH_SHARE))
        if graph is None:
            return None
        self.is_exact = graph.is_exact
        # A full disk, or an embedding deleted meanwhile, does not harm the map.
        with self._context.optional("neighbor graph"):
            graph.save(self._folder)
        report(1.0, "finding neighbors")
        return neighbors_of(graph, points, n_neighbors)

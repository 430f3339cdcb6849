"""Spectral embedding of a graph: eigenvectors of its normalized adjacency matrix or Laplacian."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.graph.dataset import GraphSplit
from embedlab.models.contract.base import Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.shared.graphs.eigenvectors import ITERATIONS, spectral_vectors
from embedlab.models.shared.graphs.node_embedding import node_embedding
from embedlab.models.shared.graphs.vector_links import ValidationLinks, VectorLinks, best_links
from embedlab.models.shared.script_templates import model_script


class SpectralParameters(Parameters):
    """Parameters of spectral embedding."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "matrix")

    vector_size: int = Field(32, title="Dimensions", ge=1, le=500, description="Number of eigenvectors.")
    matrix: Literal["adjacency", "laplacian"] = Field(
        "adjacency",
        title="Matrix",
        description="adjacency: dot products approximate the normalized adjacency matrix. laplacian: Laplacian "
        "eigenmaps, which draw linked nodes together.",
    )


class Spectral(Model[SpectralParameters, GraphSplit]):
    """Eigenvectors of the normalized adjacency matrix, or Laplacian eigenmaps.

    Notes
    -----
    Belkin and Niyogi, "Laplacian Eigenmaps for Dimensionality Reduction and Data Representation", 2003.
    """

    name: ClassVar[str] = "spectral"
    title: ClassVar[str] = "Spectral embedding"
    summary: ClassVar[str] = "Eigenvectors of the graph's matrix: exact, without chance, and a strong baseline."
    task: ClassVar[str] = "links"
    libraries: ClassVar[tuple[str, ...]] = ("scipy",)
    parameters_class = SpectralParameters
    abilities = (VectorLinks,)
    own_baselines: ClassVar[tuple[str, ...]] = ("spectral",)

    def defaults(self, counts: Counts) -> SpectralParameters:
        """Return fewer dimensions for a small graph."""
        n_nodes = counts["nodes"]
        return SpectralParameters(vector_size=8 if n_nodes < 200 else 16 if n_nodes < 2_000 else 32)

    def estimate(self, counts: Counts, parameters: SpectralParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts alone."""
        del n_threads
        size = parameters.vector_size + 10
        per_iteration = size * (counts["edges"] * _EDGE_S + counts["nodes"] * size * _NODE_DIMENSION_S)
        seconds = _START_S + ITERATIONS * per_iteration
        memory = _START_MB + (counts["edges"] * 250 + counts["nodes"] * (300 + parameters.vector_size * 60)) / 1e6
        return Estimate(float(seconds), float(memory))

    def script(self, parameters: SpectralParameters, data_file: str) -> str:
        """Return a script that uses NumPy and SciPy; `data_file` has the columns source, target, weight and part."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: GraphSplit, parameters: SpectralParameters, context: Context) -> TrainingResult:
        """Decompose the matrix of the training edges."""
        context.progress(epoch=0, n_epochs=1, share_of_epoch=0.0)
        vectors = spectral_vectors(
            data.neighbors,
            parameters.vector_size,
            matrix=parameters.matrix,
            seed=parameters.seed,
            tick=lambda share: context.progress(epoch=0, n_epochs=1, share_of_epoch=0.95 * share),
        )
        validation = ValidationLinks.of(data, parameters.seed)
        links, auc = best_links(vectors, None, validation, usual="dot")
        scores: dict[str, Any] = {"link_score": links.measure}
        if auc is not None:
            scores |= {"validation_auc": auc, "n_validation": len(validation.links)}
        state = links.state()
        return TrainingResult({"nodes": node_embedding(vectors, data.dataset)}, state, (links,), scores)


#: Measured on a 2-core laptop-class machine: imports; for each iteration and dimension an edge, and another dimension
#: of a node.
_START_S = 2.0
_START_MB = 275.0
_EDGE_S = 7.0e-9
_NODE_DIMENSION_S = 4.0e-10

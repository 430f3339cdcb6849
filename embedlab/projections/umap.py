"""UMAP, which keeps neighborhoods and separates clusters; densMAP keeps their density too."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.embedding import Vectors
from embedlab.core.errors import ParameterError
from embedlab.projections.base import FitResult, ProjectionMethod, ProjectionParameters
from embedlab.projections.context import ProjectionContext
from embedlab.projections.neighbor_graph import metric_points, neighbor_seconds
from embedlab.projections.pca import pca
from embedlab.projections.points import Coordinates, check_points
from embedlab.projections.umap_layout import descend

_FEWEST_POINTS = 4
#: Share of the work for finding neighbors; the rest is the layout.
_NEIGHBORS_SHARE = 0.3
#: As in umap-learn: more epochs for few points.
_FEW_POINTS, _EPOCHS_OF_FEW, _EPOCHS_OF_MANY = 10_000, 500, 200
#: Measured on two ordinary cores: compilation, one epoch of a point and neighbor.
_START_S = 12.0
_STEP_S = 3.0e-8
_DENSITY_FACTOR = 1.5


class UmapParameters(ProjectionParameters):
    """Parameters of UMAP."""

    n_neighbors: int = Field(
        15,
        title="Neighbors",
        ge=2,
        le=500,
        description="Number of neighbors that each point stays close to: few show fine structure, many the whole.",
        json_schema_extra={"log": True, "named": True},
    )
    min_dist: float = Field(
        0.1,
        title="Minimum distance",
        ge=0,
        le=1,
        description="How close points may be on the map: 0 packs clusters tightly.",
    )
    densmap: bool = Field(
        False,
        title="Keep density (densMAP)",
        description="Dense groups stay dense and sparse ones sparse; slower.",
        json_schema_extra={"named": True},
    )
    metric: Literal["cosine", "euclidean"] = Field(
        "cosine",
        title="Distance metric",
        description="Distance between vectors; neighbors and analogies also use cosine.",
        json_schema_extra={"advanced": True},
    )
    n_epochs: int = Field(
        0,
        title="Epochs",
        ge=0,
        le=10_000,
        description="Passes over the neighbor graph; 0 chooses by the number of points.",
        json_schema_extra={"advanced": True},
    )


class UMAP(ProjectionMethod[UmapParameters]):
    """Uniform manifold approximation and projection.

    Notes
    -----
    McInnes, L., Healy, J., Melville, J. (2018). UMAP. https://arxiv.org/abs/1802.03426
    Narayan, A., Berger, B., Cho, H. (2021). Assessing single-cell transcriptomic variability through density-preserving
    data visualization (densMAP). https://doi.org/10.1038/s41587-020-00801-7
    """

    name = "umap"
    title = "UMAP"
    summary = "UMAP keeps neighbors together and separates clusters."
    parameters_class = UmapParameters
    libraries = ("umap-learn",)
    version = 2
    can_start = True
    has_iterations = True
    can_sample = True
    repeatability = "The same seed gives everyone the same map; that costs UMAP all threads but one."

    def estimate_seconds(self, n_points: int, vector_size: int, n_components: int, parameters: UmapParameters) -> float:
        """Return the approximate duration on one core, with compilation."""
        del n_components
        neighbors = neighbor_seconds(n_points, vector_size)
        layout = _STEP_S * n_points * parameters.n_neighbors * _n_epochs(parameters, n_points)
        return _START_S + neighbors + layout * (_DENSITY_FACTOR if parameters.densmap else 1)

    def fit(self, vectors: Vectors, parameters: UmapParameters, context: ProjectionContext) -> FitResult:
        """Return the coordinates; the layout runs on one thread, so that the same seed gives the same map."""
        check_points(vectors)
        points = metric_points(vectors, parameters.metric)
        if len(points) < _FEWEST_POINTS:
            return FitResult(pca(points, context.n_components)[0])
        n_neighbors = min(parameters.n_neighbors, len(points) - 1)
        rows, distances = context.nearest(
            points,
            parameters.metric,
            n_neighbors - 1,
            lambda share, stage: context.report(_NEIGHBORS_SHARE * share, stage),
        )
        # UMAP counts each point as its own first neighbor.
        own = np.arange(len(points))[:, np.newaxis]
        rows, distances = np.hstack([own, rows]), np.hstack([np.zeros((len(points), 1)), distances])
        context.report(_NEIGHBORS_SHARE, "placing points")
        coordinates = _layout(points, rows, distances, parameters, context)
        context.report(1.0, "done")
        if not np.isfinite(coordinates).all():
            raise ParameterError(
                "UMAP gave no finite coordinates with these parameters.",
                received=f"{parameters.n_neighbors} neighbors, minimum distance {parameters.min_dist:g}",
                remedy="Choose more neighbors, or t-SNE.",
            )
        return FitResult(coordinates)

    def notes(self, n_points: int, n_components: int, parameters: UmapParameters) -> list[str]:
        """Return what is adjusted for few points."""
        del n_components
        if n_points < _FEWEST_POINTS:
            return [f"UMAP needs at least {_FEWEST_POINTS} points; {n_points} are placed by PCA."]
        if parameters.n_neighbors > n_points - 1:
            return [f"Neighbors reduced from {parameters.n_neighbors} to {n_points - 1} for {n_points} points."]
        return []


def _n_epochs(parameters: UmapParameters, n_points: int) -> int:
    return parameters.n_epochs or (_EPOCHS_OF_FEW if n_points <= _FEW_POINTS else _EPOCHS_OF_MANY)


def _layout(
    points: Vectors,
    rows: npt.NDArray[np.int64],
    distances: npt.NDArray[np.float64],
    parameters: UmapParameters,
    context: ProjectionContext,
) -> Coordinates:
    start = pca(points, context.n_components)[0] if context.start is None else context.start
    # As umap-learn scales its own start; noise separates equal points.
    start = start.astype(np.float32) * (10 / max(float(np.abs(start).max()), 1e-12))
    start += np.random.default_rng(context.seed).normal(scale=1e-4, size=start.shape).astype(np.float32)
    n_epochs = _n_epochs(parameters, len(points))

    def step(epoch: int, coordinates: Coordinates) -> bool:
        context.report(_NEIGHBORS_SHARE + (1 - _NEIGHBORS_SHARE) * epoch / n_epochs, "placing points")
        stops = context.stops_after(epoch, n_epochs)
        # A copy: the descent continues in the same memory.
        context.frame(lambda: np.array(coordinates, dtype=np.float32))
        return stops

    return descend(
        points,
        rows.astype(np.int32),
        distances.astype(np.float32),
        start,
        n_epochs=n_epochs,
        min_dist=parameters.min_dist,
        densmap=parameters.densmap,
        seed=context.seed,
        step=step,
    )

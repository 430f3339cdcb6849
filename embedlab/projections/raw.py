"""Raw axes: two or three of the vectors' own dimensions, without any transformation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import ParameterError
from embedlab.projections.base import FitResult, ProjectionMethod, ProjectionParameters
from embedlab.projections.context import ProjectionContext
from embedlab.projections.placing import Axes, AxesPlacer, NeighborPlacer, Placer
from embedlab.projections.points import Coordinates, blocks_of, check_points

_LARGEST_SIZE = 100_000
#: Points that are compared to find the dimension of an axis.
_COMPARED = 1_000


class RawParameters(ProjectionParameters):
    """Which dimensions are drawn; they count from 0."""

    x: int = Field(
        0, title="X axis", ge=0, lt=_LARGEST_SIZE, description="Dimension drawn along the first axis; 0 is the first."
    )
    y: int = Field(1, title="Y axis", ge=0, lt=_LARGEST_SIZE, description="Dimension drawn along the second axis.")
    z: int = Field(2, title="Z axis", ge=0, lt=_LARGEST_SIZE, description="Dimension of the third axis, in 3-D.")


class Raw(ProjectionMethod[RawParameters]):
    """Dimension i against dimension j."""

    name = "raw"
    title = "Raw axes"
    summary = "Raw axes show dimensions of the vectors themselves, which is the whole truth for two or three of them."
    parameters_class = RawParameters
    uses_seed = False
    share_of_bar = 0.2

    def estimate_seconds(self, n_points: int, vector_size: int, n_components: int, parameters: RawParameters) -> float:
        """Return the duration of reading the vectors."""
        del n_components, parameters
        return 0.1 + n_points * vector_size * 1e-9

    def check(self, parameters: RawParameters, n_components: int, embedding: Callable[[], Embedding]) -> None:
        """Refuse dimensions that the vectors do not have."""
        super().check(parameters, n_components, embedding)
        _refuse_missing((parameters.x, parameters.y, parameters.z)[:n_components], embedding().vector_size)

    def fit(self, vectors: Vectors, parameters: RawParameters, context: ProjectionContext) -> FitResult:
        """Return the dimensions; one that an embedding does not have is an error, unless it has fewer than the map."""
        check_points(vectors)
        context.report(0.0, "reading dimensions")
        n_points, vector_size = vectors.shape
        dimensions = (parameters.x, parameters.y, parameters.z)[: context.n_components]
        _refuse_missing(dimensions, vector_size)
        coordinates: Coordinates = np.zeros((n_points, context.n_components), np.float32)
        for rows, block in blocks_of(vectors):
            for axis, dimension in enumerate(dimensions):
                if dimension < vector_size:
                    coordinates[rows, axis] = block[:, dimension]
            context.report(rows.stop / n_points, "reading dimensions")
        return FitResult(coordinates, {"axes": [f"dimension {dimension}" for dimension in dimensions]})

    def settings_text(self, parameters: object) -> str:
        """Return the dimensions, which distinguish the maps."""
        if not isinstance(parameters, dict):
            return ""
        drawn = [parameters.get(axis, field.default) for axis, field in RawParameters.model_fields.items()]
        return f"dimensions {', '.join(map(str, drawn))}"

    def placer(self, vectors: Vectors, coordinates: Coordinates) -> Placer | None:
        """Return the axes: every vector has these dimensions."""
        axes = _axes(vectors, coordinates)
        if axes is None:
            return NeighborPlacer()
        return AxesPlacer(axes, "every vector has these dimensions")


def _refuse_missing(dimensions: Sequence[int], vector_size: int) -> None:
    """Refuse a dimension that does not exist, unless the vectors have fewer than the map."""
    wrong = [each for each in dimensions if each >= vector_size]
    if wrong and vector_size >= len(dimensions):
        raise ParameterError(
            "The vectors do not have this dimension.",
            received=wrong[0],
            remedy=f"Choose numbers from 0 to {vector_size - 1}.",
        )


def _axes(vectors: Vectors, coordinates: Coordinates) -> Axes | None:
    """Recover which dimensions a map shows; None if an axis is none of them."""
    rows = np.linspace(0, len(vectors) - 1, min(len(vectors), _COMPARED)).astype(np.intp)
    sample, places = np.asarray(vectors[rows]), coordinates[rows]
    directions: npt.NDArray[np.float64] = np.zeros((vectors.shape[1], coordinates.shape[1]))
    for axis in range(coordinates.shape[1]):
        equal = np.flatnonzero((sample == places[:, axis, np.newaxis]).all(axis=0))
        if len(equal):
            directions[equal[0], axis] = 1
        elif places[:, axis].any():
            return None
    return Axes(np.zeros(vectors.shape[1]), directions, np.zeros(coordinates.shape[1]))

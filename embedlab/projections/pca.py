"""Principal component analysis with memory that does not grow with the number of points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import ParameterError
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.projections.base import FitResult, ProjectionMethod, ProjectionParameters
from embedlab.projections.context import ProjectionContext
from embedlab.projections.placing import AxesPlacer, NeighborPlacer, Placer, pca_axes
from embedlab.projections.points import Coordinates, blocks_of, check_points

Reals = npt.NDArray[np.float64]

#: Largest number of a component that can be drawn.
MOST_COMPONENTS = 50
#: Components whose share of the variance is stored with a map.
N_SHARES = 10
_STAGE = "principal components"
#: Up to this many numbers, products are in float64; above, in float32 with float64 sums over blocks.
_EXACT_NUMBERS = 2_000_000
#: Outside this range float32 products would overflow or underflow.
_SMALLEST_FLOAT32, _LARGEST_FLOAT32 = 1e-30, 1e30
#: Size of the largest square matrix that is decomposed, over dimensions or points, whichever are fewer.
_LARGEST_SQUARE = 1_500
# As in scikit-learn's randomized solver.
_EXTRA_DIRECTIONS = 10
_ITERATIONS = 7
#: Share of the progress bar for finding the directions; the rest is for projecting the points.
_DIRECTIONS_SHARE = 0.8


class PcaParameters(ProjectionParameters):
    """Which components are drawn; they count from 1, the one with the largest variance."""

    x: int = Field(
        1,
        title="X axis",
        ge=1,
        le=MOST_COMPONENTS,
        description="Principal component drawn along the first axis; 1 has the largest variance.",
    )
    y: int = Field(
        2, title="Y axis", ge=1, le=MOST_COMPONENTS, description="Principal component drawn along the second axis."
    )
    z: int = Field(
        3, title="Z axis", ge=1, le=MOST_COMPONENTS, description="Principal component of the third axis, in 3-D."
    )


class PCA(ProjectionMethod[PcaParameters]):
    """Principal component analysis; see `pca`."""

    name = "pca"
    title = "PCA"
    summary = "PCA shows the directions in which the vectors differ most; it is fast and always gives the same map."
    parameters_class = PcaParameters
    first_dimensions = (2, 3)
    uses_seed = False
    share_of_bar = 0.3

    def estimate_seconds(self, n_points: int, vector_size: int, n_components: int, parameters: PcaParameters) -> float:
        """Return the approximate duration of the passes over the vectors."""
        del n_components, parameters
        return 0.1 + n_points * vector_size * (1e-7 + 4e-10 * min(vector_size, _LARGEST_SQUARE))

    def check(self, parameters: PcaParameters, n_components: int, embedding: Callable[[], Embedding]) -> None:
        """Refuse components that the vectors do not have."""
        super().check(parameters, n_components, embedding)
        if any(number > n_components for number in _drawn(parameters, n_components)):
            _refuse_missing(parameters, n_components, embedding().vectors.shape)

    def fit(self, vectors: Vectors, parameters: PcaParameters, context: ProjectionContext) -> FitResult:
        """Return the coordinates, and each direction's share of the variance."""
        check_points(vectors)
        _refuse_missing(parameters, context.n_components, vectors.shape)
        numbers = _drawn(parameters, context.n_components)
        coordinates, ratio = pca(
            vectors, max(*numbers, N_SHARES), context.report, drawn=[number - 1 for number in numbers]
        )
        return FitResult(coordinates, _facts(numbers, ratio))

    def fit_each(
        self, vectors: Vectors, dimensions: Sequence[int], parameters: PcaParameters, context: ProjectionContext
    ) -> list[FitResult]:
        """Compute the components once: the first axes are the same for any number of axes."""
        most = self.fit(vectors, parameters, replace(context, n_components=max(dimensions)))
        cut = ("explained_variance_ratio", "components", "axes")
        return [
            FitResult(most.coordinates[:, :count], {**most.facts, **{name: most.facts[name][:count] for name in cut}})
            for count in dimensions
        ]

    def settings_text(self, parameters: Mapping[str, Any]) -> str:
        """Return the components, if they are not the first ones."""
        numbers = [parameters.get(axis, field.default) for axis, field in PcaParameters.model_fields.items()]
        return "" if numbers == [1, 2, 3] else f"components {', '.join(map(str, numbers))}"

    def placer(self, vectors: Vectors, coordinates: Coordinates) -> Placer | None:
        """Return the map's own axes, or placement by nearest neighbors if the axes do not match the points."""
        axes = pca_axes(vectors, coordinates)
        if axes is None:
            return NeighborPlacer()
        return AxesPlacer(axes, "PCA projects every vector onto the same axes")


def _drawn(parameters: PcaParameters, n_components: int) -> list[int]:
    return [parameters.x, parameters.y, parameters.z][:n_components]


def _refuse_missing(parameters: PcaParameters, n_components: int, shape: tuple[int, ...]) -> None:
    """Refuse a component that does not exist; the first ones may be missing, since a line can be drawn in 2-D."""
    most = max(min(shape), n_components)
    missing = [number for number in _drawn(parameters, n_components) if number > most]
    if missing:
        raise ParameterError(
            "The vectors do not have this many principal components.",
            received=missing[0],
            remedy=f"Choose numbers from 1 to {most}.",
        )


def _facts(numbers: Sequence[int], ratio: Reals) -> dict[str, Any]:
    drawn = [float(ratio[number - 1]) for number in numbers]
    return {
        "explained_variance_ratio": drawn,
        "components": list(numbers),
        "variance_shares": [float(share) for share in ratio[:N_SHARES]],
        "axes": [
            f"component {number} ({share:.1%} of the variance)" for number, share in zip(numbers, drawn, strict=True)
        ],
    }


def pca(
    vectors: Vectors,
    n_components: int = 2,
    report: ReportProgress = ignore_progress,
    drawn: Sequence[int] | None = None,
) -> tuple[Coordinates, npt.NDArray[np.float64]]:
    """Project centered vectors on the directions of the largest variance.

    The vectors may be on disk: they are read block by block, and only the coordinates are kept in memory.

    Parameters
    ----------
    vectors
        `(n_points, vector_size)` float32, finite.
    n_components
        1 or more. Missing directions (two points are on a line) become zeros.
    report
        Called with the share done; raise `CancelledError` in it to stop.
    drawn
        The components whose coordinates are returned, from 0; by default all.

    Returns
    -------
    coordinates
        `(n_points, n_components)`, or as many columns as `drawn` has, float32. The sign of each direction makes its
        largest loading positive: the same vectors give the same map on every machine.
    explained_variance_ratio
        `(n_components,)` float64, each direction's share of the total variance.

    Raises
    ------
    InputError
        There are no vectors, or some contain NaN or infinite numbers.

    Notes
    -----
    Pearson, K. (1901). On lines and planes of closest fit to systems of points in space.
    https://doi.org/10.1080/14786440109462720
    Halko, N., Martinsson, P.-G., Tropp, J. (2011). Finding structure with randomness. SIAM Review 53 (for vectors of
    more than 1,500 numbers).
    """
    check_points(vectors)
    report(0.0, _STAGE)
    centered = _Centered(vectors)
    n_axes = min(n_components, *vectors.shape)
    columns = list(range(n_components) if drawn is None else drawn)
    coordinates = np.zeros((len(vectors), len(columns)), dtype=np.float32)
    ratio = np.zeros(n_components)
    # If all vectors are equal, rounding errors of their mean must not count as variance.
    if centered.extent > 0:
        squares, whole, directions = _principal(
            centered, n_axes, lambda share: report(_DIRECTIONS_SHARE * min(1.0, share), _STAGE)
        )
        loadings = directions[np.argmax(np.abs(directions), axis=0), np.arange(n_axes)]
        directions = directions * np.where(loadings < 0, -1, 1)
        shown = [place for place, column in enumerate(columns) if column < n_axes]
        directions = directions[:, [columns[place] for place in shown]].astype(centered.dtype)
        for rows, block in centered.blocks():
            coordinates[rows, shown] = (block @ directions) * centered.scale
            report(_DIRECTIONS_SHARE + (1 - _DIRECTIONS_SHARE) * rows.stop / len(vectors), _STAGE)
        ratio[:n_axes] = np.clip(squares / whole, 0, 1)
    report(1.0, _STAGE)
    return coordinates, ratio


class _Centered:
    """Vectors minus their mean, divided by a power of two so that no square overflows or underflows."""

    def __init__(self, vectors: Vectors) -> None:
        self.vectors = vectors
        total = np.zeros(vectors.shape[1])
        low, high = np.full(vectors.shape[1], np.inf), np.full(vectors.shape[1], -np.inf)
        for _, block in blocks_of(vectors):
            total += block.sum(axis=0, dtype=np.float64)
            low, high = np.minimum(low, block.min(axis=0)), np.maximum(high, block.max(axis=0))
        self.extent = float(np.max(high - low))
        # Division by a power of two is exact.
        self.scale = float(2.0 ** np.ceil(np.log2(self.extent))) if self.extent > 0 else 1.0
        fits = _SMALLEST_FLOAT32 < self.extent < _LARGEST_FLOAT32
        self.dtype = np.float32 if fits and vectors.size > _EXACT_NUMBERS else np.float64
        mean = total / len(vectors)
        self._mean: npt.NDArray[Any] = mean.astype(self.dtype)
        # The rounding error of the mean.
        self._rest: npt.NDArray[Any] = (mean - self._mean).astype(self.dtype)

    def blocks(self) -> Iterator[tuple[slice, npt.NDArray[Any]]]:
        for rows, block in blocks_of(self.vectors):
            centered = block - self._mean
            centered -= self._rest
            centered *= 1 / self.scale
            yield rows, centered


def _principal(centered: _Centered, n_axes: int, report: Callable[[float], None]) -> tuple[Reals, float, Reals]:
    """Return the sums of squares along the largest directions, the total, and the directions as columns."""
    n_points, vector_size = centered.vectors.shape
    if vector_size <= _LARGEST_SQUARE:
        covariance = np.zeros((vector_size, vector_size))
        for rows, block in centered.blocks():
            covariance += block.T @ block
            report(rows.stop / n_points)
        squares, directions = _largest(covariance, n_axes)
        return squares, float(np.trace(covariance)), directions
    if n_points <= _LARGEST_SQUARE:
        points = np.concatenate([block for _, block in centered.blocks()]).astype(np.float64)
        squares, left = _largest(points @ points.T, n_axes)
        directions = points.T @ left
        lengths = np.linalg.norm(directions, axis=0)
        return squares, float(np.sum(points**2)), directions / np.where(lengths > 0, lengths, 1)
    return _iterated(centered, n_axes, report)


def _largest(symmetric: Reals, n_axes: int) -> tuple[Reals, Reals]:
    from scipy.linalg import eigh

    size = len(symmetric)
    squares, directions = eigh(symmetric, subset_by_index=[size - n_axes, size - 1])
    return np.maximum(squares[::-1], 0), directions[:, ::-1]


def _iterated(centered: _Centered, n_axes: int, report: Callable[[float], None]) -> tuple[Reals, float, Reals]:
    """Find the largest directions by randomized subspace iteration, without the full covariance matrix."""
    n_points, vector_size = centered.vectors.shape
    width = min(n_axes + _EXTRA_DIRECTIONS, vector_size)
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(vector_size, width)))[0]
    for iteration in range(_ITERATIONS + 1):
        product, whole = np.zeros(basis.shape), 0.0
        narrow = basis.astype(centered.dtype)
        for rows, block in centered.blocks():
            product += block.T @ (block @ narrow)
            whole += float(np.einsum("nd,nd->", block, block, dtype=np.float64))
            report((iteration + rows.stop / n_points) / (_ITERATIONS + 1))
        if iteration < _ITERATIONS:
            basis = np.linalg.qr(product)[0]
    within = basis.T @ product
    squares, rotated = _largest((within + within.T) / 2, n_axes)
    return squares, whole, basis @ rotated

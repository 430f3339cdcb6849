"""PaCMAP and LocalMAP, which keep neighbors together and groups in their places; an optional package."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

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

_FEWEST_POINTS = 6
#: Share of the work for finding neighbors; the rest is the layout.
_NEIGHBORS_SHARE = 0.3
#: As in the package: candidates from which the neighbors with the least scaled distance are chosen.
_EXTRA_NEIGHBORS = 50
#: Pairs per neighbor: 1 near, 0.5 mid-near, 2 further ones; their sum with the point itself must not exceed the points.
_PAIRS_PER_NEIGHBOR = 3.5
_STEPS = (100, 100, 250)
_AUTOMATIC_FEW, _AUTOMATIC_UP_TO = 10, 10_000
_ROWS_PER_BLOCK = 20_000
#: Measured on two ordinary cores: compilation, one step of a point and neighbor.
_START_S, _STEP_S = 15.0, 9e-9


class PacmapParameters(ProjectionParameters):
    """Parameters of PaCMAP."""

    n_neighbors: int = Field(
        0,
        title="Neighbors",
        ge=0,
        le=200,
        description="Number of neighbors that each point stays close to; 0 chooses 10, and more above 10,000 points.",
        json_schema_extra={"named": True},
    )
    local: bool = Field(
        False,
        title="Sharper groups (LocalMAP)",
        description="Drops doubtful neighbors at the end: wider gaps between groups, also more than the vectors have.",
        json_schema_extra={"named": True},
    )


class PaCMAP(ProjectionMethod[PacmapParameters]):
    """Pairwise controlled manifold approximation.

    Notes
    -----
    Wang, Y., Huang, H., Rudin, C., Shaposhnik, Y. (2021). Understanding how dimension reduction tools work. JMLR 22.
    https://jmlr.org/papers/v22/20-1061.html
    Wang, Y. et al. (2025). Dimension reduction with locally adjusted graphs (LocalMAP). AAAI 39.
    https://doi.org/10.1609/aaai.v39i20.35436
    """

    name = "pacmap"
    title = "PaCMAP"
    summary = "PaCMAP keeps neighbors together and shows how groups are arranged; the same seed may give another map."
    parameters_class = PacmapParameters
    is_reproducible = False
    libraries = ("pacmap",)
    version = 2
    can_sample = True
    package = "pacmap"

    def estimate_seconds(
        self, n_points: int, vector_size: int, n_components: int, parameters: PacmapParameters
    ) -> float:
        """Return the approximate duration, with compilation."""
        del n_components
        neighbors = neighbor_seconds(n_points, vector_size)
        n_neighbors = parameters.n_neighbors or _automatic(n_points)
        return _START_S + neighbors + _STEP_S * sum(_STEPS) * n_points * n_neighbors * _PAIRS_PER_NEIGHBOR

    def fit(self, vectors: Vectors, parameters: PacmapParameters, context: ProjectionContext) -> FitResult:
        """Return the coordinates; with several threads, the same seed may give slightly different ones."""
        check_points(vectors)
        points = metric_points(vectors, "cosine")
        if len(points) < _FEWEST_POINTS:
            return FitResult(pca(points, context.n_components)[0])
        rng = np.random.default_rng(context.seed)
        if not np.ptp(points, axis=0).any():
            # The package divides by the extent.
            points += rng.normal(scale=1e-4, size=points.shape).astype(np.float32)
            # The graph of the embedding is that of its own points.
            context.shared_neighbors = None
        # The package's own start needs as many numbers as the map has dimensions.
        points = np.pad(points, ((0, 0), (0, max(0, context.n_components - points.shape[1]))))
        pairs = _near_pairs(points, _n_neighbors(parameters, len(points)), context)
        start = pca(points, context.n_components)[0]
        # The package scales every axis of the start to the same variance; noise separates equal points.
        start += rng.normal(scale=1e-3 * max(float(start.std()), 1e-6), size=start.shape).astype(np.float32)
        context.report(_NEIGHBORS_SHARE, "placing points")
        coordinates = _layout(points, pairs, start, parameters, context)
        context.report(1.0, "done")
        if not np.isfinite(coordinates).all():
            raise ParameterError(
                "PaCMAP gave no finite coordinates with these parameters.",
                received=f"{parameters.n_neighbors} neighbors",
                remedy="Choose more neighbors, or t-SNE.",
            )
        return FitResult(coordinates)

    def notes(self, n_points: int, n_components: int, parameters: PacmapParameters) -> list[str]:
        """Return that the map may differ next time, and what is adjusted for few points."""
        del n_components
        if n_points < _FEWEST_POINTS:
            return [f"PaCMAP needs at least {_FEWEST_POINTS} points; {n_points} are placed by PCA."]
        notes = ["The same seed may give another map: its threads do not add numbers in the same order each time."]
        n_neighbors = _n_neighbors(parameters, n_points)
        if n_neighbors < parameters.n_neighbors:
            notes.append(f"Neighbors reduced from {parameters.n_neighbors} to {n_neighbors} for {n_points} points.")
        return notes


def _automatic(n_points: int) -> int:
    """Return the package's own number of neighbors."""
    if n_points <= _AUTOMATIC_UP_TO:
        return _AUTOMATIC_FEW
    return round(_AUTOMATIC_FEW + 15 * math.log10(n_points / _AUTOMATIC_UP_TO))


def _n_neighbors(parameters: PacmapParameters, n_points: int) -> int:
    wanted = parameters.n_neighbors or _automatic(n_points)
    return max(1, min(wanted, int((n_points - 1) / _PAIRS_PER_NEIGHBOR)))


def _near_pairs(points: Vectors, n_neighbors: int, context: ProjectionContext) -> npt.NDArray[np.int32]:
    """Return the `(n_points * n_neighbors, 2)` near pairs: the least distances after scaling by local density."""
    rows, distances = context.nearest(
        points,
        "cosine",
        n_neighbors + _EXTRA_NEIGHBORS,
        lambda share, stage: context.report(_NEIGHBORS_SHARE * share, stage),
    )
    # As in the package: the mean distance of the fourth to the sixth neighbor.
    scale = np.maximum(distances[:, 3:6].mean(axis=1), 1e-10)
    chosen = np.empty((len(points), n_neighbors), dtype=np.int32)
    for start in range(0, len(points), _ROWS_PER_BLOCK):
        block = slice(start, start + _ROWS_PER_BLOCK)
        scaled = distances[block] ** 2 / (scale[block, np.newaxis] * scale[rows[block]])
        order = np.argsort(scaled, axis=1, kind="stable")[:, :n_neighbors]
        chosen[block] = np.take_along_axis(rows[block], order, axis=1)
    own = np.repeat(np.arange(len(points), dtype=np.int32), n_neighbors)
    return np.column_stack([own, chosen.ravel()])


def _layout(
    points: Vectors,
    pairs: npt.NDArray[np.int32],
    start: Coordinates,
    parameters: PacmapParameters,
    context: ProjectionContext,
) -> Coordinates:
    import numba
    import pacmap

    n_steps, before = sum(_STEPS), numba.get_num_threads()
    done = _NEIGHBORS_SHARE

    def report(step: int) -> None:
        context.report(done + (1 - done) * step / n_steps, "placing points")

    layout: Any = (pacmap.LocalMAP if parameters.local else pacmap.PaCMAP)(
        n_components=context.n_components,
        n_neighbors=len(pairs) // len(points),
        pair_neighbors=pairs,
        num_iters=_STEPS,
        random_state=context.seed,
        # The package has no callback, but looks after each step whether it is one of these.
        intermediate=True,
        intermediate_snapshots=_Steps(report),
    )
    numba.set_num_threads(min(context.n_threads, before))
    try:
        layout.fit(points, init=start)
    finally:
        numba.set_num_threads(before)
    return np.ascontiguousarray(layout.embedding_, dtype=np.float32)


class _Steps(Sequence[int]):
    """Steps of which only the start is to be remembered; it reports each look at it."""

    def __init__(self, report: Callable[[int], None]) -> None:
        self._report = report
        self._n_looks = 0

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            return [0][index]
        if index == 0:
            return 0
        self._report(self._n_looks)
        self._n_looks += 1
        return -1

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[int]:
        return iter((0,))

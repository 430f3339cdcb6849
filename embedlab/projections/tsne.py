"""t-SNE in two or three dimensions, which keeps neighbors together."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.embedding import Vectors
from embedlab.core.errors import ParameterError
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.core.threads import InParts
from embedlab.projections.base import FitResult, ProjectionMethod, ProjectionParameters
from embedlab.projections.context import ProjectionContext
from embedlab.projections.neighbor_graph import metric_points, neighbor_seconds
from embedlab.projections.pca import pca
from embedlab.projections.points import Coordinates, check_points

if TYPE_CHECKING:
    from openTSNE import TSNEEmbedding

_FEWEST_TSNE_POINTS = 4
# Share of the work for finding neighbors; the rest is gradient descent.
_NEIGHBORS_SHARE = 0.2
_GRID_FROM_POINTS = 3_000
# Threads wait for each other at each of hundreds of short steps: on a busy machine, two took ten times as long as
# one for fewer points. The map is the same.
_THREADS_FROM_POINTS = 2_000
# By default; ten times as many points take so many more. A map of 100,000 points kept 7.5 % of the 10 neighbors after
# 500 iterations, and 9.5 % after 1,250.
_FEWEST_ITER, _POINTS_OF_FEWEST_ITER, _MORE_ITER, _MOST_ITER = 500, 10_000, 750, 1_500
_EARLY_STAGE = "early exaggeration"
# Ordinary steps after a stop during early exaggeration. Points are almost in one place then: a map of MovieLens's films
# kept 2 % of the neighbors before these steps, 38 % after them, and 40 % after all iterations.
_STEPS_AFTER_EARLY_STOP = 50


class TsneParameters(ProjectionParameters):
    """Parameters of t-SNE."""

    perplexity: float = Field(
        30,
        title="Perplexity",
        ge=1,
        le=500,
        description="Approximate number of neighbors that each point stays close to; reduced for few points.",
        json_schema_extra={"log": True, "named": True},
    )
    n_iter: int = Field(
        _FEWEST_ITER,
        title="Iterations",
        ge=50,
        le=10_000,
        description="Gradient descent steps after early exaggeration.",
    )
    metric: Literal["cosine", "euclidean"] = Field(
        "cosine",
        title="Distance metric",
        description="Distance between vectors; neighbors and analogies also use cosine.",
    )
    early_exaggeration: float = Field(
        12,
        title="Early exaggeration",
        ge=1,
        le=100,
        description="Factor of the attraction between points in the first steps.",
        json_schema_extra={"advanced": True},
    )
    early_exaggeration_iter: int = Field(
        250,
        title="Early exaggeration steps",
        ge=0,
        le=5_000,
        description="Steps with early exaggeration.",
        json_schema_extra={"advanced": True},
    )
    exaggeration: float = Field(
        1,
        title="Late exaggeration",
        ge=1,
        le=20,
        description="Factor of the attraction in the later steps; above 1, clusters are tighter and further apart.",
        json_schema_extra={"advanced": True},
    )
    learning_rate: float = Field(
        0,
        title="Learning rate",
        ge=0,
        le=1_000_000,
        description="Step size; 0 chooses it by the number of points.",
        json_schema_extra={"advanced": True, "log": True},
    )


class TSNE(ProjectionMethod[TsneParameters]):
    """t-distributed stochastic neighbor embedding; see `tsne`."""

    name = "tsne"
    title = "t-SNE"
    summary = "t-SNE keeps neighbors together; it is slower than PCA."
    parameters_class = TsneParameters
    background_dimensions = (2,)
    version = 3
    libraries = ("openTSNE",)
    can_start = True
    has_iterations = True
    can_sample = True
    stop_help = (
        f"During early exaggeration, {_STEPS_AFTER_EARLY_STOP} more iterations without it follow: before them, a map "
        "keeps almost no neighbors."
    )
    repeatability = "The same seed gives everyone the same map, with any number of threads."

    def defaults(self, n_points: int) -> TsneParameters:
        """Return more iterations for more points, which have further to go."""
        n_iter = _FEWEST_ITER + _MORE_ITER * max(0.0, math.log10(max(n_points, 1) / _POINTS_OF_FEWEST_ITER))
        return TsneParameters(n_iter=min(10 * round(n_iter / 10), _MOST_ITER))

    def estimate_seconds(self, n_points: int, vector_size: int, n_components: int, parameters: TsneParameters) -> float:
        """Return `tsne_seconds`."""
        return tsne_seconds(n_points, vector_size, n_components, parameters)

    def fit(self, vectors: Vectors, parameters: TsneParameters, context: ProjectionContext) -> FitResult:
        """Return the coordinates, with intermediate frames during the descent."""
        return FitResult(_fit(vectors, parameters, context))

    def notes(self, n_points: int, n_components: int, parameters: TsneParameters) -> list[str]:
        """Return `tsne_notes`."""
        return tsne_notes(n_points, n_components, parameters)


def effective_perplexity(perplexity: float, n_points: int) -> float:
    """Return the perplexity that t-SNE uses: at most a third of the other points, since it needs 3 times as many."""
    return max(1.0, min(perplexity, (n_points - 1) / 3))


def tsne_notes(n_points: int, n_components: int, parameters: TsneParameters) -> list[str]:
    """Return plain sentences about the parameters that t-SNE will adjust, for the form and the log."""
    if n_points < _FEWEST_TSNE_POINTS:
        return [f"t-SNE needs at least {_FEWEST_TSNE_POINTS} points; {n_points} are placed by PCA."]
    notes = []
    perplexity = effective_perplexity(parameters.perplexity, n_points)
    if perplexity < parameters.perplexity:
        notes.append(f"Perplexity reduced from {parameters.perplexity:g} to {perplexity:.3g} for {n_points} points.")
    if n_components > 2 and n_points > 10_000:
        notes.append("Three dimensions use the Barnes-Hut method, which is slow for this many points.")
    return notes


def tsne_seconds(n_points: int, vector_size: int, n_components: int, parameters: TsneParameters) -> float:
    """Return the approximate duration of `tsne` in seconds, on two ordinary cores (within a factor of 2).

    Measured with 1,000 to 100,000 points in 2-D and up to 8,000 in 3-D.
    """
    neighbors = 0.5 + neighbor_seconds(n_points, vector_size)
    if n_components == 2 and n_points >= _GRID_FROM_POINTS:
        step = 0.005 + 3.2e-7 * n_points
    else:
        step = 4e-7 * n_points * np.log2(max(n_points, 2))
    # More neighbors mean more pairs that attract each other.
    pairs = 0.5 + 0.5 * effective_perplexity(parameters.perplexity, n_points) / 30
    return float(neighbors + step * pairs * (parameters.n_iter + parameters.early_exaggeration_iter))


def tsne(
    vectors: Vectors,
    n_components: int = 2,
    parameters: TsneParameters | None = None,
    seed: int = 0,
    n_threads: int = 1,
    report: ReportProgress = ignore_progress,
) -> Coordinates:
    """Place points so that neighbors stay neighbors.

    Starts from a small PCA, so that the global shape of the map is meaningful and always the same.

    Parameters
    ----------
    vectors
        `(n_points, vector_size)` float32, finite; read once.
    n_components
        2 or 3. In 2-D the repulsion is computed on a grid (FFT); in 3-D it uses Barnes-Hut.
    parameters
        See `TsneParameters`; `tsne_notes` reports adjustments for few points.
    seed
        The same seed, vectors and parameters give the same coordinates.
    n_threads
        Threads to use.
    report
        Called with the share done and the stage; raise `CancelledError` in it to stop.

    Returns
    -------
    `(n_points, n_components)` float32, centered.

    Raises
    ------
    ParameterError
        `n_components` is neither 2 nor 3.

    Notes
    -----
    van der Maaten, L., Hinton, G. (2008). Visualizing data using t-SNE. JMLR 9.
    Linderman, G. et al. (2019). Fast interpolation-based t-SNE. https://doi.org/10.1038/s41592-018-0308-4
    Kobak, D., Berens, P. (2019). The art of using t-SNE. https://doi.org/10.1038/s41467-019-13056-x
    Computed by openTSNE (Policar, P. et al. 2024, https://doi.org/10.18637/jss.v109.i03); in 2-D, many points use our
    own gradient, see `TsneGradient`.
    """
    context = ProjectionContext(n_components, seed, n_threads, report)
    return _fit(vectors, parameters or TsneParameters(), context)


def _fit(vectors: Vectors, parameters: TsneParameters, context: ProjectionContext) -> Coordinates:
    if context.n_components not in {2, 3}:
        raise ParameterError("t-SNE supports 2 or 3 dimensions.", received=context.n_components)
    check_points(vectors)
    points = metric_points(vectors, parameters.metric)
    if len(points) < _FEWEST_TSNE_POINTS:
        return pca(points, context.n_components)[0]
    perplexity = effective_perplexity(parameters.perplexity, len(points))
    neighbors, distances = context.nearest(
        points,
        parameters.metric,
        int(np.ceil(3 * perplexity)),
        lambda share, stage: context.report(_NEIGHBORS_SHARE * share, stage),
    )
    return _descend(points, neighbors, distances, perplexity, parameters, context)


def _start(points: Vectors, context: ProjectionContext) -> npt.NDArray[np.float64]:
    start = pca(points, context.n_components)[0] if context.start is None else context.start
    coordinates = start.astype(np.float64)
    spread = coordinates[:, 0].std()
    if spread > 0:
        coordinates /= spread
    # Equal points would never separate, and would repel each other with infinite force.
    coordinates += np.random.default_rng(context.seed).normal(scale=0.01, size=coordinates.shape)
    return coordinates * 1e-4


def _descend(
    points: Vectors,
    neighbors: npt.NDArray[np.int64],
    distances: npt.NDArray[np.float64],
    perplexity: float,
    parameters: TsneParameters,
    context: ProjectionContext,
) -> Coordinates:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    # Here, since the server does not load Numba.
    from embedlab.projections.tsne_gradient import TsneGradient

    n_points, n_components = len(points), context.n_components
    n_threads = context.n_threads if n_points >= _THREADS_FROM_POINTS else 1
    affinities = PerplexityBasedNN(
        knn_index=PrecomputedNeighbors(neighbors, distances), perplexity=perplexity, n_jobs=n_threads
    )
    with InParts(n_threads) as in_parts:
        on_grid = n_components == 2 and n_points >= _GRID_FROM_POINTS
        if on_grid:
            # Reading them is most of a step.
            affinities.P = affinities.P.astype(np.float32)
        layout = TSNEEmbedding(
            _start(points, context),
            affinities,
            negative_gradient_method=TsneGradient(in_parts) if on_grid else "bh",
            n_jobs=n_threads,
            random_state=context.seed,
        )
        try:
            _optimize(layout, parameters, context, n_threads)
        except FloatingPointError as error:
            raise _diverged(parameters) from error
    context.report(1.0, "done")
    coordinates = np.asarray(layout, dtype=np.float32)
    if not np.isfinite(coordinates).all():
        raise _diverged(parameters)
    return coordinates


def _diverged(parameters: TsneParameters) -> ParameterError:
    return ParameterError(
        "t-SNE diverged with these parameters.",
        received=f"learning rate {parameters.learning_rate:g}",
        remedy="Keep the defaults: learning rate 0, early exaggeration 12, exaggeration 1.",
    )


def _optimize(layout: TSNEEmbedding, parameters: TsneParameters, context: ProjectionContext, n_threads: int) -> None:
    n_points = len(layout)
    n_early, n_late = parameters.early_exaggeration_iter, parameters.n_iter
    common = {
        "inplace": True,
        "momentum": 0.8,
        "n_jobs": n_threads,
        # Often enough to cancel within a second.
        "callbacks_every_iters": int(np.clip(20_000 // n_points, 1, 10)),
    }
    phases = [(0, n_early, parameters.early_exaggeration, _EARLY_STAGE)] if n_early else []
    for done, n_iter, exaggeration, stage in [*phases, (n_early, n_late, parameters.exaggeration, "placing points")]:
        layout.optimize(
            n_iter,
            exaggeration=exaggeration,
            learning_rate=parameters.learning_rate or _learning_rate(n_points, exaggeration),
            callbacks=_reporter(context, done, n_early + n_late, stage),
            **common,
        )
        if context.stopped_after is not None:
            if stage == _EARLY_STAGE:
                _settle(layout, parameters, context, common)
            break


def _settle(
    layout: TSNEEmbedding, parameters: TsneParameters, context: ProjectionContext, common: dict[str, Any]
) -> None:
    """Continue without early exaggeration for a few steps, and count them, after a stop during early exaggeration."""
    if context.stopped_after is None:
        return
    done, n_steps = context.stopped_after
    n_iter = min(_STEPS_AFTER_EARLY_STOP, parameters.n_iter)

    def report_step(iteration: int, error: float, coordinates: npt.NDArray[np.float64]) -> None:
        del error
        context.iterations = context.stopped_after = done + iteration, n_steps
        context.report(_NEIGHBORS_SHARE + (1 - _NEIGHBORS_SHARE) * (done + iteration) / n_steps, "placing points")
        context.frame(lambda: np.array(coordinates, dtype=np.float32))

    layout.optimize(
        n_iter,
        exaggeration=parameters.exaggeration,
        learning_rate=parameters.learning_rate or _learning_rate(len(layout), parameters.exaggeration),
        callbacks=report_step,
        **common,
    )
    context.iterations = context.stopped_after = done + n_iter, n_steps


def _learning_rate(n_points: int, exaggeration: float) -> float:
    """Return the learning rate of Belkina et al. (2019, https://doi.org/10.1038/s41467-019-13055-y), at least 50."""
    return max(n_points / exaggeration, 50.0)


def _reporter(
    context: ProjectionContext, done: int, n_steps: int, stage: str
) -> Callable[[int, float, npt.NDArray[np.float64]], bool]:
    def report_step(iteration: int, error: float, coordinates: npt.NDArray[np.float64]) -> bool:
        del error
        context.report(_NEIGHBORS_SHARE + (1 - _NEIGHBORS_SHARE) * (done + iteration) / n_steps, stage)
        stops = context.stops_after(done + iteration, n_steps)
        # A copy: the descent continues in the same memory.
        context.frame(lambda: np.array(coordinates, dtype=np.float32))
        return stops

    return report_step

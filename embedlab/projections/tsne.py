"""t-SNE: coordinates in two or three dimensions that keep neighbors together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.embedding import Vectors
from embedlab.core.errors import ParameterError
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.projections.base import Fitted, ProjectionMethod, ProjectionParameters
from embedlab.projections.context import ProjectionContext
from embedlab.projections.pca import pca
from embedlab.projections.points import Coordinates, check_points

# Exact neighbors by blocks were faster than Annoy's up to 30,000 points measured and level at 100,000.
_MOST_EXACT_NEIGHBORS = 200_000
_QUERIES_PER_BLOCK = 2_000
_FEWEST_TSNE_POINTS = 4
# Below this share of the work neighbors are looked for; the rest is the descent.
_NEIGHBORS_SHARE = 0.2
_FFT_FROM_POINTS = 3_000


class TsneParameters(ProjectionParameters):
    """What can be set for t-SNE."""

    perplexity: float = Field(
        30,
        ge=1,
        le=500,
        description="Number of neighbors that each point stays close to, roughly; lowered for few points.",
        json_schema_extra={"log": True, "named": True},
    )
    n_iter: int = Field(500, ge=50, le=10_000, description="Steps of the descent after early exaggeration.")
    metric: Literal["cosine", "euclidean"] = Field(
        "cosine", description="What near means; neighbors and analogies use cosine too."
    )
    early_exaggeration: float = Field(
        12,
        ge=1,
        le=100,
        description="How much stronger points attract each other in the first steps.",
        json_schema_extra={"advanced": True},
    )
    early_exaggeration_iter: int = Field(
        250, ge=0, le=5_000, description="Steps with early exaggeration.", json_schema_extra={"advanced": True}
    )
    exaggeration: float = Field(
        1,
        ge=1,
        le=20,
        description="Attraction in the later steps; above 1 clusters are tighter and further apart.",
        json_schema_extra={"advanced": True},
    )
    learning_rate: float = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Length of a step; 0 chooses it by the number of points.",
        json_schema_extra={"advanced": True, "log": True},
    )


class TSNE(ProjectionMethod[TsneParameters]):
    """t-distributed stochastic neighbor embedding; see `tsne`."""

    name = "tsne"
    title = "t-SNE"
    summary = "t-SNE keeps neighbors together; it takes a while."
    parameters_class = TsneParameters

    def estimate_seconds(self, n_points: int, vector_size: int, n_components: int, parameters: TsneParameters) -> float:
        """Return `tsne_seconds`."""
        return tsne_seconds(n_points, vector_size, n_components, parameters)

    def fit(self, vectors: Vectors, parameters: TsneParameters, context: ProjectionContext) -> Fitted:
        """Return the coordinates, which are shown as frames while they form."""
        n_components, seed, n_threads = context.n_components, context.seed, context.n_threads
        return Fitted(tsne(vectors, n_components, parameters, seed, n_threads, context.report, context.frame))

    def notes(self, n_points: int, n_components: int, parameters: TsneParameters) -> list[str]:
        """Return `tsne_notes`."""
        return tsne_notes(n_points, n_components, parameters)


def effective_perplexity(perplexity: float, n_points: int) -> float:
    """Return the perplexity t-SNE uses: at most a third of the other points, since it looks at three times as many."""
    return max(1.0, min(perplexity, (n_points - 1) / 3))


def tsne_notes(n_points: int, n_components: int, parameters: TsneParameters) -> list[str]:
    """Return plain sentences about what t-SNE will do otherwise than asked, for the form and the log."""
    if n_points < _FEWEST_TSNE_POINTS:
        return [f"t-SNE needs at least {_FEWEST_TSNE_POINTS} points; {n_points} are placed by PCA."]
    notes = []
    perplexity = effective_perplexity(parameters.perplexity, n_points)
    if perplexity < parameters.perplexity:
        notes.append(f"Perplexity lowered from {parameters.perplexity:g} to {perplexity:.3g}: {n_points} points.")
    if n_components > 2 and n_points > 10_000:
        notes.append("Three dimensions use the Barnes-Hut method, which is slow for this many points.")
    return notes


def tsne_seconds(n_points: int, vector_size: int, n_components: int, parameters: TsneParameters) -> float:
    """Return about how many seconds `tsne` takes on two ordinary cores (within a factor of 2 where measured).

    Measured from 1,000 to 100,000 points in 2-D and to 8,000 in 3-D.
    """
    neighbors = 0.5 + 4.7e-9 * min(n_points, _MOST_EXACT_NEIGHBORS) * n_points * (0.5 + vector_size / 100)
    if n_components == 2 and n_points >= _FFT_FROM_POINTS:
        step = 0.02 + 3e-6 * n_points
    else:
        step = 4e-7 * n_points * np.log2(max(n_points, 2))
    # More neighbors are more pairs that attract each other.
    pairs = 0.5 + 0.5 * effective_perplexity(parameters.perplexity, n_points) / 30
    return float(neighbors + step * pairs * (parameters.n_iter + parameters.early_exaggeration_iter))


def tsne(
    vectors: Vectors,
    n_components: int = 2,
    parameters: TsneParameters | None = None,
    seed: int = 0,
    n_threads: int = 1,
    report: ReportProgress = ignore_progress,
    frame: Callable[[Callable[[], Coordinates]], None] | None = None,
) -> Coordinates:
    """Place points so that neighbors stay neighbors.

    Starts from PCA (scaled to be small), so that the picture's large shape means something and is the same each time.

    Parameters
    ----------
    vectors
        `(n_points, vector_size)` float32, finite; read once.
    n_components
        2 or 3. In 2-D the gradient is interpolated on a grid (FFT); in 3-D it is Barnes-Hut's.
    parameters
        See `TsneParameters`; `tsne_notes` tells what is changed to suit few points.
    seed
        The same seed, vectors and parameters give the same coordinates.
    n_threads
        Threads to use.
    report
        Told the share done and the stage; raise `CancelledError` in it to stop.
    frame
        Offered the coordinates as they are in the midst of the descent.

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
    Computed by openTSNE (Policar, P. et al. 2024, https://doi.org/10.18637/jss.v109.i03).
    """
    parameters = parameters or TsneParameters()
    if n_components not in {2, 3}:
        raise ParameterError("t-SNE gives 2 or 3 dimensions.", received=n_components)
    check_points(vectors)
    points = _points(vectors, parameters.metric)
    if len(points) < _FEWEST_TSNE_POINTS:
        return pca(points, n_components)[0]
    perplexity = effective_perplexity(parameters.perplexity, len(points))
    neighbors, distances = _nearest(points, int(np.ceil(3 * perplexity)), seed, n_threads, report)
    return _descend(points, neighbors, distances, perplexity, n_components, parameters, seed, n_threads, report, frame)


def _points(vectors: Vectors, metric: str) -> Vectors:
    points = np.array(vectors, dtype=np.float32)
    # Squares of very large numbers overflow, and of very small ones vanish; the picture depends on no factor.
    largest = np.abs(points).max(axis=1 if metric == "cosine" else None, keepdims=True)
    points /= np.where(largest > 0, largest, 1)
    if metric == "cosine":
        # Of unit vectors the squared Euclidean distance is twice the cosine distance, so one way serves both metrics.
        norms = np.linalg.norm(points, axis=1, keepdims=True)
        points /= np.where(norms > 0, norms, 1)
    return points


def _nearest(
    points: Vectors, n_neighbors: int, seed: int, n_threads: int, report: ReportProgress
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return rows of and distances to the nearest other points, both `(n_points, n_neighbors)`."""
    n_points = len(points)
    n_neighbors = min(n_neighbors, n_points - 1)
    stage = "finding neighbors"
    report(0.0, stage)
    if n_points > _MOST_EXACT_NEIGHBORS:
        from openTSNE.nearest_neighbors import Annoy

        return Annoy(points, n_neighbors, "euclidean", n_jobs=n_threads, random_state=seed).build()  # type: ignore[no-any-return]
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    rows = np.empty((n_points, n_neighbors), dtype=np.int64)
    distances = np.empty((n_points, n_neighbors))
    with threadpool_limits(n_threads):
        searcher = NearestNeighbors(n_neighbors=n_neighbors + 1, algorithm="brute").fit(points)
        for start in range(0, n_points, _QUERIES_PER_BLOCK):
            block = slice(start, min(start + _QUERIES_PER_BLOCK, n_points))
            found_distances, found_rows = searcher.kneighbors(points[block])
            distances[block], rows[block] = _without_self(found_distances, found_rows, start)
            report(_NEIGHBORS_SHARE * block.stop / n_points, stage)
    return rows, distances


def _without_self(
    distances: npt.NDArray[np.floating], rows: npt.NDArray[np.int64], start: int
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.int64]]:
    """Take each point out of its own neighbors; among many equal points it may be missing: then the last goes."""
    is_self = rows == np.arange(start, start + len(rows))[:, np.newaxis]
    is_self[~is_self.any(axis=1), -1] = True
    shape = (len(rows), rows.shape[1] - 1)
    return distances[~is_self].reshape(shape), rows[~is_self].reshape(shape)


def _start(points: Vectors, n_components: int, seed: int) -> npt.NDArray[np.float64]:
    coordinates = pca(points, n_components)[0].astype(np.float64)
    spread = coordinates[:, 0].std()
    if spread > 0:
        coordinates /= spread
    # Equal points would stay on top of each other for ever, and push with infinite force.
    coordinates += np.random.default_rng(seed).normal(scale=0.01, size=coordinates.shape)
    return coordinates * 1e-4


def _descend(
    points: Vectors,
    neighbors: npt.NDArray[np.int64],
    distances: npt.NDArray[np.float64],
    perplexity: float,
    n_components: int,
    parameters: TsneParameters,
    seed: int,
    n_threads: int,
    report: ReportProgress,
    frame: Callable[[Callable[[], Coordinates]], None] | None,
) -> Coordinates:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    n_points = len(points)
    affinities = PerplexityBasedNN(
        knn_index=PrecomputedNeighbors(neighbors, distances), perplexity=perplexity, n_jobs=n_threads
    )
    placed = TSNEEmbedding(
        _start(points, n_components, seed),
        affinities,
        negative_gradient_method="fft" if n_components == 2 and n_points >= _FFT_FROM_POINTS else "bh",
        n_jobs=n_threads,
        random_state=seed,
    )
    n_early, n_late = parameters.early_exaggeration_iter, parameters.n_iter
    common = {
        "inplace": True,
        "momentum": 0.8,
        "n_jobs": n_threads,
        # Often enough to hear a cancel within a second.
        "callbacks_every_iters": int(np.clip(20_000 // n_points, 1, 10)),
    }
    phases = [(0, n_early, parameters.early_exaggeration, "early exaggeration")] if n_early else []
    for done, n_iter, exaggeration, stage in [*phases, (n_early, n_late, parameters.exaggeration, "placing points")]:
        placed.optimize(
            n_iter,
            exaggeration=exaggeration,
            learning_rate=parameters.learning_rate or _learning_rate(n_points, exaggeration),
            callbacks=_reporter(report, frame, done, n_early + n_late, stage),
            **common,
        )
    report(1.0, "done")
    coordinates = np.asarray(placed, dtype=np.float32)
    if not np.isfinite(coordinates).all():
        raise ParameterError(
            "t-SNE flew apart with these parameters.",
            received=f"learning rate {parameters.learning_rate:g}",
            remedy="Leave the learning rate at 0 and exaggeration at 12 and 1.",
        )
    return coordinates


def _learning_rate(n_points: int, exaggeration: float) -> float:
    """Return the rate of Belkina et al. (2019, https://doi.org/10.1038/s41467-019-13055-y), not too small for few."""
    return max(n_points / exaggeration, 50.0)


def _reporter(
    report: ReportProgress,
    frame: Callable[[Callable[[], Coordinates]], None] | None,
    done: int,
    n_steps: int,
    stage: str,
) -> Callable[[int, float, npt.NDArray[np.float64]], bool]:
    def tell(iteration: int, error: float, coordinates: npt.NDArray[np.float64]) -> bool:
        del error
        report(_NEIGHBORS_SHARE + (1 - _NEIGHBORS_SHARE) * (done + iteration) / n_steps, stage)
        if frame is not None:
            # A copy: the descent goes on in the same memory.
            frame(lambda: np.array(coordinates, dtype=np.float32))
        return False

    return tell

"""The context of a projection: dimensions, seed, threads, and progress reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.projections.neighbor_graph import nearest_points
from embedlab.projections.points import Coordinates

Neighbors = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]
#: Points, metric, number of neighbors and listener to rows and distances; None if it has too few neighbors.
SharedNeighbors = Callable[[Vectors, str, int, ReportProgress], Neighbors | None]


def _never() -> bool:
    return False


def _always() -> bool:
    return True


@dataclass
class ProjectionContext:
    """Context of one fit. Fields can be added here without changing any method.

    Parameters
    ----------
    n_components
        Dimensions of the coordinates, 2 or 3.
    seed
        The only source of randomness.
    n_threads
        Threads to use.
    listener
        Called with the share done and a stage; raises `CancelledError` to stop the work.
    on_frame
        Called with intermediate coordinates; None if nobody watches.
    keys, labels
        Names of the vectors, for methods that refer to some of them; empty if unknown.
    shared_neighbors
        Reads neighbors from the graph of the embedding; None if there is none.
    start
        `(n_points, n_components)` coordinates of another map to start from, for methods that `can_start`; None for the
        method's own start.
    wants_frame
        Returns whether the next frame is needed.
    stop_requested
        Returns whether to stop here and keep the current coordinates.

    Attributes
    ----------
    iterations
        Finished and planned iterations, once the method has reported some.
    stopped_after
        The same numbers if the layout was stopped early.
    """

    n_components: int = 2
    seed: int = 0
    n_threads: int = 1
    listener: ReportProgress = ignore_progress
    on_frame: Callable[[Coordinates], None] | None = None
    keys: Sequence[str] = ()
    labels: Sequence[str] = ()
    shared_neighbors: SharedNeighbors | None = None
    start: Coordinates | None = None
    wants_frame: Callable[[], bool] = _always
    stop_requested: Callable[[], bool] = _never
    iterations: tuple[int, int] | None = field(default=None, init=False)
    stopped_after: tuple[int, int] | None = field(default=None, init=False)
    _reported_share: float = field(default=0.0, init=False, repr=False)

    def report(self, share_done: float, stage: str) -> None:
        """Report progress, at least once a second; the reported share never decreases.

        Raises
        ------
        CancelledError
            The work was cancelled.
        """
        self._reported_share = min(1.0, max(self._reported_share, share_done))
        self.listener(self._reported_share, stage)

    def nearest(self, points: Vectors, metric: str, n_neighbors: int, report: ReportProgress) -> Neighbors:
        """Return rows and distances of the nearest other points, from the shared graph if there is one.

        Parameters
        ----------
        points
            As `metric_points` returns them for the metric.
        """
        shared = None
        if self.shared_neighbors is not None:
            shared = self.shared_neighbors(points, metric, n_neighbors, report)
        return shared or nearest_points(points, n_neighbors, self.seed, self.n_threads, report)

    def frame(self, coordinates: Callable[[], Coordinates]) -> None:
        """Show intermediate coordinates, `(n_points, n_components)`; computed only if somebody watches."""
        if self.on_frame is not None and self.wants_frame():
            self.on_frame(coordinates())

    def stops_after(self, iteration: int, n_iterations: int) -> bool:
        """Report a finished iteration; return whether to stop here and keep the coordinates."""
        self.iterations = iteration, n_iterations
        if iteration < 1 or iteration >= n_iterations or not self.stop_requested():
            return False
        self.stopped_after = iteration, n_iterations
        return True

"""The context of a projection: dimensions, seed, threads, and progress reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.projections.points import Coordinates


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
    """

    n_components: int = 2
    seed: int = 0
    n_threads: int = 1
    listener: ReportProgress = ignore_progress
    on_frame: Callable[[Coordinates], None] | None = None
    keys: Sequence[str] = ()
    labels: Sequence[str] = ()
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

    def frame(self, coordinates: Callable[[], Coordinates]) -> None:
        """Show intermediate coordinates, `(n_points, n_components)`; computed only if somebody watches."""
        if self.on_frame is not None:
            self.on_frame(coordinates())

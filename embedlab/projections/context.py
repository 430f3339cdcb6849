"""What a projection method is told besides vectors and parameters, and what it tells while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.projections.points import Coordinates


@dataclass
class ProjectionContext:
    """The surroundings of one fit. More may be added here without a change to any method.

    Parameters
    ----------
    n_components
        Dimensions of the coordinates, 2 or 3.
    seed
        The only source of randomness.
    n_threads
        Threads to use.
    listener
        Told the share done and a stage; it raises `CancelledError` to stop the work.
    on_frame
        Shown the coordinates while they form; None where nobody watches.
    """

    n_components: int = 2
    seed: int = 0
    n_threads: int = 1
    listener: ReportProgress = ignore_progress
    on_frame: Callable[[Coordinates], None] | None = None
    _told: float = field(default=0.0, init=False, repr=False)

    def report(self, share_done: float, stage: str) -> None:
        """Tell how far the work is, at least once a second; the bar never goes back.

        Raises
        ------
        CancelledError
            The work is to stop.
        """
        self._told = min(1.0, max(self._told, share_done))
        self.listener(self._told, stage)

    def frame(self, coordinates: Callable[[], Coordinates]) -> None:
        """Offer the coordinates as they are now, `(n_points, n_components)`; they are made only if somebody watches."""
        if self.on_frame is not None:
            self.on_frame(coordinates())

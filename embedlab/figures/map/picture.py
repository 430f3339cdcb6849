"""What a picture of a map shows: points, names, colors, and the part that is in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.figures.map.colors import MapColors
from embedlab.figures.map.look import MapLook
from embedlab.workspace.bookmarks.bookmark import Camera, Ranges


@dataclass(frozen=True, eq=False)
class MapPicture:
    """A map to draw.

    Parameters
    ----------
    title
        What it shows.
    coordinates
        `(n_points, 2 or 3)` float32.
    labels
        The name of each point; where names do not fit, the first ones are preferred.
    colors
        What colors the points; None for a single color.
    view
        What is in view; None for the whole map.
    picked
        The row that is highlighted.
    border
        Radius of a circle around the origin that the map has; None for none.
    n_all
        Number of points of the map, if these are a sample of them.
    look
        How the points look, instead of `colors`; such a picture is not sampled.
    """

    title: str
    coordinates: Vectors
    labels: Sequence[str]
    colors: MapColors | None = None
    view: Ranges | Camera | None = None
    picked: int | None = None
    border: float | None = None
    n_all: int | None = None
    look: MapLook | None = None

    @property
    def n_points(self) -> int:
        """Number of points."""
        return len(self.coordinates)

    def sampled(self, most: int) -> MapPicture:
        """Return at most `most` of the points, evenly spaced; the picked one stays."""
        if self.n_points <= most:
            return self
        rows = np.linspace(0, self.n_points - 1, most).astype(np.int64)
        if self.picked is not None:
            rows = np.union1d(rows[:-1], [self.picked])
        return replace(self._of(rows), n_all=self.n_all or self.n_points)

    def in_ranges(self, ranges: Ranges) -> MapPicture:
        """Return the points inside ranges of the plane."""
        x, y = self.coordinates[:, 0], self.coordinates[:, 1]
        inside = (x >= ranges.x[0]) & (x <= ranges.x[1]) & (y >= ranges.y[0]) & (y <= ranges.y[1])
        return self._of(np.flatnonzero(inside))

    def _of(self, rows: npt.NDArray[np.int64]) -> MapPicture:
        picked = None
        if self.picked is not None and (found := np.flatnonzero(rows == self.picked)).size:
            picked = int(found[0])
        labels = [self.labels[row] for row in rows.tolist()]
        colors = None if self.colors is None else self.colors.rows(rows)
        return replace(self, coordinates=self.coordinates[rows], labels=labels, colors=colors, picked=picked)

"""Spreading the points of one axis over another axis, so that none hides the others: a beeswarm or sina plot."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embedlab.projections.points import Coordinates

_BINS = 200
#: Standard deviation of the smoothing kernel, in bins.
_SMOOTHING = 3.0
#: Largest distance of a point from the axis, as a share of the length of the axis.
_HALF_WIDTH = 0.25
_BASES = (2, 3)


def spread_out(places: npt.NDArray[np.floating], n_axes: int = 1) -> Coordinates:
    """Return coordinates for further axes that show how dense the points of an axis are.

    A point is at most as far from 0 as the density at its place, relative to the largest, allows: a quarter of the
    axis. Points that follow each other on the axis are spread by a low-discrepancy sequence, so there is no seed: the
    same places give the same coordinates.

    Parameters
    ----------
    places
        `(n_points,)`, finite.
    n_axes
        1 or 2.

    Returns
    -------
    `(n_points, n_axes)` float32.

    Notes
    -----
    Sidiropoulos, N. et al. (2018). SinaPlot. https://doi.org/10.1080/10618600.2017.1366914
    van der Corput, J. (1935), generalized by Halton, J. (1960). https://doi.org/10.1007/BF01386213
    """
    order = np.argsort(places, kind="stable")
    low, extent = float(places[order[0]]), float(places[order[-1]] - places[order[0]])
    width = _HALF_WIDTH * (extent or 1.0) * _relative_density(places, low, extent)
    coordinates: Coordinates = np.zeros((len(places), n_axes), np.float32)
    for axis in range(n_axes):
        coordinates[order, axis] = (2 * _van_der_corput(len(places), _BASES[axis]) - 1) * width[order]
    return coordinates


def _relative_density(places: npt.NDArray[np.floating], low: float, extent: float) -> npt.NDArray[np.float64]:
    """Return the smoothed density at each point, from 0 to 1."""
    if extent == 0:
        return np.ones(len(places))
    bins = np.minimum(((places - low) / extent * _BINS).astype(np.intp), _BINS - 1)
    reach = int(4 * _SMOOTHING)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _SMOOTHING) ** 2)
    density = np.convolve(np.bincount(bins, minlength=_BINS), kernel, mode="same")
    relative: npt.NDArray[np.float64] = (density / density.max())[bins]
    return relative


def _van_der_corput(n: int, base: int) -> npt.NDArray[np.float64]:
    """Return the first `n` numbers of the sequence, between 0 and 1."""
    # From 1: the sequence begins with 0, which would be at the edge.
    index, share = np.arange(1, n + 1), 1.0
    numbers = np.zeros(n)
    while index.any():
        share /= base
        index, digits = np.divmod(index, base)
        numbers += digits * share
    return numbers

"""The repulsion between all points of a 2-D t-SNE map, by a convolution on a grid.

As in FIt-SNE (Linderman, G. et al. 2019, https://doi.org/10.1038/s41592-018-0308-4), points act through the nodes of a
regular grid near them, and the nodes act on each other by fast Fourier transforms. Between nodes, the kernels are cubic
splines (Unser, M. 1999, https://doi.org/10.1109/79.799930), more exact than separate polynomials on a finer grid. The
total and both forces are convolved with the number of points: four transforms in place of eight, those of SciPy in
single precision. See ``python -m benchmarks.tsne_step``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

from embedlab.core.compiled import compiled
from embedlab.core.threads import InParts

Places = npt.NDArray[np.float64]
Field = npt.NDArray[np.float32]

#: Distance between nodes, in units of the map: t-SNE's repulsion changes over distances of about 1.
_NODE_DISTANCE = 1 / 3
#: Of the longer side. Smaller maps have nodes closer to each other, larger ones nodes further apart.
_FEWEST_NODES, _MOST_NODES = 100, 2_000
# Of points in one place, or so near to it that their distance has no reciprocal.
_LEAST_NODE_DISTANCE = 1e-30
# The B-spline of a place covers one node before it and two after it.
_NODES_BEFORE, _NODES_AROUND = 1, 4
# More nodes than twice those of the map: where the grid repeats itself, the kernels jump, and the splines swing.
_NODES_APART = 8


class Repulsion(NamedTuple):
    """Repulsion by all other points, with q = 1 / (1 + squared distance).

    Attributes
    ----------
    forces
        `(n_points, 2)` float64: sums of q^2 times the difference of the two places.
    total
        Sum of q over all ordered pairs of different points.
    """

    forces: Places
    total: float


class GridRepulsion:
    """Repulsion between places that change from step to step; the transformed kernels are kept."""

    def __init__(self, in_parts: InParts) -> None:
        self._in_parts = in_parts
        self._kernels_of: tuple[tuple[int, int], float] | None = None
        self._kernels: list[npt.NDArray[np.complex64]] = []

    def __call__(self, places: Places) -> Repulsion:
        """Return the repulsion at each of the places, `(n_points, 2)` float64, C order.

        Raises
        ------
        FloatingPointError
            A place is not finite.
        """
        low_x, high_x, low_y, high_y = _bounds(places)
        spans = high_x - low_x, high_y - low_y
        if not np.isfinite(spans).all():
            raise FloatingPointError("Repulsion of places that are not finite.")
        node_distance = _node_distance(max(spans))
        n_nodes = [int(span / node_distance) + _NODES_AROUND for span in spans]
        # Twice the nodes, so that the convolution does not reach around the map.
        shape = tuple(fft.next_fast_len(2 * n + _NODES_APART, real=True) for n in n_nodes)
        origin = np.array([low_x, low_y]) - _NODES_BEFORE * node_distance
        masses = np.zeros(shape, dtype=np.float32)
        _add_to_nodes(places, origin, 1 / node_distance, masses)
        fields = self._convolved(masses, node_distance)

        forces = np.empty_like(places)
        totals = np.empty(len(places))
        self._in_parts(
            len(places),
            lambda start, end: _read_at(places, origin, 1 / node_distance, fields, forces, totals, start, end),
        )
        # Each point is among those that act on it, with q = 1.
        return Repulsion(forces, float(totals.sum()) - len(places))

    def _convolved(self, masses: Field, node_distance: float) -> tuple[Field, Field, Field]:
        n_threads = self._in_parts.n_threads
        key = (masses.shape[0], masses.shape[1]), node_distance
        if self._kernels_of != key:
            smoothing = _spline_spectrum(*key[0]) ** 2
            self._kernels = [fft.rfft2(kernel, workers=n_threads) / smoothing for kernel in _kernels(*key)]
            self._kernels_of = key
        spectrum = fft.rfft2(masses, workers=n_threads)
        total, force_x, force_y = (
            fft.irfft2(spectrum * kernel, s=masses.shape, workers=n_threads, overwrite_x=True)
            for kernel in self._kernels
        )
        return total, force_x, force_y


def _node_distance(span: float) -> float:
    return max(min(_NODE_DISTANCE, span / _FEWEST_NODES), span / _MOST_NODES, _LEAST_NODE_DISTANCE)


def _kernels(shape: tuple[int, int], node_distance: float) -> tuple[Field, Field, Field]:
    """Return q, and q^2 times either difference, between node (0, 0) and each node of a grid that repeats itself."""
    x, y = (np.fft.fftfreq(n, 1 / n) * node_distance for n in shape)
    q = 1 / (1 + x[:, np.newaxis] ** 2 + y**2)
    kernels = q, q**2 * x[:, np.newaxis], q**2 * y
    total, force_x, force_y = (kernel.astype(np.float32) for kernel in kernels)
    # Forces are opposite in opposite directions; half around the grid, both directions are the same node.
    for n, force in zip(shape, (force_x, force_y.T), strict=True):
        if n % 2 == 0:
            force[n // 2] = 0
    return total, force_x, force_y


def _spline_spectrum(n_x: int, n_y: int) -> Field:
    """Return the spectrum of a B-spline's values at the nodes, 1/6, 2/3 and 1/6, `(n_x, n_y // 2 + 1)`."""
    along_x, along_y = ((2 + np.cos(2 * np.pi * each)) / 3 for each in (np.fft.fftfreq(n_x), np.fft.rfftfreq(n_y)))
    spectrum: Field = np.outer(along_x, along_y).astype(np.float32)
    return spectrum


@compiled
def _bounds(places: Places) -> tuple[float, float, float, float]:
    low_x = low_y = np.inf
    high_x = high_y = -np.inf
    for i in range(len(places)):
        x, y = places[i, 0], places[i, 1]
        if not (np.isfinite(x) and np.isfinite(y)):
            return np.nan, np.nan, np.nan, np.nan
        low_x, high_x = min(low_x, x), max(high_x, x)
        low_y, high_y = min(low_y, y), max(high_y, y)
    return low_x, high_x, low_y, high_y


@compiled
def _weigh(t: float, weights: Field) -> None:
    """Store the B-spline's weights of the nodes -1, 0, 1, 2 for the place `t` from 0 to 1."""
    weights[0] = (1 - t) ** 3 / 6
    weights[1] = (3 * t**3 - 6 * t**2 + 4) / 6
    weights[2] = (3 * (1 - t) ** 3 - 6 * (1 - t) ** 2 + 4) / 6
    weights[3] = t**3 / 6


@compiled
def _add_to_nodes(places: Places, origin: npt.NDArray[np.float64], nodes_per_unit: float, masses: Field) -> None:
    along_x, along_y = np.empty(4, dtype=np.float32), np.empty(4, dtype=np.float32)
    for i in range(len(places)):
        x, y = (places[i, 0] - origin[0]) * nodes_per_unit, (places[i, 1] - origin[1]) * nodes_per_unit
        column, row = int(x), int(y)
        _weigh(x - column, along_x)
        _weigh(y - row, along_y)
        for j in range(4):
            for k in range(4):
                masses[column - 1 + j, row - 1 + k] += along_x[j] * along_y[k]


@compiled
def _read_at(
    places: Places,
    origin: npt.NDArray[np.float64],
    nodes_per_unit: float,
    fields: tuple[Field, Field, Field],
    forces: Places,
    totals: npt.NDArray[np.float64],
    start: int,
    end: int,
) -> None:
    total, force_x, force_y = fields
    along_x, along_y = np.empty(4, dtype=np.float32), np.empty(4, dtype=np.float32)
    for i in range(start, end):
        x, y = (places[i, 0] - origin[0]) * nodes_per_unit, (places[i, 1] - origin[1]) * nodes_per_unit
        column, row = int(x), int(y)
        _weigh(x - column, along_x)
        _weigh(y - row, along_y)
        q = pushed_x = pushed_y = 0.0
        for j in range(4):
            for k in range(4):
                weight = along_x[j] * along_y[k]
                at_x, at_y = column - 1 + j, row - 1 + k
                q += weight * total[at_x, at_y]
                pushed_x += weight * force_x[at_x, at_y]
                pushed_y += weight * force_y[at_x, at_y]
        totals[i] = q
        forces[i, 0] = pushed_x
        forces[i, 1] = pushed_y

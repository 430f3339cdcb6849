"""Points inside a box or a freehand lasso on a map in two or three dimensions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.exploration.selections.selection import Mask

#: Corners of a lasso.
MOST_CORNERS = 512
#: Larger numbers overflow when multiplied.
_LARGEST = 1e100

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Area:
    """A polygon on a map; edges may cross, then what an odd number of edges separates from outside is inside.

    Parameters
    ----------
    corners
        `(n, 2)`, in data units in 2-D, in view units (-1 to 1) in 3-D.
    matrix
        In 3-D `(4, 4)`: transforms a point (a column) to clip space.
    is_box
        Whether the corners are two opposite corners of a rectangle.
    """

    corners: Numbers
    matrix: Numbers | None = None
    is_box: bool = False


def area_of(value: Mapping[str, Any], n_components: int) -> Area:
    """Return the area that a browser sent.

    Parameters
    ----------
    value
        `box`: four numbers x0, y0, x1, y1; or `lasso`: x and y of at least three corners in turn; in 3-D also `matrix`:
        16 numbers in column-major order.
    n_components
        Dimensions of the map, 2 or 3.

    Raises
    ------
    InputError
        The area is invalid; input from a browser is never trusted.
    """
    is_box = "box" in value
    numbers = _finite(value.get("box" if is_box else "lasso"), (4, 4) if is_box else (6, 2 * MOST_CORNERS))
    if len(numbers) % 2:
        raise _invalid()
    matrix = np.array(_finite(value.get("matrix"), (16, 16))).reshape(4, 4).T if n_components == 3 else None
    return Area(np.array(numbers).reshape(-1, 2), matrix, is_box)


def in_area(coordinates: Vectors, area: Area) -> Mask:
    """Return `(n_points,)` whether each point is inside an area; points behind the camera are not.

    Parameters
    ----------
    coordinates
        `(n_points, 2 or 3)`.

    Notes
    -----
    The crossing number of a horizontal ray. Points are sorted by y once, so that each edge looks only at the points at
    its height: 500,000 points and 200 corners take a fraction of a second.
    """
    x, y = _in_view(coordinates, area.matrix)
    least, most = area.corners.min(axis=0), area.corners.max(axis=0)
    inside: Mask = (x >= least[0]) & (x <= most[0]) & (y >= least[1]) & (y <= most[1])
    if area.is_box:
        return inside
    rows = np.flatnonzero(inside)
    rows = rows[np.argsort(y[rows], kind="stable")]
    x, y = x[rows], y[rows]
    is_odd = np.zeros(len(rows), dtype=np.bool_)
    for (ax, ay), (bx, by) in zip(area.corners, np.roll(area.corners, -1, axis=0), strict=True):
        # Half-open, so that a corner is counted once: min(ay, by) <= y < max(ay, by).
        at = slice(*np.searchsorted(y, (min(ay, by), max(ay, by)), side="left"))
        if at.start < at.stop:
            is_odd[at] ^= x[at] < (bx - ax) * (y[at] - ay) / (by - ay) + ax
    inside[:] = False
    inside[rows[is_odd]] = True
    return inside


def _in_view(coordinates: Vectors, matrix: Numbers | None) -> tuple[Numbers, Numbers]:
    """Return x and y of each point as float64, as the browser computes them; NaN behind the camera."""
    columns = [np.asarray(coordinates[:, axis], dtype=np.float64) for axis in range(coordinates.shape[1])]
    if matrix is None:
        return columns[0], columns[1]
    x, y, w = (row[0] * columns[0] + row[1] * columns[1] + row[2] * columns[2] + row[3] for row in matrix[[0, 1, 3]])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(w > 0, x / w, np.nan), np.where(w > 0, y / w, np.nan)


def _finite(values: Any, lengths: tuple[int, int]) -> Sequence[float]:
    is_list = isinstance(values, list) and lengths[0] <= len(values) <= lengths[1]
    if not is_list or not all(
        isinstance(value, (int, float)) and math.isfinite(value) and abs(value) < _LARGEST for value in values
    ):
        raise _invalid()
    return [float(value) for value in values]


def _invalid() -> InputError:
    return InputError(
        "The selected area is invalid.",
        remedy="Draw it again: a box has two corners (x, y, x, y), and a lasso at least three.",
    )

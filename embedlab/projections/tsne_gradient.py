"""The gradient of t-SNE in 2-D, as openTSNE asks for it at each step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from embedlab.core.compiled import compiled_fast
from embedlab.core.threads import InParts
from embedlab.projections.grid_repulsion import GridRepulsion, Places


class TsneGradient:
    """Attraction of neighbors minus the repulsion of all points.

    The gradient of van der Maaten and Hinton (2008) without its factor of 4, which openTSNE's learning rates leave out
    as well. Given to openTSNE as `negative_gradient_method`. The same for any number of threads.
    """

    def __init__(self, in_parts: InParts) -> None:
        self._in_parts = in_parts
        self._repulsion = GridRepulsion(in_parts)

    def __call__(self, embedding: Places, P: csr_matrix, **_options: Any) -> tuple[float, Places]:
        """Return the error, which nothing here reads and is therefore NaN, and the gradient.

        Parameters
        ----------
        embedding
            `(n_points, 2)` float64.
        P
            `(n_points, n_points)` float32, affinities times the exaggeration.

        Raises
        ------
        FloatingPointError
            A coordinate is not finite.
        """
        # A subclass of an array is slower to index.
        places = np.ascontiguousarray(embedding, dtype=np.float64).view(np.ndarray)
        gradient, total = self._repulsion(places)
        # Half the memory is read faster. openTSNE keeps the middle at 0, where rounding is least.
        rounded = places.astype(np.float32)
        self._in_parts(
            len(places),
            lambda start, end: _attract(P.indptr, P.indices, P.data, rounded, gradient, total, start, end),
        )
        return np.nan, gradient


@compiled_fast
def _attract(
    starts: npt.NDArray[np.int32],
    neighbors: npt.NDArray[np.int32],
    affinities: npt.NDArray[np.float32],
    places: npt.NDArray[np.float32],
    gradient: Places,
    total: float,
    start: int,
    end: int,
) -> None:
    """Divide the forces in `gradient` by the total, and subtract them from the attraction."""
    for i in range(start, end):
        x, y = places[i, 0], places[i, 1]
        pulled_x = pulled_y = np.float32(0)
        for at in range(starts[i], starts[i + 1]):
            near = neighbors[at]
            along_x, along_y = x - places[near, 0], y - places[near, 1]
            pull = affinities[at] / (np.float32(1) + along_x * along_x + along_y * along_y)
            pulled_x += pull * along_x
            pulled_y += pull * along_y
        gradient[i, 0] = pulled_x - gradient[i, 0] / total
        gradient[i, 1] = pulled_y - gradient[i, 1] / total

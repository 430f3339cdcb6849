"""Distances in the Poincare ball, and links by them."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import check_finite, damage_errors, damaged
from embedlab.models.contract.abilities import PredictsLinks
from embedlab.models.contract.state import State

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]
#: float32 vectors may round to the border.
_SMALLEST: Final = 1e-9
_ROUNDING: Final = 1e-3


def poincare_distances(first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the distances of vectors of the last axis in the Poincare ball, float64; other axes are broadcast."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    room = np.maximum(1 - (a**2).sum(axis=-1), _SMALLEST) * np.maximum(1 - (b**2).sum(axis=-1), _SMALLEST)
    distances: npt.NDArray[np.float64] = np.arccosh(1 + 2 * ((a - b) ** 2).sum(axis=-1) / room)
    return distances


class HyperbolicLinks(PredictsLinks):
    """Scores pairs of nodes by their distance in the Poincare ball: nearer is higher.

    Parameters
    ----------
    vectors
        `(n_nodes, vector_size)` float32 inside the unit ball.
    """

    def __init__(self, vectors: Floats) -> None:
        self._vectors = vectors

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load from the state of the ability."""
        with damage_errors(cls.folder):
            vectors = state.arrays["vectors"]
            check_finite(state.arrays, cls.folder)
            if vectors.ndim != 2 or vectors.dtype.kind != "f" or state.config["space"] != "poincare":
                raise damaged(cls.folder)
            if (np.abs(vectors) > 1).any() or (np.square(vectors).sum(axis=1) > 1 + _ROUNDING).any():
                raise damaged(cls.folder)
            return cls(vectors)

    def state(self) -> State:
        """Return the vectors."""
        return State({"vectors": self._vectors}, {"space": "poincare"})

    def pair_scores(self, first: Rows, second: Rows) -> Floats:
        """Return `(n,)` float32 negative distances of pairs."""
        return (-poincare_distances(self._vectors[first], self._vectors[second])).astype(np.float32)

    def scores(self, nodes: Rows) -> Floats:
        """Return `(n, n_nodes)` float32 negative distances of all nodes."""
        whole = np.asarray(self._vectors, np.float64)
        squares = (whole**2).sum(axis=1)
        room = np.maximum(1 - squares, _SMALLEST)
        gaps = np.maximum(squares[nodes, np.newaxis] + squares - 2 * whole[nodes] @ whole.T, 0)
        distances = np.arccosh(1 + 2 * gaps / (room[nodes, np.newaxis] * room))
        nearness: Floats = (-distances).astype(np.float32)
        return nearness

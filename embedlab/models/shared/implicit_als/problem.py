"""The interactions of a training from both sides, and the weights of its loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.interactions import Interactions

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def silent(share: float) -> None:
    """Report no progress."""
    del share


@dataclass(frozen=True)
class Objective:
    """The loss of implicit alternating least squares, apart from its data.

    With the score ``y = w_u . h_i`` it is ``sum_observed c (1 - y)^2 + alpha0 sum_all y^2 + sum_u l_u |w_u|^2 +
    sum_i l_i |h_i|^2``, where ``l_u = l2 (c_u + alpha0 n_items)^nu``, ``l_i = l2 (c_i + alpha0 n_users)^nu`` and
    ``c_u``, ``c_i`` are the summed weights of a row: its number of interactions, if all weights are 1.

    Parameters
    ----------
    alpha0
        Weight of the pairs without an interaction.
    l2
        L2 regularization.
    nu
        How L2 regularization grows with the number of interactions: 0 constant, 1 in proportion.

    Notes
    -----
    Rendle et al., "Revisiting the Performance of iALS on Item Recommendation Benchmarks", 2022, equation 7.
    """

    alpha0: float
    l2: float
    nu: float

    def penalties(self, sums: npt.NDArray[np.float64], n_others: int) -> npt.NDArray[np.float32]:
        """Return `(n_rows,)` L2 regularization of each row, from its summed weights and the size of the other side."""
        found: npt.NDArray[np.float32] = (self.l2 * (sums + self.alpha0 * n_others) ** self.nu).astype(np.float32)
        return found


@dataclass(frozen=True)
class Side:
    """The users, or the items, of a training.

    Parameters
    ----------
    rows
        `(n,)` int32 rows in the table of the dataset, ascending.
    starts, columns, weights
        The interactions of each row in the CSR format, columns counting rows of the other side.
    features
        `(n, n_features)` sparse features of the rows; None without features.
    """

    rows: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    features: csr_array | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def sums(self) -> npt.NDArray[np.float64]:
        """`(n,)` float64 summed weights of each row."""
        ends = np.concatenate([[0.0], np.cumsum(self.weights, dtype=np.float64)])
        found: npt.NDArray[np.float64] = ends[self.starts[1:]] - ends[self.starts[:-1]]
        return found

    def parts(self, width: int, n_factors: int, most_work: float) -> list[tuple[int, int]]:
        """Return ranges of rows of about equal work, none above `most_work` multiplications unless it is one row.

        `width` dimensions of `n_factors` are solved at a time.
        """
        # A score of a pair reads a row of the other side from memory, which takes as long as some 30 multiplications.
        of_pair = width**2 + (0 if width == n_factors else 32 * n_factors)
        work = np.cumsum(np.diff(self.starts) * of_pair + width**3 / 2)
        n_parts = int(np.ceil(work[-1] / most_work)) if len(work) else 0
        cuts = np.searchsorted(work, np.arange(1, n_parts) * (work[-1] / n_parts)) if n_parts else np.zeros(0, int)
        bounds = np.unique(np.concatenate([[0], cuts, [len(self)]]))
        return [(int(first), int(last)) for first, last in pairwise(bounds)]


@dataclass(frozen=True)
class Problem:
    """The two sides of a training."""

    users: Side
    items: Side

    @classmethod
    def of(
        cls,
        interactions: Interactions,
        shape: tuple[int, int],
        user_features: csr_array | None = None,
        item_features: csr_array | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> Problem:
        """Prepare interactions.

        Users and items without interactions are left out, unless they have features.

        Parameters
        ----------
        interactions
            The training data.
        shape
            Number of users and items in the dataset.
        user_features, item_features
            Sparse features of all users and items of the dataset.
        tick
            Called between steps, each of which takes a few seconds for 20 million interactions; may raise to stop.
        """
        rows = (
            _rows(interactions.users, shape[0], user_features),
            _rows(interactions.items, shape[1], item_features),
        )
        tick()
        matrix = interactions.matrix(*shape)
        for axis in (0, 1):
            tick()
            matrix = matrix[rows[0]] if axis == 0 else matrix[:, rows[1]]
        sides = []
        for each, own, features in ((matrix, rows[0], user_features), (matrix.T, rows[1], item_features)):
            tick()
            csr = each.tocsr()
            csr.sort_indices()
            sides.append(
                Side(
                    own.astype(np.int32),
                    csr.indptr.astype(np.int64),
                    csr.indices.astype(np.int32),
                    csr.data.astype(np.float32),
                    None if features is None else features[own],
                )
            )
        return cls(*sides)


def _rows(column: npt.NDArray[np.int32], n_rows: int, features: csr_array | None) -> npt.NDArray[np.intp]:
    is_used = np.bincount(column, minlength=n_rows) > 0
    if features is not None:
        is_used |= np.diff(features.indptr) > 0
    return np.flatnonzero(is_used)

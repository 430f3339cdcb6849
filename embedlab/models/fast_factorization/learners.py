"""The two solvers: alternating least squares, and stochastic gradient descent on blocks of ratings in parallel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.splits import Ratings
from embedlab.models.contract.base import checkpoint_mismatch
from embedlab.models.shared.rating_factors.grouping import GroupedRatings, in_threads, standardized
from embedlab.models.shared.rating_factors.tables import FactorTables, Ridge, Workers

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

#: Ratings of a block of the parallel descent, and the maximum number of blocks per side.
_BLOCK_RATINGS = 20_000
_MOST_BLOCKS = 16
#: Columns of a row after its factors: bias, regularization of factors and of the bias, and sums of squared gradients.
_MORE_COLUMNS = 5
_BIAS_SWEEPS = 5
#: Regularization of what items add to users, as a multiple of that of items: the same rating says less about it.
#: On ml-latest-small, 15 to 60 are equally good, and 1 overfits.
IMPLICIT_L2 = 30.0


@dataclass(frozen=True)
class Strengths:
    """The regularization.

    Parameters
    ----------
    users, items
        L2 regularization of the factors, in neutral pseudo-ratings; that of a row with n ratings is multiplied by
        ``n ** exponent``.
    biases
        L2 regularization of the biases, the same for all rows.
    exponent
        0: constant; 1: proportional to the number of ratings.
    """

    users: float
    items: float
    biases: float
    exponent: float

    def ridge(self, side: float, counts: npt.NDArray[np.int64], n_factors: int) -> Ridge:
        """Return the regularization of one side."""
        precision = np.append(np.full(n_factors, side), self.biases)
        scale = np.maximum(counts, 1).astype(np.float64) ** self.exponent
        return Ridge(precision, np.zeros(n_factors + 1), scale)


class Learner(ABC):
    """The data and tables of one phase."""

    #: Number of finished epochs.
    epoch: int = 0

    @abstractmethod
    def train_epoch(self, workers: Workers) -> float:
        """Train one epoch; return the sum of squared standardized errors, as far as known during the epoch."""

    @abstractmethod
    def tables(self) -> tuple[Floats, Floats, Floats]:
        """Return users (with what their items add), items, and what items add; rows without ratings are 0."""

    @abstractmethod
    def arrays(self) -> dict[str, Floats]:
        """Return copies of everything that changes, for a checkpoint."""

    @abstractmethod
    def restore(self, arrays: Mapping[str, Floats]) -> None:
        """Restore what `arrays` returned; raises `InputError` if it does not fit."""


class AlternatingLeastSquares(Learner):
    """Solves all users given the items, then all items given the users: no learning rate.

    Source: Zhou, Wilkinson, Schreiber and Pan, "Large-Scale Parallel Collaborative Filtering for the Netflix Prize",
    2008.
    """

    def __init__(
        self, ratings: GroupedRatings, n_factors: int, strengths: Strengths, *, implicit: bool, seed: int
    ) -> None:
        self._tables = FactorTables(ratings, n_factors, implicit=implicit, seed=seed)
        self._users = strengths.ridge(strengths.users, ratings.users.counts, n_factors)
        self._items = strengths.ridge(strengths.items, ratings.items.counts, n_factors)
        self._implicit = strengths.ridge(IMPLICIT_L2 * strengths.items, ratings.items.counts, n_factors)

    def train_epoch(self, workers: Workers) -> float:
        """Solve each side once."""
        tables = self._tables
        if tables.has_implicit and self.epoch:
            tables.update_implicit(self._implicit, workers)
        tables.solve_users(self._users, workers)
        tables.solve_items(self._items, workers)
        self.epoch += 1
        return tables.squared_error(workers)

    def tables(self) -> tuple[Floats, Floats, Floats]:
        """Return the tables."""
        return self._tables.whole_users(), self._tables.items, self._tables.implicit

    def arrays(self) -> dict[str, Floats]:
        """Return the tables, and the errors that the next update of the implicit term needs."""
        return {**self._tables.arrays(), **self._tables.error_arrays()}

    def restore(self, arrays: Mapping[str, Floats]) -> None:
        """Restore the tables."""
        self._tables.restore(arrays)
        self._tables.restore_errors(arrays)


class GradientDescent(Learner):
    """Stochastic gradient descent with a step size for each row, in blocks that share no rows.

    Users and items are assigned to bands at random; a block has the ratings of one band of users and one of items. The
    blocks of a diagonal have neither users nor items in common, so threads train them at the same time without locks,
    and the result does not depend on the number of threads.

    Notes
    -----
    Gemulla, Nijkamp, Haas and Sismanis, "Large-Scale Matrix Factorization with Distributed Stochastic Gradient
    Descent", 2011 (diagonals); Chin, Zhuang, Juan and Lin, "A Fast Parallel Stochastic Gradient Method for Matrix
    Factorization in Shared Memory Systems", 2015 (blocks, order in them, step sizes).
    """

    def __init__(
        self,
        ratings: Ratings,
        n_rows: tuple[int, int],
        n_factors: int,
        strengths: Strengths,
        *,
        learning_rate: float,
        seed: int,
    ) -> None:
        self._n_factors, self._learning_rate, self._seed = n_factors, learning_rate, seed
        rng = np.random.default_rng(seed)
        _, _, targets = standardized(ratings)
        counts = [
            np.bincount(rows, minlength=n) for rows, n in zip((ratings.users, ratings.items), n_rows, strict=True)
        ]
        self._seen = [each > 0 for each in counts]
        biases = self._start_biases(ratings, targets, n_rows, strengths.biases)
        self._rows = [
            self._table(count, bias, strength, strengths, rng)
            for count, bias, strength in zip(counts, biases, (strengths.users, strengths.items), strict=True)
        ]
        self._divide(ratings, targets, n_rows, rng)

    @staticmethod
    def _start_biases(
        ratings: Ratings, targets: Floats, n_rows: tuple[int, int], strength: float
    ) -> tuple[Doubles, Doubles]:
        from embedlab.models.shared.rating_factors.kernels import sweep_biases

        biases = np.zeros(n_rows[0]), np.zeros(n_rows[1])
        for _ in range(_BIAS_SWEEPS):
            sweep_biases(np.asarray(ratings.users), np.asarray(ratings.items), targets, *biases, strength)
        return biases

    def _table(
        self,
        counts: npt.NDArray[np.int64],
        biases: Doubles,
        strength: float,
        strengths: Strengths,
        rng: np.random.Generator,
    ) -> Floats:
        n_factors = self._n_factors
        width = -(-(n_factors + _MORE_COLUMNS) // 16) * 16
        table = _aligned(len(counts), width)
        seen = counts > 0
        table[seen, :n_factors] = rng.normal(0, 0.5 / np.sqrt(n_factors), (int(seen.sum()), n_factors))
        table[:, n_factors] = biases
        n = np.maximum(counts, 1).astype(np.float64)
        table[:, n_factors + 1] = strength * n ** (strengths.exponent - 1)
        table[:, n_factors + 2] = strengths.biases / n
        table[:, n_factors + 3 : n_factors + _MORE_COLUMNS] = 1
        return table

    def _divide(self, ratings: Ratings, targets: Floats, n_rows: tuple[int, int], rng: np.random.Generator) -> None:
        from embedlab.models.shared.rating_factors.kernels import grouped

        n_blocks = int(np.clip(np.sqrt(len(ratings) / _BLOCK_RATINGS), 1, _MOST_BLOCKS))
        bands = [(rng.permutation(n) * n_blocks // n).astype(np.int32) for n in n_rows]
        # Sorted by block, in a block by user: a user's row stays in the cache, and the items of a band fit into it.
        order, _ = grouped(np.asarray(ratings.users), n_rows[0])
        keys = bands[0][ratings.users[order]] * np.int32(n_blocks) + bands[1][ratings.items[order]]
        by_block, self._starts = grouped(keys, n_blocks * n_blocks)
        order = order[by_block]
        self._n_blocks = n_blocks
        self._users, self._items, self._targets = ratings.users[order], ratings.items[order], targets[order]

    def train_epoch(self, workers: Workers) -> float:
        """Take one step for each rating."""
        from embedlab.models.shared.rating_factors.kernels import descend

        more = self._users, self._items, self._targets, *self._rows, self._n_factors, self._learning_rate
        n, total = self._n_blocks, 0.0
        for shift in np.random.default_rng([self._seed, self.epoch]).permutation(n).tolist():
            blocks = [band * n + (band + shift) % n for band in range(n)]
            pieces = [(int(self._starts[block]), int(self._starts[block + 1]), *more) for block in blocks]
            total += sum(in_threads(workers.pool, descend, pieces, workers.report))
        self.epoch += 1
        return total

    def tables(self) -> tuple[Floats, Floats, Floats]:
        """Return factors and biases; there is no implicit term."""
        users, items = (np.ascontiguousarray(rows[:, : self._n_factors + 1]) for rows in self._rows)
        return users, items, np.zeros((0, self._n_factors), np.float32)

    def arrays(self) -> dict[str, Floats]:
        """Return the rows."""
        return {"users": self._rows[0].copy(), "items": self._rows[1].copy()}

    def restore(self, arrays: Mapping[str, Floats]) -> None:
        """Restore the rows."""
        for name, rows in zip(("users", "items"), self._rows, strict=True):
            if arrays[name].shape != rows.shape:
                raise checkpoint_mismatch()
            rows[:] = arrays[name]


def _aligned(n_rows: int, width: int) -> Floats:
    """Return `(n_rows, width)` float32 zeros that start at a line of the cache, so that threads share no lines."""
    memory = np.zeros(n_rows * width + 16, np.float32)
    skip = (-memory.ctypes.data % 64) // 4
    return memory[skip : skip + n_rows * width].reshape(n_rows, width)

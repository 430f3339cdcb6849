"""Factors and biases of users and items, solved or sampled one side after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.base import checkpoint_mismatch
from embedlab.models.shared.rating_factors.grouping import GroupedRatings, Side, in_threads

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

#: Products of a piece of work, a few tenths of a second.
_PIECE_PRODUCTS = 2e8


@dataclass(frozen=True)
class Ridge:
    """The regularization of one side.

    Parameters
    ----------
    precision, mean
        `(n_factors + 1,)` float64: L2 regularization of each factor and, last, of the bias, and the values they are
        pulled towards.
    row_scale
        `(n_rows,)` float64: factor of the regularization of a row's factors.
    noise_precision
        Weight of the squared errors.
    """

    precision: Doubles
    mean: Doubles
    row_scale: Doubles
    noise_precision: float = 1.0


class Workers:
    """Threads that divide the rows of a side; the result does not depend on their number.

    Parameters
    ----------
    pool
        The threads.
    n_threads
        Their number.
    report
        Called after each piece of work; may raise to stop.
    """

    def __init__(self, pool: ThreadPoolExecutor, n_threads: int, report: Callable[[], None]) -> None:
        self.pool, self.n_threads, self.report = pool, n_threads, report

    def pieces(self, side: Side, products_per_rating: float) -> list[tuple[int, int]]:
        """Divide the rows of a side into pieces of a few tenths of a second, several per thread."""
        if self.n_threads == 1 and len(side.targets) * products_per_rating < _PIECE_PRODUCTS:
            return [(0, len(side.starts) - 1)]
        n_pieces = len(side.targets) * products_per_rating / _PIECE_PRODUCTS
        return side.pieces(int(np.clip(n_pieces, 4 * self.n_threads, 10_000)))


class FactorTables:
    """Factors and biases, with the ratings they are fitted to.

    Parameters
    ----------
    ratings
        The ratings.
    n_factors
        Number of factors.
    implicit
        Whether the items that a user rated add to the user's factors (SVD++).
    seed
        Of the initial factors.
    deviation
        Standard deviation of the initial factors.

    Attributes
    ----------
    users, items
        `(n, n_factors + 1)` float32; the last column is the bias. Rows without ratings are 0.
    implicit, offsets
        `(n_items, n_factors)` and `(n_users, n_factors)` float32: what an item adds to its users, and what is added to
        each user; without rows if there is no implicit term.
    """

    def __init__(
        self, ratings: GroupedRatings, n_factors: int, *, implicit: bool, seed: int, deviation: float = 0.1
    ) -> None:
        self.ratings, self.n_factors = ratings, n_factors
        rng = np.random.default_rng(seed)
        self.users, self.items = (self._drawn(side, rng, deviation) for side in (ratings.users, ratings.items))
        n_users, n_items = len(self.users), len(self.items)
        self.implicit = np.zeros((n_items if implicit else 0, n_factors), np.float32)
        self.offsets = np.zeros((n_users if implicit else 0, n_factors), np.float32)
        self.user_weights = (1 / np.sqrt(np.maximum(ratings.users.counts, 1))).astype(np.float32)
        self._none = np.zeros((0, n_factors), np.float32)
        self._errors = np.empty(len(ratings), np.float32)

    def _drawn(self, side: Side, rng: np.random.Generator, deviation: float) -> Floats:
        table = np.zeros((len(side.starts) - 1, self.n_factors + 1), np.float32)
        table[:, :-1] = rng.normal(0, deviation, (len(table), self.n_factors))
        table[side.counts == 0] = 0
        return table

    @property
    def has_implicit(self) -> bool:
        """Whether there is an implicit term."""
        return len(self.implicit) > 0

    def whole_users(self) -> Floats:
        """Return `(n_users, n_factors + 1)`: the users with what their rated items add."""
        if not self.has_implicit:
            return self.users
        whole = self.users.copy()
        whole[:, :-1] += self.offsets
        return whole

    def solve_users(self, ridge: Ridge, workers: Workers, noise: Floats | None = None) -> Floats:
        """Solve or sample all users; return the conditional means."""
        offsets = self.offsets if self.has_implicit else self._none
        return self._solve(self.ratings.users, self.items, offsets, ridge, workers, noise, self.users)

    def solve_items(self, ridge: Ridge, workers: Workers, noise: Floats | None = None) -> Floats:
        """Solve or sample all items; return the conditional means."""
        return self._solve(self.ratings.items, self.whole_users(), self._none, ridge, workers, noise, self.items)

    def _solve(
        self,
        side: Side,
        others: Floats,
        offsets: Floats,
        ridge: Ridge,
        workers: Workers,
        noise: Floats | None,
        table: Floats,
    ) -> Floats:
        from embedlab.models.shared.rating_factors.kernels import solve_rows

        means = np.zeros_like(table)
        more = (
            side.starts,
            side.others,
            side.targets,
            others,
            offsets,
            ridge.precision,
            ridge.mean,
            ridge.row_scale,
            ridge.noise_precision,
            np.zeros((0, self.n_factors + 1), np.float32) if noise is None else noise,
            table,
            means,
        )
        pieces = workers.pieces(side, (self.n_factors + 1) ** 2 / 2 + 50)
        list(in_threads(workers.pool, solve_rows, [(*piece, *more) for piece in pieces], workers.report))
        return means

    def squared_error(self, workers: Workers) -> float:
        """Return the sum of the squared errors, and keep the errors for `update_implicit`."""
        from embedlab.models.shared.rating_factors.kernels import residuals

        side = self.ratings.users
        more = side.starts, side.others, side.targets, self.whole_users(), self.items, self._errors
        pieces = workers.pieces(side, 10.0 * self.n_factors)
        return float(sum(in_threads(workers.pool, residuals, [(*piece, *more) for piece in pieces], workers.report)))

    def update_implicit(self, ridge: Ridge, workers: Workers, noise: Floats | None = None) -> None:
        """Solve or sample what items add to users, after `squared_error`; the factors of `ridge` are of the items."""
        from embedlab.models.shared.rating_factors.kernels import update_implicit

        users, items = self.ratings.users, self.ratings.items
        for factor in range(self.n_factors):
            update_implicit(
                factor,
                users.starts,
                users.others,
                self._errors,
                items.starts,
                items.others,
                self.items,
                self.user_weights,
                ridge.noise_precision,
                ridge.precision,
                ridge.mean,
                ridge.row_scale,
                np.zeros((0, len(self.items)), np.float32) if noise is None else noise,
                self.implicit,
                self.offsets,
            )
            workers.report()

    def error_arrays(self) -> dict[str, Floats]:
        """Return the errors of the last `squared_error`, if the implicit term needs them."""
        return {"errors": self._errors.copy()} if self.has_implicit else {}

    def restore_errors(self, arrays: Mapping[str, Floats]) -> None:
        """Restore what `error_arrays` returned."""
        if self.has_implicit:
            if arrays["errors"].shape != self._errors.shape:
                raise checkpoint_mismatch()
            self._errors[:] = arrays["errors"]

    def arrays(self) -> dict[str, Floats]:
        """Return copies of everything that changes, for a checkpoint."""
        tables = {"users": self.users, "items": self.items, "implicit": self.implicit, "offsets": self.offsets}
        return {name: table.copy() for name, table in tables.items()}

    def restore(self, arrays: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Restore the tables; raises `InputError` if they belong to other data or parameters."""
        for name in ("users", "items", "implicit", "offsets"):
            table, stored = getattr(self, name), arrays.get(name)
            if stored is None or stored.shape != table.shape:
                raise checkpoint_mismatch()
            table[:] = stored

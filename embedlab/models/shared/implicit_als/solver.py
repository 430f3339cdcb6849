"""Alternating least squares over users and items, exact for a whole vector or for blocks of its coordinates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.models.shared.implicit_als.feature_regression import FeatureRegression
from embedlab.models.shared.implicit_als.problem import Objective, Problem, Side, silent

Floats = npt.NDArray[np.float32]
USERS, ITEMS = "users", "items"
#: Standard deviation of the initial scores' factors, before it is divided by the square root of their number.
_INITIAL_DEVIATION = 0.1
#: Multiplications between two reports of the progress and one thread: about 0.2 s.
_MOST_WORK = 3e9
#: With blocks, the users' vectors are nearly exact after this many passes over the blocks.
_FINAL_PASSES = 8


@dataclass(frozen=True)
class LossParts:
    """The parts of the loss: observed pairs, all pairs, and L2 regularization."""

    observed: float
    all_pairs: float
    regularization: float

    @property
    def total(self) -> float:
        """Their sum: the loss that each step decreases."""
        return self.observed + self.all_pairs + self.regularization


class _SideSolver:
    """One side: its vectors, its L2 regularization, and what its features predict."""

    def __init__(self, side: Side, n_others: int, objective: Objective, l2_features: float, vectors: Floats) -> None:
        self.side = side
        self.penalties = objective.penalties(side.sums, n_others)
        self.vectors = vectors
        self._l2_features = l2_features * float(objective.penalties(np.zeros(1), n_others)[0])
        self.regression = None
        if side.features is not None:
            self.regression = FeatureRegression(side.features, self.penalties, self._l2_features)
        self.features = np.zeros((0 if side.features is None else side.features.shape[1], vectors.shape[1]), np.float32)

    @property
    def priors(self) -> Floats:
        """`(n_rows, n_factors)` what the features predict for each row; no rows without features."""
        if self.regression is None:
            return np.zeros((0, self.vectors.shape[1]), np.float32)
        return self.regression.predict(self.features)

    def fit_features(self) -> None:
        """Fit the vectors of the features to those of the rows."""
        if self.regression is not None:
            self.features = self.regression.fit(self.vectors)

    def regularization(self) -> float:
        """Return the side's part of the loss."""
        distance = self.vectors.astype(np.float64)
        if self.regression is not None:
            distance -= self.priors
        squares = np.einsum("nk,nk->n", distance, distance)
        return float(squares @ self.penalties) + self._l2_features * float(
            np.square(self.features, dtype=np.float64).sum()
        )


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread: the matrices are small, and results then do not depend on the number of threads."""
    # Loaded before it is limited: the BLAS of SciPy is the one that Numba calls.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


class AlternatingSolver:
    """The vectors of users and items during a training.

    Each epoch solves the items, then the users; with blocks, one block of coordinates after the other. The result does
    not depend on the number of threads. Train within `one_blas_thread`.

    Parameters
    ----------
    problem
        The interactions.
    objective
        The loss.
    n_factors
        Vector size.
    block_size
        Number of coordinates that are solved at a time (iALS++); at least `n_factors`: all of them.
    seed
        Seed of the initial vectors.
    l2_features
        L2 regularization of the vectors of features, in units of rows without interactions.
    threads
        Where parts of the rows are solved; None: here.
    """

    def __init__(
        self,
        problem: Problem,
        objective: Objective,
        n_factors: int,
        *,
        block_size: int | None = None,
        seed: int = 0,
        l2_features: float = 20.0,
        threads: Executor | None = None,
    ) -> None:
        self.problem, self.objective, self.n_factors = problem, objective, n_factors
        self.block_size = n_factors if block_size is None else min(block_size, n_factors)
        self._threads = threads
        rng = np.random.default_rng(seed)
        deviation = _INITIAL_DEVIATION / np.sqrt(n_factors)
        users, items = problem.users, problem.items
        self._sides = {
            name: _SideSolver(
                side,
                len(other),
                objective,
                l2_features,
                rng.normal(0, deviation, (len(side), n_factors)).astype(np.float32),
            )
            for name, side, other in ((USERS, users, items), (ITEMS, items, users))
        }

    @property
    def vectors(self) -> dict[str, Floats]:
        """The vectors of both sides (not copies)."""
        return {name: each.vectors for name, each in self._sides.items()}

    @property
    def features(self) -> dict[str, Floats]:
        """The vectors of the features of both sides (not copies); without rows where there are none."""
        return {name: each.features for name, each in self._sides.items()}

    def restore(self, vectors: dict[str, Floats], features: dict[str, Floats]) -> None:
        """Continue from the vectors of an earlier training of the same problem."""
        for name, side in self._sides.items():
            if side.vectors.shape != vectors[name].shape or side.features.shape != features[name].shape:
                raise ValueError("the vectors belong to another problem")
            side.vectors, side.features = (np.array(each[name], np.float32) for each in (vectors, features))

    def epoch(self, report: Callable[[float], None] = silent) -> None:
        """Solve the items, then the users; `report` gets the finished share and may raise to stop.

        Raises
        ------
        InputError
            The equations have no solution in single precision: too little L2 regularization.
        """
        blocks = range(0, self.n_factors, self.block_size)
        n_steps = 2 * len(blocks)
        for number, start in enumerate(blocks):
            block = start, min(start + self.block_size, self.n_factors)
            for place, name in enumerate((ITEMS, USERS)):
                done = 2 * number + place
                self.half_step(name, block, lambda share, done=done: report((done + share) / n_steps))  # type: ignore[misc]
        self.fit_features()

    def fit_features(self) -> None:
        """Fit the vectors of the features to those of the rows that have them."""
        for side in self._sides.values():
            side.fit_features()

    def finish(self, report: Callable[[float], None] = silent) -> None:
        """Solve the users once more, so that they are what folding in their interactions gives."""
        if self.block_size == self.n_factors and not self._has_features:
            return
        blocks = list(range(0, self.n_factors, self.block_size))
        passes = blocks if len(blocks) == 1 else _FINAL_PASSES * blocks
        for number, start in enumerate(passes):
            block = start, min(start + self.block_size, self.n_factors)
            self.half_step(USERS, block, lambda share, number=number: report((number + share) / len(passes)))  # type: ignore[misc]

    @property
    def _has_features(self) -> bool:
        return any(side.regression is not None for side in self._sides.values())

    def half_step(
        self, name: str, block: tuple[int, int] | None = None, report: Callable[[float], None] = silent
    ) -> None:
        """Solve the vectors of one side, or a block of their coordinates, given the other side."""
        from embedlab.models.shared.implicit_als.kernels import improve_rows, solve_rows

        own, other = self._sides[name], self._sides[ITEMS if name == USERS else USERS]
        start, stop = block or (0, self.n_factors)
        gram = np.asarray(self.objective.alpha0 * (other.vectors.T @ other.vectors), np.float32, order="C")
        side = own.side
        arguments = (side.starts, side.columns, side.weights, other.vectors, gram, own.penalties, own.priors)

        def solve(part: tuple[int, int]) -> None:
            if stop - start == self.n_factors:
                solve_rows(*arguments, own.vectors, *part)
            else:
                improve_rows(*arguments, own.vectors, start, stop, *part)

        parts = side.parts(stop - start, self.n_factors, _MOST_WORK)
        mapped: Any = map(solve, parts) if self._threads is None else self._threads.map(solve, parts)
        try:
            for number, _ in enumerate(mapped):
                report((number + 1) / len(parts))
        except np.linalg.LinAlgError as error:
            raise _singular(self.objective) from error
        if not np.isfinite(own.vectors[:, start:stop]).all():
            raise _singular(self.objective)

    def loss(self) -> LossParts:
        """Return the parts of the loss."""
        from embedlab.models.shared.implicit_als.kernels import observed_error

        users, items = self._sides[USERS], self._sides[ITEMS]
        side = users.side
        arguments = side.starts, side.columns, side.weights, users.vectors, items.vectors
        parts = side.parts(self.n_factors, self.n_factors, _MOST_WORK)
        mapped: Any = map if self._threads is None else self._threads.map
        observed = sum(mapped(lambda part: observed_error(*arguments, *part), parts))
        grams = ((each.T @ each).astype(np.float64) for each in (users.vectors, items.vectors))
        all_pairs = self.objective.alpha0 * float(np.multiply(*grams).sum())
        penalty = sum(each.regularization() for each in self._sides.values())
        return LossParts(float(observed), all_pairs, float(penalty))


def _singular(objective: Objective) -> InputError:
    return InputError(
        "The training diverged: the equations have no solution.",
        received=f"l2={objective.l2:g}, alpha0={objective.alpha0:g}",
        remedy="Choose a larger l2.",
    )

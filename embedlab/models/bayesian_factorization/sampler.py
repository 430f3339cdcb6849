"""Gibbs sampling of a biased factorization: factors, biases, their priors and the noise, all from the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.models.shared.rating_factors.grouping import GroupedRatings
from embedlab.models.shared.rating_factors.tables import FactorTables, Ridge, Workers

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@dataclass
class NormalPrior:
    """Mean and precision of each column of a table, with the weak prior of one observation of mean 0 and variance 1.

    Parameters
    ----------
    mean, precision
        `(n_columns,)` float64.
    """

    mean: Doubles
    precision: Doubles

    @classmethod
    def of_size(cls, n_columns: int) -> NormalPrior:
        """Return the standard normal distribution."""
        return cls(np.zeros(n_columns), np.ones(n_columns))

    def draw(self, rows: Floats, rng: np.random.Generator) -> None:
        """Draw mean and precision given the rows of the table."""
        n = len(rows)
        table = rows.astype(np.float64)
        squares = np.square(table - self.mean).sum(axis=0) + np.square(self.mean)
        self.precision = rng.gamma((n + 2) / 2, 2 / (1 + squares))
        self.mean = table.sum(axis=0) / (n + 1) + rng.standard_normal(len(self.mean)) / np.sqrt(
            (n + 1) * self.precision
        )


@dataclass
class Priors:
    """The priors of users, of items, and of what items add to users, and the precision of the noise."""

    users: NormalPrior
    items: NormalPrior
    implicit: NormalPrior
    noise_precision: float = 1.0

    @classmethod
    def of_size(cls, n_factors: int) -> Priors:
        """Return the priors before the first sample."""
        users, items, implicit = (NormalPrior.of_size(n) for n in (n_factors + 1, n_factors + 1, n_factors))
        return cls(users, items, implicit)


@dataclass
class GibbsSampler:
    """One chain.

    Parameters
    ----------
    ratings
        What the chain learns from.
    n_factors
        Number of factors.
    implicit
        Whether the rated items add to the factors of their users.
    seed
        Each sweep has its own random numbers, so a chain continues from a checkpoint as if it had not stopped.

    Attributes
    ----------
    tables
        The current sample.
    item_means
        `(n_items, n_factors + 1)` float32: the mean of the items given the rest of the sample. An average over these
        has less noise than one over the sampled items (Rao and Blackwell).
    """

    ratings: GroupedRatings
    n_factors: int
    implicit: bool
    seed: int
    tables: FactorTables = field(init=False)
    priors: Priors = field(init=False)
    item_means: Floats = field(init=False)
    finished_sweeps: int = 0

    def __post_init__(self) -> None:
        self.tables = FactorTables(self.ratings, self.n_factors, implicit=self.implicit, seed=self.seed)
        self.priors = Priors.of_size(self.n_factors)
        self.item_means = self.tables.items.copy()
        self._is_seen = [side.counts > 0 for side in (self.ratings.users, self.ratings.items)]

    def sweep(self, workers: Workers) -> float:
        """Draw everything once, given the rest; return the RMSE on the ratings, standardized, before the sweep."""
        tables, priors = self.tables, self.priors
        rng = np.random.default_rng([self.seed, self.finished_sweeps])
        squared_error = tables.squared_error(workers)
        priors.noise_precision = float(rng.gamma((1 + len(self.ratings)) / 2, 2 / (1 + squared_error)))
        if self.implicit:
            priors.implicit.draw(tables.implicit[self._is_seen[1]], rng)
            noise = self._normal(tables.implicit.T, rng)
            tables.update_implicit(self._ridge(priors.implicit, tables.items), workers, noise)
        priors.users.draw(tables.users[self._is_seen[0]], rng)
        tables.solve_users(self._ridge(priors.users, tables.users), workers, self._normal(tables.users, rng))
        priors.items.draw(tables.items[self._is_seen[1]], rng)
        noise = self._normal(tables.items, rng)
        self.item_means = tables.solve_items(self._ridge(priors.items, tables.items), workers, noise)
        self.finished_sweeps += 1
        return float(np.sqrt(squared_error / len(self.ratings)))

    def _ridge(self, prior: NormalPrior, table: Floats) -> Ridge:
        return Ridge(prior.precision, prior.mean, np.ones(len(table)), self.priors.noise_precision)

    @staticmethod
    def _normal(table: Floats, rng: np.random.Generator) -> Floats:
        return rng.standard_normal(table.shape, np.float32)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return everything that changes, for a checkpoint."""
        priors = {"prior_of_users": self.priors.users, "prior_of_items": self.priors.items}
        priors["prior_of_implicit"] = self.priors.implicit
        stacked = {name: np.stack([each.mean, each.precision]) for name, each in priors.items()}
        return {**self.tables.arrays(), **stacked, "item_means": self.item_means.copy()}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]], config: Mapping[str, Any]) -> None:
        """Restore what `arrays` returned."""
        self.tables.restore(arrays)
        for name in ("users", "items", "implicit"):
            mean, precision = np.array(arrays[f"prior_of_{name}"])
            setattr(self.priors, name, NormalPrior(mean, precision))
        self.item_means = np.array(arrays["item_means"])
        self.priors.noise_precision = float(config["noise_precision"])
        self.finished_sweeps = int(config["finished_sweeps"])

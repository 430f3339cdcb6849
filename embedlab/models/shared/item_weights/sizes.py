"""Expected time and memory of sparse item-to-item weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from embedlab.core.kind import Counts
from embedlab.models.contract.base import Estimate

#: Squared numbers of items of users, relative to the square of the mean: a few users choose much more than others.
_SKEW = 5.0
#: Measured on a 2-core laptop-class machine: start, one product of two interactions, one number of a dense row that is
#: sorted, one score of a validation user.
_START_S = 1.5
_PRODUCT_S = 8e-9
_NUMBER_S = 1.5e-8
_SCORE_S = 1.5e-8
_START_MB = 200.0
#: Dense rows that are worked on, with their copies.
_ROWS_MB = 150.0
_VALIDATION_USERS = 3_000


@dataclass(frozen=True)
class Products:
    """The expected size of an item-to-item product.

    Parameters
    ----------
    n_ratings, n_users, n_items
        Of the dataset.
    n_products
        Products of two interactions of one user.
    """

    n_ratings: float
    n_users: float
    n_items: float
    n_products: float

    @classmethod
    def of(cls, counts: Counts) -> Self:
        """Return the size for a dataset with these counts."""
        n_ratings, n_users, n_items = float(counts["ratings"]), float(counts["users"]), float(counts["items"])
        return cls(n_ratings, n_users, n_items, _SKEW * n_ratings**2 / max(1.0, n_users))

    def estimate(self, n_candidates: int, n_neighbors: int, *, most_products: int) -> Estimate:
        """Return the time and memory of trying candidates on the validation part and fitting the best one.

        Parameters
        ----------
        n_candidates
            Settings that are tried.
        n_neighbors
            Weights of each item.
        most_products
            Products of a trial; the final fit takes all.
        """
        numbers_s = self.n_items**2 * _NUMBER_S
        trial_s = min(self.n_products, most_products) * _PRODUCT_S / 4 + numbers_s
        scoring_s = min(self.n_users, _VALIDATION_USERS) * self.n_items * _SCORE_S
        seconds = _START_S + self.n_products * _PRODUCT_S + numbers_s + n_candidates * (trial_s + scoring_s)
        n_weights = self.n_items * min(self.n_items, n_neighbors)
        return Estimate(seconds, _START_MB + _ROWS_MB + (self.n_ratings * 60 + n_weights * 8 * 8) / 1e6)

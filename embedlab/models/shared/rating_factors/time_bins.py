"""Biases of items per time bin: an item that is rated higher in one period than in another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.splits import Ratings

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_SWEEPS = 10


@dataclass(frozen=True)
class TimeBins:
    """What the bias of an item differs by in each period from its bias over all times.

    Source: the term ``b_{i,Bin(t)}`` of Koren, "Collaborative Filtering with Temporal Dynamics", 2009.

    Parameters
    ----------
    edges
        `(n_bins - 1,)` float64 increasing times at which the second bin and those after it start.
    deviations
        `(n_items + 1, n_bins)` float32, in units of ratings. 0 where an item has no ratings in a bin, so its bias over
        all times counts there. The last row, which row -1 is too, is that of unknown items: 0.
    """

    edges: Doubles
    deviations: Floats

    @classmethod
    def fit(cls, ratings: Ratings, n_rows: tuple[int, int], n_bins: int, l2_biases: float, l2_bins: float) -> TimeBins:
        """Fit them together with biases of users and items, each given the others, in closed form.

        Parameters
        ----------
        n_rows
            Number of users and of items.
        n_bins
            Bins with the same number of ratings; fewer result if many ratings have the same time.
        l2_biases, l2_bins
            L2 regularization of the biases and of the deviations, in neutral pseudo-ratings.

        Raises
        ------
        InputError
            The ratings have no times.
        """
        times = ratings.times
        if times is None or not (is_timed := np.isfinite(times)).any():
            raise no_times(n_bins)
        edges = np.unique(np.quantile(times[is_timed], np.arange(1, n_bins) / n_bins))
        n_bins = len(edges) + 1
        n_users, n_items = n_rows
        # Ratings without a time are of one more bin, whose deviation stays 0.
        bins = np.where(is_timed, np.searchsorted(edges, times, side="right"), n_bins)
        cells = ratings.items.astype(np.int64) * (n_bins + 1) + bins
        rows = (np.asarray(ratings.items, np.int64), cells, np.asarray(ratings.users, np.int64))
        lengths = (n_items, n_items * (n_bins + 1), n_users)
        denominators = [
            np.maximum(np.bincount(own, minlength=length) + strength, 1e-9)
            for own, length, strength in zip(rows, lengths, (l2_biases, l2_bins, l2_biases), strict=True)
        ]
        denominators[1].reshape(n_items, n_bins + 1)[:, -1] = np.inf
        biases = [np.zeros(length) for length in lengths]
        rest: Doubles = ratings.ratings - np.mean(ratings.ratings, dtype=np.float64)
        for _ in range(_SWEEPS):
            for place, own in enumerate(rows):
                rest += biases[place][own]
                biases[place] = np.bincount(own, rest, lengths[place]) / denominators[place]
                rest -= biases[place][own]
        deviations = np.zeros((n_items + 1, n_bins), np.float32)
        deviations[:-1] = biases[1].reshape(n_items, n_bins + 1)[:, :-1]
        return cls(edges, deviations)

    @property
    def latest(self) -> Floats:
        """`(n_items + 1,)` float32 deviations in the last bin."""
        return self.deviations[:, -1]

    def offsets(self, items: npt.NDArray[np.int32], times: Doubles | None) -> Floats:
        """Return the deviation of each item at a time; in the last bin where a time is unknown (NaN, or no times).

        Times before the first bin and after the last one are of these.
        """
        if times is None:
            return self.latest[items]
        # NaN is sorted after all numbers.
        return self.deviations[items, np.searchsorted(self.edges, times, side="right")]

    def without(self, ratings: Ratings) -> Ratings:
        """Return training ratings minus the deviations; those without a time stay."""
        if ratings.times is None:
            return ratings
        offsets = np.where(np.isfinite(ratings.times), self.offsets(ratings.items, ratings.times), 0)
        return replace(ratings, ratings=(ratings.ratings - offsets).astype(np.float32))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what `from_arrays` needs."""
        return {"time_edges": self.edges, "time_deviations": self.deviations}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self | None:
        """Load them; None if a model has none. Raises `KeyError` or `ValueError` if they are damaged."""
        if "time_edges" not in arrays:
            return None
        found = cls(np.asarray(arrays["time_edges"]), np.asarray(arrays["time_deviations"]))
        if found.deviations.ndim != 2 or found.edges.shape != (found.deviations.shape[1] - 1,):
            raise ValueError("time_deviations")
        if not (np.isfinite(found.edges).all() and np.isfinite(found.deviations).all()):
            raise ValueError("time_deviations")
        return found


def no_times(n_bins: int) -> InputError:
    """Return the error for time bins of ratings without times."""
    return InputError(
        "The ratings have no times, so items cannot have a bias in each time bin.",
        received=f"time_bins={n_bins}",
        remedy="Set time_bins to 0, or import the ratings with their column of times.",
    )

"""BPR by stochastic gradient descent on interactions, without a dataset: also for the exported script."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float32]
#: Interactions between two reports: a few tenths of a second.
_BLOCK = 1 << 17
#: Interactions between two updates of the order in which adaptive negatives are drawn, per item.
_REFRESH_PER_ITEM = 5
#: Mean place of an adaptive negative in the order of a factor, as a share of the items.
_MEAN_PLACE = 0.05


@dataclass(frozen=True)
class BprSettings:
    """How one step is taken; see `BprParameters`."""

    n_factors: int
    learning_rate: float
    l2_user: float
    l2_positive: float
    l2_negative: float
    adaptive: bool
    seed: int


class BprSolver:
    """The vectors of users and items, and the passes over the interactions that train them.

    Parameters
    ----------
    interactions
        `(n_users, n_items)` sparse with sorted indices; each stored entry is a chosen item, whatever its value. Every
        column is an item that can be drawn as a negative.
    settings
        Of the steps.
    n_threads
        Threads that update the vectors without locks; with 1, the same seed gives the same vectors.

    Notes
    -----
    Rendle, Freudenthaler, Gantner and Schmidt-Thieme, "BPR: Bayesian Personalized Ranking from Implicit Feedback",
    2009; adaptive negatives: Rendle and Freudenthaler, "Improving Pairwise Learning for Item Recommendation from
    Implicit Feedback", 2014; what matters in an implementation: Milogradskii et al., "Revisiting BPR", 2024.
    """

    def __init__(self, interactions: csr_array, settings: BprSettings, n_threads: int = 1) -> None:
        self._settings, self._n_threads = settings, max(1, n_threads)
        self._starts = interactions.indptr.astype(np.int64)
        self._columns = interactions.indices.astype(np.int32)
        n_users, n_items = interactions.shape
        self._pair_users = np.repeat(np.arange(n_users, dtype=np.int32), np.diff(self._starts))
        rng = np.random.default_rng(settings.seed)
        self.users, self.items = (
            ((rng.random((n, settings.n_factors), np.float32) - 0.5) / np.float32(settings.n_factors))
            for n in (n_users, n_items)
        )
        self.biases: Floats = np.zeros(n_items, np.float32)

    def __len__(self) -> int:
        return len(self._columns)

    def train_epoch(self, epoch: int, report: Callable[[int], None] = lambda _: None) -> float:
        """Train once on each interaction, in random order; return the mean loss, which may be infinite or NaN.

        Parameters
        ----------
        epoch
            Number of the pass, from 0: with the seed it determines the order and the drawn negatives.
        report
            Called with the number of finished interactions; may raise to stop.
        """
        settings = self._settings
        order = np.random.default_rng([settings.seed, epoch]).permutation(len(self._columns))
        block_size = _BLOCK
        if settings.adaptive:
            block_size = min(block_size, max(1000, _REFRESH_PER_ITEM * len(self.items)))
        loss = 0.0
        with ThreadPoolExecutor(self._n_threads) as threads:
            for number, start in enumerate(range(0, len(order), block_size)):
                report(start)
                shards = np.array_split(order[start : start + block_size], self._n_threads)
                train = partial(self._train_shard, (epoch, number), self._orders())
                loss += sum(threads.map(train, enumerate(shards)))
                if not math.isfinite(loss):
                    break
        return loss / max(1, len(order))

    def _train_shard(
        self,
        position: tuple[int, int],
        orders: tuple[npt.NDArray[np.int32], Floats],
        shard: tuple[int, npt.NDArray[np.int64]],
    ) -> float:
        """Train on some interactions of a block; return their summed loss."""
        from embedlab.models.bpr.kernels import train_pairs

        settings, (place, rows) = self._settings, shard
        mean_place = max(1.0, _MEAN_PLACE * len(self.items)) if settings.adaptive else 0.0
        return train_pairs(
            rows,
            self._pair_users,
            self._starts,
            self._columns,
            self.users,
            self.items,
            self.biases,
            *orders,
            mean_place,
            settings.learning_rate,
            settings.l2_user,
            settings.l2_positive,
            settings.l2_negative,
            _bits(settings.seed, *position, place),
        )

    def _orders(self) -> tuple[npt.NDArray[np.int32], Floats]:
        """Return the items by falling value of each factor, and the spread of each factor; empty if not needed."""
        if not self._settings.adaptive:
            return np.empty((0, 0), np.int32), np.empty(0, np.float32)
        orders = np.argsort(-self.items.T, axis=1, kind="stable").astype(np.int32)
        return orders, self.items.std(axis=0)


def _bits(*numbers: int) -> int:
    """Return 62 bits that differ for all numbers."""
    digest = hashlib.sha256(" ".join(map(str, numbers)).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 2

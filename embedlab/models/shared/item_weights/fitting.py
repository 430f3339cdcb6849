"""What is common to fitting item-to-item weights: the items with interactions, sparse rows, progress, and settings."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.abilities import Ranks
from embedlab.models.contract.base import Context
from embedlab.models.shared.recommenders.validation import VALIDATION_NDCG, ValidationRanking

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from embedlab.kinds.ratings.interactions import Interactions

S = TypeVar("S", bound=Hashable)
#: Products of two interactions between two reports: about half a second.
_BLOCK_PRODUCTS = 50_000_000
#: Numbers of the dense rows that are worked on at a time (32 MB of float32).
_BLOCK_NUMBERS = 1 << 23


class Steps:
    """Progress of a training that has steps instead of epochs.

    Parameters
    ----------
    context
        Of the training.
    n_steps
        Number of steps of about the same duration.
    """

    def __init__(self, context: Context, n_steps: int) -> None:
        self._context, self._n_steps, self._done = context, n_steps, 0
        self.report()

    def report(self, share_of_step: float = 0.0) -> None:
        """Report the progress; raises `CancelledError` if the training is to stop."""
        share = min((self._done + share_of_step) / self._n_steps, 1.0)
        self._context.progress(epoch=0, n_epochs=1, share_of_epoch=share)

    def finish(self) -> None:
        """Count a finished step."""
        self._done = min(self._done + 1, self._n_steps)
        self.report()


@dataclass(frozen=True)
class Choice(Generic[S]):
    """The settings with the best NDCG on the validation part, and all their scores on it.

    Both are empty if there is nothing to evaluate on.
    """

    settings: S | None
    scores: dict[str, float]


def best_on_validation(
    rankers: Iterable[tuple[S, Ranks]],
    validation: ValidationRanking,
    steps: Steps,
    log: Callable[[str], None],
    describe: Callable[[S], str],
) -> Choice[S]:
    """Return the settings with the best NDCG on the validation part; of equal ones the first.

    Parameters
    ----------
    rankers
        Settings with the model that was trained with them on the training part; each is one step.
    describe
        The settings as a line of the log.
    """
    found: dict[S, Mapping[str, float]] = {}
    for settings, ranker in rankers if validation else ():
        found[settings] = validation.scores(ranker, steps.report)
        log(f"{describe(settings)}: validation NDCG@10 {found[settings].get(VALIDATION_NDCG, 0.0):.4f}")
        steps.finish()
    scored = {settings: scores for settings, scores in found.items() if scores}
    if not scored:
        return Choice(None, {})
    best = max(scored, key=lambda settings: scored[settings][VALIDATION_NDCG])
    return Choice(best, dict(scored[best]))


def known_items(interactions: Interactions, n_items: int, most_items: int | None = None) -> npt.NDArray[np.int32]:
    """Return the rows of the chosen items, ascending; only of the `most_items` most popular ones if given.

    Which ones of equally popular items are the last to fit is drawn: the rows of a dataset are ordered by all ratings,
    those of the test part among them.
    """
    counts = np.bincount(interactions.items, minlength=n_items)
    drawn = np.random.default_rng(0).permutation(n_items)
    items = np.sort(drawn[np.argsort(-counts[drawn], kind="stable")][:most_items])
    return items[counts[items] > 0].astype(np.int32)


def sampled_users(histories: csr_array, most_products: int, seed: int) -> csr_array:
    """Return the histories of so many users, drawn at random, that an item-to-item product stays cheap.

    Parameters
    ----------
    histories
        `(n_users, n_items)` sparse.
    most_products
        Maximum sum of the squared numbers of items of the users.
    """
    products = np.diff(histories.indptr).astype(np.float64) ** 2
    if products.sum() <= most_products:
        return histories
    order = np.random.default_rng(seed).permutation(len(products))
    n_drawn = max(1, int(np.searchsorted(np.cumsum(products[order]), most_products)))
    return histories[np.sort(order[:n_drawn])]


def dense_rows(
    left: csr_array, right: csr_array, report: Callable[[float], None]
) -> Iterable[tuple[int, npt.NDArray[np.float32]]]:
    """Yield the product of two sparse matrices in blocks of dense rows, each with the number of its first row.

    Parameters
    ----------
    left, right
        `(n, m)` and `(m, n)` sparse by rows.
    report
        Called with the completed share before each block; may raise to stop.
    """
    n = left.shape[0]
    per_inner = np.diff(right.indptr).astype(np.float64)
    of_entries = np.concatenate([[0.0], np.cumsum(per_inner[left.indices])])
    n_products = of_entries[left.indptr]
    most_rows = max(1, _BLOCK_NUMBERS // max(1, right.shape[1]))
    start = 0
    while start < n:
        report(start / n)
        stop = int(np.searchsorted(n_products, n_products[start] + _BLOCK_PRODUCTS, side="right")) - 1
        stop = min(max(stop, start + 1), start + most_rows, n)
        yield start, np.asarray((left[start:stop] @ right).toarray(), dtype=np.float32)
        start = stop


class LargestInRows:
    """Collects rows of weights as a sparse matrix of the `k` largest positive ones of each.

    Parameters
    ----------
    n
        Number of rows and columns.
    k
        Maximum number of weights in a row.
    """

    def __init__(self, n: int, k: int) -> None:
        self._n, self._k = n, k
        self._values: list[npt.NDArray[np.float32]] = []
        self._columns: list[npt.NDArray[np.int32]] = []
        self._lengths: list[npt.NDArray[np.int64]] = []

    def add(self, rows: npt.NDArray[np.float32]) -> None:
        """Add the next rows, `(n_rows, n)`; equal weights are taken from the left."""
        if self._k < self._n:
            # Argpartition would choose among equal weights by chance.
            bound = -np.partition(-rows, self._k - 1, axis=1)[:, self._k - 1 : self._k]
            above = rows > bound
            ties = (rows == bound) & (bound > 0)
            open_places = self._k - np.count_nonzero(above, axis=1, keepdims=True)
            is_kept = (above & (rows > 0)) | (ties & (np.cumsum(ties, axis=1) <= open_places))
        else:
            is_kept = rows > 0
        places, columns = np.nonzero(is_kept)
        self._values.append(rows[places, columns])
        self._columns.append(columns.astype(np.int32))
        self._lengths.append(np.count_nonzero(is_kept, axis=1).astype(np.int64))

    def matrix(self) -> csr_array:
        """Return the collected rows, `(n, n)` float32."""
        from scipy.sparse import csr_array

        starts = np.concatenate([[0], np.cumsum(np.concatenate(self._lengths))])
        parts = np.concatenate(self._values), np.concatenate(self._columns), starts
        return csr_array(parts, shape=(self._n, self._n))

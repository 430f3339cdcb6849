"""Counts of items, of steps from one item to the next, and of items that occur together; as sparse matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.kinds.sequences.histories import Histories

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float32]
#: Pairs of a longer sequence are those of its last items.
MOST_ITEMS_OF_PAIRS = 200


def item_counts(sequences: Histories, n_items: int) -> npt.NDArray[np.int64]:
    """Return `(n_items,)` events of each item."""
    return np.bincount(sequences.items, minlength=n_items)


def transition_counts(sequences: Histories, n_items: int) -> csr_array:
    """Return `(n_items, n_items)` sparse float64: how often the column's item comes directly after the row's."""
    from scipy.sparse import coo_array

    inside = sequences.rows[1:] == sequences.rows[:-1]
    before, after = sequences.items[:-1][inside], sequences.items[1:][inside]
    return coo_array((np.ones(len(before)), (before, after)), shape=(n_items, n_items)).tocsr()


def cooccurrence_counts(sequences: Histories, n_items: int) -> csr_array:
    """Return `(n_items, n_items)` sparse float32: sequences in which both items occur; the diagonal is 0."""
    occurs = sequences.newest(MOST_ITEMS_OF_PAIRS).matrix(n_items)
    together = (occurs.T @ occurs).tocsr()
    together.setdiag(0)
    together.eliminate_zeros()
    return together


def smoothed_transitions(
    transitions: csr_array, popularity: npt.NDArray[np.float64], smoothing: float, items: npt.NDArray[np.int32]
) -> Floats:
    """Return the probabilities of all items after each of `items`: ``(count + a p) / (row sum + a)``.

    Parameters
    ----------
    transitions
        `(n_items, n_items)` counts.
    popularity
        `(n_items,)` shares of the items: the probabilities where nothing is known.
    smoothing
        a: pseudo-counts added to each row, spread by popularity.
    items
        `(n,)` rows; -1: no item, for which the probabilities are the shares.
    """
    counts = transitions[np.maximum(items, 0)].toarray() * (items >= 0)[:, np.newaxis]
    totals = counts.sum(axis=1, keepdims=True) + smoothing
    # Without smoothing, an item that nothing follows says nothing.
    found = np.where(totals > 0, (counts + smoothing * popularity) / np.where(totals > 0, totals, 1), popularity)
    return found.astype(np.float32)

"""Batches of training pairs, the popularity of their things, and which in-batch negatives are known partners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.pairs.splits import PairsSplit

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
#: Of the steps of the largest kind, each other kind has at least this share.
_SMALLEST_SHARE = 0.1


@dataclass(frozen=True)
class Batch:
    """Pairs of the left kind with one other kind.

    Parameters
    ----------
    kind
        Number of the right kind.
    left, right
        `(n,)` rows of things.
    log_q_left, log_q_right
        `(n,)` float32 logarithms of their shares in the training pairs with this kind.
    is_hit
        `(n, n)`: whether the left thing of a row and the right thing of a column are a known pair that is not the
        row's own: an accidental hit, which is no negative.
    """

    kind: int
    left: Ints
    right: Ints
    log_q_left: Floats
    log_q_right: Floats
    is_hit: npt.NDArray[np.bool_]


class KindPairs:
    """The training pairs with one right kind.

    Parameters
    ----------
    left, right
        `(n,)` rows of things.
    n_left, n_right
        Number of things of both kinds.
    """

    def __init__(self, kind: int, left: Ints, right: Ints, n_left: int, n_right: int) -> None:
        self.kind, self.left, self.right = kind, left, right
        self.left_counts = np.bincount(left, minlength=n_left)
        self.right_counts = np.bincount(right, minlength=n_right)
        self._log_q_left, self._log_q_right = _log_shares(self.left_counts), _log_shares(self.right_counts)
        order = np.lexsort((right, left))
        self._partners = right[order]
        self._starts = np.concatenate([[0], np.cumsum(self.left_counts)]).astype(np.int64)

    def __len__(self) -> int:
        return len(self.left)

    def batch(self, rows: npt.NDArray[np.integer]) -> Batch:
        """Return some of the pairs as a batch."""
        left, right = self.left[rows], self.right[rows]
        return Batch(
            self.kind, left, right, self._log_q_left[left], self._log_q_right[right], self.accidental_hits(left, right)
        )

    def accidental_hits(self, left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
        """Return `(n, n)` which other pairs of the things of a batch are known; the diagonal is False."""
        different, places = np.unique(right, return_inverse=True)
        lengths = self.left_counts[left]
        rows = np.repeat(np.arange(len(left)), lengths)
        offsets = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        partners = self._partners[np.repeat(self._starts[left], lengths) + offsets]
        found = np.minimum(np.searchsorted(different, partners), len(different) - 1)
        is_here = different[found] == partners
        known = np.zeros((len(left), len(different)), np.bool_)
        known[rows[is_here], found[is_here]] = True
        hits: npt.NDArray[np.bool_] = known[:, places]
        np.fill_diagonal(hits, val=False)
        return hits


def _log_shares(counts: npt.NDArray[np.integer]) -> Floats:
    shares = np.maximum(counts, 1) / max(1, int(counts.sum()))
    log_shares: Floats = np.log(shares).astype(np.float32)
    return log_shares


def kind_pairs(split: PairsSplit) -> list[KindPairs]:
    """Return the training pairs of each right kind that has any."""
    dataset = split.dataset
    left, right, kinds = (np.asarray(each)[split.train] for each in (dataset.left, dataset.right, dataset.right_kinds))
    found = []
    for kind in range(1, len(dataset.kinds)):
        rows = kinds == kind
        if rows.any():
            found.append(KindPairs(kind, left[rows], right[rows], len(dataset.kinds[0]), len(dataset.kinds[kind])))
    return found


def n_passes(n_batches: int, most_batches: int) -> int:
    """Return how often the pairs of a kind are used in an epoch, if the largest kind has `most_batches` batches."""
    return max(1, round(_SMALLEST_SHARE * most_batches / n_batches))


def batches(pairs: list[KindPairs], batch_size: int, random: np.random.Generator) -> Iterator[Batch]:
    """Yield all pairs in random order: each batch is of one kind, so that its negatives are of that kind too.

    The batches of a kind have equal sizes, close to `batch_size`: a small last one would have few negatives. A kind
    with few pairs is passed over several times, so that it has at least a tenth of the steps of the largest one.
    """
    chunks = []
    n_batches = [max(1, round(len(each) / batch_size)) for each in pairs]
    for each, n_of_kind in zip(pairs, n_batches, strict=True):
        for _ in range(n_passes(n_of_kind, max(n_batches))):
            order = random.permutation(len(each))
            chunks += [(each, part) for part in np.array_split(order, n_of_kind)]
    for number in random.permutation(len(chunks)).tolist():
        each, rows = chunks[number]
        yield each.batch(rows)


def check_trainable(pairs: list[KindPairs]) -> None:
    """Raise `InputError` if there is nothing to tell apart: each kind of pairs has one thing on a side."""
    if not any(np.count_nonzero(each.left_counts) > 1 and np.count_nonzero(each.right_counts) > 1 for each in pairs):
        raise all_the_same(sum(map(len, pairs)), "training pairs")


def all_the_same(n_pairs: int, noun: str) -> InputError:
    """Return the error for pairs with the same thing on one side."""
    return InputError(
        f"All {noun} have the same thing on one side, so there is nothing to tell apart.",
        received=f"{n_pairs:,} {noun}",
        remedy="Import pairs of several things on both sides.",
    )

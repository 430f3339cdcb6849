"""Sequences split by user: whole users are held out, and the last event of each is to be predicted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.sequences.dataset import SequencesDataset
from embedlab.kinds.sequences.histories import Histories, Ints


@dataclass(frozen=True)
class Cases:
    """Held-out users: what came before, and what came next.

    Parameters
    ----------
    histories
        One per user, none empty.
    targets
        `(n,)` int32 items.
    n_users
        Held-out users, including those without a case: with a single event, or whose last item is not a new one.
    """

    histories: Histories
    targets: Ints
    n_users: int

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class SequencesSplit:
    """A dataset of sequences split by user.

    Parameters
    ----------
    dataset
        The dataset.
    train
        Sequences of the users for training.
    known
        Those and the sequences of the validation users, for a refit and for models without a choice of epochs.
    is_train
        `(len(known),)` bool: which of the known sequences are those of `train`.
    n_train_users
        Users for training.
    validation, test
        Cases of the held-out users.
    """

    dataset: SequencesDataset
    train: Histories
    known: Histories
    is_train: npt.NDArray[np.bool_]
    n_train_users: int
    validation: Cases
    test: Cases

    @property
    def n_items(self) -> int:
        """Number of items of the dataset."""
        return len(self.dataset.items)

    @property
    def with_history(self) -> bool:
        """Whether items of the history are candidates for the next item."""
        return self.dataset.predicts_repeats

    def without_test(self) -> SequencesSplit:
        """Return the split without its test part."""
        return replace(self, test=Cases(Histories.of([]), np.zeros(0, np.int32), 0))


def split_sequences(dataset: SequencesDataset, protocol: Protocol) -> SequencesSplit:
    """Split the users of a dataset at random, the same for the same protocol.

    Raises
    ------
    InputError
        No user is left for training.
    """
    n_users = len(dataset.users)
    order = np.random.default_rng(protocol.seed).permutation(n_users)
    n_test, n_validation = (round(share * n_users) for share in (protocol.test_share, protocol.validation_share))
    if n_test + n_validation >= n_users:
        raise InputError(
            "The split leaves no users for training.",
            received=f"{n_users:,} users",
            remedy="Choose smaller shares, or import more users.",
        )
    part = np.zeros(n_users, np.int8)
    part[order[:n_test]] = 2
    part[order[n_test : n_test + n_validation]] = 1
    of_sequence = part[dataset.sequence_users]
    sequences = dataset.sequences
    return SequencesSplit(
        dataset,
        sequences.take(np.flatnonzero(of_sequence == 0)),
        sequences.take(np.flatnonzero(of_sequence < 2)),
        of_sequence[of_sequence < 2] == 0,
        n_users - n_test - n_validation,
        _cases(dataset, of_sequence == 1, n_validation),
        _cases(dataset, of_sequence == 2, n_test),
    )


def _cases(dataset: SequencesDataset, is_chosen: npt.NDArray[np.bool_], n_users: int) -> Cases:
    """Return the last event of each user's last sequence of at least two events."""
    sequences, users = dataset.sequences, dataset.sequence_users
    rows = np.flatnonzero(is_chosen & (sequences.lengths >= 2))
    # Sequences of a user are in the order of time: the last one is kept.
    last = dict(zip(users[rows].tolist(), rows.tolist(), strict=True))
    chosen = np.array(sorted(last.values()), np.int64)
    histories, targets = sequences.take(chosen).without_last()
    if not dataset.predicts_repeats:
        again = np.bincount(histories.rows, histories.items == targets[histories.rows], len(histories)) > 0
        histories, targets = histories.take(np.flatnonzero(~again)), targets[~again]
    return Cases(histories, targets, n_users)

"""Parts of a dataset of pairs: random pairs, or whole groups, are held out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.pairs.dataset import PairsDataset
from embedlab.kinds.protocols import Protocol

Rows = npt.NDArray[np.intp]
_NONE: Rows = np.empty(0, np.intp)


@dataclass(frozen=True, eq=False)
class PairsSplit:
    """Rows of pairs for training, validation and test.

    Parameters
    ----------
    dataset
        All things and pairs.
    train, validation, test
        `(n,)` sorted rows of pairs.
    """

    dataset: PairsDataset
    train: Rows
    validation: Rows
    test: Rows

    def without_test(self) -> PairsSplit:
        """Return the split with an empty test part: what a model may use."""
        return replace(self, test=_NONE)


def pairs_split(dataset: PairsDataset, protocol: Protocol) -> PairsSplit:
    """Split a dataset by its protocol; the same protocol gives the same parts.

    Raises
    ------
    InputError
        There are too few pairs or groups, or the dataset has no groups.
    """
    if protocol.name == "whole-groups":
        return _by_groups(dataset, protocol)
    n_pairs = len(dataset)
    n_validation, n_test = _sizes(n_pairs, protocol)
    if n_validation + n_test >= n_pairs:
        raise InputError(
            "There are too few pairs for a training, a validation and a test part.",
            received=f"{n_pairs:,} different pairs",
            remedy="Add more pairs.",
        )
    order = np.random.default_rng(protocol.seed).permutation(n_pairs)
    test, validation, train = np.split(order, [n_test, n_test + n_validation])
    return PairsSplit(dataset, np.sort(train), np.sort(validation), np.sort(test))


def _by_groups(dataset: PairsDataset, protocol: Protocol) -> PairsSplit:
    groups = np.asarray(dataset.groups)
    present = np.unique(groups[groups >= 0])
    n_validation, n_test = _sizes(len(present), protocol)
    n_left = len(present) - n_validation - n_test
    if n_left < 0 or (n_left == 0 and not (groups < 0).any()):
        raise InputError(
            "There are too few groups to hold out whole ones.",
            received=f"{len(present):,} groups",
            remedy="Import the file with --set groups=COLUMN, or choose the protocol random.",
        )
    order = np.random.default_rng(protocol.seed).permutation(present)
    is_test = np.isin(groups, order[:n_test])
    is_validation = np.isin(groups, order[n_test : n_test + n_validation])
    is_train = ~(is_test | is_validation)
    return PairsSplit(dataset, *(np.flatnonzero(each) for each in (is_train, is_validation, is_test)))


def _sizes(n_cases: int, protocol: Protocol) -> tuple[int, int]:
    """Return the sizes of the validation and the test part, at least 1 each."""
    return max(1, round(protocol.validation_share * n_cases)), max(1, round(protocol.test_share * n_cases))

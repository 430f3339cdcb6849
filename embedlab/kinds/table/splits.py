"""The rows of a table with a target as training, validation and test part."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.table.dataset import TableDataset, no_target
from embedlab.kinds.table.target import Target

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class TableSplit:
    """The three parts of a table: models learn from `train`, are selected on `validation`, and tested once on `test`.

    Parameters
    ----------
    dataset
        A table with a target.
    train, validation, test
        Sorted rows that have a target.
    """

    dataset: TableDataset
    train: Rows
    validation: Rows
    test: Rows

    @property
    def known(self) -> Rows:
        """All rows that a model may be trained on in the end: training and validation."""
        return np.sort(np.concatenate([self.train, self.validation]))

    @property
    def target(self) -> Target:
        """What is predicted."""
        if self.dataset.target is None:
            raise no_target(self.dataset.imported.kind)
        return self.dataset.target

    def targets(self, rows: Rows) -> npt.NDArray[np.float64]:
        """Return the `(n,)` float64 targets of rows on the scale on which models predict, or the codes of classes."""
        if self.target.n_classes:
            return self.dataset.target_codes[rows].astype(np.float64)
        return self.target.scaled(self.dataset.target_numbers[rows])

    def without_test(self) -> TableSplit:
        """Return the split with an empty test part: what a model may use."""
        return replace(self, test=np.empty(0, np.intp))


def table_split(dataset: TableDataset, protocol: Protocol) -> TableSplit:
    """Split the rows that have a target at random; the same protocol gives the same parts.

    Raises
    ------
    InputError
        The table has no target, or too few rows have one.
    """
    rows = dataset.labeled_rows
    n_validation, n_test = (
        max(1, round(share * len(rows))) for share in (protocol.validation_share, protocol.test_share)
    )
    if n_validation + n_test >= len(rows):
        raise InputError("Too few rows have a target to split them.", received=f"{len(rows)} rows")
    order = np.random.default_rng(protocol.seed).permutation(len(rows))
    test, validation, train = np.split(order, [n_test, n_test + n_validation])
    return TableSplit(dataset, *(np.sort(rows[part]) for part in (train, validation, test)))


def part_names(split: TableSplit) -> npt.NDArray[np.object_]:
    """Return the name of the part of each row of the dataset: train, validation or test; empty without a target."""
    names = np.full(split.dataset.n_rows, "", object)
    for name, rows in (("train", split.train), ("validation", split.validation), ("test", split.test)):
        names[rows] = name
    return names

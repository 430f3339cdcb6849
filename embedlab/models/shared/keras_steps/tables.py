"""Embedding layers of a Keras network that are trained as tables of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.models.contract.base import ADVANCED

Steps = Literal["auto", "dense", "sparse"]
Floats = npt.NDArray[np.float32]

#: Measured on a 2-core laptop-class machine, in seconds: one number of a table in a dense step; one number of the rows
#: of a batch in a sparse step; what a sparse step takes more than a dense one.
DENSE_NUMBER_S = 3e-9
SPARSE_NUMBER_S = 1.2e-8
SPARSE_STEP_S = 1e-4


def steps_field() -> Any:
    """Return the field `steps` of a model's parameters."""
    return Field(
        "auto",
        title="Training steps",
        description="sparse: a step updates only the rows of its batch, which is faster if the tables are large. "
        "dense: all rows, by Keras' Adam. auto: the faster of the two.",
        json_schema_extra=ADVANCED,
    )


@dataclass(frozen=True)
class TableL2:
    """L2 regularization of a table.

    Parameters
    ----------
    strength
        Factor of the squared length of the rows in the mean loss of a step.
    of_rows
        `(n_rows,)` float32 by which it is multiplied in each row; None: 1, constant L2.
    """

    strength: float
    of_rows: Floats | None = None

    def regularizer(self) -> Any:
        """Return it as a Keras regularizer of the whole table; None without regularization."""
        import keras

        if self.strength <= 0:
            return None
        if self.of_rows is None:
            return keras.regularizers.L2(self.strength)
        weights = (self.strength * self.of_rows).astype(np.float32)[:, np.newaxis]
        return lambda table: keras.ops.sum(weights * keras.ops.square(table))


def row_scale(counts: npt.NDArray[np.int64], nu: float) -> Floats | None:
    """Return by what the L2 regularization of each row is multiplied: its number of ratings to the power `nu`.

    None for `nu` 0: constant L2. Rows without ratings count as rated once.
    """
    if nu == 0:
        return None
    scale: Floats = (np.maximum(counts, 1).astype(np.float64) ** nu).astype(np.float32)
    return scale


def uses_sparse_steps(steps: Steps, sizes: Mapping[str, tuple[int, int]], batch_size: int) -> bool:
    """Return whether steps are sparse.

    Parameters
    ----------
    steps
        As chosen.
    sizes
        For each side, such as users, its number of rows and of columns.
    batch_size
        Rows of each side that a step uses, at most.
    """
    if steps != "auto":
        return steps == "sparse"
    return sparse_seconds(sizes, batch_size) < dense_seconds(sizes)


def dense_seconds(sizes: Mapping[str, tuple[int, int]]) -> float:
    """Return the seconds that a dense step spends on the tables."""
    return DENSE_NUMBER_S * sum(rows * columns for rows, columns in sizes.values())


def sparse_seconds(sizes: Mapping[str, tuple[int, int]], batch_size: int) -> float:
    """Return the seconds that a sparse step spends on the tables."""
    used = sum(min(rows, batch_size) * columns for rows, columns in sizes.values())
    return SPARSE_STEP_S + SPARSE_NUMBER_S * used

"""The features of users or items as a sparse matrix with named columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.models.shared.side_features.columns import ColumnKind, feature_columns, values_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: The closed form inverts a matrix of this many rows and columns (at most 128 MB).
MOST_FEATURES: Final = 4_000


@dataclass(frozen=True)
class FeatureMatrix:
    """Which features the rows of a table have.

    Parameters
    ----------
    matrix
        `(n_rows, n_features)` sparse; 1 where a row has a feature.
    columns, values
        `(n_features,)` name of the table's column and value of each feature, most frequent first.
    counts
        `(n_features,)` rows that have the feature.
    n_left_out
        Features that are too rare, or too many.
    """

    matrix: csr_array
    columns: tuple[str, ...]
    values: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    n_left_out: int = 0

    @property
    def keys(self) -> list[str]:
        """Unique names of the features.

        Examples
        --------
        ``genres: Comedy``
        """
        return [f"{column}: {value}" for column, value in zip(self.columns, self.values, strict=True)]


def feature_matrix(
    table: pd.DataFrame, *, min_count: int, most: int = MOST_FEATURES, n_fitted: int | None = None
) -> FeatureMatrix | None:
    """Return the features of the rows of a dataset's table: all columns that describe them, except texts.

    Parameters
    ----------
    table
        `dataset.users` or `dataset.items`, perhaps with more rows after them.
    min_count
        Features of fewer rows are left out.
    most
        Only this many of the most frequent features are used.
    n_fitted
        Only this many of the first rows decide which features there are, and are counted; None: all.

    Returns
    -------
    None if there is no feature.
    """
    from scipy.sparse import csr_array

    n_rows = len(table) if n_fitted is None else n_fitted
    kinds = {name: kind for name, kind in feature_columns(table.head(n_rows)).items() if kind != ColumnKind.TEXT}
    number: dict[tuple[str, str], int] = {}
    rows: list[int] = []
    found: list[int] = []
    for name, kind in kinds.items():
        for row, values in enumerate(values_of(table[name], kind, n_rows)):
            for value in values:
                rows.append(row)
                found.append(number.setdefault((name, value), len(number)))
    is_counted = np.array(rows, np.int64) < n_rows
    counts = np.bincount(np.array(found, np.int64)[is_counted], minlength=len(number))
    order = np.argsort(-counts, kind="stable")
    chosen = order[counts[order] >= max(min_count, 1)][:most]
    if not len(chosen):
        return None
    matrix = csr_array(
        (np.ones(len(rows), np.float32), (np.array(rows), np.array(found))), shape=(len(table), len(number))
    )[:, chosen]
    names = list(number)
    return FeatureMatrix(
        csr_array(matrix),
        tuple(names[feature][0] for feature in chosen),
        tuple(names[feature][1] for feature in chosen),
        counts[chosen],
        int(np.count_nonzero(counts)) - len(chosen),
    )

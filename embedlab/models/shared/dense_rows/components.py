"""Principal components of standardized columns, from the covariance matrix in blocks of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.models.shared.dense_rows.placer import Dense, RowPlacer
from embedlab.models.shared.dense_rows.scaling import Scaling
from embedlab.models.shared.dense_rows.split import Rows, RowsSplit

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Components:
    """Principal components.

    Parameters
    ----------
    mean
        `(n_columns,)` mean of the standardized rows; 0 unless they were standardized by the median or values are
        missing.
    directions
        `(n_columns, n)` orthonormal eigenvectors, the largest eigenvalue first; the largest entry of each is positive.
    variances
        `(n,)` eigenvalues above 0.
    total_variance
        Variance of all columns together.
    """

    mean: Numbers
    directions: Numbers
    variances: Numbers
    total_variance: float

    @property
    def explained(self) -> Numbers:
        """`(n,)` share of the variance that the first components explain together."""
        shares: Numbers = np.cumsum(self.variances) / self.total_variance
        return shares

    def n_for_share(self, share: float) -> int:
        """Return the smallest number of components that explain a share of the variance."""
        return min(len(self.variances), int(np.searchsorted(self.explained, share - 1e-9)) + 1)


def principal_components(
    data: RowsSplit, rows: Rows, scaling: Scaling, report: Callable[[float], None] = lambda _: None
) -> Components:
    """Return all principal components of the standardized `rows` with a variance above rounding errors.

    Notes
    -----
    The rank tolerance is that of ``numpy.linalg.matrix_rank`` for a symmetric matrix of float32 data.
    """
    n_columns = len(data.columns)
    total, products, done = np.zeros(n_columns), np.zeros((n_columns, n_columns)), 0
    for block in data.blocks(rows):
        standard = scaling.standardize(block).astype(np.float64)
        total += standard.sum(axis=0)
        products += standard.T @ standard
        done += len(block)
        report(done / len(rows))
    mean = total / len(rows)
    covariance = products / len(rows) - np.outer(mean, mean)
    variances, directions = np.linalg.eigh(covariance)
    variances, directions = variances[::-1], directions[:, ::-1]
    tolerance = variances[0] * n_columns * float(np.finfo(np.float32).eps)
    n = min(int((variances > tolerance).sum()), len(rows) - 1)
    variances, directions = variances[:n], directions[:, :n]
    largest = np.abs(directions).argmax(axis=0)
    directions = directions * np.sign(directions[largest, np.arange(n)])
    return Components(mean, directions, variances, float(np.trace(covariance)))


def pca_placer(
    columns: tuple[str, ...], scaling: Scaling, components: Components, n: int, *, whiten: bool
) -> RowPlacer:
    """Return the encoder and decoder of the first `n` components."""
    directions = components.directions[:, :n]
    spread = np.sqrt(components.variances[:n]) if whiten else np.ones(n)
    to_code, to_row = directions / spread, (directions * spread).T
    code_center = components.mean @ to_code
    # Reconstructed around the mean, also where the rows are standardized by the median.
    row_bias = components.mean - code_center @ to_row
    return RowPlacer(
        columns,
        scaling,
        (Dense(to_code.astype(np.float32), np.zeros(n, np.float32)),),
        (Dense(to_row.astype(np.float32), row_bias.astype(np.float32)),),
        "linear",
        code_center.astype(np.float32),
    )

"""Regression of the vectors of users or items on their features: a vector for each feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float32]


class FeatureRegression:
    """Ridge regression with a fixed weight for each row, solved with one factorization.

    Minimizes ``sum_r l_r |v_r - B' f_r|^2 + l2 |B|^2`` over the vectors B of the features.

    Parameters
    ----------
    features
        `(n_rows, n_features)` sparse.
    penalties
        `(n_rows,)` weight l of each row.
    l2
        L2 regularization, above 0.

    Notes
    -----
    The feature-aware extension of iALS in irspack, https://irspack.readthedocs.io (feature-aware iALS).
    """

    def __init__(self, features: csr_array, penalties: Floats, l2: float) -> None:
        from scipy.linalg import cho_factor

        self._features = features.astype(np.float32)
        self._weighted = features.multiply(penalties[:, np.newaxis].astype(np.float64)).T.tocsr()
        system = np.asarray((self._weighted @ features).todense(), np.float64)
        system[np.diag_indices(len(system))] += l2
        self._factor = cho_factor(system, lower=True, overwrite_a=True)

    def fit(self, vectors: Floats) -> Floats:
        """Return `(n_features, n_factors)` float32 vectors of the features for the vectors of the rows."""
        from scipy.linalg import cho_solve

        found: Floats = cho_solve(self._factor, self._weighted @ vectors.astype(np.float64)).astype(np.float32)
        return found

    def predict(self, vectors: Floats) -> Floats:
        """Return `(n_rows, n_factors)` float32: the sum of the vectors of each row's features."""
        return np.ascontiguousarray(self._features @ vectors, dtype=np.float32)

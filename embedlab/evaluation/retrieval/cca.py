"""Canonical correlation analysis in closed form: the linear rival of two towers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cca:
    """Two linear maps into one space, chosen so that paired things correlate most.

    Parameters
    ----------
    left, right
        `(n_features, n_components)` maps of centered features.
    left_mean, right_mean
        Means of the features over the pairs.
    correlations
        `(n_components,)` canonical correlations, largest first.
    """

    left: Floats
    right: Floats
    left_mean: Floats
    right_mean: Floats
    correlations: Floats

    def project_left(self, features: Floats) -> Floats:
        """Return unit vectors of things on the left; weighted by the correlations."""
        return _unit((features - self.left_mean) @ self.left * self.correlations)

    def project_right(self, features: Floats) -> Floats:
        """Return unit vectors of things on the right."""
        return _unit((features - self.right_mean) @ self.right * self.correlations)


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Floats = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return units


@dataclass(frozen=True)
class Moments:
    """Sums over pairs of the features of both sides: everything that CCA needs.

    Parameters
    ----------
    n_pairs
        Number of pairs.
    left_sum, right_sum
        Sums of the features.
    left_left, right_right, left_right
        Sums of their products.
    """

    n_pairs: int
    left_sum: Floats
    right_sum: Floats
    left_left: Floats
    right_right: Floats
    left_right: Floats

    @classmethod
    def of(cls, left: Floats, right: Floats) -> Moments:
        """Return the moments of features `(n_pairs, n_features)` of both sides."""
        return cls(len(left), left.sum(axis=0), right.sum(axis=0), left.T @ left, right.T @ right, left.T @ right)


def fit_cca(moments: Moments, n_components: int, ridge: float) -> Cca:
    """Return the canonical directions.

    Parameters
    ----------
    n_components
        At most; there are no more than features on either side.
    ridge
        Added to the diagonal of both covariances, relative to their mean variance.

    Notes
    -----
    The singular value decomposition of the whitened covariance between the sides: Hotelling, "Relations between two
    sets of variates", 1936; with a ridge: Vinod, "Canonical ridge and econometrics of joint production", 1976.
    """
    n = moments.n_pairs
    left_mean, right_mean = moments.left_sum / n, moments.right_sum / n
    of_left = _whitening(moments.left_left / n - np.outer(left_mean, left_mean), ridge)
    of_right = _whitening(moments.right_right / n - np.outer(right_mean, right_mean), ridge)
    between = moments.left_right / n - np.outer(left_mean, right_mean)
    left, correlations, right = np.linalg.svd(of_left.T @ between @ of_right, full_matrices=False)
    most = min(n_components, len(correlations))
    return Cca(
        of_left @ left[:, :most],
        of_right @ right[:most].T,
        left_mean,
        right_mean,
        np.clip(correlations[:most], 0.0, 1.0),
    )


def _whitening(covariance: Floats, ridge: float) -> Floats:
    """Return the inverse square root of a covariance with a ridge; directions without variance get 0."""
    strength = ridge * max(float(np.trace(covariance)) / len(covariance), 1e-12)
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    values = np.maximum(values, 0.0) + strength
    scale = np.divide(1.0, np.sqrt(values), out=np.zeros_like(values), where=values > 1e-12)
    whitening: Floats = vectors * scale
    return whitening

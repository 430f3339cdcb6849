import numpy as np
import pytest
from openTSNE.tsne import kl_divergence_bh
from scipy.sparse import csr_matrix

from embedlab.core.threads import InParts
from embedlab.projections.tsne_gradient import TsneGradient

N = 400


def affinities() -> csr_matrix:
    rng = np.random.default_rng(1)
    near = rng.random((N, N)) * (rng.random((N, N)) < 0.05)
    symmetric = near + near.T
    np.fill_diagonal(symmetric, 0)
    return csr_matrix(symmetric / symmetric.sum())


def gradient(places: np.ndarray, P: csr_matrix, n_threads: int = 1) -> np.ndarray:
    with InParts(n_threads) as in_parts:
        return TsneGradient(in_parts)(places, P.astype(np.float32), fft_params={}, n_jobs=n_threads)[1]


@pytest.fixture
def places() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(N, 2)) * 8


@pytest.mark.parametrize("exaggeration", [1, 12])
def test_the_gradient_is_that_of_the_definition(places: np.ndarray, exaggeration: float):
    P = affinities() * exaggeration
    differences = places[:, np.newaxis] - places
    q = 1 / (1 + (differences**2).sum(axis=2))
    np.fill_diagonal(q, 0)
    right = (((P.toarray() - q / q.sum()) * q)[:, :, np.newaxis] * differences).sum(axis=1)
    np.testing.assert_allclose(gradient(places, P), right, atol=1e-2 * np.abs(right).max())


def test_the_gradient_is_that_of_opentsne(places: np.ndarray):
    P = affinities()
    # Without approximation.
    _, right = kl_divergence_bh(places, P, dof=1, bh_params={"theta": 0.0})
    np.testing.assert_allclose(gradient(places, P), right, atol=1e-2 * np.abs(right).max())


def test_the_number_of_threads_changes_nothing(places: np.ndarray):
    P = affinities()
    np.testing.assert_array_equal(gradient(places, P), gradient(places, P, 3))

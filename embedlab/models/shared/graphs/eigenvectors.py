"""Spectral embedding: eigenvectors of the normalized adjacency matrix or of the Laplacian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from embedlab.kinds.graph.dataset import Neighbors

Matrix = Literal["adjacency", "laplacian"]
#: Smaller matrices are decomposed exactly.
_DENSE: Final = 600
#: Steps of the subspace iteration, and vectors more than needed, which make it converge faster.
ITERATIONS: Final = 40
_MORE: Final = 10


def spectral_vectors(
    neighbors: Neighbors,
    vector_size: int,
    *,
    matrix: Matrix = "adjacency",
    seed: int = 0,
    tick: Callable[[float], None] = lambda _: None,
) -> npt.NDArray[np.float32]:
    """Return `(n_nodes, vector_size)` float32 spectral vectors; columns that a small graph lacks are zero.

    Parameters
    ----------
    matrix
        adjacency: eigenvectors of the normalized adjacency matrix, each times the root of its eigenvalue, so that dot
        products approximate the matrix. laplacian: eigenmaps, that is eigenvectors of the random-walk Laplacian with
        the smallest eigenvalues above 0.
    tick
        Called with the completed share.

    Notes
    -----
    Belkin, M. and Niyogi, P. (2003). Laplacian eigenmaps for dimensionality reduction and data representation.
    """
    from scipy.sparse import csr_array, diags_array

    n_nodes = len(neighbors.offsets) - 1
    adjacency: Any = csr_array(
        (neighbors.weights.astype(np.float64), neighbors.nodes, neighbors.offsets), (n_nodes, n_nodes)
    )
    degrees = np.asarray(adjacency.sum(axis=1)).ravel()
    roots = 1 / np.sqrt(np.where(degrees > 0, degrees, 1))
    scale = diags_array(roots)
    normalized: Any = (scale @ adjacency @ scale).tocsr()
    n_trivial = 1 if matrix == "laplacian" else 0
    values, vectors = _largest(normalized, min(vector_size + n_trivial, n_nodes), seed, tick)
    if matrix == "laplacian":
        # The first eigenvector is constant.
        found = (vectors * roots[:, np.newaxis])[:, 1:]
    else:
        found = vectors * np.sqrt(np.maximum(values, 0))
    signs = np.sign(found[np.abs(found).argmax(axis=0), np.arange(found.shape[1])])
    whole = np.zeros((n_nodes, vector_size), np.float32)
    whole[:, : found.shape[1]] = found * np.where(signs == 0, 1, signs)
    return whole


def _largest(
    matrix: Any, n_vectors: int, seed: int, tick: Callable[[float], None]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the eigenvalues that are largest, largest first, and their eigenvectors as columns.

    Subspace iteration on a matrix whose eigenvalues are moved from -1..1 to 0..1: unlike Lanczos iteration, its time
    does not depend on how close the eigenvalues of a graph with many groups are.

    Notes
    -----
    Halko, N., Martinsson, P. G. and Tropp, J. A. (2011). Finding structure with randomness.
    """
    n_nodes = matrix.shape[0]
    if n_nodes <= _DENSE or n_vectors + _MORE >= n_nodes:
        values, vectors = np.linalg.eigh(matrix.toarray())
    else:
        block = np.random.default_rng(seed).standard_normal((n_nodes, n_vectors + _MORE))
        block = np.linalg.qr(block)[0]
        for iteration in range(ITERATIONS):
            block = np.linalg.qr(0.5 * (block + matrix @ block))[0]
            tick((iteration + 1) / ITERATIONS)
        values, rotation = np.linalg.eigh(block.T @ (matrix @ block))
        vectors = block @ rotation
    order = np.argsort(-values, kind="stable")[:n_vectors]
    return values[order], vectors[:, order]

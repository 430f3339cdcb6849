"""One vector per item from its input and its output vector, for maps and neighbors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def association_vectors(inputs: Floats, outputs: Floats) -> Floats:
    """Return `(n_items, vector_size)` float32 vectors whose products are closest to the predictions in both directions.

    The symmetric part of the predictions ``inputs @ outputs.T`` has as many positive as negative eigenvalues, at most
    `vector_size`; the vectors are the eigenvectors of the positive ones times the roots of the eigenvalues, which gives
    the nearest matrix that can be one of products. Items that always occur together get similar vectors. Cosines of the
    input vectors alone do not show this: two such items predict each other and not themselves, so that their input
    vectors are trained to differ.

    Notes
    -----
    Higham, "Computing a nearest symmetric positive semidefinite matrix", 1988. Computed from a QR decomposition,
    without the matrix of all pairs.
    """
    size = inputs.shape[1]
    orthogonal, triangle = np.linalg.qr(np.hstack([inputs, outputs]).astype(np.float64))
    swapped = np.zeros((2 * size, 2 * size))
    swapped[:size, size:] = swapped[size:, :size] = np.eye(size) / 2
    values, vectors = np.linalg.eigh(triangle @ swapped @ triangle.T)
    largest = np.argsort(-values, kind="stable")[:size]
    found = (orthogonal @ vectors[:, largest]) * np.sqrt(np.maximum(values[largest], 0))
    padded = np.zeros((len(inputs), size))
    padded[:, : found.shape[1]] = found
    # The basis is arbitrary; turned to the input vectors, it changes little from epoch to epoch.
    left, _, right = np.linalg.svd(padded.T @ inputs)
    turned: Floats = (padded @ (left @ right)).astype(np.float32)
    return turned

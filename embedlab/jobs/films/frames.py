"""Geometry of films: consecutive snapshots are aligned, so that points move smoothly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.projections.pca import pca

#: Number of nearest neighbors for each point of each frame.
N_NEIGHBORS = 10
#: Wider vectors are not aligned: the cost of the decomposition is cubic in their size.
MAX_ALIGNED_WIDTH = 300
#: Only the most frequent keys are followed by default, since people know them.
_FOLLOW_AMONG = 300
N_FOLLOWED = 4
_FOLLOW_NEIGHBORS = 5

Coordinates = npt.NDArray[np.float32]
Reals = npt.NDArray[np.float64]
Indices = npt.NDArray[np.uint16]


def align(vectors: npt.NDArray[np.floating], reference: npt.NDArray[np.floating]) -> Reals:
    """Rotate and reflect vectors to minimize the squared distances to reference vectors of the same keys.

    Parameters
    ----------
    vectors, reference
        `(n_keys, vector_size)`. Both are centered first.

    Returns
    -------
    `(n_keys, vector_size)` float64, with the mean of `reference`. Distances between the vectors do not change.

    Notes
    -----
    Schönemann, P. (1966). A generalized solution of the orthogonal Procrustes problem. Psychometrika 31.
    """
    middle = reference.mean(axis=0, dtype=np.float64)
    centered = vectors - vectors.mean(axis=0, dtype=np.float64)
    if vectors.shape[1] > MAX_ALIGNED_WIDTH:
        moved: Reals = centered + middle
        return moved
    left, _, right = np.linalg.svd(centered.T @ (reference - middle))
    result: Reals = centered @ (left @ right) + middle
    return result


def frames_of_map(snapshots: Sequence[Vectors], final: Vectors, coordinates: Coordinates) -> Coordinates:
    """Project all snapshots of a training to the plane of its finished map.

    From last to first, each snapshot is aligned with the next one (a model may restart in other directions), and then
    projected by the axes of the map.

    Parameters
    ----------
    snapshots
        `(n_keys, vector_size)` each, oldest first.
    final
        The trained vectors of the same keys.
    coordinates
        `(n_keys, 2)`: their coordinates on the map.

    Returns
    -------
    `(len(snapshots) + 1, n_keys, 2)` float32; the last frame is the map itself.
    """
    middle = final.mean(axis=0, dtype=np.float64)
    origin = coordinates.mean(axis=0, dtype=np.float64)
    directions = np.linalg.lstsq(final - middle, coordinates - origin, rcond=None)[0]
    frames = [np.asarray(coordinates, dtype=np.float32)]
    following: npt.NDArray[np.floating] = final
    for snapshot in reversed(snapshots):
        following = align(snapshot, following)
        frames.append(((following - middle) @ directions + origin).astype(np.float32))
    return np.stack(frames[::-1])


def next_frame(vectors: Vectors, previous: Coordinates | None) -> Coordinates:
    """Project a snapshot of a running training by PCA, aligned with the previous frame."""
    if min(vectors.shape) < 2:
        return np.column_stack([vectors[:, :1], np.zeros(len(vectors))]).astype(np.float32)
    coordinates, _ = pca(vectors, 2)
    return coordinates if previous is None else align(coordinates, previous).astype(np.float32)


def nearest_neighbors(vectors: Vectors) -> tuple[Indices, npt.NDArray[np.float32]]:
    """Return the nearest neighbors of each key by cosine similarity.

    Returns
    -------
    indices, similarities
        `(n_keys, k)` with `k` the smaller of `N_NEIGHBORS` and `n_keys - 1`, nearest first.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    k = min(N_NEIGHBORS, len(vectors) - 1)
    # Sort only the few nearest: for a thousand keys, that takes a tenth of the time.
    candidates = np.sort(np.argpartition(-similarity, max(0, k - 1), axis=1)[:, :k], axis=1)
    # Stable: the more frequent key comes first in a tie.
    ranks = np.argsort(-np.take_along_axis(similarity, candidates, axis=1), axis=1, kind="stable")
    order = np.take_along_axis(candidates, ranks, axis=1)
    return order.astype(np.uint16), np.take_along_axis(similarity, order, axis=1)


def points_to_follow(vectors: Vectors) -> list[int]:
    """Choose keys to follow: those with the most similar neighbors, without shared neighbors."""
    indices, similarities = (each[:, :_FOLLOW_NEIGHBORS] for each in nearest_neighbors(vectors))
    if indices.shape[1] == 0:
        return []
    ranked = np.argsort(-similarities[:_FOLLOW_AMONG].mean(axis=1), kind="stable")
    chosen: list[int] = []
    seen: set[int] = set()
    for index in ranked.tolist():
        near = {index, *indices[index].tolist()}
        if not near & seen:
            chosen.append(index)
            seen |= near
        if len(chosen) == N_FOLLOWED:
            break
    return chosen

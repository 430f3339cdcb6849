"""The geometry of films: snapshots turned onto each other, so that points glide and never jump."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.projections.pca import pca

#: Nearest neighbors kept for each point of each frame.
N_NEIGHBORS = 5
#: Wider vectors are not turned onto each other: the decomposition grows with the third power of their size.
WIDEST_TURNED = 300
#: Only the most frequent keys are followed by default: people know them.
_FOLLOWED_AMONG = 300
N_FOLLOWED = 4

Coordinates = npt.NDArray[np.float32]
Reals = npt.NDArray[np.float64]
Indices = npt.NDArray[np.uint16]


def turned(vectors: npt.NDArray[np.floating], onto: npt.NDArray[np.floating]) -> Reals:
    """Rotate and reflect vectors so that they come as near as possible to others of the same keys.

    Parameters
    ----------
    vectors, onto
        `(n_keys, vector_size)`. Both are centered first.

    Returns
    -------
    `(n_keys, vector_size)` float64, with the mean of `onto`. Distances among the vectors do not change.

    Notes
    -----
    Schönemann, P. (1966). A generalized solution of the orthogonal Procrustes problem. Psychometrika 31.
    """
    middle = onto.mean(axis=0, dtype=np.float64)
    centered = vectors - vectors.mean(axis=0, dtype=np.float64)
    if vectors.shape[1] > WIDEST_TURNED:
        unturned: Reals = centered + middle
        return unturned
    left, _, right = np.linalg.svd(centered.T @ (onto - middle))
    result: Reals = centered @ (left @ right) + middle
    return result


def frames_of_map(moments: Sequence[Vectors], final: Vectors, coordinates: Coordinates) -> Coordinates:
    """Draw all moments of a training in the frame of its finished map.

    From the end to the beginning each moment is turned onto the next one (a model may start again in other directions),
    and then placed by the axes of the map.

    Parameters
    ----------
    moments
        `(n_keys, vector_size)` each, oldest first.
    final
        The trained vectors of the same keys.
    coordinates
        `(n_keys, 2)`: where the map shows them.

    Returns
    -------
    `(len(moments) + 1, n_keys, 2)` float32; the last frame is the map itself.
    """
    middle = final.mean(axis=0, dtype=np.float64)
    origin = coordinates.mean(axis=0, dtype=np.float64)
    directions = np.linalg.lstsq(final - middle, coordinates - origin, rcond=None)[0]
    frames = [np.asarray(coordinates, dtype=np.float32)]
    following: npt.NDArray[np.floating] = final
    for moment in reversed(moments):
        following = turned(moment, following)
        frames.append(((following - middle) @ directions + origin).astype(np.float32))
    return np.stack(frames[::-1])


def next_picture(vectors: Vectors, before: Coordinates | None) -> Coordinates:
    """Draw a moment by its own PCA, turned onto the picture before it: for a training whose end is not known yet."""
    if min(vectors.shape) < 2:
        return np.column_stack([vectors[:, :1], np.zeros(len(vectors))]).astype(np.float32)
    coordinates, _ = pca(vectors, 2)
    return coordinates if before is None else turned(coordinates, before).astype(np.float32)


def nearest(vectors: Vectors) -> tuple[Indices, npt.NDArray[np.float32]]:
    """Return each key's nearest others by cosine similarity, and how similar they are.

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
    # Only the few nearest are sorted: of a thousand keys that takes a tenth of the time.
    some = np.sort(np.argpartition(-similarity, max(0, k - 1), axis=1)[:, :k], axis=1)
    # Stable: of equals the more frequent key.
    ranks = np.argsort(-np.take_along_axis(similarity, some, axis=1), axis=1, kind="stable")
    order = np.take_along_axis(some, ranks, axis=1)
    return order.astype(np.uint16), np.take_along_axis(similarity, order, axis=1)


def followed(vectors: Vectors) -> list[int]:
    """Choose keys worth following: those nearest to others, and none among the neighbors of another."""
    indices, similarities = nearest(vectors)
    if indices.shape[1] == 0:
        return []
    ranked = np.argsort(-similarities[:_FOLLOWED_AMONG].mean(axis=1), kind="stable")
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

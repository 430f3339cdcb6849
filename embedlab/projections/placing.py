"""Placement of a new vector on an existing map, without moving its points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError
from embedlab.core.similarity import nearest_to_vector
from embedlab.projections.points import Coordinates

#: Number of neighbors used for placement; the map draws lines to the same number.
N_NEIGHBORS = 10
#: Maximum deviation between the axes and the map, relative to its spread.
LARGEST_MISFIT = 1e-3
# Bounds the weight of a neighbor in the same direction, at the precision of float32 cosines.
_LEAST_DISTANCE = 1e-6
# An axis narrower than this, relative to the spread, is float32 rounding.
_FLAT = 1e-6
_N_STEPS = 100
_CLOSEST = 1e-3
_ROWS_PER_BLOCK = 20_000


@dataclass(frozen=True)
class Place:
    """Position of a new vector on a map.

    Parameters
    ----------
    coordinates
        `(n_components,)` float32, in the map's own units.
    how
        "exact": projected onto the map's own axes; "amid": estimated from its nearest neighbors.
    why
        Half a sentence about the method: why its position is exact, or why it is only an estimate; may be empty.
    """

    coordinates: Coordinates
    how: Literal["exact", "amid"]
    why: str = ""


class Placer(Protocol):
    """Places vectors that are not in the embedding on a map."""

    def place(self, embedding: Embedding, coordinates: Coordinates, vector: npt.ArrayLike) -> Place:
        """Place a vector on a map; parameters and errors as in `embedlab.projections.placing.place`."""
        ...


@dataclass(frozen=True)
class Axes:
    """The axes of a PCA map: `coordinates = (vector - middle) @ directions + origin`.

    Parameters
    ----------
    middle
        `(vector_size,)` float64, the mean of the vectors.
    directions
        `(vector_size, n_components)` float64; zero for a missing direction.
    origin
        `(n_components,)` float64, the mean of the coordinates: zero except for rounding.
    """

    middle: npt.NDArray[np.float64]
    directions: npt.NDArray[np.float64]
    origin: npt.NDArray[np.float64]

    def place(self, vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return the `(..., n_components)` coordinates of `(..., vector_size)` vectors."""
        placed: npt.NDArray[np.float64] = (vectors - self.middle) @ self.directions + self.origin
        return placed


def pca_axes(vectors: Vectors, coordinates: Coordinates) -> Axes | None:
    """Recover the axes of a PCA map from its points; None if the coordinates are not a PCA of these vectors.

    Every axis `w` is an eigenvector of the scatter `X'X` of the centered vectors, and the coordinates along it are
    `c = Xw`, so that `X'c = (c'c) w`: this takes one pass over the vectors instead of another decomposition, and the
    sign of each axis is determined. A second pass places every vector again and compares.

    Parameters
    ----------
    vectors
        `(n_points, vector_size)` float32, finite.
    coordinates
        `(n_points, n_components)` float32, computed by `embedlab.projections.pca.pca`.

    Returns
    -------
    The axes, if they place every point within `LARGEST_MISFIT` times the map's spread of its coordinates (the spread is
    the root mean square distance of the points from their mean).

    Raises
    ------
    InputError
        There are not as many coordinates as vectors.

    Notes
    -----
    Jolliffe, I. (2002). Principal Component Analysis, 2nd edition, section 3.5. https://doi.org/10.1007/b98835
    """
    if len(vectors) != len(coordinates):
        raise InputError(
            "Every vector needs its coordinates.", received=f"{len(vectors)} vectors, {len(coordinates)} coordinates"
        )
    middle: npt.NDArray[np.float64] = np.asarray(np.mean(vectors, axis=0, dtype=np.float64))
    origin: npt.NDArray[np.float64] = np.asarray(np.mean(coordinates, axis=0, dtype=np.float64))
    n_components = coordinates.shape[1]
    products, squares = np.zeros((vectors.shape[1], n_components)), np.zeros(n_components)
    for rows in _blocks(len(vectors)):
        along = coordinates[rows] - origin
        products += (vectors[rows] - middle).T @ along
        squares += (along**2).sum(axis=0)
    axes = Axes(middle, _orthonormal(products, squares > _FLAT**2 * squares.sum()), origin)
    spread = np.sqrt(squares.sum() / len(vectors))
    misfit = max(float(np.abs(axes.place(vectors[rows]) - coordinates[rows]).max()) for rows in _blocks(len(vectors)))
    return axes if misfit <= LARGEST_MISFIT * spread else None


@dataclass(frozen=True)
class NeighborPlacer:
    """Places a vector by its nearest neighbors, on any map; see `place`."""

    why: str = ""

    def place(self, embedding: Embedding, coordinates: Coordinates, vector: npt.ArrayLike) -> Place:
        """Place a vector on a map."""
        return replace(place(embedding, coordinates, vector), why=self.why)


@dataclass(frozen=True)
class AxesPlacer:
    """Places a vector by the axes of a map, like all other points."""

    axes: Axes
    why: str = ""

    def place(self, embedding: Embedding, coordinates: Coordinates, vector: npt.ArrayLike) -> Place:
        """Place a vector on a map."""
        return replace(place(embedding, coordinates, vector, self.axes), why=self.why)


def _orthonormal(products: npt.NDArray[np.float64], is_present: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Orthonormalize the columns (Gram-Schmidt); zeros for missing axes.

    Rounding leaves a small component of the wide axes in a narrow one, which is removed.
    """
    directions = np.zeros_like(products)
    for axis in np.flatnonzero(is_present):
        residual = products[:, axis] - directions @ (directions.T @ products[:, axis])
        directions[:, axis] = residual / (np.linalg.norm(residual) or 1)
    return directions


def _blocks(n_rows: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS_PER_BLOCK) for start in range(0, n_rows, _ROWS_PER_BLOCK))


def place(
    embedding: Embedding,
    coordinates: Coordinates,
    vector: npt.ArrayLike,
    axes: Axes | None = None,
    n_neighbors: int = N_NEIGHBORS,
) -> Place:
    """Place a vector that is not in the embedding on one of its maps.

    Parameters
    ----------
    embedding, coordinates
        The map's points: their vectors, and the `(n_keys, n_components)` float32 coordinates.
    vector
        `(vector_size,)`, finite.
    axes
        Axes of a PCA map (see `pca_axes`): the vector is projected like all others, so its position is exact. Without
        axes, its position is estimated from its nearest neighbors.
    n_neighbors
        Number of neighbors by cosine similarity, at least 1.

    Raises
    ------
    InputError
        The vector has another size, is not finite, or is zero; or no neighbor has finite coordinates.

    Notes
    -----
    t-SNE is not a function of a vector: it moves all points until their distances fit, and has no formula for another
    point. So the existing points are fixed, and the new one is placed at the geometric median of its most similar
    points: where the sum of its distances to these points on the map is minimal, each weighted by the inverse cosine
    distance (the weights of Shepard's interpolation: between unit vectors the squared distance is twice the cosine
    distance). A vector that equals an existing one gets the same position.

    The mean of their coordinates is often far from all of them, since t-SNE may separate a few of the ten. For 300
    words held out of a map of 4,067, the ten nearest on the map included 2.6 of the true ten with the median and 1.1
    with the mean. The published method also starts at the neighbors' median, and then lets t-SNE move only the new
    point.

    Policar, P., Strazar, M., Zupan, B. (2021). Embedding to reference t-SNE space addresses batch effects in
    single-cell classification. Machine Learning. https://doi.org/10.1007/s10994-021-06043-1
    Shepard, D. (1968). A two-dimensional interpolation function for irregularly-spaced data.
    https://doi.org/10.1145/800186.810616
    """
    neighbors = nearest_to_vector(embedding, vector, n_neighbors)
    if not np.any(vector):
        raise InputError(
            "A zero vector has no direction, so it has no position on the map.", remedy="Use another vector."
        )
    if axes is not None:
        with np.errstate(over="ignore"):
            exact = axes.place(np.asarray(vector, dtype=np.float64)).astype(np.float32)
        if not np.isfinite(exact).all():
            raise InputError("The vector is too far outside the map.", remedy="Use another vector.")
        return Place(exact, "exact")
    neighbors = [answer for answer in neighbors if np.isfinite(coordinates[embedding.index(answer.key)]).all()]
    if not neighbors:
        raise InputError(
            "No nearest neighbor has a position on the map: their coordinates contain NaN or infinite numbers.",
            remedy="Create a new map.",
        )
    rows = [embedding.index(answer.key) for answer in neighbors]
    weights = 1 / np.maximum(1 - np.array([answer.score for answer in neighbors]), _LEAST_DISTANCE)
    return Place(geometric_median(np.asarray(coordinates[rows]), weights).astype(np.float32), "amid")


def geometric_median(points: npt.NDArray[np.floating], weights: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the point with the smallest sum of weighted distances to `(n_points, n_components)` points.

    Computed by Weiszfeld's algorithm, to about a thousandth of the points' extent.

    Notes
    -----
    Weiszfeld, E., Plastria, F. (2009). On the point for which the sum of the distances to n given points is minimum.
    https://doi.org/10.1007/s10479-008-0352-z (translated from 1937)
    """
    middle: npt.NDArray[np.float64] = np.average(points.astype(np.float64), axis=0, weights=weights)
    extent = float(np.linalg.norm(points - middle, axis=1).max())
    if extent == 0:
        return middle
    for _ in range(_N_STEPS):
        # At one of the points, the next step would divide by zero.
        distances = np.maximum(np.linalg.norm(points - middle, axis=1), _CLOSEST * extent)
        middle = np.average(points, axis=0, weights=weights / distances)
    return middle

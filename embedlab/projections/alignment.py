"""Align one map with another by a rotation or reflection, a scale and a shift, which keep its shape."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Alignment:
    """A similarity transformation from the frame of one map to that of another.

    Parameters
    ----------
    rotation
        `(n_components, n_components)` float64, orthogonal.
    scale
        Factor of all distances, above 0.
    origin, target
        `(n_components,)` means of the shared points before and after.
    fit
        Procrustes correlation of the aligned points with those of the other map, 0 (unrelated) to 1 (the same shape).
    """

    rotation: Reals
    scale: float
    origin: Reals
    target: Reals
    fit: float

    @property
    def is_mirrored(self) -> bool:
        """Whether the transformation contains a reflection."""
        return bool(np.linalg.det(self.rotation) < 0)

    @property
    def angle_degrees(self) -> float | None:
        """Angle of a rotation in the plane, counterclockwise, -180 to 180; None in 3-D and with a reflection."""
        if len(self.rotation) != 2 or self.is_mirrored:
            return None
        # Points are rows, so the matrix is the transpose of the usual one.
        return math.degrees(math.atan2(self.rotation[0, 1], self.rotation[0, 0]))

    def apply(self, coordinates: Vectors) -> Vectors:
        """Return `(n_points, n_components)` float32 coordinates in the frame of the other map."""
        moved = self.scale * ((np.asarray(coordinates, np.float64) - self.origin) @ self.rotation) + self.target
        return moved.astype(np.float32)


def align_maps(reference: Vectors, moving: Vectors) -> Alignment:
    """Return the transformation of `moving` that brings the same points closest to `reference`.

    Parameters
    ----------
    reference, moving
        `(n_points, n_components)` coordinates of the same keys on two maps.

    Raises
    ------
    InputError
        The shapes differ, a coordinate is not finite, or there are fewer than two points.

    Notes
    -----
    Orthogonal Procrustes (Schönemann, P. 1966, by ``scipy.linalg.orthogonal_procrustes``). The scale makes the spread
    of both maps equal (Gower, J. C. 1971): the least squares scale is smaller by the factor `fit` and would shrink
    unrelated maps to a dot.
    """
    from scipy.linalg import orthogonal_procrustes

    if reference.shape != moving.shape or reference.ndim != 2:
        raise InputError(
            "Two maps can be aligned only if they have the same number of dimensions.",
            received=f"{reference.shape[1:]} and {moving.shape[1:]}",
            remedy="Choose two maps in 2-D or two in 3-D.",
        )
    if len(reference) < 2:
        raise InputError("An alignment needs at least two shared keys.", received=len(reference))
    points, others = np.asarray(moving, np.float64), np.asarray(reference, np.float64)
    if not (np.isfinite(points).all() and np.isfinite(others).all()):
        raise InputError("The coordinates of a map are not finite.", remedy="Compute the map again.")
    origin, target = points.mean(axis=0), others.mean(axis=0)
    centered = [each / (np.linalg.norm(each) or 1.0) for each in (points - origin, others - target)]
    spread = [float(np.linalg.norm(each)) for each in (points - origin, others - target)]
    rotation, fit = orthogonal_procrustes(*centered)
    # Points that are all the same have no size.
    scale = spread[1] / spread[0] if all(spread) else 1.0
    return Alignment(rotation, scale, origin, target, float(np.clip(fit, 0.0, 1.0)))

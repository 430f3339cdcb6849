"""Whether the learned vectors of places resemble the map of the places, which the model did not get."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import COUNT_COLUMN, Embedding

Numbers = npt.NDArray[np.float64]
_LATITUDES: Final = ("lat", "latitude")
_LONGITUDES: Final = ("long", "lon", "lng", "longitude")
_FEWEST_PLACES: Final = 5
_PERMUTATIONS: Final = 200
#: Places that are drawn.
_MOST_POINTS: Final = 500
#: Columns of metadata that color places, the first that exists.
_COLORS: Final = ("effect %", "effect", "mean target")


def coordinates_of(columns: Iterable[object]) -> tuple[str, str] | None:
    """Return which columns are latitude and longitude, by their names; None without both.

    Examples
    --------
    >>> coordinates_of(["price", "Long", "Lat"]), coordinates_of(["lat"])
    (('Lat', 'Long'), None)
    """
    lower = {str(name).lower(): str(name) for name in columns}
    latitude = next((lower[name] for name in _LATITUDES if name in lower), None)
    longitude = next((lower[name] for name in _LONGITUDES if name in lower), None)
    return None if latitude is None or longitude is None else (latitude, longitude)


def compare_with_map(embedding: Embedding) -> dict[str, Any] | None:
    """Return how far vectors, rotated and scaled, fit the mean latitude and longitude of their values.

    Returns
    -------
    `r2`, the share of the variance of the map that they explain (Procrustes), `chance`, the mean of the same with
    places exchanged at random, `p`, `n`, `columns` (latitude, longitude), `color`, the column that colors the places,
    and `points` of the most frequent ones: `key`, `place` (east, north), `learned` in the same units, and `color`. None
    without coordinates or with fewer than 5 places.

    Notes
    -----
    Gower, "Generalized Procrustes Analysis", 1975. Degrees of longitude are shortened by the cosine of the latitude.
    """
    columns = coordinates_of(embedding.metadata.columns)
    if columns is None:
        return None
    places = embedding.metadata[list(columns)].to_numpy(np.float64)
    known = np.isfinite(places).all(axis=1)
    if known.sum() < _FEWEST_PLACES:
        return None
    vectors, places = np.asarray(embedding.vectors, np.float64)[known], places[known]
    places = places * [1.0, np.cos(np.radians(places[:, 0].mean()))]
    fitted = procrustes_r2(vectors, places)
    random = np.random.default_rng(0)
    shuffled = np.array([procrustes_r2(vectors, random.permutation(places)) for _ in range(_PERMUTATIONS)])
    return {
        "r2": fitted,
        "chance": float(shuffled.mean()),
        "p": float((1 + np.count_nonzero(shuffled >= fitted)) / (1 + _PERMUTATIONS)),
        "n": int(known.sum()),
        "columns": list(columns),
        "color": _color_column(embedding),
        "points": _points(embedding, known, vectors, places),
    }


def _points(
    embedding: Embedding, known: npt.NDArray[np.bool_], vectors: Numbers, places: Numbers
) -> list[dict[str, Any]]:
    """Return the places beside their vectors, rotated, scaled and moved onto them."""
    center, fitted = places.mean(axis=0), fitted_to(vectors, places)
    colors = embedding.metadata[_color_column(embedding)].to_numpy(np.float64)[known]
    order = np.argsort(-embedding.metadata[COUNT_COLUMN].to_numpy()[known], kind="stable")[:_MOST_POINTS]
    keys = [key for key, is_known in zip(embedding.keys, known, strict=True) if is_known]
    return [
        {
            "key": keys[row],
            "place": [float(each) for each in (places - center)[row][::-1]],
            "learned": [float(each) for each in fitted[row][::-1]],
            "color": float(colors[row]),
        }
        for row in order
        if np.isfinite(colors[row])
    ]


def _color_column(embedding: Embedding) -> str:
    return next((name for name in _COLORS if name in embedding.metadata), COUNT_COLUMN)


def fitted_to(vectors: Numbers, places: Numbers) -> Numbers:
    """Return `(n, 2)` vectors rotated and scaled so that they fit centered places best, by least squares."""
    centered = [each - each.mean(axis=0) for each in (vectors, places)]
    left, values, right = np.linalg.svd(centered[0].T @ centered[1], full_matrices=False)
    size = float((centered[0] ** 2).sum())
    fitted: Numbers = centered[0] @ left @ right * (values.sum() / size if size else 0.0)
    return fitted


def procrustes_r2(vectors: Numbers, places: Numbers) -> float:
    """Return the squared Procrustes correlation of two configurations of the same points, 0 to 1."""
    centered = [each - each.mean(axis=0) for each in (vectors, places)]
    sizes = [float(np.linalg.norm(each)) for each in centered]
    if min(sizes) == 0:
        return 0.0
    product = (centered[0] / sizes[0]).T @ (centered[1] / sizes[1])
    return float(np.linalg.svd(product, compute_uv=False).sum() ** 2)

"""Whether the learned vectors of places resemble the map of the places, which the model did not get."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, Embedding

Numbers = npt.NDArray[np.float64]
_LATITUDES: Final = ("lat", "latitude")
_LONGITUDES: Final = ("long", "lon", "lng", "longitude")
_FEWEST_PLACES: Final = 5
_PERMUTATIONS: Final = 200


def coordinates_of(metadata: pd.DataFrame) -> tuple[str, str] | None:
    """Return the names of the columns of latitude and longitude; None if there are none."""
    lower = {str(name).lower(): str(name) for name in metadata.columns}
    latitude = next((lower[name] for name in _LATITUDES if name in lower), None)
    longitude = next((lower[name] for name in _LONGITUDES if name in lower), None)
    return None if latitude is None or longitude is None else (latitude, longitude)


def compare_with_map(embedding: Embedding) -> dict[str, Any] | None:
    """Return how far vectors, rotated and scaled, fit the mean latitude and longitude of their values.

    Returns
    -------
    `r2`, the share of the variance of the map that they explain (Procrustes), `chance`, the mean of the same with
    places exchanged at random, `p`, `n` and `columns`; None without coordinates or with fewer than 5 places.

    Notes
    -----
    Gower, "Generalized Procrustes Analysis", 1975. Degrees of longitude are shortened by the cosine of the latitude.
    """
    columns = coordinates_of(embedding.metadata)
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
        "n_rows": int(embedding.metadata[COUNT_COLUMN].sum()),
    }


def procrustes_r2(vectors: Numbers, places: Numbers) -> float:
    """Return the squared Procrustes correlation of two configurations of the same points, 0 to 1."""
    centered = [each - each.mean(axis=0) for each in (vectors, places)]
    sizes = [float(np.linalg.norm(each)) for each in centered]
    if min(sizes) == 0:
        return 0.0
    product = (centered[0] / sizes[0]).T @ (centered[1] / sizes[1])
    return float(np.linalg.svd(product, compute_uv=False).sum() ** 2)

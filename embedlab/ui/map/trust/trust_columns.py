"""Colors that show where to trust the map: its distortion, and the stability of neighbors over seeds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from embedlab.core.errors import NotFoundError
from embedlab.jobs import map_trust
from embedlab.jobs.stability import StoredStability
from embedlab.projections.trust.distortion import Distortion
from embedlab.ui.map import isolated
from embedlab.ui.map.data import MISSING, Column
from embedlab.ui.shell import resources
from embedlab.ui.shell.runs import run_of

#: Names of the color columns, which are not metadata columns.
DISTORTION = "~distortion"
STABILITY = "~stability"
TITLES = {DISTORTION: "Distortion of this map", STABILITY: "Stability over seeds"}
#: From these shares of the distortion of random points, some or many neighbors are false, or missing.
LEVELS = (0.1, 0.4)
_OF_PROJECTION = "@"


def names(embedding_id: str) -> list[str]:
    """Return the columns that an embedding has on all of its maps."""
    row = resources.workspace().embedding(embedding_id)
    has_stability = map_trust.has_stability(resources.workspace(), row, run_of(row))
    return [DISTORTION, *([STABILITY] if has_stability else [])]


def for_browser(name: str | None, projection_id: str) -> str | None:
    """Return the name by which the browser requests a column: that of a map's own column contains the map's id."""
    return f"{DISTORTION}{_OF_PROJECTION}{projection_id}" if name == DISTORTION else name


def column(source_id: str, name: str) -> Column | None:
    """Return one of these columns as colors of the points of a source; None if `name` is another column.

    Raises
    ------
    NotFoundError
        The map does not belong to the embedding, or the stability was not measured.
    """
    if name == STABILITY:
        return _stability_of(source_id)
    kind, _, projection_id = name.partition(_OF_PROJECTION)
    if kind != DISTORTION:
        return None
    if isolated.source_of(resources.workspace().projection(projection_id)) != source_id:
        raise NotFoundError("The map belongs to another embedding.", received=projection_id)
    distortion = resources.open_cached(
        "distortion", projection_id, lambda: map_trust.distortion_of(resources.workspace(), projection_id)
    )
    return distortion_column(distortion)


def _stability_of(source_id: str) -> Column:
    stability = map_trust.stability_of(resources.workspace(), isolated.embedding_row(source_id).id)
    rows = isolated.rows_of(source_id)
    return stability_column(stability if rows is None else replace(stability, shares=stability.shares[rows]))


def distortion_column(distortion: Distortion) -> Column:
    """Return the distortion as one of nine codes per key: three levels of false times three of missing neighbors."""
    false, missing = distortion.false_neighbors, distortion.missing_neighbors
    codes = 3 * np.digitize(false, LEVELS) + np.digitize(missing, LEVELS)
    is_known = np.isfinite(false) & np.isfinite(missing)
    n_keys = len(false)
    is_sampled = distortion.n_references < int(is_known.sum())
    legend: dict[str, Any] = {
        "kind": "grid",
        "title": "Distortion",
        "rows": "False neighbors",
        "columns": "Missing neighbors",
        "counts": np.bincount(codes[is_known], minlength=9).tolist(),
        "n_missing": n_keys - int(is_known.sum()),
        "note": f"Neighbors among {distortion.n_references:,} random points" if is_sampled else "",
    }
    return Column(np.where(is_known, codes, MISSING).astype(np.uint8), legend)


def stability_column(stability: StoredStability) -> Column:
    """Return the share of each key's neighbors that stay the same with other seeds, from 0 to 1."""
    title = f"Neighbors that stay with other seeds ({stability.n_seeds} compared)"
    legend = {"kind": "numbers", "title": title, "min": 0.0, "max": 1.0, "log": False}
    return Column(stability.shares.astype(np.float32), legend)

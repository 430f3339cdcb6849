"""The map as a figure to take away: points in two or three dimensions with their names on hover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from embedlab.core.errors import InputError
from embedlab.figures.palette import GRID, SEQUENTIAL, TEXT, Theme, category_color, new_figure
from embedlab.figures.texts import plotly_text, plotly_texts

#: Further categories share one grey: more colours nobody tells apart.
MOST_CATEGORIES = 6


def scatter(
    coordinates: npt.NDArray[np.floating],
    labels: Sequence[str],
    *,
    colors: pd.Series[Any] | None = None,
    sizes: npt.NDArray[np.floating] | None = None,
    labelled: Sequence[int] = (),
    title: str = "",
    theme: Theme = "light",
) -> go.Figure:
    """Draw points; the same scale on all axes, since distances are what the picture is about.

    Parameters
    ----------
    coordinates
        `(n_points, 2 or 3)`.
    labels
        `n_points` names, shown as plain text.
    colors
        `n_points` numbers (a colour scale) or texts (a colour each for the most frequent, named in a legend).
    sizes
        `(n_points,)` not negative; areas are drawn in proportion.
    labelled
        Rows whose names are written beside them (2-D only).

    Raises
    ------
    InputError
        The coordinates have another shape than two or three columns, or other rows than there are labels.
    """
    if coordinates.ndim != 2 or coordinates.shape[1] not in {2, 3} or len(coordinates) != len(labels):
        raise InputError(
            "A map needs two or three coordinates for each label.",
            received=f"{coordinates.shape}, {len(labels)} labels",
        )
    figure = new_figure(theme, title=plotly_text(title, 120), height=640)
    names = np.array(plotly_texts(labels), dtype=object)
    diameters = _diameters(sizes, len(labels))
    for rows, name, marker in _groups(colors, len(labels), theme):
        if diameters is not None:
            marker["size"] = diameters[rows]
        _add_points(figure, coordinates[rows], names[rows], name, marker)
    figure.update_layout(showlegend=len(figure.data) > 1, legend={"itemsizing": "constant"})
    if coordinates.shape[1] == 3:
        axis = {"showbackground": False, "gridcolor": GRID[theme], "title": "", "showticklabels": False}
        return figure.update_layout(scene={"xaxis": axis, "yaxis": axis, "zaxis": axis, "aspectmode": "data"})
    for row in labelled:
        x, y = (float(number) for number in coordinates[row])
        figure.add_annotation(x=x, y=y, text=names[row], showarrow=False, yshift=12, font={"color": TEXT[theme]})
    figure.update_yaxes(scaleanchor="x", showticklabels=False, zeroline=False)
    return figure.update_xaxes(showticklabels=False, zeroline=False)


def _diameters(sizes: npt.NDArray[np.floating] | None, n_points: int) -> npt.NDArray[np.float64] | None:
    if sizes is None or n_points == 0:
        return None
    areas = np.sqrt(np.clip(np.nan_to_num(np.asarray(sizes, dtype=np.float64)), 0, None))
    return 4 + 20 * areas / (areas.max() or 1.0)


def _groups(
    colors: pd.Series[Any] | None, n_points: int, theme: Theme
) -> list[tuple[npt.NDArray[np.int64], str, dict[str, Any]]]:
    everything = np.arange(n_points)
    plain = {"size": 6, "opacity": 0.8}
    if colors is None:
        return [(everything, "", {**plain, "color": category_color(0, theme)})]
    if pd.api.types.is_numeric_dtype(colors) and not pd.api.types.is_bool_dtype(colors):
        bar = {"title": {"text": plotly_text(colors.name or "")}, "thickness": 12, "outlinewidth": 0}
        numbers = colors.to_numpy(dtype=float, na_value=np.nan)
        return [(everything, "", {**plain, "color": numbers, "colorscale": SEQUENTIAL, "colorbar": bar})]
    texts = colors.astype("string").fillna("(none)").to_numpy(dtype=object)
    frequent = pd.Series(texts).value_counts(sort=True).index[:MOST_CATEGORIES]
    groups = []
    others = ~np.isin(texts.astype(str), frequent.astype(str))
    if others.any():
        groups.append((np.flatnonzero(others), "other", {**plain, "color": category_color(MOST_CATEGORIES, theme)}))
    for position, category in enumerate(frequent):
        rows = np.flatnonzero(texts == category)
        groups.append((rows, plotly_text(category, 40), {**plain, "color": category_color(position, theme)}))
    return groups


def _add_points(
    figure: go.Figure,
    coordinates: npt.NDArray[np.floating],
    names: npt.NDArray[np.object_],
    name: str,
    marker: dict[str, Any],
) -> None:
    common = {
        "mode": "markers",
        "name": name,
        "marker": marker,
        "hovertext": names,
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    if coordinates.shape[1] == 3:
        x, y, z = coordinates.T
        figure.add_scatter3d(x=x, y=y, z=z, **common)
    else:
        x, y = coordinates.T
        figure.add_scattergl(x=x, y=y, **common)

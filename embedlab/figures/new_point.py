"""A small map with one new point on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from embedlab.figures.palette import TEXT, Theme, category_color, new_figure

_MOST_POINTS = 3000
_MOST_GROUPS = 12


def new_point_on_map(
    coordinates: npt.NDArray[np.float32],
    groups: Sequence[str],
    at: npt.NDArray[np.float32],
    name: str,
    *,
    theme: Theme,
) -> go.Figure:
    """Return a figure of a plane map, colored by groups, with a new point.

    Parameters
    ----------
    coordinates
        `(n_points, 2)`; of more than 3,000 points, 3,000 at equal distances in their order are drawn.
    groups
        Group of each point; those after the twelfth have one color.
    at
        `(2,)` of the new point.
    name
        Its name.
    """
    rows = np.unique(np.linspace(0, len(coordinates) - 1, min(len(coordinates), _MOST_POINTS)).astype(np.int64))
    of_rows = np.array([groups[row] for row in rows.tolist()], dtype=object)
    names = sorted(set(groups))[:_MOST_GROUPS]
    hidden = {"visible": False}
    figure = new_figure(theme, height=320, xaxis=hidden, yaxis={"visible": False, "scaleanchor": "x"})
    for number, group in enumerate(names):
        chosen = rows[of_rows == group]
        figure.add_scatter(
            x=coordinates[chosen, 0],
            y=coordinates[chosen, 1],
            mode="markers",
            name=group,
            marker={"size": 4, "color": category_color(number, theme), "opacity": 0.5},
            hoverinfo="name",
        )
    figure.add_scatter(
        x=[at[0]],
        y=[at[1]],
        mode="markers",
        name=name,
        marker={"size": 16, "symbol": "diamond-open", "color": TEXT[theme], "line": {"width": 3}},
        hoverinfo="name",
    )
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=True,
        legend={"font": {"size": 12}, "itemsizing": "constant"},
    )
    return figure

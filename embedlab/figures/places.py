"""Places on the map beside their learned vectors, in the same colors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from embedlab.figures.palette import Theme, new_figure
from embedlab.figures.texts import plotly_text, plotly_texts

_TITLES = ("True map", "Learned vectors, rotated to fit")
_HEIGHT_PX = 340


def beside_map(points: Sequence[Mapping[str, Any]], *, color: str = "effect", theme: Theme = "light") -> go.Figure:
    """Draw places at their true coordinates, and at those that their vectors give them.

    Parameters
    ----------
    points
        As `evaluation.rows.places.compare_with_map` returns them.
    color
        What colors them.
    """
    figure = make_subplots(1, 2, subplot_titles=_TITLES, horizontal_spacing=0.06, figure=new_figure(theme))
    names = plotly_texts([str(point["key"]) for point in points], 60)
    colors = [point["color"] for point in points]
    for column, where in enumerate(("place", "learned"), 1):
        figure.add_scatter(
            x=[point[where][0] for point in points],
            y=[point[where][1] for point in points],
            mode="markers",
            marker={"color": colors, "coloraxis": "coloraxis", "size": 9, "line": {"width": 0.5, "color": "#888"}},
            text=names,
            hovertemplate="%{text}<extra></extra>",
            row=1,
            col=column,
        )
        suffix = "" if column == 1 else str(column)
        figure.update_yaxes(scaleanchor=f"x{suffix}", row=1, col=column)
    # The theme of the figure styles only the axes of the first map.
    line = {"showline": True, "linewidth": 1, "linecolor": "rgba(128, 128, 128, 0.4)", "mirror": True}
    figure.update_xaxes(showticklabels=False, zeroline=False, showgrid=False, ticks="", **line)
    figure.update_yaxes(showticklabels=False, zeroline=False, showgrid=False, ticks="", **line)
    figure.update_layout(
        height=_HEIGHT_PX,
        showlegend=False,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        coloraxis={"colorscale": "Viridis", "colorbar": {"thickness": 10, "title": {"text": plotly_text(color, 30)}}},
    )
    return figure

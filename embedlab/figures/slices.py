"""Paths of neighbors through several embeddings: the mean of all keys, and the picked key."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from embedlab.figures.palette import MUTED, TEXT, Theme, category_color, new_figure
from embedlab.figures.texts import plotly_text, plotly_texts

_PERCENT = ".0%"


def slice_paths(
    names: Sequence[str],
    means: Sequence[float],
    chance: float,
    *,
    paths: Sequence[tuple[str, Sequence[float]]] = (),
    theme: Theme,
    height: int = 300,
) -> go.Figure:
    """Return lines over the slices.

    Parameters
    ----------
    names
        One short name for each slice, in order.
    means
        Mean overlap of all keys with the first slice, 0 to 1.
    chance
        The overlap of unrelated embeddings.
    paths
        Name and values of further lines; names may be any text.
    """
    figure = new_figure(theme, height=height, yaxis_title="Same neighbors", yaxis_tickformat=_PERCENT)
    places = list(range(len(names)))
    figure.add_scatter(
        x=places,
        y=list(means),
        name="all keys, as in the first",
        mode="lines+markers",
        line={"color": TEXT[theme], "width": 2, "dash": "dot"},
    )
    for at, (name, values) in enumerate(paths):
        figure.add_scatter(
            x=places,
            y=list(values),
            name=plotly_text(name),
            mode="lines+markers",
            line={"color": category_color(at, theme), "width": 3},
        )
    figure.add_hline(y=chance, line={"color": MUTED[theme], "width": 1}, annotation_text="chance")
    figure.update_xaxes(tickmode="array", tickvals=places, ticktext=plotly_texts(names), range=[-0.4, len(names) - 0.6])
    figure.update_yaxes(range=[0, 1.05])
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.15, "x": 0})
    return figure

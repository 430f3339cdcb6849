"""Norms of item vectors by the number of ratings, one line for each run."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from embedlab.evaluation.recommendation.obscure_items import MOST_RATINGS, NormsByCount
from embedlab.figures.palette import BOX, MUTED, Theme, category_color, new_figure
from embedlab.figures.texts import plotly_texts


def norms_over_counts(series: Mapping[str, NormsByCount], *, theme: Theme = "light", height: int = 360) -> go.Figure:
    """Draw median norms of item vectors over the number of ratings, on a logarithmic axis.

    Parameters
    ----------
    series
        By the name of the run; drawn as plain text.
    """
    figure = new_figure(
        theme, height=height, xaxis_title="ratings of the item", yaxis_title="median norm of its vector"
    )
    names = plotly_texts(list(series), 40)
    for position, (name, norms) in enumerate(zip(names, series.values(), strict=True)):
        figure.add_scatter(
            x=norms.counts,
            y=norms.norms,
            mode="lines+markers",
            name=name,
            line={"color": category_color(position, theme), "width": 3},
            marker={"size": 8},
            hovertemplate="about %{x:.0f} ratings: %{y:.3g}<extra>%{fullData.name}</extra>",
        )
    # The items that the table above counts as obscure.
    figure.add_vrect(x0=0.9, x1=MOST_RATINGS + 0.5, fillcolor=BOX[theme], line_width=0, layer="below")
    figure.add_annotation(
        x=0,
        y=1,
        yref="paper",
        text=f"at most {MOST_RATINGS} ratings",
        showarrow=False,
        xanchor="left",
        yanchor="top",
        font={"color": MUTED[theme], "size": 13},
    )
    figure.update_xaxes(type="log", dtick=1)
    figure.update_yaxes(rangemode="tozero")
    return figure.update_layout(showlegend=len(series) > 1, legend={"orientation": "h", "y": 1.16}, margin_t=40)

"""Figures of graphs: how many nodes have how many neighbors, and how deep a hierarchy is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from embedlab.figures.palette import Theme, category_color, new_figure


def degree_distribution(histogram: Mapping[str, Sequence[int]], *, theme: Theme = "light") -> go.Figure:
    """Draw how many nodes have how many neighbors, in bins that double in width.

    Parameters
    ----------
    histogram
        As `embedlab.kinds.graph.structure.degree_histogram`.
    """
    labels = [
        f"{low:,}" if low == high else f"{low:,} to {high:,}"
        for low, high in zip(histogram["from"], histogram["to"], strict=True)
    ]
    figure = new_figure(theme, height=280, xaxis_title="neighbors", yaxis_title="nodes", bargap=0.15)
    figure.add_bar(
        x=labels,
        y=list(histogram["nodes"]),
        marker={"color": category_color(0, theme)},
        hovertemplate="%{y:,} nodes with %{x} neighbors<extra></extra>",
    )
    return figure.update_yaxes(tickformat="~s").update_xaxes(type="category")


def nodes_by_depth(counts: Sequence[int], *, theme: Theme = "light") -> go.Figure:
    """Draw the number of nodes at each depth of a hierarchy, the root on top."""
    depths = list(range(len(counts)))
    figure = new_figure(theme, height=280, xaxis_title="nodes", yaxis_title="depth", bargap=0.15)
    figure.add_bar(
        x=list(counts),
        y=depths,
        orientation="h",
        marker={"color": category_color(2, theme)},
        hovertemplate="%{x:,} nodes at depth %{y}<extra></extra>",
    )
    return figure.update_yaxes(autorange="reversed", dtick=max(1, len(counts) // 12)).update_xaxes(tickformat="~s")

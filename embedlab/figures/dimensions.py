"""A score over the number of dimensions, with the rule of thumb marked on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

import plotly.graph_objects as go

from embedlab.figures.curves import mark_place
from embedlab.figures.palette import Theme, category_color, new_figure
from embedlab.figures.texts import plotly_text


class DimensionScore(NamedTuple):
    """One run: its number of dimensions, its score, and its interval if there is one."""

    dimension: int
    score: float
    low: float | None = None
    high: float | None = None


def score_over_dimension(
    series: Mapping[str, Sequence[DimensionScore]],
    title: str,
    *,
    rule: int | None = None,
    theme: Theme = "light",
    height: int = 320,
) -> go.Figure:
    """Draw scores over dimensions on a logarithmic axis, one color per model.

    Parameters
    ----------
    series
        Scores of the runs of each model, in any order; lines connect the means of runs with the same dimension.
    title
        Title of the score.
    rule
        Number of dimensions by the rule of thumb (fourth root of the number of values), marked by a dashed line.
    """
    figure = new_figure(theme, height=height, xaxis_title="dimensions", yaxis_title=plotly_text(title))
    dimensions = sorted({run.dimension for runs in series.values() for run in runs} | ({rule} if rule else set()))
    for position, (name, runs) in enumerate(series.items()):
        color = category_color(position, theme)
        # A run with an equal score may have no interval, and None cannot be compared.
        ordered = sorted(runs, key=lambda run: run[:2])
        means = {
            dimension: fmean(run.score for run in ordered if run.dimension == dimension)
            for dimension in dict.fromkeys(run.dimension for run in ordered)
        }
        figure.add_scatter(
            x=list(means),
            y=list(means.values()),
            mode="lines",
            line={"color": color, "width": 3},
            hoverinfo="skip",
            name=plotly_text(name, 32),
        )
        figure.add_scatter(
            x=[run.dimension for run in ordered],
            y=[run.score for run in ordered],
            mode="markers",
            marker={"color": color, "size": 10},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [0 if run.high is None else run.high - run.score for run in ordered],
                "arrayminus": [0 if run.low is None else run.score - run.low for run in ordered],
                "color": color,
                "thickness": 1,
            },
            name=plotly_text(name, 32),
            showlegend=False,
            hovertemplate="%{y:.4g}<extra>%{fullData.name}, %{x} dimensions</extra>",
        )
    if rule is not None:
        # On a logarithmic axis, annotations are positioned by logarithms.
        mark_place(figure, rule, f"fourth root: {rule}", theme, at=math.log10(rule))
    figure.update_xaxes(type="log", tickvals=dimensions, ticktext=[str(each) for each in dimensions])
    figure.update_layout(showlegend=len(series) > 1, legend={"orientation": "h", "y": 1.12})
    return figure

"""Items along one or two axes: between two items, or on the factors of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from embedlab.figures.palette import GRID, TEXT, Theme, category_color, new_figure
from embedlab.figures.texts import plotly_text, plotly_texts

_HEIGHT = 380
#: The most rated items have their names in the figure.
_N_NAMED = 14
_LONGEST_NAME = 24
#: Room that a name needs, as a share of the figure.
_NAME_WIDTH = 0.18
_NAME_HEIGHT = 0.06


def axis_figure(
    positions: Sequence[float],
    counts: Sequence[int],
    labels: Sequence[str],
    *,
    ends: tuple[str, str],
    of: str = "ratings",
    theme: Theme = "light",
) -> go.Figure:
    """Draw items by their position between two ends, and by their number of ratings.

    Parameters
    ----------
    positions
        0 at the first end, 1 at the second.
    counts, labels
        Number of ratings and name of each, in the same order.
    ends
        Names of the ends.
    of
        Plural noun for what is counted.
    """
    figure = new_figure(
        theme,
        height=_HEIGHT,
        xaxis_title=f"{plotly_text(ends[0])} (0) to {plotly_text(ends[1])} (1)",
        yaxis_title=of,
    )
    for place in (0, 1):
        figure.add_vline(x=place, line={"color": GRID[theme], "width": 2, "dash": "dot"})
    is_end = [label in ends and position in (0, 1) for label, position in zip(labels, positions, strict=True)]
    _add_points(figure, np.asarray(positions, float), np.asarray(counts, float), counts, labels, is_end, theme)
    return _with_log_counts(figure)


def factor_figure(
    first: npt.NDArray[np.floating],
    second: npt.NDArray[np.floating] | None,
    counts: Sequence[int],
    labels: Sequence[str],
    *,
    titles: tuple[str, str],
    of: str = "ratings",
    highlight: int | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Draw items on one or two factors of a model.

    Parameters
    ----------
    first, second
        `(n,)` coordinates; with one factor the other axis is the number of ratings.
    counts, labels
        Number of ratings and name of each item.
    titles
        Titles of the axes.
    of
        Plural noun for what is counted.
    highlight
        Place of an item to highlight.
    """
    up = np.asarray(counts, float) if second is None else second
    figure = new_figure(
        theme,
        height=_HEIGHT + 60,
        xaxis_title=plotly_text(titles[0]),
        yaxis_title=plotly_text(titles[1]) if second is not None else of,
    )
    is_chosen = [place == highlight for place in range(len(labels))]
    _add_points(figure, first, up, counts, labels, is_chosen, theme, is_linear=second is not None)
    return _with_log_counts(figure) if second is None else figure


def _with_log_counts(figure: go.Figure) -> go.Figure:
    """Return the figure with a logarithmic axis of counts: 1, 2, 5, 10, ..."""
    ticks = [digit * 10**power for power in range(8) for digit in (1, 2, 5)]
    return figure.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{tick:,}" for tick in ticks])


def _add_points(
    figure: go.Figure,
    x: npt.NDArray[np.floating],
    y: npt.NDArray[np.floating],
    counts: Sequence[int],
    labels: Sequence[str],
    is_marked: Sequence[bool],
    theme: Theme,
    *,
    is_linear: bool = False,
) -> None:
    marked = np.asarray(is_marked, bool)
    hover: dict[str, Any] = {
        "customdata": plotly_texts(labels),
        "hovertemplate": "%{customdata}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
    }
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker={
            "size": np.where(marked, 13, 6),
            "opacity": np.where(marked, 1.0, 0.55),
            "color": np.where(marked, category_color(1, theme), category_color(0, theme)).tolist(),
        },
        **hover,
    )
    rows = _named(x, y if is_linear else np.log10(np.maximum(y, 1)), counts, marked)
    figure.add_scatter(
        x=x[rows],
        y=y[rows],
        mode="text",
        text=[plotly_text(labels[int(row)], _LONGEST_NAME) for row in rows],
        textposition="top center",
        textfont={"size": 12, "color": TEXT[theme]},
        hoverinfo="skip",
    )


def _named(
    x: npt.NDArray[np.floating], y: npt.NDArray[np.floating], counts: Sequence[int], marked: npt.NDArray[np.bool_]
) -> list[int]:
    """Return the rows with a name: the marked ones, and the most rated ones whose names do not overlap those."""
    across, up = (np.ptp(values) or 1.0 for values in (x, y))
    named = np.flatnonzero(marked).tolist()
    for row in np.argsort(-np.asarray(counts), kind="stable")[: 20 * _N_NAMED].tolist():
        if len(named) >= _N_NAMED:
            break
        is_free = (np.abs(x[named] - x[row]) > _NAME_WIDTH * across) | (np.abs(y[named] - y[row]) > _NAME_HEIGHT * up)
        if row not in named and is_free.all():
            named.append(row)
    return named

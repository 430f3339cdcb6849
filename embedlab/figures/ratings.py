"""Figures of ratings: their distribution, the popularity of items, and the sparsity of the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from embedlab.figures.palette import CLEAR, Theme, category_color, new_figure

_MOST_VALUES = 30
_TAIL_POINTS = 1_000


def rating_histogram(ratings: npt.NDArray[np.floating], *, theme: Theme = "light") -> go.Figure:
    """Draw the distribution of ratings: a bar for each value, or thirty bins if there are more values."""
    ratings = np.asarray(ratings)[np.isfinite(ratings)]
    values, counts = np.unique(ratings, return_counts=True)
    if len(values) > _MOST_VALUES:
        counts, edges = np.histogram(ratings, bins=_MOST_VALUES)
        values = (edges[:-1] + edges[1:]) / 2
    figure = new_figure(theme, height=280, xaxis_title="rating", yaxis_title="ratings", bargap=0.15)
    figure.add_bar(
        x=values,
        y=counts,
        marker={"color": category_color(0, theme)},
        hovertemplate="%{y:,} ratings of %{x:.3g}<extra></extra>",
    )
    return figure.update_yaxes(tickformat="~s")


def count_histogram(counts: npt.NDArray[np.floating], *, theme: Theme = "light") -> go.Figure:
    """Draw the distribution of counts, such as plays or hours, in bins that double in width."""
    counts = np.asarray(counts, np.float64)
    counts = counts[np.isfinite(counts) & (counts > 0)]
    figure = new_figure(theme, height=280, xaxis_title="count", yaxis_title="choices", bargap=0.15)
    if not len(counts):
        return figure
    powers = np.ceil(np.log2(counts)).astype(int)
    first, last = max(int(powers.min()), -1), int(powers.max())
    numbers = np.bincount(np.clip(powers, first, last) - first, minlength=last - first + 1)
    whole = bool(np.all(counts == np.round(counts)))
    labels = [_bin_label(power, is_first=power == first, whole=whole) for power in range(first, last + 1)]
    figure.add_bar(
        x=labels,
        y=numbers,
        marker={"color": category_color(0, theme)},
        hovertemplate="%{y:,} choices with a count of %{x}<extra></extra>",
    )
    return figure.update_yaxes(tickformat="~s").update_xaxes(type="category")


def _bin_label(power: int, *, is_first: bool, whole: bool) -> str:
    """Return the counts above half of a power of two, up to the power."""
    low, high = 2.0 ** (power - 1), 2.0**power
    if whole:
        return f"{high:,.0f}" if high <= 2 else f"{low + 1:,.0f} to {high:,.0f}"
    return f"up to {high:,g}" if is_first else f"{low:,g} to {high:,g}"


def popularity_tail(
    counts: npt.NDArray[np.integer], *, theme: Theme = "light", item: str = "item", of: str = "ratings"
) -> go.Figure:
    """Draw the number of ratings over the rank, both on logarithmic axes.

    Parameters
    ----------
    counts
        `(n_items,)` ratings of each item, in any order; items without ratings are left out.
    of
        Plural noun of what is counted.
    """
    ranked = np.sort(counts[counts > 0])[::-1]
    figure = new_figure(theme, height=280, xaxis_title=f"rank of the {item}", yaxis_title=of)
    if not len(ranked):
        return figure
    ranks = np.unique(np.geomspace(1, len(ranked), min(_TAIL_POINTS, len(ranked))).round().astype(int))
    n_half = int(np.searchsorted(np.cumsum(ranked), ranked.sum() / 2)) + 1
    color = category_color(0, theme)
    figure.add_scatter(
        x=ranks,
        y=ranked[ranks - 1],
        mode="lines" if len(ranks) > 1 else "markers",
        line={"color": color, "width": 3},
        hovertemplate=f"rank %{{x:,}}: %{{y:,}} {of}<extra></extra>",
    )
    figure.add_scatter(
        x=[n_half], y=[ranked[n_half - 1]], mode="markers", marker={"size": 11, "color": category_color(1, theme)}
    )
    # The curve is decreasing, so the upper right corner is always free.
    figure.add_annotation(
        x=1,
        y=1,
        xref="paper",
        yref="paper",
        text=f"half of all {of}: the top {n_half:,} of {len(ranked):,}",
        font={"color": category_color(1, theme)},
        xanchor="right",
        yanchor="top",
        showarrow=False,
    )
    figure.update_xaxes(type="log", dtick=1)
    return figure.update_yaxes(type="log", dtick=1)


def sparsity(
    users: npt.NDArray[np.integer],
    items: npt.NDArray[np.integer],
    n_users: int,
    n_items: int,
    *,
    theme: Theme = "light",
    shape: tuple[int, int] = (60, 120),
    of: str = "rating",
) -> go.Figure:
    """Draw a part of the user-item matrix: filled where there is a rating.

    Users and items are sampled at even distances, so the part is about as sparse as the whole.

    Parameters
    ----------
    users, items
        `(n_ratings,)` rows of the ratings' users and items.
    n_users, n_items
        Size of the whole matrix.
    shape
        Maximum number of users and items shown.
    of
        Noun of what a filled cell holds.
    """
    table = sampled_table(users, items, n_users, n_items, shape)
    density = len(users) / (n_users * n_items) if n_users and n_items else 0.0
    figure = new_figure(
        theme,
        height=340,
        title=f"{density:.2%} of {n_users:,} x {n_items:,} cells contain a {of}",
        xaxis_title=f"{table.shape[1]:,} of the items",
        yaxis_title=f"{table.shape[0]:,} of the users",
    )
    figure.add_heatmap(
        z=table,
        colorscale=[[0, CLEAR], [1, category_color(0, theme)]],
        zmin=0,
        zmax=1,
        showscale=False,
        hoverinfo="skip",
    )
    frame = {"showticklabels": False, "ticks": "", "showgrid": False, "mirror": True, "showline": True}
    return figure.update_xaxes(frame).update_yaxes(frame, autorange="reversed")


def sampled_table(
    users: npt.NDArray[Any], items: npt.NDArray[Any], n_users: int, n_items: int, shape: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """Return a part of the binary user-item matrix, at most of size `shape`, with evenly spaced rows and columns."""
    sides = []
    for rows, n_rows, most in ((users, n_users, shape[0]), (items, n_items, shape[1])):
        chosen = np.linspace(0, max(n_rows - 1, 0), min(n_rows, most)).round().astype(int)
        position = np.full(n_rows, -1)
        position[chosen] = np.arange(len(chosen))
        sides.append((position[rows], len(chosen)))
    (user_rows, n_shown_users), (item_rows, n_shown_items) = sides
    shown = (user_rows >= 0) & (item_rows >= 0)
    table = np.zeros((n_shown_users, n_shown_items), dtype=np.uint8)
    table[user_rows[shown], item_rows[shown]] = 1
    return table

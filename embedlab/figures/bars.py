"""Horizontal bars with names and numbers: effects of words, word frequencies, disk usage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from embedlab.figures.palette import Theme, category_color, new_figure
from embedlab.figures.texts import plotly_text, plotly_texts

_BAR_PX = 30


def _bars(
    names: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    colors: Sequence[str],
    theme: Theme,
    title: str = "",
) -> go.Figure:
    """Draw bars, the first on top, at numeric positions, since equal names would share one category."""
    figure = new_figure(theme, title=plotly_text(title), height=max(120, _BAR_PX * len(names) + 60), bargap=0.25)
    rows = list(range(len(names)))
    figure.add_bar(
        x=list(values),
        y=rows,
        orientation="h",
        marker={"color": list(colors)},
        text=list(texts),
        textposition="outside",
        cliponaxis=False,
        customdata=plotly_texts(names, 120),
        hovertemplate="%{customdata}: %{text}<extra></extra>",
    )
    figure.update_yaxes(
        tickvals=rows, ticktext=plotly_texts(names, 36), autorange="reversed", showgrid=False, zeroline=False
    )
    figure.update_xaxes(showticklabels=False, showgrid=False)
    lowest, highest = _extent(values)
    margin = 0.18 * ((highest - lowest) or 1.0)
    figure.update_xaxes(range=[lowest - margin if lowest < 0 else 0, highest + margin])
    return figure


def _extent(values: Sequence[float]) -> tuple[float, float]:
    """Return the minimum and maximum of the values and 0; values that are not finite have no bar."""
    finite = [value for value in values if math.isfinite(value)]
    return min([0.0, *finite]), max([0.0, *finite])


def words_for_and_against(
    words: Sequence[str], weights: Sequence[float], texts: Sequence[str], *, theme: Theme = "light"
) -> go.Figure:
    """Draw the effects of words on a prediction: bars to the right support it, bars to the left oppose it.

    Parameters
    ----------
    words
        The first on top.
    weights
        Signed lengths of the bars.
    texts
        Text at the end of each bar.
    """
    colors = [category_color(0 if weight >= 0 else 1, theme) for weight in weights]
    figure = _bars(words, weights, texts, colors, theme)
    figure.update_layout(margin={"t": 4, "b": 4}, height=_BAR_PX * len(words) + 24)
    lowest, highest = _extent(weights)
    reach = max(-lowest, highest) or 1.0
    figure.update_yaxes(showline=False)
    # The texts at the bars need room on a figure of half the page width.
    room = 0.45 * max(highest - lowest, reach)
    return figure.update_xaxes(range=[lowest - room if lowest < 0 else 0, highest + room if highest > 0 else 0])


def frequent_words(words: Sequence[tuple[str, int]], *, theme: Theme = "light", title: str = "") -> go.Figure:
    """Draw the most frequent words with their counts."""
    return _bars(
        [word for word, _ in words],
        [count for _, count in words],
        [f"{count:,}" for _, count in words],
        [category_color(0, theme)] * len(words),
        theme,
        title,
    )


def usage_bars(sizes_bytes: Mapping[str, int], *, theme: Theme = "light") -> go.Figure:
    """Draw disk usage, the largest on top."""
    rows = sorted(sizes_bytes.items(), key=lambda row: -row[1])
    return _bars(
        [name for name, _ in rows],
        [float(size) for _, size in rows],
        [readable_bytes(size) for _, size in rows],
        [category_color(0, theme)] * len(rows),
        theme,
    )


def readable_bytes(size: float) -> str:
    """Return a size as text, in powers of 1000.

    Examples
    --------
    >>> readable_bytes(1_536_000)
    '1.5 MB'
    """
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"

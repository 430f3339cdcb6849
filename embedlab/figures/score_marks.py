"""A score with its interval on a line, and marks for chance, published values, baselines and the best run."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from embedlab.evaluation.references import Origin, Reference
from embedlab.evaluation.score import Score
from embedlab.figures.palette import CATEGORIES, MUTED, TEXT, Theme, new_figure
from embedlab.figures.texts import plotly_texts

#: Height of one score in pixels.
ROW_PX = 92
_LONGEST_TITLE = 34
_SYMBOLS: dict[Origin, str] = {
    "chance": "line-ns",
    "published": "diamond",
    "baseline": "square",
    "best_run": "star-triangle-up",
}
#: Width of a character of a label, as a share of a line of usual width.
_CHARACTER = 0.0095
#: Left of the lines: the titles of the scores.
_GUTTER = 0.3


def score_marks(
    rows: Sequence[tuple[Score, Sequence[Reference], Sequence[str]]], *, theme: Theme = "light"
) -> go.Figure:
    """Draw scores, one line each, every line with its own scale.

    Parameters
    ----------
    rows
        For each score with a value: the score, its marks, and the texts of its value and of the marks, in this order.
    theme
        Theme of the page.
    """
    figure = new_figure(theme, height=ROW_PX * len(rows) + 24)
    own, others = CATEGORIES[theme][0], CATEGORIES[theme][1]
    for row, (score, marks, texts) in enumerate(rows):
        value = score.value or 0.0
        low, high = score.interval or (value, value)
        ends = [value, low, high, *(mark.value for mark in marks)]
        span = (max(ends) - min(ends)) or 1.0
        left, right = min(ends) - 0.06 * span, max(ends) + 0.06 * span

        def place(number: float, left: float = left, right: float = right) -> float:
            return (number - left) / (right - left)

        y = len(rows) - 1 - row
        figure.add_shape(type="line", x0=0, x1=1, y0=y, y1=y, line={"color": MUTED[theme], "width": 1}, layer="below")
        title_of_row = plotly_texts([score.title], _LONGEST_TITLE)[0]
        figure.add_annotation(
            x=-_GUTTER,
            y=y,
            text=title_of_row,
            showarrow=False,
            xanchor="left",
            font={"size": 15},
        )
        if score.interval is not None:
            figure.add_scatter(
                x=[place(low), place(high)], y=[y, y], mode="lines", line={"color": own, "width": 7}, opacity=0.45,
                hovertemplate=f"95 % interval {low:.3f} to {high:.3f}<extra></extra>",
            )  # fmt: skip
        titles = plotly_texts([mark.title for mark in marks], _LONGEST_TITLE)
        labels = [f"{title} {text}" for title, text in zip(titles, texts[1:], strict=True)]
        levels = _levels([place(mark.value) for mark in marks], [len(label) for label in labels])
        for mark, title, text, label, level in zip(marks, titles, texts[1:], labels, levels, strict=True):
            x = place(mark.value)
            figure.add_scatter(
                x=[x],
                y=[y],
                mode="markers+text",
                marker={
                    "symbol": _SYMBOLS[mark.origin],
                    "size": 17 if mark.origin == "chance" else 11,
                    "color": TEXT[theme] if mark.origin == "chance" else others,
                    "line": {"width": 2 if mark.origin == "chance" else 0, "color": TEXT[theme]},
                },
                text=[f"{'<br>' * level}{label}"],
                textposition=f"bottom {_side(x)}",
                textfont={"size": 13, "color": TEXT[theme]},
                hovertemplate=f"{title}: {text}<extra></extra>",
                cliponaxis=False,
            )
        x = place(value)
        figure.add_scatter(
            x=[x],
            y=[y],
            mode="markers+text",
            marker={"symbol": "circle", "size": 15, "color": own, "line": {"width": 2, "color": TEXT[theme]}},
            text=[f"<b>{texts[0]}</b>"],
            textposition=f"top {_side(x)}",
            textfont={"size": 17, "color": own},
            hovertemplate=f"This run: {texts[0]}<extra></extra>",
            cliponaxis=False,
        )
    figure.update_xaxes(visible=False, range=[-_GUTTER, 1.04], fixedrange=True)
    return figure.update_yaxes(visible=False, range=[-0.62, len(rows) - 0.55], fixedrange=True)


def _levels(places: Sequence[float], lengths: Sequence[int]) -> list[int]:
    """Return the line of each label below its mark, from 0: the first one on which it covers no other label."""
    rows: list[list[tuple[float, float]]] = []
    levels = []
    for x, length in zip(places, lengths, strict=True):
        width = _CHARACTER * length
        start = x - width if _side(x) == "left" else x - width / 2
        level = next(
            (
                number
                for number, taken in enumerate(rows)
                if all(start > end or start + width < other for other, end in taken)
            ),
            len(rows),
        )
        if level == len(rows):
            rows.append([])
        rows[level].append((start, start + width))
        levels.append(level)
    return levels


def _side(x: float) -> str:
    return "left" if x > 0.8 else "center"

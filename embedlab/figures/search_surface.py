"""The scores of a parameter search: a surface over two parameters, or points over one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from embedlab.figures.contrast import color_at, ink_on
from embedlab.figures.curves import mark_place
from embedlab.figures.palette import CATEGORIES, TEXT, Theme, category_color, new_figure
from embedlab.figures.texts import plotly_text

#: With at most this many cells in a row, they show numbers.
_MOST_WITH_VALUES = 10
_SCALE: dict[Theme, list[tuple[float, str]]] = {
    "light": [(0, "#F7F7F7"), (1, "#0072B2")],
    "dark": [(0, "#22272E"), (1, "#56B4E9")],
}


@dataclass(frozen=True)
class SearchAxis:
    """One parameter of a search.

    Parameters
    ----------
    title
        Shown at the axis.
    values
        `n` values, one for each run.
    is_log
        Whether the axis is logarithmic; a value of 0 is then one step below the smallest one above it.
    """

    title: str
    values: Sequence[float]
    is_log: bool = False

    @property
    def levels(self) -> list[float]:
        """The different values, ascending."""
        return sorted(set(self.values))

    def place(self, value: float) -> float:
        """Return the position of a value on the axis."""
        if not self.is_log or any(level < 0 for level in self.levels):
            return float(value)
        positive = [math.log10(level) for level in self.levels if level > 0]
        if value > 0 or not positive:
            return math.log10(value) if value > 0 else 0.0
        step = (positive[-1] - positive[0]) / (len(positive) - 1) if len(positive) > 1 else 1.0
        return positive[0] - step

    def ticks(self) -> dict[str, object]:
        """Return the ticks of the axis: every value that was tried."""
        return {
            "tickvals": [self.place(level) for level in self.levels],
            "ticktext": [f"{level:g}" for level in self.levels],
            "showgrid": False,
            "zeroline": False,
        }


def search_surface(
    x: SearchAxis,
    y: SearchAxis,
    scores: Sequence[float | None],
    title: str,
    *,
    higher_is_better: bool,
    chosen: int | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Draw the scores of a grid as a surface, better ones darker, and mark the chosen run.

    Parameters
    ----------
    x, y
        The two parameters.
    scores
        `n` scores; None for a run without one. Of several runs in one cell the mean is drawn.
    title
        Of the score.
    chosen
        Place of the chosen run among the scores.
    """
    grid = _grid(x, y, scores)
    figure = new_figure(
        theme,
        height=int(np.clip(48 * len(y.levels) + 130, 300, 640)),
        xaxis_title=plotly_text(x.title),
        yaxis_title=plotly_text(y.title),
    )
    scale = _SCALE[theme] if higher_is_better else [(1 - place, color) for place, color in reversed(_SCALE[theme])]
    figure.add_heatmap(
        z=grid,
        x=_edges([x.place(level) for level in x.levels]),
        y=_edges([y.place(level) for level in y.levels]),
        colorscale=scale,
        xgap=1,
        ygap=1,
        customdata=[[f"{x.title} {a:g}, {y.title} {b:g}" for a in x.levels] for b in y.levels],
        hovertemplate="%{customdata}: %{z:.4g}<extra></extra>",
        hoverongaps=False,
        colorbar={"thickness": 12, "outlinewidth": 0, "title": {"text": plotly_text(title), "side": "right"}},
    )
    if len(x.levels) <= _MOST_WITH_VALUES:
        _write_values(figure, x, y, grid, scale)
    if chosen is not None:
        figure.add_scatter(
            x=[x.place(x.values[chosen])],
            y=[y.place(y.values[chosen])],
            mode="markers",
            marker={
                "symbol": "square-open",
                "size": 40,
                "color": CATEGORIES[theme][1],
                "line": {"width": 4, "color": CATEGORIES[theme][1]},
            },
            hovertemplate="chosen<extra></extra>",
            name="chosen",
        )
    figure.update_xaxes(x.ticks())
    return figure.update_yaxes(y.ticks())


def search_curve(
    x: SearchAxis,
    scores: Sequence[float | None],
    title: str,
    *,
    chosen: int | None = None,
    rule: int | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Draw scores over one parameter, with the chosen run and the rule of thumb for dimensions marked.

    Parameters
    ----------
    rule
        Number of dimensions by the fourth-root rule; only for a parameter of dimensions.
    """
    figure = new_figure(theme, height=340, xaxis_title=plotly_text(x.title), yaxis_title=plotly_text(title))
    order = [place for place in np.argsort(x.values, kind="stable").tolist() if scores[place] is not None]
    figure.add_scatter(
        x=[x.place(x.values[place]) for place in order],
        y=[scores[place] for place in order],
        mode="lines+markers",
        line={"color": category_color(0, theme), "width": 3},
        marker={"size": 10},
        customdata=[f"{x.values[place]:g}" for place in order],
        hovertemplate=f"{plotly_text(x.title)} %{{customdata}}: %{{y:.4g}}<extra></extra>",
    )
    if chosen is not None and scores[chosen] is not None:
        figure.add_scatter(
            x=[x.place(x.values[chosen])],
            y=[scores[chosen]],
            mode="markers+text",
            marker={"symbol": "circle-open", "size": 22, "color": category_color(1, theme), "line": {"width": 4}},
            text=["chosen"],
            textposition="top center",
            textfont={"color": TEXT[theme]},
            hoverinfo="skip",
            name="chosen",
        )
    if rule is not None:
        known = [score for score in scores if score is not None]
        score = None if chosen is None else scores[chosen]
        # The text is where the name of the chosen run is not.
        is_low = score is not None and score > (min(known) + max(known)) / 2
        mark_place(figure, x.place(rule), f"fourth root: {rule}", theme, is_low=is_low)
    return figure.update_xaxes(x.ticks())


def _grid(x: SearchAxis, y: SearchAxis, scores: Sequence[float | None]) -> npt.NDArray[np.float64]:
    grid: npt.NDArray[np.float64] = np.full((len(y.levels), len(x.levels)), np.nan)
    for row, b in enumerate(y.levels):
        for column, a in enumerate(x.levels):
            cell = [
                score
                for score, one, other in zip(scores, x.values, y.values, strict=True)
                if score is not None and (one, other) == (a, b)
            ]
            if cell:
                grid[row, column] = sum(cell) / len(cell)
    return grid


def _edges(centers: Sequence[float]) -> list[float]:
    """Return the edges of the cells around ascending positions, halfway between them."""
    if len(centers) == 1:
        return [centers[0] - 0.5, centers[0] + 0.5]
    between = [(low + high) / 2 for low, high in pairwise(centers)]
    return [2 * centers[0] - between[0], *between, 2 * centers[-1] - between[-1]]


def _write_values(
    figure: go.Figure,
    x: SearchAxis,
    y: SearchAxis,
    grid: npt.NDArray[np.float64],
    scale: Sequence[tuple[float, str]],
) -> None:
    known = grid[np.isfinite(grid)]
    if not len(known):
        return
    span = float(np.ptp(known)) or 1.0
    cells = [(row, column) for row, column in np.ndindex(grid.shape) if np.isfinite(grid[row, column])]
    figure.add_scatter(
        x=[x.place(x.levels[column]) for _, column in cells],
        y=[y.place(y.levels[row]) for row, _ in cells],
        mode="text",
        text=[f"{grid[cell]:.3f}" for cell in cells],
        textfont={
            "size": 13,
            "color": [ink_on(color_at(scale, (float(grid[cell]) - float(known.min())) / span)) for cell in cells],
        },
        hoverinfo="skip",
    )

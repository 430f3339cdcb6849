"""One value on its way: its one-hot row, nearly all zeros, picks one row of the lookup table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from embedlab.figures.palette import CLEAR, DIVERGING, Theme, category_color, new_figure
from embedlab.figures.texts import plotly_text, plotly_texts

_MOST_CELLS = 60


def one_hot_row(index: int, n_values: int, *, value: str = "", theme: Theme = "light") -> go.Figure:
    """Draw the one-hot row of a value: one filled cell; of long rows only the part around it is drawn, and said."""
    n_shown = min(n_values, _MOST_CELLS)
    first = int(np.clip(index - n_shown // 2, 0, n_values - n_shown))
    row = np.zeros((1, n_shown), dtype=np.uint8)
    row[0, index - first] = 1
    part = "" if n_shown == n_values else f" (positions {first:,} to {first + n_shown - 1:,})"
    title = f"{plotly_text(value)}: 1 at position {index:,}, 0 at the other {n_values - 1:,}{part}"
    figure = new_figure(theme, title=title, height=130)
    figure.add_heatmap(
        z=row,
        x0=first,
        dx=1,
        colorscale=[[0, CLEAR], [1, category_color(1, theme)]],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=1,
        hovertemplate="position %{x}: %{z}<extra></extra>",
    )
    figure.update_yaxes(visible=False)
    return figure.update_xaxes(showgrid=False, tickformat="d", showline=True, mirror=True)


def lookup_table(
    vectors: npt.NDArray[np.floating], names: Sequence[str], picked: int | None = None, *, theme: Theme = "light"
) -> go.Figure:
    """Draw rows of the lookup table as colours around zero; the picked row is framed.

    Parameters
    ----------
    vectors
        `(n_rows, vector_size)`, the few rows to draw.
    names
        `n_rows` names.
    picked
        Position of the row to frame.
    """
    figure = new_figure(theme, height=max(140, 28 * len(names) + 70), xaxis_title="column of the table")
    largest = float(np.max(np.abs(vectors), where=np.isfinite(vectors), initial=0.0))
    figure.add_heatmap(
        z=np.asarray(vectors, dtype=float),
        colorscale=DIVERGING[theme],
        zmin=-largest or -1.0,
        zmax=largest or 1.0,
        colorbar={"thickness": 12, "outlinewidth": 0},
        customdata=np.repeat(np.array(plotly_texts(names), dtype=object)[:, np.newaxis], vectors.shape[1], axis=1),
        hovertemplate="%{customdata}, column %{x}: %{z:.3f}<extra></extra>",
    )
    rows = list(range(len(names)))
    figure.update_yaxes(tickvals=rows, ticktext=plotly_texts(names, 30), autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False, tickformat="d")
    if picked is not None:
        edge = {"color": category_color(1, theme), "width": 3}
        figure.add_shape(x0=-0.5, x1=vectors.shape[1] - 0.5, y0=picked - 0.5, y1=picked + 0.5, line=edge)
    return figure

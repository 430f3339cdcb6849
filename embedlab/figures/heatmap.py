"""Heatmap of the similarities of all pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from embedlab.figures.contrast import color_at, ink_on
from embedlab.figures.palette import DIVERGING, TEXT, Theme, new_figure
from embedlab.figures.texts import plotly_texts

#: With at most this many names, the cells show numbers.
MOST_WITH_VALUES = 15
_LEAST_PX, _MOST_PX = 320, 900
_LONGEST_NAME = 24


def similarity_heatmap(
    cosines: npt.NDArray[np.floating], names: Sequence[str], *, theme: Theme = "light", title: str = ""
) -> go.Figure:
    """Draw cosine similarities, always on the scale from -1 to 1, so that two heatmaps can be compared.

    Parameters
    ----------
    cosines
        `(n, n)`, rows and columns in the order of `names`.
    names
        `n` names, drawn as plain text; equal ones keep separate rows.
    theme
        Theme of the page.
    title
        Title of the figure.
    """
    n = len(names)
    # Rows have numeric positions, since equal names would share one category.
    rows = list(range(n))
    height = int(np.clip(32 * n + 110, _LEAST_PX, _MOST_PX))
    figure = new_figure(theme, title=plotly_texts([title])[0], height=height)
    # Hover text per cell: a template cannot look up the name of a column.
    full = plotly_texts(names, 80)
    hover = [[f"{row} and {column}" for column in full] for row in full]
    figure.add_heatmap(
        z=np.asarray(cosines, dtype=np.float64).round(4),
        x=rows,
        y=rows,
        zmin=-1,
        zmax=1,
        colorscale=DIVERGING[theme],
        xgap=1,
        ygap=1,
        customdata=hover,
        hovertemplate="%{customdata}: %{z:.3f}<extra></extra>",
        colorbar={"thickness": 12, "outlinewidth": 0, "tickvals": [-1, -0.5, 0, 0.5, 1], "tickcolor": TEXT[theme]},
    )
    if n <= MOST_WITH_VALUES:
        values = np.asarray(cosines)
        write_values(figure, values, [[f"{cosine:.2f}" for cosine in row] for row in values], theme)
    tick_font = {"size": 15 if n <= MOST_WITH_VALUES else max(9, 15 - n // 8)}
    axis = {
        "tickvals": rows,
        "ticktext": plotly_texts(names, _LONGEST_NAME),
        "tickfont": tick_font,
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
    }
    figure.update_xaxes(axis, side="top", tickangle=0 if n <= 4 else -45 if n <= MOST_WITH_VALUES else -90)
    # A text trace would extend the axes beyond the cells.
    figure.update_xaxes(range=[-0.5, n - 0.5])
    return figure.update_yaxes(axis, range=[n - 0.5, -0.5])


def write_values(
    figure: go.Figure, values: npt.NDArray[np.floating], texts: Sequence[Sequence[str]], theme: Theme
) -> None:
    """Write texts into the cells of values from -1 to 1, each in a text color with enough contrast.

    Plotly's own text color is gray.
    """
    rows, columns = np.indices(values.shape)
    figure.add_scatter(
        x=columns.ravel(),
        y=rows.ravel(),
        mode="text",
        text=[text for row in texts for text in row],
        textfont={"color": [_text_color(float(value), theme) for value in values.ravel()], "size": 14},
        hoverinfo="skip",
    )


def _text_color(value: float, theme: Theme) -> str:
    return ink_on(color_at(DIVERGING[theme], (value + 1) / 2))

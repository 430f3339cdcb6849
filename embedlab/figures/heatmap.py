"""Similarities of all pairs as a coloured table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from embedlab.figures.palette import DIVERGING, TEXT, Theme, new_figure
from embedlab.figures.texts import plotly_texts

#: Up to this many names the numbers are written into the cells.
MOST_WITH_VALUES = 15
_LEAST_PX, _MOST_PX = 320, 900
_LONGEST_NAME = 24


def similarity_heatmap(
    cosines: npt.NDArray[np.floating], names: Sequence[str], *, theme: Theme = "light", title: str = ""
) -> go.Figure:
    """Draw cosine similarities, always on the scale from -1 to 1, so that two pictures can be compared.

    Parameters
    ----------
    cosines
        `(n, n)`, row and column after `names`.
    names
        `n` names, drawn as plain text; equal ones keep a row each.
    theme
        The ground it will stand on.
    title
        Drawn above.
    """
    n = len(names)
    # Rows stand at numbers, since equal names would share one category.
    rows = list(range(n))
    height = int(np.clip(32 * n + 110, _LEAST_PX, _MOST_PX))
    figure = new_figure(theme, title=plotly_texts([title])[0], height=height)
    # The cells of the hover text: a template cannot look up the name of a column by itself.
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
        texttemplate="%{z:.2f}" if n <= MOST_WITH_VALUES else None,
        customdata=hover,
        hovertemplate="%{customdata}: %{z:.3f}<extra></extra>",
        colorbar={"thickness": 12, "outlinewidth": 0, "tickvals": [-1, -0.5, 0, 0.5, 1], "tickcolor": TEXT[theme]},
    )
    letters = {"size": 15 if n <= MOST_WITH_VALUES else max(9, 15 - n // 8)}
    shown = {"tickvals": rows, "ticktext": plotly_texts(names, _LONGEST_NAME), "tickfont": letters}
    still = {"showgrid": False, "zeroline": False, "ticks": ""}
    figure.update_xaxes({**shown, **still}, side="top", tickangle=-45 if n > 4 else 0)
    return figure.update_yaxes({**shown, **still}, autorange="reversed")

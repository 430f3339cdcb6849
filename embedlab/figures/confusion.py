"""Confusion matrix as a colored table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from embedlab.figures.heatmap import write_values
from embedlab.figures.palette import DIVERGING, Theme, new_figure
from embedlab.figures.texts import plotly_texts

#: More labels than these make cells too small for their numbers.
MOST_LABELS = 10
_LONGEST_NAME = 14
_FEW = 4


def confusion_matrix(
    counts: npt.NDArray[np.integer], names: Sequence[str], *, theme: Theme = "light", noun: str = "documents"
) -> go.Figure:
    """Draw a confusion matrix, colored by the share of each true label, with another color for errors.

    Parameters
    ----------
    counts
        `(n, n)`: rows are true labels, columns are predicted labels.
    names
        `n` labels, drawn as plain text; equal ones keep separate rows.
    noun
        Plural noun for the classified items.
    """
    counts = np.asarray(counts)
    n = len(names)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(n, dtype=bool)
    rows = list(range(n))
    full = plotly_texts(names, 80)
    figure = new_figure(theme, height=int(130 + 44 * n), yaxis_title="true label", xaxis_title="predicted label")
    figure.add_heatmap(
        z=np.where(right, shares, -shares),
        x=rows,
        y=rows,
        zmin=-1,
        zmax=1,
        colorscale=DIVERGING[theme],
        showscale=False,
        xgap=2,
        ygap=2,
        customdata=[
            [f"{full[row]} predicted as {full[column]}: {counts[row, column]:,} {noun}" for column in rows]
            for row in rows
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    write_values(figure, np.where(right, shares, -shares), [[f"{count:,}" for count in row] for row in counts], theme)
    shown = {
        "tickvals": rows,
        "ticktext": plotly_texts(names, _LONGEST_NAME),
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
    }
    figure.update_xaxes(shown, side="top", tickangle=0 if n <= _FEW else -45, range=[-0.5, n - 0.5])
    return figure.update_yaxes(shown, range=[n - 0.5, -0.5])

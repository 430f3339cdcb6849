"""Figures drawn on the pages in the reader's theme: curves, the small map, the network, what a dataset holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import streamlit as st

from embedlab.figures.curves import curves as curves_figure
from embedlab.figures.network import network_diagram
from embedlab.figures.palette import Theme, category_color, new_figure
from embedlab.figures.texts import plotly_texts
from embedlab.models.base import NetworkLayer

_CONFIG = {"displayModeBar": False}
_SMALL_PX = 290
_NAMED = 14
#: Names stand at least this share of the picture apart, sideways and upwards.
_APART = (0.16, 0.08)


def theme() -> Theme:
    """Return whether the reader's page is light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


def show(figure: go.Figure, *, key: str, alt: str, height: int | None = None) -> None:
    """Draw a figure of `embedlab.figures` as it is, with a description for those who cannot see it."""
    if height is not None:
        figure.update_layout(height=height)
    st.plotly_chart(figure, key=key, theme=None, config=_CONFIG, alt=alt)


def curves(history: Sequence[Mapping[str, float]], *, key: str) -> None:
    """Draw loss and validation figures over the epochs."""
    figure = curves_figure({"run": history}, theme=theme(), height=_SMALL_PX)
    show(figure, key=key, alt="Loss and validation figures after each epoch")


def small_map(coordinates: npt.NDArray[np.float32], labels: Sequence[str], *, key: str) -> None:
    """Draw points with their names on hover, some of them written.

    SVG and not WebGL: it is drawn anew each second, and browsers allow few WebGL contexts.
    """
    names = plotly_texts(labels, 40)
    figure = new_figure(theme(), height=_SMALL_PX)
    x, y = coordinates.T
    common: dict[str, Any] = {"hovertext": names, "hovertemplate": "%{hovertext}<extra></extra>"}
    figure.add_scatter(
        x=x, y=y, mode="markers", marker={"size": 5, "opacity": 0.6, "color": category_color(0, theme())}, **common
    )
    named = apart(coordinates)
    figure.add_scatter(
        x=x[named],
        y=y[named],
        mode="text",
        text=[names[row] for row in named],
        textposition="top center",
        hoverinfo="skip",
    )
    figure.update_layout(showlegend=False, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    show(figure, key=key, alt="The embedding at this moment, in two dimensions")


def apart(coordinates: npt.NDArray[np.float32]) -> list[int]:
    """Return rows whose names can be written without covering one another, earlier rows before later ones."""
    span = np.ptp(coordinates, axis=0)
    reach = np.asarray(_APART) * np.where(span > 0, span, 1.0)
    chosen: list[int] = []
    for row, point in enumerate(coordinates):
        if all((np.abs(point - coordinates[other]) > reach).any() for other in chosen):
            chosen.append(row)
        if len(chosen) == _NAMED:
            break
    return chosen


def network(layers: Sequence[NetworkLayer], *, key: str) -> None:
    """Draw the boxes of a network."""
    show(network_diagram(layers, theme=theme()), key=key, alt="Layers of the network and what each of them learns")

"""Figures drawn on the pages in the reader's theme: curves, the small map, the network, what a dataset holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.evaluation.scores import score_title
from embedlab.figures.curves import curves as curves_figure
from embedlab.figures.network import network_diagram
from embedlab.figures.palette import CATEGORIES, TEXT, Theme
from embedlab.models.contract.base import NetworkLayer
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import number

_CONFIG = {"displayModeBar": False}
#: The page's own; a figure taken away keeps Plotly's, since those may not be there.
_LETTERS = '"Source Sans", sans-serif'
#: What the figures of models that learn in one step say.
_FIGURES = {
    "explained_share": "How much of the table of words that meet the vectors keep: the share of its squared values.",
    "explained_variance": "How much of what tells the documents apart the vectors keep.",
}
_SMALL_PX = 290
_NAMED = 14
#: Names stand at least this share of the picture apart, sideways and upwards.
_APART = (0.3, 0.08)
_LONGEST_NAME = 22


def theme() -> Theme:
    """Return whether the reader's page is light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


def show(figure: go.Figure, *, key: str, alt: str, height: int | None = None) -> None:
    """Draw a figure of `embedlab.figures` as it is, with a description for those who cannot see it."""
    figure.update_layout(font_family=_LETTERS, hoverlabel_font_family=_LETTERS, height=height or figure.layout.height)
    st.plotly_chart(figure, key=key, theme=None, config=_CONFIG, alt=alt)


def is_curve(history: Sequence[Mapping[str, float]]) -> bool:
    """Tell whether there is more than a point to draw: some models learn in one step."""
    return len(history) > 1


def curves(history: Sequence[Mapping[str, float]], *, key: str) -> None:
    """Draw loss and validation figures over the epochs; of a model that learned in one step tell its figures."""
    if not is_curve(history):
        _figures_of_one_step(history[0])
        return
    figure = curves_figure({"run": titled(history)}, theme=theme(), height=_SMALL_PX)
    show(figure, key=key, alt="Loss and validation figures after each epoch")


def titled(history: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Return the epochs of a training with the titles of their metrics instead of the names."""
    return [{name if name == "epoch" else score_title(name): value for name, value in each.items()} for each in history]


def _figures_of_one_step(entry: Mapping[str, float]) -> None:
    st.caption("Trained in one step, so there is no curve.")
    figures = {name: value for name, value in entry.items() if name != "epoch"}
    for box, (name, value) in zip(st.columns(max(2, len(figures))), figures.items(), strict=False):
        box.metric(plain(score_title(name)), number(value), border=True, help=_FIGURES.get(name))


def live_curves(history: Sequence[Mapping[str, float]], *, key: str) -> None:
    """Draw the curves of a training at work.

    Vega and not Plotly: Streamlit mounts a changed Plotly figure anew, so that it would vanish each second.
    """
    table = pd.DataFrame(titled(history)).melt("epoch", var_name="metric", value_name="value").dropna()
    colors = {"field": "metric", "title": None, "scale": {"range": list(CATEGORIES[theme()])}}
    spec = {
        "mark": {"type": "line", "strokeWidth": 3, "point": len(history) == 1},
        "encoding": {
            "x": {"field": "epoch", "type": "quantitative", "axis": {"tickMinStep": 1, "format": "d"}},
            "y": {"field": "value", "type": "quantitative", "title": None, "scale": {"zero": False}},
            "color": {**colors, "type": "nominal", "legend": {"orient": "top"}},
        },
        "height": _SMALL_PX,
    }
    st.vega_lite_chart(table, spec, key=key)


def live_map(coordinates: npt.NDArray[np.float32], labels: Sequence[str], *, key: str) -> None:
    """Draw points of a training at work, some of them with their names."""
    short = [one_line(label, _LONGEST_NAME) for label in labels]
    named = set(apart(coordinates))
    x, y = coordinates.T
    table = pd.DataFrame({"x": x, "y": y, "name": [name if row in named else "" for row, name in enumerate(short)]})
    reach = float(np.abs(coordinates).max() or 1.0) * 1.15
    place = {
        axis: {"field": axis, "type": "quantitative", "axis": None, "scale": {"domain": [-reach, reach]}}
        for axis in ("x", "y")
    }
    ink = TEXT[theme()]
    points = {"type": "circle", "size": 22, "opacity": 0.6, "color": CATEGORIES[theme()][0], "tooltip": None}
    names = {"type": "text", "dy": -9, "fontSize": 12, "fontWeight": 600, "color": ink, "tooltip": None}
    spec = {
        "layer": [
            {"mark": points, "encoding": place},
            {"mark": names, "encoding": {**place, "text": {"field": "name", "type": "nominal"}}},
        ],
        "height": _SMALL_PX,
        "config": {"view": {"stroke": None}},
    }
    st.vega_lite_chart(table, spec, key=key)


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

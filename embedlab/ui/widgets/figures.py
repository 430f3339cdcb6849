"""Figures drawn on the pages in the reader's theme: curves, the small map, the network, what a dataset holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from embedlab.evaluation.scores import score_title
from embedlab.figures.curves import curves as curves_figure
from embedlab.figures.network import network_diagram
from embedlab.figures.palette import Theme
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


def network(layers: Sequence[NetworkLayer], *, key: str) -> None:
    """Draw the boxes of a network."""
    show(network_diagram(layers, theme=theme()), key=key, alt="Layers of the network and what each of them learns")

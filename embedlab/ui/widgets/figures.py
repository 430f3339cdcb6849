"""Figures on the pages in the user's theme: learning curves, live map, network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from embedlab.evaluation.overfitting import ChosenEpoch, chosen_epoch
from embedlab.evaluation.scores import in_sentence, score_title
from embedlab.figures.curves import curves as curves_figure
from embedlab.figures.network import network_diagram
from embedlab.figures.palette import Theme
from embedlab.models.contract.base import NetworkLayer
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import number

_CONFIG = {"displayModeBar": False}
#: The font of the pages. Exported figures use Plotly's font, since this one may be missing elsewhere.
_FONT = '"Source Sans", sans-serif'
#: Help texts for the metrics of models that are trained in one step.
_METRIC_HELP = {
    "explained_share": "How much of the co-occurrence table the vectors preserve, as a share of its squared values.",
    "explained_variance": "How much of the variance between documents, items or rows the vectors preserve.",
}
#: Background of the best value of a column.
TINT: dict[Theme, str] = {"light": "rgba(0, 133, 96, 0.18)", "dark": "rgba(44, 194, 149, 0.28)"}
_SMALL_PX = 290
#: Longer names leave too little of half a page for the curves.
_MOST_LABEL_LETTERS = 18


def theme() -> Theme:
    """Return the user's theme."""
    return "dark" if st.context.theme.type == "dark" else "light"


def show(figure: go.Figure, *, key: str, alt: str, height: int | None = None) -> None:
    """Draw a figure from `embedlab.figures` with an alternative text."""
    figure.update_layout(font_family=_FONT, hoverlabel_font_family=_FONT, height=height or figure.layout.height)
    st.plotly_chart(figure, key=key, theme=None, config=_CONFIG, alt=alt)


def is_curve(history: Sequence[Mapping[str, float]]) -> bool:
    """Return whether there is more than one point: some models are trained in one step."""
    return len(history) > 1


def curves(history: Sequence[Mapping[str, float]], *, key: str, best_epoch: object = None) -> None:
    """Draw loss and validation metrics by epoch, or the metrics alone for a model trained in one step.

    Parameters
    ----------
    best_epoch
        As stored with a run; marked if it is an epoch of the history.
    """
    if not is_curve(history):
        _single_step_metrics(history[0])
        return
    chosen = chosen_epoch(history, best_epoch)
    figure = curves_figure(
        {"run": titled(history)},
        theme=theme(),
        height=_SMALL_PX,
        chosen=None if chosen is None else chosen.epoch,
        most_label_letters=_MOST_LABEL_LETTERS,
    )
    show(figure, key=key, alt="Loss and validation metrics after each epoch, with the chosen epoch marked")
    if chosen is not None and chosen.metric:
        st.caption(_chosen_note(chosen))


def _chosen_note(chosen: ChosenEpoch) -> str:
    title = in_sentence(score_title(chosen.metric))
    note = f"The model of epoch {chosen.epoch} is used: its {title} is best ({chosen.best:.4g})."
    if not chosen.is_overfitting:
        return note
    return (
        f"{note} After it the model over-fits: it gets better on the training part and worse on the validation part "
        f"({chosen.last:.4g} in epoch {chosen.last_epoch})."
    )


def titled(history: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Return the history of a training with titles instead of metric names."""
    return [{name if name == "epoch" else score_title(name): value for name, value in each.items()} for each in history]


def _single_step_metrics(entry: Mapping[str, float]) -> None:
    st.caption("Trained in one step, so there is no curve.")
    figures = {name: value for name, value in entry.items() if name != "epoch"}
    for box, (name, value) in zip(st.columns(max(2, len(figures))), figures.items(), strict=False):
        box.metric(plain(score_title(name)), number(value), border=True, help=_METRIC_HELP.get(name))


def network(layers: Sequence[NetworkLayer], *, key: str) -> None:
    """Draw the diagram of a network."""
    show(network_diagram(layers, theme=theme()), key=key, alt="Layers of the network and what each of them learns")

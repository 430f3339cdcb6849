"""Learning curves: loss and validation scores over the epochs, for one or several runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from embedlab.figures.palette import MUTED, Theme, category_color, new_figure
from embedlab.figures.texts import plotly_text

_DASHES = ("solid", "dash", "dot", "dashdot")
_LABEL_HEIGHT = 0.1
#: Approximate width of a letter.
_LABEL_PX = 8
_FEW_EPOCHS = 8
_LEGEND_PX = 70


def curves(
    histories: Mapping[str, Sequence[Mapping[str, float]]],
    metrics: Sequence[str] = (),
    *,
    theme: Theme = "light",
    height: int = 320,
    chosen: int | None = None,
    most_label_letters: int = 32,
) -> go.Figure:
    """Draw metrics over epochs, each line labeled at its end.

    Parameters
    ----------
    histories
        Finished epochs by run name: ``{"epoch": 1, "loss": 0.9, "val_loss": 1.0}``. One run has a color per metric;
        several have a color per run and a dash style per metric.
    metrics
        Metrics to draw; by default all that occur.
    chosen
        The epoch whose model is used, marked by a dashed line.
    most_label_letters
        With a longer name, a legend below the figure replaces the names at the ends, which would leave no room.
    """
    figure = new_figure(theme, height=height, xaxis_title="epoch")
    drawn = list(metrics) or list(
        dict.fromkeys(name for history in histories.values() for entry in history for name in entry if name != "epoch")
    )
    ends: list[tuple[float, float, str, str]] = []
    for run_position, (run, history) in enumerate(histories.items()):
        for position, metric in enumerate(drawn):
            points = [
                (entry["epoch"], entry[metric]) for entry in history if math.isfinite(entry.get(metric, math.nan))
            ]
            if not points:
                continue
            several = len(histories) > 1
            color = category_color(run_position if several else position, theme)
            label = plotly_text(f"{run}: {metric}" if several and len(drawn) > 1 else run if several else metric, 32)
            epochs, values = zip(*points, strict=True)
            figure.add_scatter(
                x=epochs,
                y=values,
                name=label,
                mode="lines+markers" if len(points) == 1 else "lines",
                line={"color": color, "width": 3, "dash": _DASHES[position % len(_DASHES)] if several else "solid"},
                hovertemplate="%{y:.4g}<extra>%{fullData.name}, epoch %{x}</extra>",
            )
            ends.append((epochs[-1], values[-1], label, color))
    if max((len(label) for _, _, label, _ in ends), default=0) > most_label_letters:
        legend = {"orientation": "h", "y": -0.32, "yanchor": "top", "x": 0}
        figure.update_layout(showlegend=True, legend=legend, height=height + _LEGEND_PX)
    else:
        _label_ends(figure, ends)
    last = max((end[0] for end in ends), default=0)
    if chosen is not None:
        mark_place(figure, chosen, f"chosen: epoch {chosen}", theme, is_left=chosen > last / 2)
        # Above the lines, whose names are beside them.
        figure.update_annotations({"yanchor": "bottom"}, selector={"yref": "paper"}).update_layout(margin_t=36)
    # The names at the ends are in the margin: Plotly would extend the axis for them.
    figure.update_xaxes(range=[0, max(1, last)], tickformat="d")
    if last <= _FEW_EPOCHS:
        # Plotly would draw ticks between the epochs, and label them with rounded numbers.
        figure.update_xaxes(dtick=1)
    return figure


def mark_place(
    figure: go.Figure,
    x: float,
    text: str,
    theme: Theme,
    *,
    at: float | None = None,
    is_left: bool = False,
    is_low: bool = False,
) -> None:
    """Mark a place on the horizontal axis by a dashed line with a text at its top.

    Parameters
    ----------
    at
        Position of the text on the axis, if it differs from that of the line: its logarithm on a logarithmic axis.
    is_left
        Whether the text is on the left of the line.
    is_low
        Whether the text is at the bottom of the line.
    """
    figure.add_vline(x=x, line={"color": MUTED[theme], "dash": "dash", "width": 2})
    figure.add_annotation(
        x=x if at is None else at,
        xref="x",
        y=0 if is_low else 1,
        yref="paper",
        yanchor="bottom" if is_low else "auto",
        text=text,
        showarrow=False,
        xanchor="right" if is_left else "left",
        xshift=-6 if is_left else 6,
        font={"color": MUTED[theme]},
    )


def _label_ends(figure: go.Figure, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write names at the ends of lines, and move overlapping ones."""
    values = [value for trace in figure.data for value in trace.y]
    if not values:
        return
    span = (max(values) - min(values)) or 1.0
    lowest = -math.inf
    for epoch, value, label, color in sorted(ends, key=lambda end: end[1]):
        placed = max((value - min(values)) / span, lowest + _LABEL_HEIGHT)
        lowest = placed
        figure.add_annotation(
            x=epoch,
            y=min(values) + placed * span,
            text=label,
            font={"color": color},
            showarrow=False,
            xanchor="left",
            xshift=8,
        )
    figure.update_layout(margin_r=16 + _LABEL_PX * max((len(label) for _, _, label, _ in ends), default=0))

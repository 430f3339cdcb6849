"""Network diagram: layers as boxes, connected by arrows from input to output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

import plotly.graph_objects as go

from embedlab.figures.palette import BOX, MUTED, TEXT, Theme, category_color, new_figure
from embedlab.figures.texts import plotly_text

_BOX_WIDTH = 0.84
_BOX_HEIGHT = 0.66
#: Boxes of a chain are wide enough for the longest kind of layer.
_LONGEST_KIND, _LONGEST_BESIDE_OTHERS = 28, 16


class Layer(Protocol):
    """One box: a layer as described by its model."""

    @property
    def name(self) -> str:
        """Unique name."""
        ...

    @property
    def kind(self) -> str:
        """Type of layer: Embedding, Dot ..."""
        ...

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """Shape of the output; None for variable sizes."""
        ...

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of its input layers."""
        ...


def network_diagram(layers: Sequence[Layer], *, theme: Theme = "light") -> go.Figure:
    """Draw layers from top to bottom; trainable layers are colored and show their number of parameters."""
    places = _places(layers)
    n_rows = max((row for _, row in places.values()), default=0) + 1
    most_beside = max(Counter(row for _, row in places.values()).values(), default=1)
    longest = _LONGEST_KIND if most_beside <= 2 else _LONGEST_BESIDE_OTHERS
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for layer in layers:
        x, y = places[layer.name]
        learns = layer.n_parameters > 0
        box = {"x0": x - _BOX_WIDTH / 2, "x1": x + _BOX_WIDTH / 2, "y0": y - _BOX_HEIGHT / 2, "y1": y + _BOX_HEIGHT / 2}
        line = {"color": category_color(0, theme) if learns else MUTED[theme], "width": 2}
        shapes.append({**box, "line": line, "fillcolor": BOX[theme] if learns else None})
        notes.append({"x": x, "y": y, "text": _box_text(layer, longest), "showarrow": False, "font": {"size": 14}})
        notes.extend(_arrow(places[source], (x, y), theme) for source in layer.inputs if source in places)
    columns = [column for column, _ in places.values()] or [0.0]
    return new_figure(
        theme,
        height=int(50 + 100 * n_rows),
        # All at once: Plotly checks and copies those that are there at every further one.
        shapes=shapes,
        annotations=notes,
        xaxis={"visible": False, "range": [min(columns) - 0.6, max(columns) + 0.6]},
        yaxis={"visible": False, "range": [n_rows - 0.5, -0.5]},
    )


def _box_text(layer: Layer, longest_kind: int) -> str:
    shape = " \u00d7 ".join("any" if size is None else f"{size:,}" for size in layer.output_shape)
    parameters = f"{layer.n_parameters:,} parameters" if layer.n_parameters else "no parameters"
    return f"<b>{plotly_text(layer.name, 28)}</b><br>{plotly_text(layer.kind, longest_kind)}, {shape}<br>{parameters}"


def _arrow(start: tuple[float, float], end: tuple[float, float], theme: Theme) -> dict[str, Any]:
    return {
        "x": end[0],
        "y": end[1] - _BOX_HEIGHT / 2,
        "ax": start[0],
        "ay": start[1] + _BOX_HEIGHT / 2,
        "xref": "x",
        "yref": "y",
        "axref": "x",
        "ayref": "y",
        "text": "",
        "arrowhead": 2,
        "arrowwidth": 2,
        "arrowcolor": TEXT[theme],
    }


def _places(layers: Sequence[Layer]) -> dict[str, tuple[float, float]]:
    """Return column and row of each layer: a layer is below all its inputs; each row is centered."""
    by_name = {layer.name: layer for layer in layers}
    depths: dict[str, int] = {}

    def depth(name: str, above: frozenset[str]) -> int:
        if name not in depths:
            sources = [source for source in by_name[name].inputs if source in by_name and source not in above]
            depths[name] = 1 + max((depth(source, above | {name}) for source in sources), default=-1)
        return depths[name]

    for layer in layers:
        depth(layer.name, frozenset({layer.name}))
    places = {}
    for row in sorted(set(depths.values())):
        names = [layer.name for layer in layers if depths[layer.name] == row]
        for position, name in enumerate(names):
            places[name] = (position - (len(names) - 1) / 2, float(row))
    return places

"""A map as one HTML file: a Plotly figure with Plotly.js inside, which opens offline and contacts no host."""

from __future__ import annotations

import html
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import plotly.io

from embedlab.core.plain import one_line
from embedlab.figures.map.colors import BORDER_COLOR, OTHER, OTHER_COLOR, SEQUENCE_COLORS, SINGLE_COLOR, MapColors
from embedlab.figures.map.picture import MapPicture
from embedlab.figures.texts import plotly_text, plotly_texts
from embedlab.workspace.bookmarks.bookmark import Camera, Ranges

#: Points of a page; of more, an evenly spaced sample is drawn, and the page says so.
MOST_POINTS: Final = 100_000
_PLOTLY_BYTES = 4_900_000
_LONGEST_LABEL = 60
_LONGEST_TITLE = 200
# Size of the plot in a usual window, and width of a character and height of a line of a group's name, in pixels.
_PLOT_PX, _NAME_PX = (1000, 650), (8.5, 24)
# The page allows no request at all; its own scripts are inside it.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; worker-src blob:; base-uri 'none'; form-action 'none'"
)
_CONFIG = {"displaylogo": False, "scrollZoom": True, "responsive": True, "plotlyServerURL": "", "showTips": False}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
html, body {{ height: 100%; margin: 0; background: #fcfcfa; color: #1b2430; font: 15px/1.4 system-ui, sans-serif; }}
body {{ display: flex; flex-direction: column; }}
header {{ padding: 10px 16px 4px; }}
h1 {{ margin: 0; font-size: 20px; overflow-wrap: anywhere; }}
p {{ margin: 2px 0 0; opacity: 0.8; }}
main {{ flex: 1; min-height: 300px; }}
main > div {{ height: 100%; }}
</style>
</head>
<body>
<header><h1>{title}</h1><p>{about}</p></header>
<main>{figure}</main>
</body>
</html>
"""


def expected_bytes(n_points: int, n_components: int) -> int:
    """Return about how large a page will be, with names of 12 characters."""
    return _PLOTLY_BYTES + min(n_points, MOST_POINTS) * (6 * n_components + 16)


def map_page(picture: MapPicture) -> str:
    """Return a map as an HTML page; about `expected_bytes` long.

    Parameters
    ----------
    picture
        In two or three dimensions; names and titles may contain anything.
    """
    drawn = picture.sampled(MOST_POINTS)
    figure = map_figure(drawn)
    body = plotly.io.to_html(
        figure, config=_CONFIG, include_plotlyjs=True, include_mathjax=False, full_html=False, default_height="100%"
    )
    title = html.escape(one_line(picture.title, _LONGEST_TITLE) or "Map")
    return _PAGE.format(policy=html.escape(_POLICY), title=title, about=html.escape(_about(drawn)), figure=body)


def _about(drawn: MapPicture) -> str:
    count = f"{drawn.n_points:,} points" if drawn.n_all is None else f"{drawn.n_points:,} of {drawn.n_all:,} points"
    colors = "" if drawn.colors is None else f", colored by {one_line(drawn.colors.title, _LONGEST_LABEL)}"
    return f"{count}{colors}. Nearby points are similar. Made with EmbedLab."


def map_figure(picture: MapPicture) -> go.Figure:
    """Return a map as a Plotly figure: one trace per category, so that the legend filters."""
    layout: dict[str, Any] = {
        "template": "none",
        "paper_bgcolor": "#fcfcfa",
        "plot_bgcolor": "#fcfcfa",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"size": 14, "color": "#1b2430"},
        "hovermode": "closest",
        # Below the buttons at the top right.
        "legend": {"itemsizing": "constant", "title": {"text": _legend_title(picture.colors)}, "y": 0.94},
    }
    layout |= _flat_axes(picture) if picture.coordinates.shape[1] == 2 else _space(picture)
    if picture.coordinates.shape[1] == 2:
        layout["annotations"] = _group_names(picture)
        layout["shapes"] = _border(picture)
    return go.Figure([*_traces(picture), *_pick(picture)], layout)


def _legend_title(colors: MapColors | None) -> str:
    return "" if colors is None else plotly_text(colors.title, _LONGEST_LABEL)


def _traces(picture: MapPicture) -> list[dict[str, Any]]:
    colors = picture.colors
    everything = np.arange(picture.n_points)
    if colors is None:
        return [_trace(picture, everything, {"color": SINGLE_COLOR}, None)]
    if colors.codes is None:
        known = np.isfinite(colors.shares())
        shares = colors.shares()[known]
        scale = {
            "color": shares,
            "cmin": 0,
            "cmax": 1,
            "colorscale": [[at / (len(SEQUENCE_COLORS) - 1), color] for at, color in enumerate(SEQUENCE_COLORS)],
            "colorbar": _color_bar(colors),
        }
        rest = [] if known.all() else [_trace(picture, everything[~known], {"color": OTHER_COLOR}, "missing")]
        return [*rest, _trace(picture, everything[known], scale, None)]
    codes = colors.codes
    # The gray of the rest is under all others.
    names = [(OTHER, colors.other, OTHER_COLOR)] if (codes == OTHER).any() else []
    names += [(at, name, color) for at, (name, color, _) in enumerate(colors.legend()) if at < len(colors.names)]
    return [_trace(picture, np.flatnonzero(codes == code), {"color": color}, name) for code, name, color in names]


def _color_bar(colors: MapColors) -> dict[str, Any]:
    finite = colors.finite
    ends = [f"{value:,.4g}" for value in (finite.min(), finite.max())] if len(finite) else ["", ""]
    note = " (log scale)" if colors.is_skewed else ""
    title = {"text": f"{plotly_text(colors.title, _LONGEST_LABEL)}{note}", "side": "right"}
    return {"tickvals": [0, 1], "ticktext": ends, "title": title, "thickness": 14, "len": 0.5}


def _trace(
    picture: MapPicture, rows: npt.NDArray[np.int64], marker: dict[str, Any], name: str | None
) -> dict[str, Any]:
    points = picture.coordinates[rows]
    flat = points.shape[1] == 2
    axes = {axis: np.ascontiguousarray(points[:, at]) for at, axis in enumerate("xyz"[: points.shape[1]])}
    n = picture.n_points
    size = 7 if n <= 3000 else 5 if n <= 20_000 else 3.5
    return {
        "type": "scattergl" if flat else "scatter3d",
        "mode": "markers",
        **axes,
        "marker": {"size": size if flat else size * 0.7, "opacity": 0.9 if n <= 3000 else 0.65, **marker},
        "hoverinfo": "text",
        "hovertext": plotly_texts((picture.labels[row] for row in rows.tolist()), _LONGEST_LABEL),
        "name": plotly_text(name or "", 40),
        "showlegend": name is not None,
    }


def _pick(picture: MapPicture) -> list[dict[str, Any]]:
    if picture.picked is None:
        return []
    at = picture.coordinates[picture.picked]
    return [
        {
            "type": "scattergl" if len(at) == 2 else "scatter3d",
            "mode": "markers+text",
            **{axis: [float(value)] for axis, value in zip("xyz", at, strict=False)},
            "marker": {"size": 14, "color": "rgba(0,0,0,0)", "line": {"color": SINGLE_COLOR, "width": 3}},
            "text": plotly_texts([picture.labels[picture.picked]], _LONGEST_LABEL),
            "textposition": "top center",
            "hoverinfo": "skip",
            "showlegend": False,
        }
    ]


def _group_names(picture: MapPicture) -> list[dict[str, Any]]:
    colors = picture.colors
    if colors is None or colors.codes is None or not colors.are_places or not picture.n_points:
        return []
    named: list[dict[str, Any]] = []
    boxes: list[tuple[float, float, float]] = []
    spans = np.ptp(picture.coordinates, axis=0).astype(float)
    per_pixel = max(spans[0] / _PLOT_PX[0], spans[1] / _PLOT_PX[1]) or 1.0
    for code, (name, color, count) in enumerate(colors.legend()[: len(colors.names)]):
        if not count:
            continue
        x, y = (float(value) for value in np.median(picture.coordinates[colors.codes == code], axis=0))
        text = one_line(name, 40)
        half = per_pixel * _NAME_PX[0] * len(text) / 2
        # Names of smaller groups give way.
        if any(abs(x - at) < half + wide and abs(y - high) < per_pixel * _NAME_PX[1] for at, high, wide in boxes):
            continue
        boxes.append((x, y, half))
        font = {"color": color, "size": 15}
        place = {"x": x, "y": y, "showarrow": False, "captureevents": False, "bgcolor": "rgba(252,252,250,0.75)"}
        named.append({**place, "text": f"<b>{plotly_text(text, 40)}</b>", "font": font})
    return named


def _flat_axes(picture: MapPicture) -> dict[str, Any]:
    hidden: dict[str, Any] = {"visible": False, "showgrid": False, "zeroline": False}
    x, y = dict(hidden), {**hidden, "scaleanchor": "x"}
    if isinstance(picture.view, Ranges):
        x["range"], y["range"] = list(picture.view.x), list(picture.view.y)
    return {"xaxis": x, "yaxis": y, "dragmode": "pan"}


def _border(picture: MapPicture) -> list[dict[str, Any]]:
    if picture.border is None:
        return []
    ends = {"x0": -picture.border, "x1": picture.border, "y0": -picture.border, "y1": picture.border}
    return [{"type": "circle", **ends, "line": {"color": BORDER_COLOR, "width": 1}, "layer": "below"}]


def _space(picture: MapPicture) -> dict[str, Any]:
    axis = {"visible": False, "showspikes": False}
    scene: dict[str, Any] = {"xaxis": axis, "yaxis": axis, "zaxis": axis, "aspectmode": "data", "dragmode": "orbit"}
    if isinstance(picture.view, Camera):
        scene["camera"] = picture.view.model_dump()
    return {"scene": scene}

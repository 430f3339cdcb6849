"""A map as one HTML file: a Plotly figure with Plotly.js inside, which opens offline and contacts no host."""

from __future__ import annotations

import html
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import plotly.io

from embedlab.core.plain import one_line
from embedlab.figures.map.colors import BORDER_COLOR
from embedlab.figures.map.look import SYMBOLS, Group, MapLook, Name, plain_look
from embedlab.figures.map.picture import MapPicture
from embedlab.figures.texts import plotly_text, plotly_texts
from embedlab.workspace.bookmarks.bookmark import Camera, Ranges

#: Points of a page; of more, an evenly spaced sample is drawn, and the page says so.
MOST_POINTS: Final = 100_000
#: Each trace costs a few milliseconds per frame: further colors share one, without an entry in the legend.
MOST_TRACES: Final = 48
_PLOTLY_BYTES = 4_900_000
_LONGEST_LABEL = 60
_LONGEST_TITLE = 200
# Anchors of a name, and its distance from its point in pixels, by its side.
_SIDES = {
    "right": ("left", "middle", 4, 0),
    "left": ("right", "middle", -4, 0),
    "above": ("center", "bottom", 0, 4),
    "below": ("center", "top", 0, -4),
}
# Size of the plot in a usual window.
_PLOT_PX = (1000, 650)
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
html, body {{ height: 100%; margin: 0; background: {background}; color: {text}; font: 15px/1.4 system-ui, sans-serif; }}
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
    look = _look(drawn)
    figure = map_figure(drawn)
    body = plotly.io.to_html(
        figure, config=_CONFIG, include_plotlyjs=True, include_mathjax=False, full_html=False, default_height="100%"
    )
    return _PAGE.format(
        policy=html.escape(_POLICY),
        title=html.escape(one_line(picture.title, _LONGEST_TITLE) or "Map"),
        about=html.escape(_about(drawn, look)),
        background=look.background,
        text=look.text,
        figure=body,
    )


def _look(picture: MapPicture) -> MapLook:
    return picture.look or plain_look(picture.colors, picture.coordinates, _PLOT_PX)


def _about(drawn: MapPicture, look: MapLook) -> str:
    count = f"{drawn.n_points:,} points" if drawn.n_all is None else f"{drawn.n_points:,} of {drawn.n_all:,} points"
    colors = f", colored by {one_line(look.title, _LONGEST_LABEL)}" if look.title else ""
    pictures = f", {len(look.pictures):,} of them as pictures" if look.pictures else ""
    is_hidden = any(group.state == "hidden" for group in look.groups)
    hidden = " Click an entry of the legend to show or hide its points." if is_hidden else ""
    return f"{count}{colors}{pictures}. Nearby points are similar.{hidden} Made with EmbedLab."


def map_figure(picture: MapPicture) -> go.Figure:
    """Return a map as a Plotly figure: one trace per category, so that the legend filters."""
    look = _look(picture)
    is_flat = picture.coordinates.shape[1] == 2
    layout: dict[str, Any] = {
        "template": "none",
        "paper_bgcolor": look.background,
        "plot_bgcolor": look.background,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"size": 14, "color": look.text},
        "hovermode": "closest",
        # Below the buttons at the top right.
        "legend": {"itemsizing": "constant", "title": {"text": plotly_text(look.title, _LONGEST_LABEL)}, "y": 0.94},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": look.text},
    }
    names = [_name(name, look) for name in look.names]
    if is_flat:
        layout |= _flat_axes(picture)
        layout["annotations"] = names
        layout["shapes"] = _border(picture)
        layout["images"] = _images(look)
    else:
        layout["scene"] = {**_space(picture), "annotations": names}
    traces = [*_traces(picture, look), *_key(picture, look), *_pick(picture, look)]
    return go.Figure(traces, layout)


def _traces(picture: MapPicture, look: MapLook) -> list[dict[str, Any]]:
    used = [at for at in range(len(look.groups)) if (look.codes == at).any()]
    # Faint points and the gray of the rest are under all others.
    own, merged = used, []
    if len(used) > MOST_TRACES:
        counts = np.bincount(look.codes, minlength=len(look.groups))
        own = sorted(sorted(used, key=lambda at: -counts[at])[:MOST_TRACES])
        merged = [at for at in used if at not in own]
    traces = []
    entries: set[int] = set()
    # The entry of the legend shows the color of the points that are seen.
    for at in sorted(own, key=lambda at: look.groups[at].state != "shown"):
        group = look.groups[at]
        has_entry = bool(group.name) and group.legend not in entries
        entries.add(group.legend)
        traces.append((at, _trace(picture, look, np.flatnonzero(look.codes == at), group, has_entry=has_entry)))
    drawn = [trace for _, trace in sorted(traces, key=lambda each: _height(look.groups[each[0]], each[0]))]
    return [*_merged(picture, look, merged), *drawn]


def _height(group: Group, at: int) -> tuple[bool, int]:
    return group.state == "shown", at


def _merged(picture: MapPicture, look: MapLook, codes: list[int]) -> list[dict[str, Any]]:
    """Return one trace for each opacity of many groups."""
    by_look: dict[tuple[str, float], list[int]] = {}
    for at in codes:
        by_look.setdefault((look.groups[at].state, look.groups[at].opacity), []).append(at)
    traces = []
    for groups in by_look.values():
        rows = np.flatnonzero(np.isin(look.codes, groups))
        first = look.groups[groups[0]]
        name = f"{len(groups):,} more"
        shared = Group(name, first.color, first.opacity, len(look.groups), first.state)
        trace = _trace(picture, look, rows, shared, has_entry=first.state != "faint")
        trace["marker"]["color"] = [look.groups[code].color for code in look.codes[rows].tolist()]
        traces.append(trace)
    return traces


def _trace(
    picture: MapPicture, look: MapLook, rows: npt.NDArray[np.int64], group: Group, *, has_entry: bool
) -> dict[str, Any]:
    points = picture.coordinates[rows]
    axes = {axis: np.ascontiguousarray(points[:, at]) for at, axis in enumerate("xyz"[: points.shape[1]])}
    marker: dict[str, Any] = {"color": group.color, "opacity": group.opacity, "size": look.size, "line": {"width": 0}}
    if look.sizes is not None:
        marker["size"] = look.size * look.sizes[rows]
    if look.symbols is not None:
        symbols = look.symbols[rows]
        is_one = len(symbols) > 0 and bool((symbols == symbols[0]).all())
        marker["symbol"] = SYMBOLS[symbols[0]] if is_one else [SYMBOLS[symbol] for symbol in symbols.tolist()]
    return {
        "type": "scattergl" if points.shape[1] == 2 else "scatter3d",
        "mode": "markers",
        **axes,
        "marker": marker,
        "hoverinfo": "text",
        "hovertext": plotly_texts((picture.labels[row] for row in rows.tolist()), _LONGEST_LABEL),
        "name": plotly_text(group.name, 40),
        "legendgroup": str(group.legend),
        "legendrank": 1000 + group.legend,
        "showlegend": has_entry,
        "visible": "legendonly" if group.state == "hidden" else True,
    }


def _key(picture: MapPicture, look: MapLook) -> list[dict[str, Any]]:
    """Return traces without points, for the colors of numbers and the names of shapes."""
    flat = picture.coordinates.shape[1] == 2
    nowhere = {"type": "scattergl" if flat else "scatter3d", "mode": "markers", **{axis: [None] for axis in "xyz"}}
    if flat:
        del nowhere["z"]
    traces: list[dict[str, Any]] = []
    if look.scale is not None and (colors := look.scale_colors):
        steps = [(at / len(colors), color) for at, color in enumerate(colors)]
        colorscale = [stop for start, color in steps for stop in ([start, color], [start + 1 / len(colors), color])]
        colorscale[-1][0] = 1
        title = {"text": plotly_text(look.title, _LONGEST_LABEL), "side": "right"}
        ends = [plotly_text(text, 30) for text in look.scale]
        bar = {"tickvals": [0, 0.5, 1], "ticktext": ends, "title": title, "thickness": 14, "len": 0.5}
        marker = {"color": [0], "cmin": 0, "cmax": 1, "colorscale": colorscale, "showscale": True, "colorbar": bar}
        traces.append({**nowhere, "marker": marker, "showlegend": False, "hoverinfo": "skip"})
    if look.shapes is not None:
        of, names = look.shapes
        heading = {"text": plotly_text(of, _LONGEST_LABEL)}
        for symbol, name in zip(SYMBOLS, names, strict=False):
            marker = {"symbol": symbol, "color": look.text, "size": 9}
            group = {"legendgroup": "shapes", "legendgrouptitle": heading, "legendrank": 5000}
            traces.append({**nowhere, **group, "marker": marker, "name": plotly_text(name, 40), "showlegend": True})
    return traces


def _pick(picture: MapPicture, look: MapLook) -> list[dict[str, Any]]:
    if picture.picked is None:
        return []
    at = picture.coordinates[picture.picked]
    flat = len(at) == 2
    ring = {
        "type": "scattergl" if flat else "scatter3d",
        "mode": "markers+text",
        **{axis: [float(value)] for axis, value in zip("xyz", at, strict=False)},
        "marker": {"size": 14, "color": "rgba(0,0,0,0)", "line": {"color": look.accent, "width": 3}},
        "text": plotly_texts([picture.labels[picture.picked]], _LONGEST_LABEL),
        "textposition": "top center",
        "textfont": {"color": look.text},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    if not look.neighbors:
        return [ring]
    # From the pick to each neighbor, with a gap before the next line.
    ends = picture.coordinates[list(look.neighbors)].astype(float)
    lines = {
        axis: [value for end in ends for value in (float(at[number]), float(end[number]), None)]
        for number, axis in enumerate("xyz"[: len(at)])
    }
    line = {"color": look.accent, "width": 1.5 if flat else 3}
    return [
        {"type": ring["type"], "mode": "lines", **lines, "line": line, "hoverinfo": "skip", "showlegend": False},
        ring,
    ]


def _name(name: Name, look: MapLook) -> dict[str, Any]:
    # Plotly draws texts of traces under points, and annotations over them.
    common = {
        **dict(zip("xyz", name.at, strict=False)),
        "showarrow": False,
        "captureevents": False,
    }
    if name.side is None:
        red, green, blue = bytes.fromhex(look.background[1:])
        ground = {"bgcolor": f"rgba({red},{green},{blue},0.75)", "font": {"color": name.color or look.text, "size": 15}}
        return {**common, **ground, "text": f"<b>{plotly_text(name.text, 40)}</b>"}
    xanchor, yanchor, xshift, yshift = _SIDES[name.side]
    place = {"xanchor": xanchor, "yanchor": yanchor, "xshift": xshift, "yshift": yshift}
    # An outline, so that the name is readable over points.
    halo = ", ".join(f"{x}px {y}px 1px {look.background}" for x in (-1, 1) for y in (-1, 1))
    font = {"size": 12, "color": look.text, "shadow": halo}
    return {**common, **place, "borderpad": 0, "font": font, "text": plotly_text(name.text, _LONGEST_LABEL)}


def _images(look: MapLook) -> list[dict[str, Any]]:
    common = {"xref": "x", "yref": "y", "xanchor": "center", "yanchor": "middle", "sizing": "stretch", "layer": "above"}
    return [
        {
            **common,
            "x": picture.at[0],
            "y": picture.at[1],
            "sizex": picture.width,
            "sizey": picture.height,
            "source": picture.source,
        }
        for picture in look.pictures
    ]


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
    return scene

"""A map in the plane as an SVG image, with names and a legend."""

from __future__ import annotations

import base64
import unicodedata
from typing import Final
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.core.plain import one_line
from embedlab.figures.map.colors import BORDER_COLOR, SEQUENCE_COLORS, SINGLE_COLOR, MapColors
from embedlab.figures.map.picture import MapPicture
from embedlab.figures.map.raster import draw_points, png_bytes
from embedlab.workspace.bookmarks.bookmark import Ranges

#: Points that are drawn as shapes; more become an image inside the file, which else would be too large to edit.
MOST_SHAPES: Final = 20_000
WIDTH: Final = 1280
HEIGHT: Final = 800
_SCALE = 2
_MARGIN = {"left": 40, "right": 40, "top": 70, "bottom": 40}
_MOST_NAMES, _MOST_TRIED = 150, 3000
_LONGEST = 40
_BACKGROUND, _TEXT = "#fcfcfa", "#1b2430"
_HALO = f'paint-order="stroke" stroke="{_BACKGROUND}" stroke-width="3.5" stroke-linejoin="round"'
# Neither is allowed in XML, not even as an entity.
_NOT_XML = {0xFFFE: None, 0xFFFF: None}

Positions = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]


def map_svg(picture: MapPicture) -> str:
    """Return a map as an SVG image of `WIDTH` x `HEIGHT` pixels.

    Raises
    ------
    InputError
        The map has three dimensions.
    """
    if picture.coordinates.shape[1] != 2:
        raise InputError("An SVG image shows a map in 2-D.", received="3-D", remedy="Export HTML, or a map in 2-D.")
    ranges = _ranges(picture)
    drawn = picture.in_ranges(ranges)
    x = (drawn.coordinates[:, 0].astype(np.float64) - ranges.x[0]) / (ranges.x[1] - ranges.x[0]) * WIDTH
    y = (ranges.y[1] - drawn.coordinates[:, 1].astype(np.float64)) / (ranges.y[1] - ranges.y[0]) * HEIGHT
    n = max(1, drawn.n_points)
    radius = float(np.clip(np.sqrt(0.2 * WIDTH * HEIGHT / n) / 2, 1.6, 4.5))
    opacity = float(np.clip(0.16 * WIDTH * HEIGHT / (n * 4 * radius * radius), 0.4, 0.92))
    title = one_line(picture.title, 120)
    legend, taken = _legend(drawn.colors)
    boxes: list[Box] = [taken, (0, 0, WIDTH, 50)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="system-ui, sans-serif" fill="{_TEXT}">',
        f"<title>{escape(title.translate(_NOT_XML))}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_BACKGROUND}"/>',
        *_border(picture, ranges),
        _points(drawn, x, y, radius, opacity),
        *_pick(drawn, x, y, boxes),
        *_groups(drawn, x, y, boxes),
        *_names(drawn, x, y, boxes),
        *legend,
        _text(24, 38, title, 22, bold=True, more=_HALO),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _border(picture: MapPicture, ranges: Ranges) -> list[str]:
    if picture.border is None:
        return []
    per_unit = WIDTH / (ranges.x[1] - ranges.x[0])
    x, y = -ranges.x[0] * per_unit, ranges.y[1] * per_unit
    return [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{picture.border * per_unit:.1f}" fill="none" stroke="{BORDER_COLOR}"/>'
    ]


def _ranges(picture: MapPicture) -> Ranges:
    if isinstance(picture.view, Ranges):
        (x0, x1), (y0, y1) = picture.view.x, picture.view.y
        across, down, left, bottom = WIDTH, HEIGHT, 0, 0
    else:
        low, high = picture.coordinates.min(axis=0), picture.coordinates.max(axis=0)
        (x0, y0), (x1, y1) = low.astype(float).tolist(), high.astype(float).tolist()
        across = WIDTH - _MARGIN["left"] - _MARGIN["right"]
        down = HEIGHT - _MARGIN["top"] - _MARGIN["bottom"]
        left, bottom = _MARGIN["left"], _MARGIN["bottom"]
    # Equal scales on both axes, and the content in the middle of what the margins leave.
    per_pixel = max((x1 - x0) / across, (y1 - y0) / down) or 1.0
    start_x = (x0 + x1) / 2 - per_pixel * (left + across / 2)
    start_y = (y0 + y1) / 2 - per_pixel * (bottom + down / 2)
    return Ranges(x=(start_x, start_x + per_pixel * WIDTH), y=(start_y, start_y + per_pixel * HEIGHT))


def _colors(picture: MapPicture) -> list[str]:
    return [SINGLE_COLOR] * picture.n_points if picture.colors is None else picture.colors.point_colors()


def _points(picture: MapPicture, x: Positions, y: Positions, radius: float, opacity: float) -> str:
    colors = _colors(picture)
    if picture.n_points > MOST_SHAPES:
        values = {color: tuple(bytes.fromhex(color[1:])) for color in set(colors)}
        rgb = np.array([values[color] for color in colors], np.uint8)
        pixels = draw_points(_SCALE * x, _SCALE * y, rgb, _SCALE * radius, _SCALE * WIDTH, _SCALE * HEIGHT)
        data = base64.b64encode(png_bytes(pixels)).decode("ascii")
        return (
            f'<image width="{WIDTH}" height="{HEIGHT}" opacity="{opacity:.2f}" href="data:image/png;base64,{data}">'
            f"<title>{picture.n_points:,} points</title></image>"
        )
    circles: dict[str, list[str]] = {}
    for at, color in enumerate(colors):
        circles.setdefault(color, []).append(f'<circle cx="{x[at]:.1f}" cy="{y[at]:.1f}" r="{radius:.1f}"/>')
    return "\n".join(
        f'<g fill="{color}" fill-opacity="{opacity:.2f}">{"".join(group)}</g>' for color, group in circles.items()
    )


def _width(text: str, size: float) -> float:
    """Return the estimated width of a text in pixels: East Asian characters are square, others about half as wide."""
    return size * sum(1.0 if unicodedata.east_asian_width(each) in "WF" else 0.56 for each in text) + 4


def _place(boxes: list[Box], x: float, y: float, width: float, height: float) -> bool:
    """Reserve a rectangle; return False if it is not free, or not inside the image."""
    if x < 0 or y < 0 or x + width > WIDTH or y + height > HEIGHT:
        return False
    if any(x < left + w and left < x + width and y < top + h and top < y + height for left, top, w, h in boxes):
        return False
    boxes.append((x, y, width, height))
    return True


def _text(x: float, y: float, text: str, size: float = 12, *, bold: bool = False, more: str = "") -> str:
    weight = ' font-weight="700"' if bold else ""
    clean = escape(text.translate(_NOT_XML))
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"{weight} {more}>{clean}</text>'


def _pick(picture: MapPicture, x: Positions, y: Positions, boxes: list[Box]) -> list[str]:
    if picture.picked is None:
        return []
    at, label = picture.picked, one_line(picture.labels[picture.picked], _LONGEST)
    boxes.append((x[at] + 14, y[at] - 10, _width(label, 14), 20))
    ring = f'cx="{x[at]:.1f}" cy="{y[at]:.1f}" r="10" fill="none" stroke="{SINGLE_COLOR}" stroke-width="2.5"'
    return [f"<circle {ring}/>", _text(x[at] + 15, y[at] + 5, label, 14, bold=True, more=_HALO)]


def _groups(picture: MapPicture, x: Positions, y: Positions, boxes: list[Box]) -> list[str]:
    colors = picture.colors
    if colors is None or colors.codes is None:
        return []
    out = []
    for code, (name, color, count) in enumerate(colors.legend()[: len(colors.names)]):
        if not count:
            continue
        text = one_line(name, _LONGEST)
        width = _width(text, 16)
        left = float(np.median(x[colors.codes == code])) - width / 2
        top = float(np.median(y[colors.codes == code])) - 12
        if _place(boxes, left, top, width, 24):
            out.append(_text(left + 2, top + 17, text, 16, bold=True, more=f'fill="{color}" {_HALO}'))
    return out


def _names(picture: MapPicture, x: Positions, y: Positions, boxes: list[Box]) -> list[str]:
    out: list[str] = []
    for at in range(min(picture.n_points, _MOST_TRIED)):
        text = one_line(picture.labels[at], _LONGEST)
        is_new = bool(text) and at != picture.picked
        if is_new and len(out) < _MOST_NAMES and _place(boxes, x[at] + 6, y[at] - 8, _width(text, 12), 16):
            out.append(_text(x[at] + 7, y[at] + 4, text))
    return [f"<g {_HALO}>", *out, "</g>"] if out else []


def _legend(colors: MapColors | None) -> tuple[list[str], Box]:
    if colors is None:
        return [], (0, 0, 0, 0)
    rows = colors.legend()
    width, line = 250, 19
    height = 34 + (line * len(rows) if rows else 34)
    left, top = 16, HEIGHT - height - 16
    box = f'x="{left}" y="{top}" width="{width}" height="{height}" rx="8"'
    out = [
        f'<rect {box} fill="{_BACKGROUND}" fill-opacity="0.9" stroke="#d5dad9"/>',
        _text(left + 12, top + 22, one_line(colors.title, 30), 13, bold=True),
    ]
    for number, (name, color, count) in enumerate(rows):
        y = top + 34 + line * number
        out.append(f'<circle cx="{left + 18}" cy="{y + 6}" r="5" fill="{color}"/>')
        out.append(_text(left + 30, y + 10, one_line(name, 26)))
        out.append(_text(left + width - 12, y + 10, f"{count:,}", more='text-anchor="end"'))
    if not rows:
        out += _scale(colors, left + 12, top + 34, width - 24)
    return out, (left - 4, top - 4, width + 8, height + 8)


def _scale(colors: MapColors, left: float, top: float, width: float) -> list[str]:
    step = width / len(SEQUENCE_COLORS)
    out = [
        f'<rect x="{left + at * step:.1f}" y="{top}" width="{step + 0.5:.1f}" height="9" fill="{color}"/>'
        for at, color in enumerate(SEQUENCE_COLORS)
    ]
    finite = colors.finite
    if len(finite):
        out.append(_text(left, top + 24, f"{finite.min():,.4g}"))
        out.append(_text(left + width, top + 24, f"{finite.max():,.4g}", more='text-anchor="end"'))
    if colors.is_skewed:
        out.append(_text(left + width / 2, top + 24, "log scale", more='text-anchor="middle"'))
    return out

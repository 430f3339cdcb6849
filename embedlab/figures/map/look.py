"""How a map looks where it is seen, for a page that looks the same: points, colors, names and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from embedlab.core.plain import one_line
from embedlab.figures.map.colors import OTHER_COLOR, SEQUENCE_COLORS, SINGLE_COLOR, MapColors

#: Shapes of points, by the names of Plotly; the same as in `static/map/shapes.js`.
SYMBOLS: Final = ("circle", "square", "diamond", "cross", "x", "circle-open")
#: Of a picture without a look of its own.
BACKGROUND: Final = "#fcfcfa"
TEXT: Final = "#1b2430"
#: Points that are outside of the selection stay visible; those of hidden colors are one click in the legend away.
State = Literal["shown", "faint", "hidden"]


@dataclass(frozen=True)
class Group:
    """Points of one color.

    Parameters
    ----------
    name
        In the legend; empty for none.
    color
        As `#rrggbb`.
    opacity
        From 0 to 1.
    legend
        Groups of the same number share an entry of the legend, and appear in this order.
    state
        Whether the points are seen.
    """

    name: str
    color: str
    opacity: float
    legend: int
    state: State = "shown"


@dataclass(frozen=True)
class Name:
    """A name on the map.

    Parameters
    ----------
    text
        What is written.
    at
        Where, in the units of the map.
    color
        As `#rrggbb`; None for that of the text.
    side
        Where it is relative to its point; None if it is the name of a group, which is centered.
    """

    text: str
    at: tuple[float, ...]
    color: str | None = None
    side: Literal["right", "left", "above", "below"] | None = None


@dataclass(frozen=True)
class PointPicture:
    """A picture in place of a point: its center, its size in the units of the map, and its content as a data URL."""

    at: tuple[float, float]
    width: float
    height: float
    source: str


@dataclass(frozen=True, eq=False)
class MapLook:
    """How the points look.

    Parameters
    ----------
    codes
        `(n_points,)` number of the group of each point.
    groups
        From bottom to top.
    title
        Heading of the legend; empty for none.
    size
        Diameter of a point in pixels.
    sizes
        `(n_points,)` diameters relative to `size`; None if all are the same.
    symbols
        `(n_points,)` numbers of `SYMBOLS`; None for circles.
    shapes
        Heading and names of the shapes, if the colors do not name them.
    scale
        What is written at the low end, in the middle and at the high end of the colors, if they show numbers.
    names
        What is written on the map.
    pictures
        In place of points.
    neighbors
        Rows that lines lead to from the picked one.
    background, text, accent
        As `#rrggbb`.
    """

    codes: npt.NDArray[np.int64]
    groups: tuple[Group, ...]
    title: str = ""
    size: float = 5.0
    sizes: npt.NDArray[np.float32] | None = None
    symbols: npt.NDArray[np.int64] | None = None
    shapes: tuple[str, tuple[str, ...]] | None = None
    scale: tuple[str, str, str] | None = None
    names: tuple[Name, ...] = ()
    pictures: tuple[PointPicture, ...] = ()
    neighbors: tuple[int, ...] = ()
    background: str = BACKGROUND
    text: str = TEXT
    accent: str = SINGLE_COLOR

    @property
    def is_dark(self) -> bool:
        """Whether the background is dark."""
        red, green, blue = bytes.fromhex(self.background[1:])
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.3 * 255

    @property
    def scale_colors(self) -> list[str]:
        """Colors of the numbers from low to high."""
        return [group.color for group in self.groups if not group.name and group.state == "shown"]


def plain_look(colors: MapColors | None, points: npt.NDArray[np.float32], px: tuple[int, int]) -> MapLook:
    """Return the look of a map that nobody has looked at yet.

    Parameters
    ----------
    colors
        What colors the points; None for a single color.
    points
        `(n_points, 2 or 3)`; their number decides their size.
    px
        Width and height of the picture in pixels, in which names must not overlap.
    """
    n_points, n_components = points.shape
    factor = 1.0 if n_components == 2 else 0.7
    size = factor * (7 if n_points <= 3000 else 5 if n_points <= 20_000 else 3.5)
    opacity = 0.9 if n_points <= 3000 else 0.65
    if colors is None:
        one = Group("", SINGLE_COLOR, opacity, 0)
        return MapLook(np.zeros(n_points, np.int64), (one,), size=size)
    if colors.codes is None:
        return _numbers(colors, opacity, size)
    rows = colors.legend()
    named = [Group(name, color, opacity, at) for at, (name, color, _) in enumerate(rows[: len(colors.names)])]
    # The gray of the rest is under all others, and last in the legend.
    rest = Group(colors.other, OTHER_COLOR, opacity, len(named))
    is_named = (colors.codes >= 0) & (colors.codes < len(named))
    codes = np.where(is_named, colors.codes + 1, 0)
    names = _group_names(colors, points, px) if n_components == 2 else ()
    return MapLook(codes, (rest, *named), title=colors.title, size=size, names=names)


def _numbers(colors: MapColors, opacity: float, size: float) -> MapLook:
    steps = len(SEQUENCE_COLORS)
    shares = colors.shares()
    is_known = np.isfinite(shares)
    codes = np.where(is_known, 1 + np.minimum(steps - 1, np.nan_to_num(shares) * steps).astype(np.int64), 0)
    groups = [Group("missing", OTHER_COLOR, opacity, 0)]
    groups += [Group("", color, opacity, at + 1) for at, color in enumerate(SEQUENCE_COLORS)]
    finite = colors.finite
    low, high = (f"{value:,.4g}" for value in (finite.min(), finite.max())) if len(finite) else ("", "")
    scale = (low, "log scale" if colors.is_skewed else "", high)
    return MapLook(codes, tuple(groups), title=colors.title, size=size, scale=scale)


# Width of a character and height of a line of a group's name, in pixels.
_NAME_PX = (8.5, 24)


def _group_names(colors: MapColors, points: npt.NDArray[np.float32], px: tuple[int, int]) -> tuple[Name, ...]:
    if colors.codes is None or not len(points):
        return ()
    named: list[Name] = []
    boxes: list[tuple[float, float, float]] = []
    spans = np.ptp(points, axis=0).astype(float)
    per_pixel = max(spans[0] / px[0], spans[1] / px[1]) or 1.0
    for code, (name, color, count) in enumerate(colors.legend()[: len(colors.names)]):
        if not count:
            continue
        x, y = (float(value) for value in np.median(points[colors.codes == code], axis=0))
        text = one_line(name, 40)
        half = per_pixel * _NAME_PX[0] * len(text) / 2
        # Names of smaller groups give way.
        if any(abs(x - at) < half + wide and abs(y - high) < per_pixel * _NAME_PX[1] for at, high, wide in boxes):
            continue
        boxes.append((x, y, half))
        named.append(Name(text, (x, y), color))
    return tuple(named)

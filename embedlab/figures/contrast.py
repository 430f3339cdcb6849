"""Contrast of text on colored cells, as WCAG 2.2 defines it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Color = tuple[float, float, float]

_INKS = ("#1F2933", "#FFFFFF")


def color_at(scale: Sequence[tuple[float, str]], place: float) -> Color:
    """Return the color of a scale at a place from 0 to 1, each channel from 0 to 255.

    Parameters
    ----------
    scale
        Ascending places from 0 to 1 with hexadecimal colors, interpolated linearly as Plotly does.
    """
    place = min(1.0, max(0.0, place))
    for (low, first), (high, last) in pairwise(scale):
        if place <= high:
            share = (place - low) / (high - low)
            one, other = _rgb(first), _rgb(last)
            red, green, blue = (a + share * (b - a) for a, b in zip(one, other, strict=True))
            return red, green, blue
    return _rgb(scale[-1][1])


def contrast(first: Color, second: Color) -> float:
    """Return the contrast ratio of two colors, 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(background: Color) -> str:
    """Return the text color, dark or white, that has the higher contrast on a background."""
    return max(_INKS, key=lambda ink: contrast(_rgb(ink), background))


def _rgb(color: str) -> Color:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: Color) -> float:
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in (each / 255 for each in color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

"""The figure of places beside their vectors."""

from __future__ import annotations

import pytest

from embedlab.figures.palette import Theme
from embedlab.figures.places import beside_map

POINTS = [{"key": f"<b>{row}", "place": [row, 0], "learned": [0, row], "color": row} for row in range(5)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_maps_have_the_same_axes_and_the_name_of_the_color(theme: Theme) -> None:
    figure = beside_map(POINTS, color="effect %", theme=theme)
    assert [tuple(trace.x) for trace in figure.data] == [(0, 1, 2, 3, 4), (0, 0, 0, 0, 0)]
    assert figure.layout.coloraxis.colorbar.title.text == "effect %"
    axes = [figure.layout[name] for name in ("xaxis", "xaxis2", "yaxis", "yaxis2")]
    assert {(axis.showgrid, axis.linecolor, axis.showticklabels) for axis in axes} == {
        (False, "rgba(128, 128, 128, 0.4)", False)
    }

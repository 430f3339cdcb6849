"""Lines over slices; names from data stay text."""

from __future__ import annotations

import pytest

from embedlab.figures.slices import slice_paths


@pytest.mark.parametrize("theme", ["light", "dark"], ids=["light", "dark"])
def test_lines_have_the_given_values_and_names_stay_text(theme: str) -> None:
    figure = slice_paths(["1 <b>a</b>", "2"], [1.0, 0.4], 0.01, paths=[("<i>w</i>", [1.0, 0.2])], theme=theme)  # type: ignore[arg-type]
    assert [list(trace.y) for trace in figure.data] == [[1.0, 0.4], [1.0, 0.2]]
    assert figure.data[1].name == "&lt;i&gt;w&lt;/i&gt;"
    assert list(figure.layout.xaxis.ticktext) == ["1 &lt;b&gt;a&lt;/b&gt;", "2"]
    assert figure.layout.shapes[0].y0 == 0.01

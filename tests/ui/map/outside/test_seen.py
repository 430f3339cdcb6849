"""The map as the browser sends it for an HTML file: read as it is, and refused if it is not one."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from embedlab.core.errors import InputError, NotFoundError
from embedlab.ui.map.outside.page_file import page_file
from embedlab.ui.map.outside.seen import SeenMap
from embedlab.workspace.bookmarks.bookmark import Ranges
from tests.ui.conftest import N_KEYS
from tests.ui.map.outside.sent import SHOWN, header, sent

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def test_what_is_seen_is_read():
    about = header(
        view={"x": [0, 1], "y": [2, 3]},
        picked=1,
        neighbors=[0, 2],
        title="kind",
        groups=[SHOWN, {**SHOWN, "name": "two", "legend": 1, "state": "hidden"}],
        has_sizes=True,
        has_symbols=True,
        shapes=["sort", ["a", "b"]],
        names=[{"text": "near", "at": [1, 2], "side": "left"}, {"text": "Group", "at": [3, 4], "color": "#0a0b0c"}],
        pictures=[{"at": [1, 2], "width": 0.5, "height": 0.25, "source": PIXEL}],
    )
    content = sent(about, rows=[0, 4, 9], sizes=[1, 2, 3], codes=[1, 0, 1], symbols=[0, 1, 5])
    seen = SeenMap(content, 10)
    assert seen.rows.tolist() == [0, 4, 9]
    assert seen.coordinates.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert (seen.view, seen.picked) == (Ranges(x=(0, 1), y=(2, 3)), 1)
    look = seen.look
    assert (look.codes.tolist(), look.sizes.tolist(), look.symbols.tolist()) == ([1, 0, 1], [1, 2, 3], [0, 1, 5])
    assert [group.state for group in look.groups] == ["shown", "hidden"]
    assert (look.title, look.size, look.shapes, look.neighbors) == ("kind", 4.5, ("sort", ("a", "b")), (0, 2))
    assert [(name.text, name.side, name.color) for name in look.names] == [
        ("near", "left", None),
        ("Group", None, "#0a0b0c"),
    ]
    assert look.pictures[0].source == PIXEL
    assert look.is_dark


WRONG = {
    "a row that the map does not have": (header(), {"rows": [0, 1, 10]}),
    "a position that is not a number": (header(), {"places": [np.nan] * 6}),
    "a color that is not one": (header(background="url(http://evil.invalid)"), {}),
    "a group that is not there": (header(), {"codes": [0, 0, 1]}),
    "a shape that is not there": (header(has_symbols=True), {"symbols": [0, 0, 6]}),
    "a size that is not positive": (header(has_sizes=True), {"sizes": [1, 0, 1]}),
    "a pick that is not there": (header(picked=3), {}),
    "a neighbor that is not there": (header(picked=0, neighbors=[3]), {}),
    "a name in another number of dimensions": (header(names=[{"text": "a", "at": [1, 2, 3]}]), {}),
    "a picture from elsewhere": (
        header(pictures=[{"at": [0, 0], "width": 1, "height": 1, "source": "http://evil.invalid/x.png"}]),
        {},
    ),
    "a picture that is not a PNG": (
        header(pictures=[{"at": [0, 0], "width": 1, "height": 1, "source": "data:image/svg+xml;base64,AAAA"}]),
        {},
    ),
    "no points": (header(n_points=0), {}),
    "too many bytes": (header(), {"symbols": [0, 0, 0]}),
    "too few bytes": (header(has_sizes=True), {}),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_a_map_is_refused(name):
    about, arrays = WRONG[name]
    with pytest.raises(InputError, match="not valid"):
        SeenMap(sent(about, **arrays), 10)


@given(some.binary(max_size=200))
def test_any_bytes_are_refused(content):
    with pytest.raises(InputError, match="not valid"):
        SeenMap(content, 10)


def data_of(page: bytes) -> list[dict]:
    """Return the traces of a page."""
    text = page.decode()
    start = text.index("[", text.rindex("Plotly.newPlot("))
    return json.JSONDecoder().raw_decode(text[start:])[0]


def test_a_page_shows_what_was_sent(workspace, circle):
    _, maps = circle
    about = header(n_points=2, title="kind", groups=[{**SHOWN, "name": "two <b>"}])
    page = page_file(maps[2], sent(about, rows=[3, 5]))
    (trace,) = data_of(page)
    assert trace["hovertext"] == ["label 3", "label 5"]
    assert trace["marker"]["color"] == "#112233"
    assert trace["name"] == "two &lt;b&gt;"
    assert f"2 of {N_KEYS} points, colored by kind" in page.decode()
    assert re.search(r"background: #101010; color: #fafafa", page.decode())
    with pytest.raises(NotFoundError):
        page_file("zzzzzzzzzzzz", sent(about))

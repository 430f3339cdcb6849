"""The HTML file of a map: complete, harmless, and of the size that is stated. A browser opens it in `tests/browser`."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from embedlab.figures.map import page
from embedlab.figures.map.colors import MapColors
from embedlab.figures.map.look import Group, MapLook, Name, PointPicture
from embedlab.figures.map.page import MOST_TRACES, expected_bytes, map_figure, map_page
from embedlab.figures.map.picture import MapPicture
from embedlab.workspace.bookmarks.bookmark import Camera, Position, Ranges

HOSTILE = (
    "</script><script>alert(1)</script><img src='http://evil.invalid/x.png'>"
    "<a href='http://evil.invalid'>&amp; $x$ %{y}"
)


def picture(n=30, n_components=2, **values):
    rng = np.random.default_rng(0)
    labels = [f"word {at}" for at in range(n)]
    labels[1] = HOSTILE
    return MapPicture("Title", rng.normal(size=(n, n_components)).astype(np.float32), labels, **values)


def grouped(n=30):
    codes = np.arange(n) % 3 - 1
    return MapColors(HOSTILE, codes.astype(np.int64), (HOSTILE, "plain"))


@pytest.mark.parametrize("n_components", [2, 3], ids=["2d", "3d"])
def test_a_page_is_one_harmless_file(n_components):
    drawn = picture(n_components=n_components, colors=grouped(), picked=1)
    text = map_page(drawn)
    own = re.sub(r"<script[^>]*>/\*\*?\n?\* plotly\.js.*?</script>", "", text, flags=re.DOTALL)
    assert len(own) < 100_000, "Plotly.js is taken out"
    assert "<img" not in own
    assert "<a href" not in own
    assert "alert(1)</script>" not in own
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", own)
    assert "default-src &#x27;none&#x27;" in own
    assert re.search(r"30 points, colored by .*Nearby points are similar", own)


def test_each_category_is_a_trace_with_its_points_and_names():
    drawn = picture(colors=grouped(), picked=4)
    figure = map_figure(drawn)
    *groups, pick = figure.data
    assert [len(trace.x) for trace in groups] == [10, 10, 10]
    assert [trace.name for trace in groups][2] == "plain"
    assert groups[0].name == "other", "the rest is under all others"
    np.testing.assert_array_equal(groups[2].x, drawn.coordinates[2::3, 0])
    assert groups[1].hovertext[0].startswith("&lt;/script&gt;")
    assert pick.text[0] == "word 4"
    assert pick.x[0] == pytest.approx(float(drawn.coordinates[4, 0]))


def test_the_view_is_that_of_the_map():
    ranges = Ranges(x=(-1, 1), y=(0, 2))
    figure = map_figure(picture(view=ranges))
    assert (figure.layout.xaxis.range, figure.layout.yaxis.range) == ((-1, 1), (0, 2))
    at = Position(x=1, y=2, z=3)
    space = map_figure(picture(n_components=3, view=Camera(eye=at, center=at, up=at)))
    assert space.layout.scene.camera.eye.z == 3


def test_a_disc_has_its_border():
    points = np.array([[0.5, 0], [0, 0.5]], np.float32)
    (border,) = map_figure(MapPicture("disc", points, ["a", "b"], border=1.0)).layout.shapes
    assert (border.type, border.x0, border.x1, border.y0, border.y1) == ("circle", -1.0, 1.0, -1.0, 1.0)
    assert not map_figure(MapPicture("disc", points, ["a", "b"])).layout.shapes


def test_names_of_groups_do_not_overlap():
    points = np.array([[0, 0], [0, 0.001], [1, 1]], np.float32)
    colors = MapColors("x", np.arange(3), ("first", "second", "third"))
    figure = map_figure(MapPicture("t", points, ["a", "b", "c"], colors))
    assert [each.text for each in figure.layout.annotations] == ["<b>first</b>", "<b>third</b>"]


def test_more_points_than_a_page_takes_become_a_sample_that_is_said(monkeypatch):
    monkeypatch.setattr(page, "MOST_POINTS", 100)
    text = map_page(picture(5000, colors=MapColors("c", values=np.arange(5000.0)), picked=7))
    assert "100 of 5,000 points, colored by c" in text
    assert "word 7" in text, "the picked point stays"


def test_the_stated_size_is_about_right():
    text = map_page(picture(20_000))
    assert expected_bytes(20_000, 2) == pytest.approx(len(text.encode()), rel=0.1)
    assert expected_bytes(10**9, 2) < 8_000_000


def test_a_long_name_does_not_make_a_long_page():
    drawn = MapPicture("t" * 10_000, np.zeros((2, 2), np.float32), ["a" * 10_000, "b"])
    assert len(map_page(drawn)) < expected_bytes(2, 2) + 30_000
    assert json.loads(map_figure(drawn).to_json())["data"][0]["hovertext"][0].endswith("…")


def looked(groups, codes, **values):
    return MapLook(np.asarray(codes, np.int64), tuple(groups), **values)


def test_a_page_follows_the_look_of_the_map():
    groups = [
        Group("a", "#aa0000", 0.9, 0),
        Group("b", "#00bb00", 0.8, 1),
        Group("a", "#aa0000", 0.1, 0, "faint"),
        Group("b", "#00bb00", 0.8, 1, "hidden"),
    ]
    sizes, symbols = np.linspace(1, 2, 30, dtype=np.float32), np.arange(30) % 2
    look = looked(
        groups, np.arange(30) % 4, size=6.0, sizes=sizes, symbols=symbols, background="#000000", text="#ffffff"
    )
    figure = map_figure(picture(look=look))
    # What is faint or hidden is under the rest.
    assert [trace.marker.color for trace in figure.data] == ["#aa0000", "#00bb00", "#aa0000", "#00bb00"]
    faint, hidden, first, second = figure.data
    assert (faint.visible, faint.marker.opacity, faint.showlegend) == (True, 0.1, False)
    assert (hidden.visible, hidden.showlegend) == ("legendonly", False), "its entry is that of the points seen"
    assert (first.showlegend, first.legendgroup == faint.legendgroup) == (True, True)
    assert (first.marker.symbol, second.marker.symbol) == ("circle", "square")
    np.testing.assert_allclose(first.marker.size, 6 * sizes[0::4])
    assert (figure.layout.paper_bgcolor, figure.layout.font.color) == ("#000000", "#ffffff")
    only_hidden = map_figure(picture(look=looked([groups[0], groups[3]], np.arange(30) % 2)))
    assert [(trace.name, trace.visible, trace.showlegend) for trace in only_hidden.data] == [
        ("b", "legendonly", True),
        ("a", True, True),
    ]
    assert "Click an entry of the legend" in map_page(picture(look=look))


@pytest.mark.parametrize("n_components", [2, 3], ids=["2d", "3d"])
def test_names_lines_and_pictures_are_where_they_are_seen(n_components):
    at = (1.0, 2.0, 3.0)[:n_components]
    names = (Name(HOSTILE, at, "#123456"), Name("near", at, side="left"))
    pictures = (PointPicture((1.0, 2.0), 0.5, 0.25, "data:image/png;base64,AAAA"),)
    look = looked([Group("", "#aa0000", 1.0, 0)], np.zeros(30), names=names, pictures=pictures, neighbors=(3, 5))
    drawn = picture(n_components=n_components, look=look, picked=2)
    figure = map_figure(drawn)
    layout = figure.layout if n_components == 2 else figure.layout.scene
    group, near = layout.annotations
    assert (group.x, group.y, group.font.color) == (1, 2, "#123456")
    assert "<img" not in group.text
    assert (near.text, near.xanchor, near.xshift) == ("near", "right", -4)
    lines = next(trace for trace in figure.data if trace.mode == "lines")
    assert lines.x[1] == pytest.approx(float(drawn.coordinates[3, 0]))
    assert lines.x[2] is None
    if n_components == 2:
        (image,) = figure.layout.images
        assert (image.x, image.sizex, image.xref) == (1, 0.5, "x")
        assert "1 of them as pictures" in map_page(drawn)


def test_numbers_have_the_colors_of_the_map_in_steps():
    groups = [Group("missing", "#999999", 0.5, 3), *(Group("", color, 1.0, 0) for color in ("#000001", "#000002"))]
    look = looked(groups, np.arange(30) % 3, title="count", scale=("1", "log scale", "90"))
    bar = map_figure(picture(look=look)).data[-1].marker
    assert [color for _, color in bar.colorscale] == ["#000001", "#000001", "#000002", "#000002"]
    assert list(bar.colorbar.ticktext) == ["1", "log scale", "90"]


def test_names_of_shapes_are_listed_beside_those_of_colors():
    look = looked([Group("", "#aa0000", 1.0, 0)], np.zeros(30), shapes=("sort", ("users", HOSTILE)))
    *_, first, second = map_figure(picture(look=look)).data
    assert (first.marker.symbol, first.name, second.marker.symbol) == ("circle", "users", "square")
    assert first.legendgrouptitle.text == "sort"
    assert "<img" not in second.name


def test_more_colors_than_traces_keep_their_colors():
    n = 3 * MOST_TRACES
    groups = [Group(f"g{at}", f"#0000{at:02x}", 1.0, at) for at in range(n)]
    codes = np.concatenate([np.arange(n), np.arange(MOST_TRACES)])
    figure = map_figure(picture(len(codes), look=looked(groups, codes)))
    merged, *own = figure.data
    assert len(own) == MOST_TRACES
    assert merged.name == f"{2 * MOST_TRACES} more"
    assert merged.marker.color[0] == f"#0000{MOST_TRACES:02x}"
    assert sum(len(trace.x) for trace in figure.data) == len(codes)

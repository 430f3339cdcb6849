"""The SVG image of a map, read as XML."""

from __future__ import annotations

import base64
import struct
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.figures.map import svg
from embedlab.figures.map.colors import SEQUENCE_COLORS, MapColors
from embedlab.figures.map.picture import MapPicture
from embedlab.figures.map.raster import draw_points, png_bytes
from embedlab.figures.map.svg import HEIGHT, WIDTH, map_svg
from embedlab.workspace.bookmarks.bookmark import Ranges

NS = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script>&\x00\ufffe]]>"


def drawn(picture):
    return ElementTree.fromstring(map_svg(picture))


def circles(root, radius=None):
    return [node for node in root.iter(f"{NS}circle") if radius is None or node.get("r") == radius]


def test_points_keep_their_shape_and_names_stay_text():
    corners = np.array([[0, 0], [2, 0], [2, 1], [0, 1]], np.float32)
    root = drawn(MapPicture(HOSTILE, corners, [HOSTILE, "b", "", "d" * 10_000]))
    places = [(float(node.get("cx", "")), float(node.get("cy", ""))) for node in circles(root)]
    (x0, y0), (x1, y1), (x2, y2), _ = places
    # Twice as wide as high, the y axis upwards, all inside.
    assert x1 - x0 == pytest.approx(2 * (y1 - y2), abs=0.2)
    assert y0 == y1 > y2
    assert x1 == x2
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in places)
    texts = [node.text or "" for node in root.iter(f"{NS}text")]
    assert "<script>alert(1)</script>& ]]>" in texts
    assert not list(root.iter(f"{NS}script"))
    assert max(map(len, texts)) <= 120


def test_a_disc_has_its_border():
    points = np.array([[0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5]], np.float32)
    view = Ranges(x=(-2.0, 2.0), y=(-2.0 * HEIGHT / WIDTH, 2.0 * HEIGHT / WIDTH))
    border = circles(drawn(MapPicture("disc", points, list("abcd"), view=view, border=1.0)), f"{WIDTH / 4:.1f}")
    assert [(float(each.get("cx")), float(each.get("cy"))) for each in border] == [(WIDTH / 2, HEIGHT / 2)]
    assert not circles(drawn(MapPicture("disc", points, list("abcd"), view=view)), f"{WIDTH / 4:.1f}")


def test_a_view_leaves_out_what_is_outside():
    points = np.array([[0, 0], [1, 1], [50, 50]], np.float32)
    view = Ranges(x=(-1, 2), y=(-1, 2))
    assert len(circles(drawn(MapPicture("t", points, ["a", "b", "c"], view=view)))) == 2


def test_the_legend_counts_and_the_pick_has_a_ring():
    points = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    colors = MapColors("Kind", np.arange(30) % 2, ("sea", "land"))
    root = drawn(MapPicture("t", points, [f"w{at}" for at in range(30)], colors, picked=3))
    texts = [node.text for node in root.iter(f"{NS}text")]
    assert {"Kind", "sea", "land", "15", "w3"} <= set(texts)
    assert len(circles(root, "10")) == 1


def test_numbers_have_a_scale():
    points = np.zeros((3, 2), np.float32)
    root = drawn(MapPicture("t", points, ["a", "b", "c"], MapColors("n", values=np.array([1.0, 2.0, 4.0]))))
    fills = [node.get("fill") for node in root.iter(f"{NS}rect")]
    assert [fill for fill in fills if fill in SEQUENCE_COLORS] == list(SEQUENCE_COLORS)
    assert {"1", "4"} <= {node.text for node in root.iter(f"{NS}text")}


def test_labels_do_not_overlap():
    points = np.random.default_rng(0).normal(size=(2000, 2)).astype(np.float32)
    root = drawn(MapPicture("t", points, [f"word{at}" for at in range(2000)]))
    places = [
        (float(node.get("x", "")), float(node.get("y", "")), len(node.text or "") * 6.7)
        for node in root.iter(f"{NS}text")
        if node.get("font-size") == "12"
    ]
    assert 50 < len(places) <= 150
    for at, (x, y, width) in enumerate(places):
        for other_x, other_y, other_width in places[:at]:
            assert not (x < other_x + other_width and other_x < x + width and abs(y - other_y) < 16)


def test_many_points_become_an_image_inside(monkeypatch):
    monkeypatch.setattr(svg, "MOST_SHAPES", 10)
    points = np.random.default_rng(0).normal(size=(11, 2)).astype(np.float32)
    root = drawn(MapPicture("t", points, [f"w{at}" for at in range(11)]))
    assert circles(root) == []
    (image,) = root.iter(f"{NS}image")
    content = base64.b64decode(image.get("href", "").removeprefix("data:image/png;base64,"))
    assert struct.unpack(">II", content[16:24]) == (2 * WIDTH, 2 * HEIGHT)
    assert "w1" in [node.text for node in root.iter(f"{NS}text")]


def test_a_map_in_space_is_refused():
    with pytest.raises(InputError, match="2-D"):
        map_svg(MapPicture("t", np.zeros((1, 3), np.float32), ["a"]))


@pytest.mark.parametrize("n", [1, 3], ids=["one", "equal"])
def test_points_at_one_place_are_drawn_in_the_middle(n):
    (first, *_) = circles(drawn(MapPicture("t", np.ones((n, 2), np.float32), ["a"] * n)))
    assert (float(first.get("cx", "")), float(first.get("cy", ""))) == (WIDTH / 2, pytest.approx(415))


def test_pixels_are_circles_and_come_back_from_a_png():
    x, y = np.array([5.5, 6.5, -40.0]), np.array([5.5, 5.5, 3.0])
    pixels = draw_points(x, y, np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8), 2, 12, 10)
    assert pixels[5, 4].tolist() == [255, 0, 0, 255] or pixels[5, 3].tolist() == [255, 0, 0, 255]
    assert pixels[5, 6].tolist() == [0, 255, 0, 255], "the later point is over the earlier one"
    assert pixels[1, 1, 3] == 0
    assert not (pixels[..., 2] > 0).any()
    content = png_bytes(pixels)
    length = struct.unpack(">I", content[33:37])[0]
    lines = np.frombuffer(zlib.decompress(content[41 : 41 + length]), np.uint8).reshape(10, 1 + 4 * 12)
    np.testing.assert_array_equal(lines[:, 1:].reshape(10, 12, 4), pixels)

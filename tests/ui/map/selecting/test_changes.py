import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.exploration.selections.history import History
from embedlab.exploration.selections.selection import Selection
from embedlab.ui.map import data as map_data
from embedlab.ui.map.color_columns import color_column
from embedlab.ui.map.selecting.changes import Points, changed, parse_changes

N = 8


@pytest.fixture(scope="module")
def points() -> Points:
    angles = np.arange(N) * 0.1
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    kinds = pd.DataFrame({"kind": ["a", "a", "a", "b", "b", None, None, None], "size": np.arange(N) * 1.5})
    embedding = Embedding(vectors, [f"k{row}" for row in range(N)], [f"<b>{row}</b>" for row in range(N)], kinds)
    places = np.stack([np.arange(N), np.zeros(N)], axis=1).astype(np.float32)
    return Points(embedding, places, lambda name: color_column(embedding.metadata, name))


@pytest.fixture
def history() -> History:
    return History.of(N).after(Selection.of_rows([0, 5], N))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"do": "area", "box": [0.5, -1, 2.5, 1]}, [1, 2]),
        ({"do": "area", "how": "add", "lasso": [0.5, -1, 2.5, -1, 2.5, 1, 0.5, 1]}, [0, 1, 2, 5]),
        ({"do": "area", "how": "remove", "box": [-1, -1, 1, 1]}, [5]),
        ({"do": "area", "how": "intersect", "box": [-1, -1, 1, 1]}, [0]),
        ({"do": "toggle", "row": 3}, [0, 3, 5]),
        ({"do": "toggle", "row": 5}, [0]),
        ({"do": "invert"}, [1, 2, 3, 4, 6, 7]),
        ({"do": "clear"}, []),
        ({"do": "undo"}, []),
        ({"do": "redo"}, [0, 5]),
        ({"do": "groups", "column": "kind", "codes": [1]}, [3, 4]),
        ({"do": "groups", "column": "kind", "codes": [255, 1], "how": "add"}, [0, 3, 4, 5, 6, 7]),
        ({"do": "nearest", "row": 0, "k": 2}, [0, 1, 2]),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_changes(points, history, change, expected):
    assert changed(history, change, points).current.rows.tolist() == expected


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"do": "all"},
        {"do": ["area"]},
        {"do": "area"},
        {"do": "area", "box": [0, 0, 1, 1], "how": "xor"},
        {"do": "area", "box": [0, 0, 1, 1], "how": ["add"]},
        {"do": "toggle", "row": N},
        {"do": "toggle", "row": -1},
        {"do": "toggle", "row": True},
        {"do": "nearest", "row": 0, "k": 10**9},
        {"do": "nearest", "row": "0"},
        {"do": "groups", "column": "kind"},
        {"do": "groups", "column": "kind", "codes": []},
        {"do": "groups", "column": "kind", "codes": [300]},
        {"do": "groups", "column": "none", "codes": [1]},
        {"do": "groups", "column": "size", "codes": [1]},
        {"do": "groups", "column": None, "codes": [1]},
    ],
    ids=repr,
)
def test_invalid_changes_are_refused(points, history, change):
    with pytest.raises(EmbedLabError):
        changed(history, change, points)


def test_colors_of_the_distortion_are_selected_too(points, history):
    codes = np.array([0, 8, 8, 255, 4, 0, 0, 0], dtype=np.uint8)
    grid = map_data.Column(codes, {"kind": "grid", "title": "Distortion", "counts": [0] * 9})
    colored = Points(points.embedding, points.coordinates, lambda name: grid)
    selected = changed(history, {"do": "groups", "column": "~distortion@x", "codes": [8, 9]}, colored).current
    assert selected.rows.tolist() == [1, 2, 3]
    assert selected.steps == ("Distortion: 2 of its colors",)


def test_steps_name_what_was_done(points, history):
    picked = changed(history, {"do": "toggle", "row": 3}, points).current
    assert picked.steps == ("add: <b>3</b>",)
    kinds = changed(history, {"do": "groups", "column": "kind", "codes": [0, 255]}, points).current
    assert kinds.steps == ("kind: a or missing",)


@pytest.mark.parametrize(
    "value",
    [None, 1, {}, {"source": "a"}, {"source": 1, "changes": [{"n": 1}]}, {"source": "a", "changes": []}],
    ids=repr,
)
def test_messages_without_changes_are_ignored(value):
    assert parse_changes(value) is None


def test_changes_are_bounded_numbered_and_in_order():
    changes = [{"n": 3}, {"n": True}, {"n": -1}, {"n": 2**40}, 7, {"n": 2}, {}]
    parsed = parse_changes({"source": "a", "changes": changes})
    assert parsed == ("a", ({"n": 2}, {"n": 3}))
    many = parse_changes({"source": "a", "changes": [{"n": n} for n in range(1, 1000)]})
    assert many is not None
    assert len(many[1]) == 64

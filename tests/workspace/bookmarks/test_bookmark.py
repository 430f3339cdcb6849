from __future__ import annotations

import pytest
from pydantic import ValidationError

from embedlab.workspace.bookmarks.bookmark import LONGEST_NOTE, Camera, Ranges, view_of
from tests.workspace.bookmarks.marks import made

POINT = {"x": 0.0, "y": 1.0, "z": 2.0}


@pytest.mark.parametrize(
    ("sent", "kind"),
    [({"x": [0, 1], "y": [-2, 3.5]}, Ranges), ({"eye": POINT, "center": POINT, "up": POINT}, Camera)],
    ids=["plane", "space"],
)
def test_views_of_a_browser_are_kept(sent, kind):
    view = view_of(sent)
    assert type(view) is kind
    assert view_of(view.model_dump(mode="json")) == view


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "x",
        [],
        {},
        {"x": [0, 1]},
        {"x": [0], "y": [0, 1]},
        {"x": [0, float("nan")], "y": [0, 1]},
        {"x": [0, 1e300], "y": [0, 1]},
        {"x": ["a", 1], "y": [0, 1]},
        {"eye": POINT, "center": POINT},
    ],
    ids=["none", "text", "list", "empty", "no-y", "short", "nan", "huge", "word", "no-up"],
)
def test_other_views_are_not(sent):
    assert view_of(sent) is None


def test_names_are_one_short_line_and_notes_keep_their_lines():
    mark = made(name="a\n\u202eb" + "c" * 9000, note="first \n\x00second\r\nthird")
    assert mark.name.startswith("a bccc")
    assert len(mark.name) == 120
    assert mark.note.split("\n") == ["first", "second", "third"]


@pytest.mark.parametrize(
    "values",
    [
        {"note": "n" * (LONGEST_NOTE + 1)},
        {"selected": ["key"] * 2001},
        {"key": ""},
        {"id": "../up"},
        {"view": {"x": [0, float("inf")], "y": [0, 1]}},
        {"projection": {"id": "p", "method": "pca", "n_components": 9}},
        {"query": {"draw": "mean", "of": []}},
    ],
    ids=["note", "selected", "key", "id", "view", "projection", "query"],
)
def test_bounds(values):
    with pytest.raises(ValidationError):
        made(**values)

"""Bookmarks on the Map page: made of its state, shown by a click, a link and a remote control, and imported."""

from __future__ import annotations

from dataclasses import replace

import pytest
import streamlit as st

from embedlab.ui.map import appearance
from embedlab.ui.map.bookmarks import panel, shown
from embedlab.ui.map.component import BookmarkEvent, StepEvent, parse_bookmark, parse_step
from embedlab.ui.map.drawn_map import on_event
from embedlab.ui.map.view import open_view
from embedlab.ui.shell import current
from embedlab.ui.shell.open_dialog import opened
from embedlab.workspace.bookmarks.bookmark import Ranges
from embedlab.workspace.bookmarks.file import as_file
from embedlab.workspace.bookmarks.store import bookmarks, keep_bookmarks
from tests.ui.conftest import HOSTILE
from tests.ui.test_pages_frame import is_markup, map_data, open_map, texts
from tests.workspace.bookmarks.marks import made

LOOK = ["palette", "scale", "n_categories", "size_factor", "opacity_factor", "shape"]
VIEW = {"x": [-0.5, 0.5], "y": [0, 1]}


def marks_of(embedding_id, maps):
    """A bookmark in the plane with everything, and one in space."""
    plane = {"id": maps[2], "method": "pca", "n_components": 2}
    space = {"id": maps[3], "method": "pca", "n_components": 3}
    full = made(
        "full",
        embedding=embedding_id,
        name=HOSTILE,
        note=f"First line\n{HOSTILE}",
        projection=plane,
        view=VIEW,
        color="mean_rating",
        points={"palette": "tol", "scale": "magma", "n_categories": 4, "size": 2, "opacity": 0.5, "shape": None},
        labeled=False,
        key="key4",
        selected=["key1", "key2", "key3"],
        query={"draw": "mean", "of": ["key7", "key9"], "weights": [1, 2]},
    )
    return full, made("space", embedding=embedding_id, projection=space, color="-")


@pytest.fixture
def marked(workspace, circle):
    embedding_id, maps = circle
    keep_bookmarks(workspace, embedding_id, marks_of(embedding_id, maps))
    return embedding_id, maps


def test_a_link_to_a_bookmark_shows_all_of_it(marked):
    embedding_id, maps = marked
    app = open_map(embedding=embedding_id, bookmark="full")
    assert not app.exception
    data = map_data(app)
    assert (data["projection"], data["color"], data["labels"]) == (maps[2], "mean_rating", "picked")
    assert (data["command"]["index"], data["selection"]["rows"]) == (4, "1-3")
    assert [data[name] for name in LOOK] == ["tol", "magma", 4, 2, 0.5, None]
    assert (data["query"]["kind"], data["query"]["rows"]) == ("mean", [7, 9])
    assert data["view"]["camera"] == VIEW
    assert data["bookmark"]["note"].startswith("First line\n<img")
    assert (data["bookmark"]["number"], data["bookmark"]["of"]) == (1, 2)
    # The address carries what is shown, and no longer the bookmark, so that it can be changed.
    assert "bookmark" not in app.query_params
    assert app.query_params["key"] == "key4"
    assert "First line" in texts(app)
    assert not any(is_markup(text) for text in texts(app))
    assert not any(is_markup(button.label) for button in app.button)


def test_a_click_shows_a_bookmark_and_replaces_what_was_shown(marked):
    embedding_id, maps = marked
    app = open_map(embedding=embedding_id, bookmark="full")
    first = map_data(app)["view"]["id"]
    app.button(key="map:bookmark-space").click().run()
    assert not app.exception
    data = map_data(app)
    assert (data["projection"], data["color"], data["labels"]) == (maps[3], None, "frequent")
    assert (data["command"]["index"], data["selection"]["count"], data["query"]) == (None, 0, None)
    assert data["view"] == {"id": first + 1, "camera": None}
    app.button(key="icon-only:map:bookmark-delete").click().run()
    assert map_data(app)["bookmark"] is None
    assert "Bookmarks (1)" in [part.label for part in app.expander]


def test_a_bookmark_leaves_or_replaces_what_it_does_not_know_of_the_look(workspace, marked):
    embedding_id, _ = marked
    row = workspace.embedding(embedding_id)
    shown.show_id(row, "full")
    # It was made before bookmarks had a look.
    shown.show_id(row, "space")
    assert appearance.read(embedding_id).palette == "tol"
    newer = {"palette": HOSTILE, "scale": "new", "n_categories": 5, "size": 1.1, "opacity": 3, "shape": "gone"}
    shown.show(row, made("newer", embedding=embedding_id, points=newer))
    assert appearance.read(embedding_id) == replace(appearance.PLAIN, opacity=3)
    assert shown.shown(embedding_id).problems == ("This embedding has no column “gone”.",)


@pytest.mark.parametrize(
    "value", ["nothing", "../../etc", HOSTILE, "a" * 100_000], ids=["word", "path", "markup", "long"]
)
def test_a_link_to_no_bookmark_says_so_and_shows_the_map(marked, value):
    app = open_map(embedding=marked[0], bookmark=value)
    assert not app.exception
    assert map_data(app)["bookmark"] is None
    assert [toast.value for toast in app.toast] == ["This embedding has no such bookmark\\."]


def test_damaged_bookmarks_do_not_hide_the_map(workspace, marked):
    (workspace.layout.embedding(marked[0]) / "bookmarks.json").write_text("[{]")
    app = open_map(embedding=marked[0], bookmark="full")
    assert not app.exception
    assert map_data(app)["embedding"] == marked[0]
    assert any("damaged" in error.value for error in app.error)


def test_what_is_shown_becomes_a_bookmark(workspace, marked):
    embedding_id, _ = marked
    row = workspace.embedding(embedding_id)
    shown.show_id(row, "full")
    view = open_view(row)
    on_event(view, BookmarkEvent(Ranges.model_validate(VIEW)))
    edited = opened(shown.EDIT)
    assert (edited.embedding_id, edited.projection_id) == (embedding_id, view.projection.id)
    made_now = edited.bookmark
    stored = bookmarks(workspace, embedding_id)[0]
    same = {"projection", "view", "color", "points", "sized", "labeled", "key", "selected", "query", "embedding"}
    assert made_now.model_dump(include=same) == stored.model_dump(include=same)
    assert made_now.name == "label 4"


def test_a_remote_control_steps_through_the_bookmarks_and_stops_at_the_ends(workspace, marked):
    embedding_id, maps = marked
    view = open_view(workspace.embedding(embedding_id))
    seen = []
    for by in (-1, 1, -1, -1, 1, 1):
        on_event(view, StepEvent(by))
        seen.append(shown.for_browser(embedding_id)["number"])
        assert current.get("projection") == maps[2 if seen[-1] == 1 else 3]
    assert seen == [2, 2, 1, 1, 2, 2]


def test_bookmarks_of_another_embedding_are_imported_and_matched_by_name(workspace, marked, monkeypatch):
    embedding_id, _ = marked
    row = workspace.embedding(embedding_id)
    other = made("new", embedding="elsewhere", view=VIEW, selected=["key2", "gone"], color="unknown", key="away")
    said = import_bytes(monkeypatch, row, as_file(row, "Mine", [other]).replace(row.id.encode(), b"elsewhere"))
    assert said == ["1 bookmark imported\\. They are from “Mine”; keys are matched by name\\."]
    assert [each.id for each in bookmarks(workspace, embedding_id)] == ["full", "space", "new"]
    app = open_map(embedding=embedding_id, bookmark="new")
    data = map_data(app)
    assert (data["selection"]["rows"], data["view"]["camera"], data["color"]) == ("2", None, "genres")
    shown_texts = " ".join(texts(app))
    for sentence in ("1 of the 2 selected keys", "no column “unknown”", "does not contain “away”", "the whole map"):
        assert sentence in shown_texts


def test_a_damaged_file_changes_nothing(workspace, marked, monkeypatch):
    row = workspace.embedding(marked[0])
    said = import_bytes(monkeypatch, row, b"PK\x03\x04")
    assert len(said) == 1
    assert said[0].startswith("This file is damaged")
    assert len(bookmarks(workspace, row.id)) == 2


def import_bytes(monkeypatch, row, content):
    """Upload a file of bookmarks; return what is said."""

    class Uploaded:
        def getvalue(self):
            return content

    said = []
    monkeypatch.setattr(panel.st, "toast", lambda text, icon: said.append(text))
    monkeypatch.setitem(st.session_state, panel._FILE, Uploaded())
    panel._import(row)
    return said


def test_what_a_browser_sends_is_checked():
    assert parse_step({"by": 1}) == StepEvent(1)
    assert [parse_step(value) for value in (None, 1, {}, {"by": 2}, {"by": "1"}, {"by": True})] == [None] * 6
    assert parse_bookmark({"camera": VIEW}) == BookmarkEvent(Ranges.model_validate(VIEW))
    assert parse_bookmark({"camera": {"x": [1]}}) == BookmarkEvent(None)
    assert parse_bookmark("x") == BookmarkEvent(None)

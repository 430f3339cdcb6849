from __future__ import annotations

import pytest

from embedlab.core.errors import InputError, NotFoundError, StorageError, TooLargeError
from embedlab.workspace.bookmarks import store
from embedlab.workspace.bookmarks.store import (
    BOOKMARKS_FILE,
    MOST_BOOKMARKS,
    bookmark,
    bookmarks,
    delete_bookmark,
    keep_bookmarks,
    move_bookmark,
)
from tests.workspace.bookmarks.marks import made
from tests.workspaces import fill


@pytest.fixture
def embedding_id(workspace):
    return fill(workspace).embedding


def ids(workspace, embedding_id):
    return [each.id for each in bookmarks(workspace, embedding_id)]


def test_bookmarks_are_added_replaced_moved_and_deleted_in_order(workspace, embedding_id):
    assert bookmarks(workspace, embedding_id) == []
    keep_bookmarks(workspace, embedding_id, [made("a"), made("b"), made("c")])
    keep_bookmarks(workspace, embedding_id, [made("b", name="Renamed")])
    assert [each.name for each in bookmarks(workspace, embedding_id)] == ["Name of a", "Renamed", "Name of c"]
    assert bookmark(workspace, embedding_id, "b").name == "Renamed"
    move_bookmark(workspace, embedding_id, "c", -1)
    assert ids(workspace, embedding_id) == ["a", "c", "b"]
    move_bookmark(workspace, embedding_id, "a", 99)
    move_bookmark(workspace, embedding_id, "unknown", 1)
    assert ids(workspace, embedding_id) == ["c", "b", "a"]
    delete_bookmark(workspace, embedding_id, "b")
    delete_bookmark(workspace, embedding_id, "unknown")
    assert ids(workspace, embedding_id) == ["c", "a"]
    with pytest.raises(NotFoundError, match="no such bookmark"):
        bookmark(workspace, embedding_id, "b")


def test_everything_of_a_bookmark_is_stored(workspace, embedding_id):
    mark = made(
        note="Two\nlines",
        view={"x": [0.1, 1 / 3], "y": [-1e-9, 2]},
        color="genre",
        sized=True,
        labeled=False,
        key="naïve 🙂",
        selected=["a", "b"],
        query={"draw": "mean", "of": ["a", "b"], "weights": [1, -0.5]},
    )
    keep_bookmarks(workspace, embedding_id, [mark])
    assert bookmarks(workspace, embedding_id) == [mark]


def test_number_and_size_are_bounded(workspace, embedding_id, monkeypatch):
    keep_bookmarks(workspace, embedding_id, [made(f"b{number}") for number in range(MOST_BOOKMARKS)])
    with pytest.raises(TooLargeError, match="at most 50 bookmarks"):
        keep_bookmarks(workspace, embedding_id, [made("more")])
    with pytest.raises(InputError, match="needs a name"):
        keep_bookmarks(workspace, embedding_id, [made("b0", name=" \n")])
    monkeypatch.setattr(store, "LARGEST_BYTES", 2_000)
    with pytest.raises(StorageError, match="damaged"):
        bookmarks(workspace, embedding_id)


def test_too_many_bytes_are_refused_before_they_are_written(workspace, embedding_id, monkeypatch):
    keep_bookmarks(workspace, embedding_id, [made("small")])
    monkeypatch.setattr(store, "LARGEST_BYTES", 10_000)
    with pytest.raises(TooLargeError, match="at most"):
        keep_bookmarks(workspace, embedding_id, [made("large", selected=["k" * 100] * 200)])
    assert ids(workspace, embedding_id) == ["small"]


@pytest.mark.parametrize(
    "content",
    ["{", "{}", "[1]", '[{"id": "a"}]'],
    ids=["truncated", "object", "number", "incomplete"],
)
def test_a_damaged_file_is_said(workspace, embedding_id, content):
    (workspace.layout.embedding(embedding_id) / BOOKMARKS_FILE).write_text(content)
    with pytest.raises(StorageError):
        bookmarks(workspace, embedding_id)


def test_a_deleted_embedding_has_none(workspace, embedding_id):
    keep_bookmarks(workspace, embedding_id, [made()])
    workspace.delete_embedding(embedding_id)
    with pytest.raises(NotFoundError):
        bookmarks(workspace, embedding_id)

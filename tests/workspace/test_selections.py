from __future__ import annotations

import pytest

from embedlab.core.errors import InputError, NotFoundError, StorageError, TooLargeError
from embedlab.workspace.selections import (
    LONGEST_ROWS,
    MOST_NAMED,
    SELECTIONS_FILE,
    delete_selection,
    keep_selection,
    named_selections,
    rename_selection,
)
from embedlab.workspace.workspace import Workspace
from tests.workspaces import fill


@pytest.fixture
def embedding_id(workspace: Workspace) -> str:
    return fill(workspace).embedding


def test_selections_are_stored_replaced_and_deleted(workspace: Workspace, embedding_id: str) -> None:
    assert named_selections(workspace, embedding_id) == {}
    keep_selection(workspace, embedding_id, " Sea\nside ", "0-2")
    keep_selection(workspace, embedding_id, "Food", "3")
    keep_selection(workspace, embedding_id, "Sea side", "1")
    assert list(named_selections(workspace, embedding_id).items()) == [("Sea side", "1"), ("Food", "3")]
    delete_selection(workspace, embedding_id, "Sea side")
    delete_selection(workspace, embedding_id, "unknown")
    assert named_selections(workspace, embedding_id) == {"Food": "3"}


def test_names_and_sizes_are_bounded(workspace: Workspace, embedding_id: str) -> None:
    for number in range(MOST_NAMED):
        keep_selection(workspace, embedding_id, f"name {number}", "0")
    keep_selection(workspace, embedding_id, "name 0", "1")
    with pytest.raises(TooLargeError, match="20 selections"):
        keep_selection(workspace, embedding_id, "one more", "0")
    with pytest.raises(InputError, match="needs a name"):
        keep_selection(workspace, embedding_id, " \n", "0")
    with pytest.raises(TooLargeError, match="too large"):
        keep_selection(workspace, embedding_id, "name 0", "1" * (LONGEST_ROWS + 1))


def test_what_others_own_or_deleted_is_not_reached(
    workspace: Workspace, other_workspace: Workspace, embedding_id: str
) -> None:
    with pytest.raises(NotFoundError):
        keep_selection(other_workspace, embedding_id, "mine", "0")
    workspace.delete_embedding(embedding_id)
    with pytest.raises(NotFoundError):
        named_selections(workspace, embedding_id)


@pytest.mark.parametrize("content", ["[1]", "{", "null"], ids=["list", "truncated", "null"])
def test_a_damaged_file_is_said(workspace: Workspace, embedding_id: str, content: str) -> None:
    (workspace.layout.embedding(embedding_id) / SELECTIONS_FILE).write_text(content)
    with pytest.raises(StorageError):
        named_selections(workspace, embedding_id)


def test_foreign_entries_are_left_out(workspace: Workspace, embedding_id: str) -> None:
    path = workspace.layout.embedding(embedding_id) / SELECTIONS_FILE
    path.write_text('{"good": "0-1", "two\\nlines": "0", "number": 3, "": "0", "empty": ""}')
    assert named_selections(workspace, embedding_id) == {"good": "0-1"}


def test_selections_are_renamed_in_place(workspace: Workspace, embedding_id: str) -> None:
    keep_selection(workspace, embedding_id, "one", "0")
    keep_selection(workspace, embedding_id, "two", "1")
    rename_selection(workspace, embedding_id, "one", " First\n")
    assert list(named_selections(workspace, embedding_id).items()) == [("First", "0"), ("two", "1")]
    rename_selection(workspace, embedding_id, "two", "two")
    with pytest.raises(InputError, match="Another selection"):
        rename_selection(workspace, embedding_id, "two", "First")
    with pytest.raises(InputError, match="needs a name"):
        rename_selection(workspace, embedding_id, "two", " ")
    with pytest.raises(NotFoundError, match="no selection"):
        rename_selection(workspace, embedding_id, "one", "three")

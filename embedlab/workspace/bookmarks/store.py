"""The bookmarks of an embedding, stored in their order beside its vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from embedlab.core.errors import InputError, NotFoundError, StorageError, TooLargeError
from embedlab.core.files import exclusive, read_json, write_json
from embedlab.workspace.bookmarks.bookmark import Bookmark

if TYPE_CHECKING:
    from pathlib import Path

    from embedlab.workspace.workspace import Workspace

BOOKMARKS_FILE: Final = "bookmarks.json"
#: Bookmarks of one embedding.
MOST_BOOKMARKS: Final = 50
#: Bytes of a file with bookmarks, in the workspace and when it is imported.
LARGEST_BYTES: Final = 8_000_000
_STORED = TypeAdapter(list[Bookmark])


def bookmarks(workspace: Workspace, embedding_id: str) -> list[Bookmark]:
    """Return the bookmarks of an embedding in their order.

    Raises
    ------
    StorageError
        The file is damaged.
    NotFoundError
        There is no such embedding.
    """
    path = _path(workspace, embedding_id)
    if not path.is_file():
        return []
    values = read_json(path) if path.stat().st_size <= LARGEST_BYTES else None
    try:
        return _STORED.validate_python(values)[:MOST_BOOKMARKS]
    except ValidationError as error:
        raise StorageError("The bookmarks of this embedding are damaged.", received=BOOKMARKS_FILE) from error


def bookmark(workspace: Workspace, embedding_id: str, bookmark_id: str) -> Bookmark:
    """Return one bookmark; raises `NotFoundError` if the embedding has none with this id."""
    for each in bookmarks(workspace, embedding_id):
        if each.id == bookmark_id:
            return each
    raise NotFoundError("This embedding has no such bookmark.", received=bookmark_id)


def keep_bookmarks(workspace: Workspace, embedding_id: str, new: Sequence[Bookmark]) -> None:
    """Add bookmarks at the end; one whose id exists already replaces it in its place.

    Raises
    ------
    InputError
        A bookmark has no name.
    TooLargeError
        There would be more than `MOST_BOOKMARKS`, or too many bytes.
    StorageError
        The file is damaged, or cannot be written.
    """
    if not all(each.name for each in new):
        raise InputError("A bookmark needs a name.", remedy="Type one or more letters.")
    with exclusive(workspace.layout.marks_lock):
        merged = {each.id: each for each in (*bookmarks(workspace, embedding_id), *new)}
        if len(merged) > MOST_BOOKMARKS:
            raise TooLargeError(
                f"An embedding can have at most {MOST_BOOKMARKS} bookmarks.",
                received=len(merged),
                remedy="Delete some first.",
            )
        _write(workspace, embedding_id, list(merged.values()))


def delete_bookmark(workspace: Workspace, embedding_id: str, bookmark_id: str) -> None:
    """Delete a bookmark, if it exists; raises `StorageError` as `keep_bookmarks`."""
    with exclusive(workspace.layout.marks_lock):
        stored = bookmarks(workspace, embedding_id)
        remaining = [each for each in stored if each.id != bookmark_id]
        if len(remaining) < len(stored):
            _write(workspace, embedding_id, remaining)


def move_bookmark(workspace: Workspace, embedding_id: str, bookmark_id: str, step: int) -> None:
    """Move a bookmark `step` places towards the end (negative: towards the start), as far as there are places."""
    with exclusive(workspace.layout.marks_lock):
        stored = bookmarks(workspace, embedding_id)
        at = next((number for number, each in enumerate(stored) if each.id == bookmark_id), None)
        if at is None:
            return
        moved = stored.pop(at)
        stored.insert(min(max(at + step, 0), len(stored)), moved)
        _write(workspace, embedding_id, stored)


def _path(workspace: Workspace, embedding_id: str) -> Path:
    return workspace.layout.embedding(workspace.embedding(embedding_id).id) / BOOKMARKS_FILE


def _write(workspace: Workspace, embedding_id: str, remaining: Sequence[Bookmark]) -> None:
    values = _STORED.dump_python(list(remaining), mode="json")
    # As `write_json` writes it, so that what is written can be read.
    if len(json.dumps(values, ensure_ascii=False, indent=2).encode()) > LARGEST_BYTES:
        raise TooLargeError(
            f"The bookmarks of an embedding can take at most {LARGEST_BYTES // 1_000_000} MB.",
            remedy="Select fewer points, or delete bookmarks with large selections.",
        )
    # A folder that another session has deleted must not come back.
    write_json(_path(workspace, embedding_id), values, make_folder=False)

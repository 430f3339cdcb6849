"""A set of bookmarks as a JSON file, for other workspaces and other people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, ValidationError

from embedlab.core.errors import InputError, TooLargeError
from embedlab.workspace.bookmarks.bookmark import Bookmark
from embedlab.workspace.bookmarks.store import LARGEST_BYTES, MOST_BOOKMARKS
from embedlab.workspace.rows import EmbeddingRow

FORMAT: Final = "embedlab-bookmarks"
VERSION: Final = 1
_REMEDY = "Choose a file that was exported from the bookmarks of a map."


class Origin(BaseModel):
    """The embedding that bookmarks were made on."""

    id: Annotated[str, Field(max_length=64)] = ""
    title: Annotated[str, Field(max_length=10_000)] = ""
    n_keys: Annotated[int, Field(ge=0)] = 0


class BookmarkFile(BaseModel):
    """The content of a file with bookmarks."""

    format: Literal["embedlab-bookmarks"] = FORMAT
    version: Literal[1] = VERSION
    embedding: Origin
    bookmarks: Annotated[list[Bookmark], Field(max_length=MOST_BOOKMARKS)]


def as_file(row: EmbeddingRow, title: str, bookmarks: Sequence[Bookmark]) -> bytes:
    """Return bookmarks of an embedding as the content of a file: UTF-8 JSON.

    Parameters
    ----------
    row
        The embedding.
    title
        Its name for people.
    bookmarks
        In their order.
    """
    origin = Origin(id=row.id, title=title, n_keys=row.n_keys)
    content = BookmarkFile(embedding=origin, bookmarks=list(bookmarks)).model_dump(mode="json")
    return json.dumps(content, indent=1, ensure_ascii=True).encode("ascii")


def read_file(content: bytes) -> BookmarkFile:
    """Return the bookmarks in the content of a file.

    Raises
    ------
    TooLargeError
        The file has more than `LARGEST_BYTES`.
    InputError
        The file is damaged, is not one of bookmarks, or was written by a newer version.
    """
    if len(content) > LARGEST_BYTES:
        raise TooLargeError(
            f"A file with bookmarks can have at most {LARGEST_BYTES // 1_000_000} MB.",
            received=f"{len(content) / 1e6:.1f} MB",
            remedy=_REMEDY,
        )
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "This file is damaged: it is not valid JSON.", received=_start(content), remedy=_REMEDY
        ) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InputError("This file contains no bookmarks.", received=_start(content), remedy=_REMEDY)
    version: Any = value.get("version")
    if isinstance(version, int) and version > VERSION:
        raise InputError(
            "A newer version of EmbedLab wrote these bookmarks.",
            received=f"version {version}",
            remedy="Update EmbedLab.",
        )
    try:
        return BookmarkFile.model_validate(value)
    except (ValidationError, RecursionError) as error:
        raise InputError("These bookmarks are damaged.", received=_place(error), remedy=_REMEDY) from error


def _start(content: bytes) -> str:
    return content[:80].decode("utf-8", errors="replace")


def _place(error: ValidationError | RecursionError) -> str:
    if not isinstance(error, ValidationError):
        return "nested too deeply"
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"

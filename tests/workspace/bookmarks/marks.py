"""Bookmarks for the tests."""

from __future__ import annotations

from typing import Any

from embedlab.workspace.bookmarks.bookmark import Bookmark


def made(bookmark_id: str = "one", **values: Any) -> Bookmark:
    """A bookmark of a PCA map in the plane."""
    projection = {"id": "p", "method": "pca", "n_components": 2}
    content = {"id": bookmark_id, "embedding": "e", "name": f"Name of {bookmark_id}", "projection": projection}
    return Bookmark.model_validate({**content, **values})

"""A few megabytes of reserved space, so that deleting still works on a full disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from embedlab.core.errors import StorageError
from embedlab.workspace.database_errors import CatalogError, Failure
from embedlab.workspace.layout import Layout

#: Space needed for deleting: a few pages of the catalog's log, and the log's index.
RESERVE_BYTES = 2 << 20
T = TypeVar("T")


def with_room(layout: Layout, work: Callable[[], T]) -> T:
    """Do some work that frees space; if the disk is too full for it, release the reserve and try again.

    Raises
    ------
    StorageError
        The disk is still too full, or there is another problem.
    """
    try:
        result = work()
    except StorageError as error:
        if not _is_full(layout, error) or not release(layout):
            raise
        try:
            result = work()
        finally:
            _reserve_rest(layout)
    restore(layout)
    return result


def restore(layout: Layout) -> None:
    """Create the reserve again, unless that would fill the disk."""
    path = layout.reserve_file
    with suppress(OSError):
        if path.exists() and path.stat().st_size == RESERVE_BYTES:
            return
        if shutil.disk_usage(layout.home).free < 2 * RESERVE_BYTES:
            return
        _fill(path)


def release(layout: Layout) -> bool:
    """Release the reserve; False if there is none."""
    try:
        layout.reserve_file.unlink()
    except OSError:
        return False
    return True


def _reserve_rest(layout: Layout) -> None:
    """Reserve again what the work has not used: otherwise the next writer would use it, and it would help only once."""
    path = layout.reserve_file
    with suppress(OSError):
        if not path.exists():
            _fill(path, min(RESERVE_BYTES, shutil.disk_usage(layout.home).free))


def _fill(path: Path, size_bytes: int = RESERVE_BYTES) -> None:
    try:
        # Random bytes: a file system that compresses or skips zeros would reserve nothing.
        with path.open("wb") as stream:
            stream.write(os.urandom(size_bytes))
    except OSError:
        if size_bytes == RESERVE_BYTES:
            path.unlink(missing_ok=True)


def _is_full(layout: Layout, error: StorageError) -> bool:
    """Return whether an error is due to a full disk; SQLite has several codes for it."""
    if isinstance(error, CatalogError) and error.failure == Failure.FULL:
        return True
    try:
        return shutil.disk_usage(layout.home).free < RESERVE_BYTES
    except OSError:
        return False

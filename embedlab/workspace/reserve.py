"""A few megabytes held back, so that something can still be deleted on a disk that is full to the last byte."""

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

#: What deleting needs: a few pages of the catalog's log, and the log's index.
RESERVE_BYTES = 2 << 20
T = TypeVar("T")


def with_room(layout: Layout, work: Callable[[], T]) -> T:
    """Do some work that frees space; if the disk is too full for it, give the reserve away and do it again.

    Raises
    ------
    StorageError
        The disk is too full even so, or something else is wrong.
    """
    try:
        done = work()
    except StorageError as error:
        if not _is_full(layout, error) or not release(layout):
            raise
        try:
            done = work()
        finally:
            _hold_the_rest(layout)
    restore(layout)
    return done


def restore(layout: Layout) -> None:
    """Hold the reserve back again, unless that would fill the disk."""
    path = layout.reserve_file
    with suppress(OSError):
        if path.exists() and path.stat().st_size == RESERVE_BYTES:
            return
        if shutil.disk_usage(layout.home).free < 2 * RESERVE_BYTES:
            return
        _fill(path)


def release(layout: Layout) -> bool:
    """Give the reserve to the disk; False when there is none."""
    try:
        layout.reserve_file.unlink()
    except OSError:
        return False
    return True


def _hold_the_rest(layout: Layout) -> None:
    """Hold back again what the work has left of the reserve: given to whoever writes first, it would help only once."""
    path = layout.reserve_file
    with suppress(OSError):
        if not path.exists():
            _fill(path, min(RESERVE_BYTES, shutil.disk_usage(layout.home).free))


def _fill(path: Path, size_bytes: int = RESERVE_BYTES) -> None:
    try:
        # Random bytes: a file system that compresses or leaves out zeros would hold back nothing.
        with path.open("wb") as stream:
            stream.write(os.urandom(size_bytes))
    except OSError:
        if size_bytes == RESERVE_BYTES:
            path.unlink(missing_ok=True)


def _is_full(layout: Layout, error: StorageError) -> bool:
    """Tell whether an error comes of a full disk: SQLite has several names for it."""
    if isinstance(error, CatalogError) and error.failure == Failure.FULL:
        return True
    try:
        return shutil.disk_usage(layout.home).free < RESERVE_BYTES
    except OSError:
        return False

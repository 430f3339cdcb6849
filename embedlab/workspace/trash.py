"""The trash: orphaned files are moved there before they are deleted, and back if the catalog has their row again."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from embedlab.core.files import folder_size_bytes, storage_errors
from embedlab.workspace.layout import Layout

TRASH_LIFETIME_S = 7 * 24 * 3600.0
#: Time of the move (seconds since 1970), original folder, and original name.
_NAME = re.compile(r"(\d{1,12})\.([a-z]+)\.(.+)", re.DOTALL)


@dataclass(frozen=True)
class Trash:
    """The content of a workspace's trash.

    Parameters
    ----------
    n_items
        Number of files and folders.
    size_bytes
        Their total size.
    next_deletion_at
        When the oldest of them is deleted, in seconds since 1970; None if the trash is empty.
    """

    n_items: int
    size_bytes: int
    next_deletion_at: float | None


def trash_content(layout: Layout, sizes: Mapping[str, int] | None = None) -> Trash:
    """Return the content of the trash.

    Parameters
    ----------
    sizes
        Sizes of its entries by name, in bytes; measured if missing.
    """
    items = list(_items(layout))
    size_bytes = sum(_size_bytes(path) if sizes is None else sizes.get(path.name, 0) for _, _, _, path in items)
    oldest = min((moved_at for moved_at, *_ in items), default=None)
    return Trash(len(items), size_bytes, None if oldest is None else oldest + TRASH_LIFETIME_S)


def move_to_trash(layout: Layout, path: Path, now: float) -> None:
    """Move a file or folder to the trash; do nothing if it does not exist.

    It is not moved if it is on another disk than the trash.

    Raises
    ------
    StorageError
        The folder cannot be written.
    """
    target = layout.trash / f"{int(now)}.{path.parent.name}.{path.name}"
    with storage_errors(path):
        layout.trash.mkdir(exist_ok=True)
        try:
            path.rename(target)
        except FileNotFoundError:
            # Another process moved it at the same time.
            return
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise


def restore_known(layout: Layout, known: dict[str, set[str]]) -> None:
    """Move back files whose rows are in the catalog again, because it was restored from its own backup."""
    for _, room, name, path in _items(layout):
        target = layout.home / room / name
        if name in known.get(room, ()) and not target.exists():
            with storage_errors(path), suppress(FileNotFoundError):
                path.rename(target)


def empty_trash(layout: Layout, moved_before: float = float("inf")) -> None:
    """Delete everything that was moved to the trash before a given time; by default everything."""
    for moved_at, _, _, path in _items(layout):
        if moved_at < moved_before:
            remove(path)


def remove(path: Path) -> None:
    """Delete a file or a folder as far as possible; the next sweep continues with the rest."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _items(layout: Layout) -> Iterator[tuple[float, str, str, Path]]:
    """Yield `(moved_at, room, name, path)` of each entry of the trash."""
    rooms: Collection[str] = {room.name for room in layout.rooms}
    for path in sorted(layout.trash.iterdir()) if layout.trash.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match and match[2] in rooms:
            yield float(match[1]), match[2], match[3], path


def _size_bytes(path: Path) -> int:
    try:
        return folder_size_bytes(path) if path.is_dir() else path.stat().st_size
    except FileNotFoundError:
        return 0

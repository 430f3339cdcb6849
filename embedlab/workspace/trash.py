"""Files without a row are set aside before they are deleted, and put back when the catalog knows them again."""

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
#: When it was moved (seconds since 1970), from which room, and its name there.
_NAME = re.compile(r"(\d{1,12})\.([a-z]+)\.(.+)", re.DOTALL)


@dataclass(frozen=True)
class Trash:
    """What is in the trash of a workspace.

    Parameters
    ----------
    n_items
        Files and folders that were moved there.
    size_bytes
        The disk space they take.
    next_deletion_at
        When the oldest of them is deleted, in seconds since 1970; None when the trash is empty.
    """

    n_items: int
    size_bytes: int
    next_deletion_at: float | None


def look_into_trash(layout: Layout, sizes: Mapping[str, int] | None = None) -> Trash:
    """Return what is in the trash.

    Parameters
    ----------
    sizes
        The bytes of what is in its folder by name; measured when left out.
    """
    items = list(_items(layout))
    size_bytes = sum(_size_bytes(path) if sizes is None else sizes.get(path.name, 0) for _, _, _, path in items)
    oldest = min((moved_at for moved_at, *_ in items), default=None)
    return Trash(len(items), size_bytes, None if oldest is None else oldest + TRASH_LIFETIME_S)


def move_to_trash(layout: Layout, path: Path, now: float) -> None:
    """Move a file or folder of a room to the trash; nothing happens when it is gone.

    It stays where it is when the room is on another disk than the trash.

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
            # Another process sweeps at the same moment.
            return
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise


def put_back_known(layout: Layout, known: dict[str, set[str]]) -> None:
    """Move back what the catalog knows again: it was restored from a backup of its own."""
    for _, room, name, path in _items(layout):
        target = layout.home / room / name
        if name in known.get(room, ()) and not target.exists():
            with storage_errors(path), suppress(FileNotFoundError):
                path.rename(target)


def empty_trash(layout: Layout, moved_before: float = float("inf")) -> None:
    """Delete what was moved to the trash before a moment; everything when none is given."""
    for moved_at, _, _, path in _items(layout):
        if moved_at < moved_before:
            remove(path)


def remove(path: Path) -> None:
    """Delete a file or a folder, as far as that is possible; the next sweep goes on with the rest."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _items(layout: Layout) -> Iterator[tuple[float, str, str, Path]]:
    """Yield `(moved_at, room, name, path)` of what was moved to the trash."""
    rooms: Collection[str] = {room.name for room in layout.rooms}
    for path in sorted(layout.trash.iterdir()) if layout.trash.is_dir() else ():
        found = _NAME.fullmatch(path.name)
        if found and found[2] in rooms:
            yield float(found[1]), found[2], found[3], path


def _size_bytes(path: Path) -> int:
    try:
        return folder_size_bytes(path) if path.is_dir() else path.stat().st_size
    except FileNotFoundError:
        return 0

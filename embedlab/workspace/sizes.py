"""How much room files and folders take, measured once and kept for as long as they stay as they are."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection
from pathlib import Path

from embedlab.core.files import folder_size_bytes

_Stamp = tuple[int, int]
#: What was changed more recently is measured again.
_SETTLED_S = 2.0


class Sizes:
    """Sizes of what lies in a workspace's rooms, for all sessions of a process.

    What is there is written once and does not change but for small files added to it. A folder is therefore measured
    again only when something was added to or removed from it, which changes its own time. Folders in which work goes
    on are named by the caller and measured every time.
    """

    def __init__(self) -> None:
        # By room, then by name.
        self._known: dict[Path, dict[str, tuple[_Stamp, int]]] = {}
        self._lock = threading.Lock()

    def of_room(self, room: Path, changing: Collection[str] = ()) -> dict[str, int]:
        """Return the bytes of everything in a folder by name; empty when the folder is not there.

        Parameters
        ----------
        room
            The folder.
        changing
            Names in it that are measured anew.
        """
        now = time.time()
        with self._lock:
            sizes: dict[str, int] = {}
            seen: dict[str, tuple[_Stamp, int]] = {}
            known_here = self._known.get(room, {})
            try:
                entries = list(os.scandir(room))
            except FileNotFoundError:
                return {}
            for entry in entries:
                try:
                    told = entry.stat(follow_symlinks=False)
                    is_folder = entry.is_dir(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if not is_folder:
                    sizes[entry.name] = told.st_size
                    continue
                stamp = (told.st_mtime_ns, told.st_ino)
                known = known_here.get(entry.name)
                if known is None or known[0] != stamp or entry.name in changing:
                    known = (stamp, folder_size_bytes(Path(entry.path)))
                sizes[entry.name] = known[1]
                # What changes again at the same moment of a file system's coarse clock would not be noticed.
                if entry.name not in changing and now - told.st_mtime > _SETTLED_S:
                    seen[entry.name] = known
            self._known[room] = seen
            return sizes

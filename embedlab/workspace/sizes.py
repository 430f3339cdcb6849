"""Sizes of files and folders, measured once and cached until they change."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection
from pathlib import Path

from embedlab.core.files import folder_size_bytes

_Stamp = tuple[int, int]
#: Folders changed more recently than this are measured again.
_SETTLED_S = 2.0


class Sizes:
    """Sizes of the artifacts in a workspace, for all sessions of a process.

    Artifacts are written once and do not change, except for small files added to them. A folder is therefore measured
    again only if its own modification time has changed, because something was added or removed. The caller names the
    folders of running jobs, which are measured every time.
    """

    def __init__(self) -> None:
        # By room, then by name.
        self._known: dict[Path, dict[str, tuple[_Stamp, int]]] = {}
        self._lock = threading.Lock()

    def of_room(self, room: Path, changing: Collection[str] = ()) -> dict[str, int]:
        """Return the size in bytes of each entry of a folder, by name; empty if the folder does not exist.

        Parameters
        ----------
        room
            The folder.
        changing
            Names of entries to measure again.
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
                    stat = entry.stat(follow_symlinks=False)
                    is_folder = entry.is_dir(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if not is_folder:
                    sizes[entry.name] = stat.st_size
                    continue
                stamp = (stat.st_mtime_ns, stat.st_ino)
                known = known_here.get(entry.name)
                if known is None or known[0] != stamp or entry.name in changing:
                    known = (stamp, folder_size_bytes(Path(entry.path)))
                sizes[entry.name] = known[1]
                # What changes again at the same moment of a file system's coarse clock would not be noticed.
                if entry.name not in changing and now - stat.st_mtime > _SETTLED_S:
                    seen[entry.name] = known
            self._known[room] = seen
            return sizes

"""Paths that a user may name for an output although nothing may be written there."""

from __future__ import annotations

import os
import socket
from pathlib import Path

#: How `put` names what it makes, and what the error calls it.
UNUSABLE = (
    ("link", "a symbolic link"),
    ("dangling-link", "a symbolic link"),
    ("folder-link", "a symbolic link"),
    ("pipe", "a named pipe"),
    ("socket", "a socket"),
    ("folder", "a folder"),
    ("below-a-file", "folder of the output path is a file"),
)


def put(folder: Path, kind: str) -> Path:
    """Make what `kind` says in a folder, and return its path."""
    path, target = folder / "out", folder / "target"
    if kind in {"link", "below-a-file"}:
        target.write_text("mine")
    if kind == "folder-link":
        target.mkdir()
    if kind.endswith("link"):
        path.symlink_to(target)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(os.path.relpath(path))
    elif kind == "folder":
        path.mkdir()
    else:
        path = target / "out"
    return path


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Return what lies in a folder: name, and kind and inode of each."""
    return {path.name: ((found := path.lstat()).st_mode, found.st_ino) for path in folder.iterdir()}

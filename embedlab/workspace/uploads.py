"""Copying a user's files into the workspace, before anything is read from them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from embedlab.core.errors import NotFoundError
from embedlab.core.files import atomic_file
from embedlab.core.plain import one_line

_CHUNK_BYTES = 1 << 20
#: Uploads that were not imported are deleted after this time.
UPLOAD_LIFETIME_S = 24 * 3600.0


@dataclass(frozen=True)
class Upload:
    """A staged file: `path` is chosen by EmbedLab, `name` comes from the user and is only shown."""

    id: str
    path: Path
    name: str
    digest: str
    size_bytes: int


def copy_in(source: BinaryIO | Path, path: Path) -> tuple[str, int]:
    """Copy `source` to `path` in chunks; return its SHA-256 (hexadecimal) and its size in bytes.

    Raises
    ------
    NotFoundError
        The file is missing, is a folder, or cannot be read.
    """
    if isinstance(source, Path):
        try:
            stream = source.open("rb")
        except OSError as error:
            raise NotFoundError(
                "The file cannot be read.",
                received=source.name,
                remedy=f"Check its path and permissions: {error.strerror}.",
            ) from error
        with stream:
            return copy_in(stream, path)
    digest = hashlib.sha256()
    size_bytes = 0
    with atomic_file(path) as target:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            size_bytes += len(chunk)
            target.write(chunk)
    return digest.hexdigest(), size_bytes


def shown_name(file_name: str) -> str:
    """Return the last part of a file name as one harmless line."""
    return one_line(file_name.replace("\\", "/").rsplit("/", 1)[-1]) or "upload"

"""One file for a browser download: an export or a zip of its files; on disk, never in memory."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.files import atomic_file
from embedlab.export.formats import export_embedding, export_format

_LONGEST_STEM = 60


def file_stem(name: str) -> str:
    """Return a file name without extension from a user's text: only ASCII letters, digits, dash and underscore.

    Examples
    --------
    >>> file_stem("../My run: 100%")
    'My-run-100'
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", name)[:_LONGEST_STEM].strip("-") or "embedding"


def export_zip(files: Sequence[Path], out: Path) -> Path:
    """Write `files` to the zip archive `out`, without their folders; return `out`."""
    with atomic_file(out) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in files:
            archive.write(file, file.name)
    return out


def export_download(
    embedding: Embedding,
    format: str,  # noqa: A002
    folder: Path,
    name: str,
    *,
    coordinates: npt.NDArray[Any] | None = None,
) -> Path:
    """Write an export as one file into `folder`: a zip if the format has several files.

    Parameters
    ----------
    name
        Any text to derive the file name from.

    Returns
    -------
    The file. Raises as `export_embedding`.
    """
    stem, suffix = file_stem(name), export_format(format).suffix
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download.") as scratch:
        written = export_embedding(embedding, format, Path(scratch) / f"{stem}{suffix}", coordinates=coordinates)
        if len(written) > 1:
            return export_zip(written, folder / f"{stem}.zip")
        return written[0].replace(folder / written[0].name)

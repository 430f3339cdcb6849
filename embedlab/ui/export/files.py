"""Files for download: written to disk, served by a route, removed later. No Streamlit here.

Streamlit's download button keeps the whole file in the server's memory while the page is open, and an
embedding may be larger than that memory.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from embedlab.core.embedding import Vectors
from embedlab.core.errors import ConflictError, EmbedLabError, NotFoundError, StorageError
from embedlab.core.files import PARTIAL_SUFFIX, atomic_folder, folder_size_bytes
from embedlab.export import export_download
from embedlab.workspace.catalog import ID_LENGTH, is_id
from embedlab.workspace.rows import EmbeddingRow
from embedlab.workspace.workspace import Workspace

FOLDER = "exports"
#: Files are removed after this time, and when there are more than `MAX_FILES`.
LIFETIME_S = 3600.0
MAX_FILES = 12
# Partial files of a crashed writer are removed after this time.
_PARTIAL_LIFETIME_S = 86_400.0
# Disk space reserved for everything else.
_RESERVE_BYTES = 100_000_000
_TEXT = frozenset({"word2vec", "tsv", "csv"})
_log = logging.getLogger("embedlab.ui")
_TABLES = frozenset({"parquet", "csv"})


@dataclass(frozen=True)
class ExportFile:
    """A file ready for download: `id` is its id in the URL, `path.name` the file name in the browser."""

    id: str
    path: Path
    size_bytes: int


def export_file_id(*parts: str) -> str:
    """Return the id of the file for these parts; the same parts give the same id."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    # Workspace ids have no 0, 1 or l.
    return digest.translate(str.maketrans("01", "mn"))[:ID_LENGTH]


def find_export_file(workspace: Workspace, file_id: str) -> ExportFile:
    """Return an existing file, or raise `NotFoundError`."""
    folder = workspace.settings.home / FOLDER / file_id
    # Old files may be removed at any time, even between these lines.
    with suppress(OSError):
        files = [path for path in folder.iterdir() if path.is_file()] if is_id(file_id) else []
        if len(files) == 1:
            return ExportFile(file_id, files[0], files[0].stat().st_size)
    raise NotFoundError("This file no longer exists.", received=file_id, remedy="Prepare it again.")


def prepare(workspace: Workspace, file_id: str, write: Callable[[Path], object]) -> ExportFile:
    """Return the file with this id; write it first if it does not exist.

    Parameters
    ----------
    workspace
        Its folder holds the file.
    file_id
        From `export_file_id`.
    write
        Writes a single file into the folder passed to it; the browser saves it under the same name.

    Raises
    ------
    StorageError
        The disk is full.
    """
    with suppress(NotFoundError):
        return find_export_file(workspace, file_id)
    remove_old(workspace)
    try:
        with atomic_folder(workspace.settings.home / FOLDER / file_id) as folder:
            write(folder)
    except (ConflictError, FileExistsError):
        # Another session wrote the same file in the meantime.
        pass
    return find_export_file(workspace, file_id)


def remove_old(workspace: Workspace, most: int = MAX_FILES - 1) -> None:
    """Remove files that are too old or too many; a running download is not affected."""
    folder = workspace.settings.home / FOLDER
    if not folder.is_dir():
        return
    now = time.time()
    newest_first = sorted(folder.iterdir(), key=_modified_s, reverse=True)
    partial = [path for path in newest_first if path.name.endswith(PARTIAL_SUFFIX)]
    finished = [path for path in newest_first if path not in partial]
    expired = [path for path in finished[:most] if _modified_s(path) < now - LIFETIME_S]
    expired += [path for path in partial if _modified_s(path) < now - _PARTIAL_LIFETIME_S]
    for path in (*expired, *finished[most:]):
        shutil.rmtree(path, ignore_errors=True)


def _modified_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def require_space(workspace: Workspace, n_bytes: float) -> None:
    """Raise `StorageError` if the disk has no space for a file of about this size."""
    free = shutil.disk_usage(workspace.settings.home).free
    if free < n_bytes + _RESERVE_BYTES:
        raise StorageError(
            "There is not enough free disk space for this file.",
            received=f"about {n_bytes / 1e6:,.0f} MB needed, {free / 1e6:,.0f} MB free",
            remedy="Delete datasets or runs on the Workspace page, or free space, and try again.",
        )


def estimated_bytes(row: EmbeddingRow, format_name: str) -> float:
    """Return the approximate size of an export; a number as text takes 12 characters."""
    return row.n_keys * (row.vector_size * (12 if format_name in _TEXT else 4) + 40)


def has_coordinates(format_name: str) -> bool:
    """Return whether a format can include map coordinates."""
    return format_name in _TABLES


def prepare_embedding(
    workspace: Workspace, row: EmbeddingRow, format_name: str, projection_id: str | None
) -> ExportFile:
    """Return an embedding as a file in one of `FORMATS`, with map coordinates if the format allows it."""
    file_id = export_file_id(row.id, format_name, projection_id or "")
    with suppress(NotFoundError):
        return find_export_file(workspace, file_id)
    # Several files are zipped next to the originals, which doubles the space.
    require_space(workspace, 2 * estimated_bytes(row, format_name))
    coordinates: Vectors | None = workspace.coordinates(projection_id) if projection_id else None
    embedding = workspace.load_embedding(row.id)

    def write(folder: Path) -> None:
        export_download(embedding, format_name, folder, row.title or row.name, coordinates=coordinates)

    return prepare(workspace, file_id, write)


class BackgroundWrite(threading.Thread):
    """A thread that writes a large file while the page stays usable.

    Parameters
    ----------
    workspace, file_id, write
        As in `prepare`.
    expected_bytes
        Approximate size of the file.
    """

    def __init__(
        self, workspace: Workspace, file_id: str, write: Callable[[Path], object], expected_bytes: int
    ) -> None:
        super().__init__(daemon=True, name=f"writing-{file_id}")
        self.workspace = workspace
        self.file_id = file_id
        self.expected_bytes = expected_bytes
        self.error: EmbedLabError | None = None
        self._write = write

    def run(self) -> None:
        """Write the file; a failure is stored in `error`."""
        try:
            prepare(self.workspace, self.file_id, self._write)
        except EmbedLabError as error:
            self.error = error
        except Exception:
            _log.exception("preparing %s", self.file_id)
            self.error = StorageError("The file could not be written.", remedy="See the server's log, and try again.")

    @property
    def written_bytes(self) -> int:
        """Number of bytes written so far."""
        folder = self.workspace.settings.home / FOLDER
        return sum(folder_size_bytes(path) for path in folder.glob(f".{self.file_id}.*{PARTIAL_SUFFIX}"))

"""Files prepared for a download: written to disk, handed out by a route, removed later. No Streamlit here.

A download button of Streamlit holds the whole file in the server's memory for as long as the page is open; an
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
#: Prepared files are removed after this time, and when there are more than so many.
LIFETIME_S = 3600.0
MOST_PREPARED = 12
# What a writer that died has left is removed after this time.
_LEFTOVER_S = 86_400.0
# What is left for everything else on the disk.
_RESERVE_BYTES = 100_000_000
_TEXT = frozenset({"word2vec", "tsv", "csv"})
_log = logging.getLogger("embedlab.ui")
_TABLES = frozenset({"parquet", "csv"})


@dataclass(frozen=True)
class Prepared:
    """A file ready to be downloaded: `id` names it in the address, `path.name` is what the browser saves."""

    id: str
    path: Path
    size_bytes: int


def prepared_id(*parts: str) -> str:
    """Return the id under which the file made of these parts lies: the same parts, the same file."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    # Ids of the workspace have no 0, 1 and l.
    return digest.translate(str.maketrans("01", "mn"))[:ID_LENGTH]


def find_prepared(workspace: Workspace, file_id: str) -> Prepared:
    """Return a prepared file, or raise `NotFoundError`."""
    folder = workspace.settings.home / FOLDER / file_id
    # Old ones are removed at any moment, also between these lines.
    with suppress(OSError):
        files = [path for path in folder.iterdir() if path.is_file()] if is_id(file_id) else []
        if len(files) == 1:
            return Prepared(file_id, files[0], files[0].stat().st_size)
    raise NotFoundError("This file is no longer there.", received=file_id, remedy="Prepare it once more.")


def prepare(workspace: Workspace, file_id: str, write: Callable[[Path], object]) -> Prepared:
    """Return the file of this id, written now unless it is there.

    Parameters
    ----------
    workspace
        In whose folder it lies.
    file_id
        See `prepared_id`.
    write
        Writes the one file into the folder it gets; the file's name is our own and is what the browser saves it as.

    Raises
    ------
    StorageError
        The disk is full.
    """
    with suppress(NotFoundError):
        return find_prepared(workspace, file_id)
    remove_old(workspace)
    try:
        with atomic_folder(workspace.settings.home / FOLDER / file_id) as folder:
            write(folder)
    except (ConflictError, FileExistsError):
        # Another session has written the same file meanwhile.
        pass
    return find_prepared(workspace, file_id)


def remove_old(workspace: Workspace, most: int = MOST_PREPARED - 1) -> None:
    """Remove prepared files that are old or too many; a download under way goes on."""
    room = workspace.settings.home / FOLDER
    if not room.is_dir():
        return
    now = time.time()
    newest_first = sorted(room.iterdir(), key=_modified_s, reverse=True)
    partial = [path for path in newest_first if path.name.endswith(PARTIAL_SUFFIX)]
    finished = [path for path in newest_first if path not in partial]
    expired = [path for path in finished[:most] if _modified_s(path) < now - LIFETIME_S]
    expired += [path for path in partial if _modified_s(path) < now - _LEFTOVER_S]
    for path in (*expired, *finished[most:]):
        shutil.rmtree(path, ignore_errors=True)


def _modified_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def require_room(workspace: Workspace, n_bytes: float) -> None:
    """Raise `StorageError` when the disk has no room for a file of about this size."""
    free = shutil.disk_usage(workspace.settings.home).free
    if free < n_bytes + _RESERVE_BYTES:
        raise StorageError(
            "The disk has not enough room for this file.",
            received=f"about {n_bytes / 1e6:,.0f} MB needed, {free / 1e6:,.0f} MB free",
            remedy="Delete datasets or runs on the Workspace page, or free space, and try again.",
        )


def estimated_bytes(row: EmbeddingRow, format_name: str) -> float:
    """Return about how large an export will be; a number as text takes 12 characters."""
    return row.n_keys * (row.vector_size * (12 if format_name in _TEXT else 4) + 40)


def takes_coordinates(format_name: str) -> bool:
    """Tell whether a format has a place for the coordinates of a map."""
    return format_name in _TABLES


def prepare_embedding(workspace: Workspace, row: EmbeddingRow, format_name: str, projection_id: str | None) -> Prepared:
    """Return an embedding as a file in one of `FORMATS`, with the coordinates of a projection where it takes them."""
    file_id = prepared_id(row.id, format_name, projection_id or "")
    with suppress(NotFoundError):
        return find_prepared(workspace, file_id)
    # Several files are packed beside their originals, which takes the room twice.
    require_room(workspace, 2 * estimated_bytes(row, format_name))
    coordinates: Vectors | None = workspace.coordinates(projection_id) if projection_id else None
    embedding = workspace.load_embedding(row.id)

    def write(folder: Path) -> None:
        export_download(embedding, format_name, folder, row.title or row.name, coordinates=coordinates)

    return prepare(workspace, file_id, write)


class Writing(threading.Thread):
    """A large file being prepared while the page goes on.

    Parameters
    ----------
    workspace, file_id, write
        As in `prepare`.
    expected_bytes
        About how large the file will be.
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
        """Write the file; what goes wrong is kept in `error`."""
        try:
            prepare(self.workspace, self.file_id, self._write)
        except EmbedLabError as error:
            self.error = error
        except Exception:
            _log.exception("preparing %s", self.file_id)
            self.error = StorageError("The file could not be written.", remedy="See the server's log, and try again.")

    @property
    def written_bytes(self) -> int:
        """How much is written by now."""
        room = self.workspace.settings.home / FOLDER
        return sum(folder_size_bytes(path) for path in room.glob(f".{self.file_id}.*{PARTIAL_SUFFIX}"))

"""Restoring a backup; the scripts of its runs are generated again, and never read from the file."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from pathlib import Path
from typing import IO

from embedlab.core.errors import EmbedLabError, StorageError
from embedlab.core.files import atomic_file, storage_errors
from embedlab.core.progress import ReportProgress, ignore_progress, part_of
from embedlab.jobs.kinds.registry import request_classes
from embedlab.jobs.reproduction import SCRIPT_FILE, make_script
from embedlab.models.registry import run_files
from embedlab.workspace.backup import restore_backup
from embedlab.workspace.workspace import Workspace

_log = logging.getLogger("embedlab.jobs")

#: Share of the progress for unpacking; the rest is for the scripts.
_FILES_SHARE = 0.95


def restore_workspace(workspace: Workspace, path: Path, report: ReportProgress = ignore_progress) -> dict[str, int]:
    """Restore a backup into a workspace in which the owner has no data; return the number of rows of each table.

    Raises the errors of `embedlab.workspace.backup.restore_backup`.
    """
    restored = restore_backup(workspace, path, request_classes(), run_files(), part_of(report, 0.0, _FILES_SHARE))
    report(_FILES_SHARE, "writing scripts")
    for run in workspace.runs():
        folder = workspace.run_folder(run.id)
        script = make_script(run) if folder.is_dir() else None
        if script is not None:
            with atomic_file(folder / SCRIPT_FILE) as stream:
                stream.write(script.encode())
    return restored


class BackgroundRestore(threading.Thread):
    """A thread that restores a backup while the page stays usable; the workspace must be empty, so it is no job.

    Parameters
    ----------
    workspace
        An empty workspace.
    file
        The backup; it is copied to a temporary file, since a zip file is read at any position.

    Attributes
    ----------
    share_done
        0 to 1.
    restored
        Number of restored rows of each table, once it is done.
    error
        Why it was not restored.
    """

    def __init__(self, workspace: Workspace, file: IO[bytes]) -> None:
        super().__init__(daemon=True, name="restoring")
        self.share_done = 0.0
        self.restored: dict[str, int] | None = None
        self.error: EmbedLabError | None = None
        self._workspace = workspace
        self._file = file

    def run(self) -> None:
        """Restore it; a failure is stored in `error`."""
        try:
            with tempfile.TemporaryDirectory(prefix="embedlab-") as folder:
                path = Path(folder) / "backup.zip"
                with storage_errors(path), path.open("wb") as stream:
                    shutil.copyfileobj(self._file, stream)
                self.restored = restore_workspace(self._workspace, path, self._report)
        except EmbedLabError as error:
            self.error = error
        except Exception:
            _log.exception("restoring a backup")
            self.error = StorageError("The backup could not be restored.", remedy="See the server's log.")

    def _report(self, share_done: float, stage: str) -> None:
        del stage
        self.share_done = share_done

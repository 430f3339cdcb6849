"""A backup brought back, with the scripts of its runs: these are made again here and never taken from the file."""

from __future__ import annotations

from pathlib import Path

from embedlab.core.files import atomic_file
from embedlab.jobs.kinds.registry import request_classes
from embedlab.jobs.reproduction import SCRIPT_FILE, made_script
from embedlab.models.registry import run_files
from embedlab.workspace.backup import restore_backup
from embedlab.workspace.workspace import Workspace


def restore_workspace(workspace: Workspace, path: Path) -> dict[str, int]:
    """Bring a backup into a workspace in which the owner has nothing yet; return how many rows of each table came back.

    Raises as `embedlab.workspace.backup.restore_backup` does.
    """
    restored = restore_backup(workspace, path, request_classes(), run_files())
    for run in workspace.runs():
        folder = workspace.run_folder(run.id)
        script = made_script(run) if folder.is_dir() else None
        if script is not None:
            with atomic_file(folder / SCRIPT_FILE) as stream:
                stream.write(script.encode())
    return restored

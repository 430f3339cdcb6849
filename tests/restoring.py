"""A backup brought back with the kinds of jobs that EmbedLab knows."""

from __future__ import annotations

from pathlib import Path

from embedlab.jobs.kinds.registry import request_classes
from embedlab.models.registry import run_files
from embedlab.workspace import backup
from embedlab.workspace.workspace import Workspace


def restore_backup(workspace: Workspace, path: Path) -> dict[str, int]:
    """Bring rows and files back, without the scripts."""
    return backup.restore_backup(workspace, path, request_classes(), run_files())

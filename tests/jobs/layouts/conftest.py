"""The fixtures of layouts."""

from __future__ import annotations

from tests.workspaces import database_url, other_workspace, settings, workspace

__all__ = ["database_url", "other_workspace", "settings", "workspace"]

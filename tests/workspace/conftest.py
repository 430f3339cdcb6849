"""The fixtures of the workspace's tests."""

from tests.workspaces import database_url, other_workspace, settings, workspace

__all__ = ["database_url", "other_workspace", "settings", "workspace"]

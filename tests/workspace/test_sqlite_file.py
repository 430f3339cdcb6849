"""A SQLite catalog whose file is removed, moved, restored or exchanged while open: nothing is written to nowhere."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedlab.core.errors import StorageError
from embedlab.core.settings import Settings
from embedlab.jobs.engine.health import health
from embedlab.workspace.workspace import Workspace
from tests.workspaces import fill

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be removed there")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with one of everything, whose catalog has been used."""
    workspace = Workspace.open(Settings(home=tmp_path / "home"))
    fill(workspace)
    yield workspace
    workspace.close()


def _catalog(workspace: Workspace) -> Path:
    return workspace.settings.home / "catalogue.sqlite"


def _copy(workspace: Workspace, target: Path) -> Path:
    """Write a copy as a backup program would: whole, without the log of writes beside it."""
    source, copied = sqlite3.connect(_catalog(workspace)), sqlite3.connect(target)
    source.backup(copied)
    source.close()
    copied.close()
    return target


def _remove(workspace: Workspace) -> None:
    for path in workspace.settings.home.glob("catalogue.sqlite*"):
        path.unlink()


def test_nothing_is_written_to_a_removed_file_and_no_empty_one_is_made(opened: Workspace) -> None:
    row = opened.datasets()[0]
    _remove(opened)
    for use in (opened.datasets, lambda: opened.rename_dataset(row.id, "new"), lambda: opened.sweep(0.0)):
        with pytest.raises(StorageError, match="is missing"):
            use()
    # Connections that are closed and opened again make no file either.
    opened.catalog.engine.dispose()
    with pytest.raises(StorageError, match="is missing"):
        opened.datasets()
    assert not _catalog(opened).exists()
    assert not health(opened).database_writable
    assert opened.dataset_folder(row.id).is_dir()


def test_a_file_put_back_is_used_again(opened: Workspace, tmp_path: Path) -> None:
    row = opened.datasets()[0]
    home = opened.settings.home
    home.rename(tmp_path / "aside")
    with pytest.raises(StorageError, match="is missing"):
        opened.datasets()
    (tmp_path / "aside").rename(home)
    opened.rename_dataset(row.id, "back")
    assert [each.name for each in opened.datasets()] == ["back"]
    assert health(opened).database_writable


def test_a_restored_copy_is_opened_and_written(opened: Workspace, tmp_path: Path) -> None:
    row = opened.datasets()[0]
    copied = _copy(opened, tmp_path / "copy.sqlite")
    opened.rename_dataset(row.id, "after the copy")
    _remove(opened)
    shutil.copy(copied, _catalog(opened))
    assert [each.name for each in opened.datasets()] == [row.name]
    opened.rename_dataset(row.id, "into the copy")
    seen = Workspace.open(opened.settings)
    assert [each.name for each in seen.datasets()] == ["into the copy"]
    seen.close()


@pytest.mark.parametrize("kind", ["another-workspace", "empty"])
def test_the_file_of_another_workspace_is_not_used(opened: Workspace, tmp_path: Path, kind: str) -> None:
    row = opened.datasets()[0]
    other = Workspace.open(Settings(home=tmp_path / "other"))
    copied = _copy(other, tmp_path / "copy.sqlite")
    other.close()
    _remove(opened)
    if kind == "empty":
        _catalog(opened).touch()
    else:
        shutil.copy(copied, _catalog(opened))
    for use in (opened.datasets, lambda: opened.sweep(0.0)):
        with pytest.raises(StorageError, match="of another workspace"):
            use()
    assert not health(opened).database_writable
    assert opened.dataset_folder(row.id).is_dir()


def test_an_id_given_anew_to_the_same_file_is_followed(opened: Workspace) -> None:
    opened.settings.home.joinpath("workspace.json").unlink()
    adopted = Workspace.open(opened.settings, adopt=True)
    for workspace in (adopted, opened):
        workspace.catalog.engine.dispose()
        assert len(workspace.datasets()) == 1
    adopted.close()

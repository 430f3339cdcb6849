"""A sweep deletes nothing it does not know: it sets it aside for 7 days, and puts it back when it is known again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from embedlab.workspace import tables, trash
from embedlab.workspace.catalog import new_id
from embedlab.workspace.workspace import Workspace
from tests.workspaces import fill

DAY_S = 24 * 3600.0


def _age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    for each in (path, *path.rglob("*")):
        os.utime(each, (then, then))


def _orphan(workspace: Workspace, room: str = "datasets", content: bytes = b"precious") -> Path:
    folder: Path = workspace.settings.home / room / new_id()
    folder.mkdir()
    (folder / "file").write_bytes(content)
    _age(folder, 7200)
    return folder


def _aged_in_trash(workspace: Workspace, seconds: float) -> None:
    """Let everything in the trash have been there for `seconds`."""
    for path in workspace.layout.trash.iterdir():
        _, room, name = path.name.split(".", 2)
        path.rename(path.with_name(f"{int(time.time() - seconds)}.{room}.{name}"))


@pytest.mark.parametrize("room", ["datasets", "runs", "embeddings", "projections", "jobs"])
def test_what_has_no_row_goes_to_the_trash_whole(workspace: Workspace, room: str) -> None:
    orphan = _orphan(workspace, room)
    workspace.sweep()
    assert not orphan.exists()
    (moved,) = workspace.layout.trash.iterdir()
    assert moved.name.endswith(f".{room}.{orphan.name}")
    assert (moved / "file").read_bytes() == b"precious"


def test_the_trash_tells_its_size_and_when_it_is_emptied(workspace: Workspace) -> None:
    assert workspace.trash() == trash.Trash(0, 0, None)
    _orphan(workspace, content=b"x" * 1000)
    _orphan(workspace, content=b"x" * 500)
    workspace.sweep()
    found = workspace.trash()
    assert (found.n_items, found.size_bytes) == (2, 1500)
    assert found.next_deletion_at == pytest.approx(time.time() + 7 * DAY_S, abs=60)


@pytest.mark.parametrize(("days", "stays"), [pytest.param(6.9, True, id="day-6"), pytest.param(7.1, False, id="day-8")])
def test_the_trash_is_emptied_after_seven_days(workspace: Workspace, days: float, stays: bool) -> None:
    _orphan(workspace)
    workspace.sweep()
    _aged_in_trash(workspace, days * DAY_S)
    workspace.sweep()
    assert (workspace.trash().n_items == 1) is stays


def test_the_trash_can_be_emptied_at_once(workspace: Workspace) -> None:
    filled = fill(workspace)
    _orphan(workspace)
    workspace.sweep()
    workspace.empty_trash()
    assert workspace.trash().n_items == 0
    assert workspace.load_embedding(filled.embedding).n_keys == 4


def test_what_the_catalog_knows_again_returns_to_its_place(workspace: Workspace) -> None:
    filled = fill(workspace)
    folder = workspace.layout.projection(filled.projection)
    with workspace.transaction() as connection:
        row = connection.execute(sa.select(tables.projections)).mappings().one()
        connection.execute(sa.delete(tables.projections))
    _age(folder, 7200)
    workspace.sweep()
    assert not folder.exists()
    with workspace.transaction() as connection:
        connection.execute(sa.insert(tables.projections).values(**row))
    workspace.sweep()
    assert workspace.coordinates(filled.projection).shape == (4, 2)
    assert workspace.trash().n_items == 0


def test_half_written_files_are_deleted_at_once(workspace: Workspace) -> None:
    home = workspace.settings.home
    for folder in (home / "datasets" / ".x.1234.partial", home / ".restore-x.partial"):
        folder.mkdir()
        (folder / "file").write_text("x")
        _age(folder, 7200)
    workspace.sweep()
    assert not list(home.rglob("*.partial"))
    assert workspace.trash().n_items == 0


def test_files_in_the_trash_that_nobody_moved_there_are_left_alone(workspace: Workspace) -> None:
    workspace.layout.trash.mkdir()
    foreign = workspace.layout.trash / "notes.txt"
    foreign.write_text("mine")
    workspace.sweep()
    workspace.empty_trash()
    assert foreign.read_text() == "mine"


def test_a_link_in_a_room_is_moved_and_what_it_names_stays(workspace: Workspace, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("mine")
    link = workspace.settings.home / "datasets" / new_id()
    link.symlink_to(elsewhere, target_is_directory=True)
    workspace.sweep(older_than_s=-60)
    assert not link.is_symlink()
    workspace.empty_trash()
    assert (elsewhere / "file").read_text() == "mine"

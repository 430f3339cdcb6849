"""A backup brings everything back, and nothing else gets in by it."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from embedlab.core.errors import ConflictError, EmbedLabError, InputError, NotFoundError
from embedlab.core.settings import Settings
from embedlab.workspace.backup import CATALOG_FILE
from embedlab.workspace.bookmarks.store import bookmarks, keep_bookmarks
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import yardsticks_of
from tests.restoring import restore_backup
from tests.workspace.bookmarks.marks import made
from tests.workspaces import Filled, fill


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    """An empty workspace of another owner elsewhere, on SQLite."""
    return Workspace.open(Settings(home=tmp_path / "elsewhere", owner="eve"))


@pytest.fixture
def backup(workspace: Workspace, tmp_path: Path) -> tuple[Path, Filled]:
    filled = fill(workspace)
    keep_bookmarks(workspace, filled.embedding, [made(note="seaside")])
    return workspace.backup(tmp_path / "backup.zip"), filled


def _contents(home: Path) -> dict[str, bytes]:
    rooms = ("datasets", "runs", "embeddings", "projections", "jobs", "uploads")
    files = [path for room in rooms for path in (home / room).rglob("*") if path.is_file()]
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in files}


def test_everything_comes_back_for_the_owner_who_restores(
    workspace: Workspace, backup: tuple[Path, Filled], empty: Workspace
) -> None:
    path, filled = backup
    one_each = dict.fromkeys(("uploads", "datasets", "jobs", "runs", "embeddings", "projections", "yardsticks"), 1)
    assert restore_backup(empty, path) == one_each
    assert _contents(empty.settings.home) == _contents(workspace.settings.home)
    for read in ("dataset", "run", "embedding", "projection"):
        here, there = (getattr(each, read)(getattr(filled, read)) for each in (workspace, empty))
        assert there.owner == "eve"
        assert {**vars(here), "owner": ""} == {**vars(there), "owner": ""}
    assert empty.load_embedding(filled.embedding).n_keys == 4
    assert bookmarks(empty, filled.embedding)[0].note == "seaside"
    assert [row.name for row in yardsticks_of(empty, filled.dataset)] == ["a near b"]


def test_a_backup_holds_one_owner_only(workspace: Workspace, other_workspace: Workspace, tmp_path: Path) -> None:
    fill(other_workspace, "secret")
    mine = fill(workspace)
    with zipfile.ZipFile(workspace.backup(tmp_path / "b.zip")) as archive:
        assert "secret" not in archive.read(CATALOG_FILE).decode()
        ids = {name.split("/")[1] for name in archive.namelist() if "/" in name}
    assert ids == {mine.dataset, mine.run, mine.embedding, mine.projection, mine.upload}


def test_folders_that_a_job_removes_meanwhile_are_left_out(
    workspace: Workspace, empty: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = fill(workspace)
    folder = workspace.layout.job(filled.run)
    for number in ("000001", "000002"):
        (folder / "snapshots" / number).mkdir(parents=True)
        (folder / "snapshots" / number / "state.json").write_text("{}")
    scandir = os.scandir

    def removed_after_it_was_found(path: Any) -> Any:
        if str(path).endswith("000001"):
            shutil.rmtree(path)
        return scandir(path)

    with monkeypatch.context() as worker:
        worker.setattr(os, "scandir", removed_after_it_was_found)
        path = workspace.backup(tmp_path / "b.zip")
    with zipfile.ZipFile(path) as archive:
        numbers = {name.split("/")[3] for name in archive.namelist() if "/snapshots/" in name}
    assert numbers == {"000002"}
    assert restore_backup(empty, path)["runs"] == 1


@pytest.mark.parametrize("status", ["queued", "running"])
def test_what_was_at_work_comes_back_as_interrupted(
    workspace: Workspace, empty: Workspace, tmp_path: Path, status: str
) -> None:
    filled = fill(workspace, status=status)
    folder = workspace.layout.job(filled.run)
    (folder / "scratch").mkdir()
    (folder / "scratch" / "large").write_text("x")
    (folder / "worker.lock").touch()
    restore_backup(empty, workspace.backup(tmp_path / "b.zip"))
    assert empty.run(filled.run).status == "interrupted"
    assert empty.run(filled.run).error["received"] == status
    assert [path.name for path in empty.layout.job(filled.run).iterdir()] == ["log.txt"]


def test_what_vanished_is_left_out_with_what_rests_on_it(
    workspace: Workspace, empty: Workspace, tmp_path: Path
) -> None:
    import shutil

    filled = fill(workspace)
    shutil.rmtree(workspace.layout.embedding(filled.embedding))
    restored = restore_backup(empty, workspace.backup(tmp_path / "b.zip"))
    assert (restored["runs"], restored["embeddings"], restored["projections"]) == (1, 0, 0)


def test_only_an_empty_workspace_is_restored_into(workspace: Workspace, backup: tuple[Path, Filled]) -> None:
    before = _contents(workspace.settings.home)
    with pytest.raises(ConflictError, match="empty workspace"):
        restore_backup(workspace, backup[0])
    assert _contents(workspace.settings.home) == before


def test_another_owner_of_the_same_folder_cannot_be_overwritten(
    workspace: Workspace, other_workspace: Workspace, backup: tuple[Path, Filled]
) -> None:
    with pytest.raises(ConflictError, match="another owner"):
        restore_backup(other_workspace, backup[0])
    assert workspace.load_embedding(backup[1].embedding).n_keys == 4


def _changed(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(members[CATALOG_FILE])
    change(about)
    members[CATALOG_FILE] = json.dumps(about).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _nothing_came(empty: Workspace) -> None:
    assert _contents(empty.settings.home) == {}
    assert empty.datasets() == []
    assert not list(empty.settings.home.glob(".restore*"))


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/evil",
        "datasets/../../evil",
        "datasets/{dataset}/../../../evil",
        pytest.param("datasets/{dataset}/a\\..\\..\\evil", id="windows-parent"),
        "datasets/{dataset}/C:evil",
        "datasets/abcdefghijkm/evil",
        "jobs/{dataset}/evil",
        "yardsticks/{dataset}/evil",
        "locks/slot-0.lock",
        "catalogue.sqlite",
        "datasets/{dataset}//evil",
        "datasets/{dataset}/dataset.json/evil",
    ],
)
def test_members_that_do_not_belong_are_refused(
    backup: tuple[Path, Filled], empty: Workspace, tmp_path: Path, name: str
) -> None:
    path, filled = backup
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name.format(dataset=filled.dataset), "x")
    with pytest.raises(InputError, match="does not belong"):
        restore_backup(empty, path)
    _nothing_came(empty)
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about.update(format="other"),
        lambda about: about.update(schema="9999"),
        lambda about: about.pop("tables"),
        lambda about: about["tables"].pop("runs"),
        lambda about: about["tables"]["datasets"][0].update(id="../../evil"),
        lambda about: about["tables"]["datasets"][0].update(owner="ada"),
        lambda about: about["tables"]["datasets"][0].pop("name"),
        lambda about: about["tables"]["jobs"][0].update(status="queued"),
        lambda about: about["tables"]["jobs"][0].update(status="no such"),
    ],
)
def test_a_catalog_that_is_not_ours_is_refused(
    backup: tuple[Path, Filled], empty: Workspace, change: Callable[[dict[str, Any]], None]
) -> None:
    _changed(backup[0], change)
    with pytest.raises(InputError):
        restore_backup(empty, backup[0])
    _nothing_came(empty)


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about["tables"]["runs"][0].update(dataset_id="abcdefghijkm"),
        lambda about: about["tables"]["datasets"][0].update(name=None),
        lambda about: about["tables"]["embeddings"][0].update(n_keys={"a": 1}),
    ],
)
def test_rows_the_database_refuses_leave_nothing(
    backup: tuple[Path, Filled], empty: Workspace, change: Callable[[dict[str, Any]], None]
) -> None:
    _changed(backup[0], change)
    with pytest.raises(EmbedLabError):
        restore_backup(empty, backup[0])
    _nothing_came(empty)


def test_a_damaged_or_missing_file_is_bad_input(backup: tuple[Path, Filled], empty: Workspace, tmp_path: Path) -> None:
    whole = backup[0].read_bytes()
    damaged = bytearray(whole)
    damaged[60:90] = b"x" * 30
    for content in (b"", b"no zip", whole[: len(whole) // 2], bytes(damaged)):
        path = tmp_path / "damaged.zip"
        path.write_bytes(content)
        with pytest.raises(InputError):
            restore_backup(empty, path)
        _nothing_came(empty)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("x", "y")
    with pytest.raises(InputError, match="not an EmbedLab backup"):
        restore_backup(empty, tmp_path / "other.zip")
    with pytest.raises(NotFoundError):
        restore_backup(empty, tmp_path / "missing.zip")

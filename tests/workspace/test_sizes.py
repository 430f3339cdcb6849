from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from embedlab.workspace import sizes as sizes_module
from embedlab.workspace.sizes import Sizes


def _old(path: Path) -> None:
    os.utime(path, (time.time() - 100, time.time() - 100))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the folders that were walked through."""
    seen: list[str] = []
    original = sizes_module.folder_size_bytes

    def noting(folder: Path) -> int:
        seen.append(folder.name)
        return original(folder)

    monkeypatch.setattr(sizes_module, "folder_size_bytes", noting)
    return seen


def test_only_what_changed_is_measured_again(tmp_path: Path, measured: list[str]) -> None:
    for name, n_bytes in (("a", 10), ("b", 20)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x" * n_bytes)
        _old(tmp_path / name)
    (tmp_path / "upload").write_bytes(b"x" * 5)
    sizes = Sizes()
    assert sizes.of_room(tmp_path) == {"a": 10, "b": 20, "upload": 5}
    assert sizes.of_room(tmp_path) == {"a": 10, "b": 20, "upload": 5}
    assert sorted(measured) == ["a", "b"]
    (tmp_path / "a" / "more").write_bytes(b"x" * 7)
    (tmp_path / "b" / "file").unlink()
    (tmp_path / "b").rmdir()
    assert sizes.of_room(tmp_path) == {"a": 17, "upload": 5}
    assert sorted(measured) == ["a", "a", "b"]


def test_a_folder_in_which_work_goes_on_is_measured_every_time(tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "log").write_bytes(b"x")
    _old(tmp_path / "job")
    sizes = Sizes()
    assert sizes.of_room(tmp_path, {"job"}) == {"job": 1}
    # What is appended to a file does not change the time of its folder.
    (tmp_path / "job" / "log").write_bytes(b"xyz")
    _old(tmp_path / "job")
    assert sizes.of_room(tmp_path, {"job"}) == {"job": 3}
    (tmp_path / "job" / "log").write_bytes(b"vwxyz")
    _old(tmp_path / "job")
    assert sizes.of_room(tmp_path) == {"job": 5}


def test_what_changed_a_moment_ago_is_not_relied_on(tmp_path: Path, measured: list[str]) -> None:
    (tmp_path / "new").mkdir()
    sizes = Sizes()
    sizes.of_room(tmp_path)
    sizes.of_room(tmp_path)
    assert measured == ["new", "new"]


def test_a_room_that_is_missing_is_empty(tmp_path: Path) -> None:
    assert Sizes().of_room(tmp_path / "none") == {}

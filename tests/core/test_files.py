import errno
import os
import shutil
from pathlib import Path

import pytest

from embedlab.core.errors import ConflictError, InputError, StorageError
from embedlab.core.files import (
    atomic_file,
    atomic_folder,
    check_output,
    folder_size_bytes,
    is_storage_error,
    move_folder,
    numbered_folders,
    partial_names,
    read_json,
    write_json,
)
from tests.output_paths import UNUSABLE, put


def full_disk() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def stop_after(work: object) -> None:
    raise RuntimeError


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path):
    path = tmp_path / "new" / "a.txt"
    with atomic_file(path) as stream:
        stream.write(b"first")
        assert not path.exists()
    with pytest.raises(RuntimeError), atomic_file(path) as stream:
        stop_after(stream.write(b"half"))
    assert path.read_bytes() == b"first"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path):
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "run") as folder:
        stop_after((folder / "a").write_text("half"))
    assert list(tmp_path.iterdir()) == []
    with atomic_folder(tmp_path / "run") as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "a").write_text("whole")
    assert (tmp_path / "run" / "sub" / "a").read_text() == "whole"
    assert list(tmp_path.iterdir()) == [tmp_path / "run"]


def test_an_existing_folder_is_never_replaced(tmp_path: Path):
    (tmp_path / "run").mkdir()
    with pytest.raises(ConflictError), atomic_folder(tmp_path / "run"):
        pytest.fail("must not be entered")


def test_a_full_disk_says_what_to_do_and_leaves_nothing(tmp_path: Path):
    with pytest.raises(StorageError, match="The disk is full") as caught, atomic_file(tmp_path / "a"):
        full_disk()
    assert "free space" in caught.value.remedy
    with pytest.raises(StorageError, match="The disk is full"), atomic_folder(tmp_path / "b"):
        full_disk()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*args: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StorageError, match="cannot be written"), atomic_file(tmp_path / "x" / "a"):
        pytest.fail("must not be entered")
    with pytest.raises(StorageError, match="cannot be written"), atomic_folder(tmp_path / "x" / "b"):
        pytest.fail("must not be entered")


def test_json_comes_back_with_every_character(tmp_path: Path):
    value = {"name": "ünï \u202e 🙂 \ud800", "n": [1, 2.5, None]}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value


def test_json_refuses_nan_and_keeps_what_was_there(tmp_path: Path):
    write_json(tmp_path / "a.json", 1)
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", float("nan"))
    assert read_json(tmp_path / "a.json") == 1


@pytest.mark.parametrize("content", [None, b"", b"{", pytest.param(b"\xff\xfe\x00", id="binary")])
def test_damaged_json_is_a_storage_error(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(StorageError, match="missing or damaged"):
        read_json(tmp_path / "a.json")


def test_folder_size_counts_everything_below(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"123")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").write_bytes(b"45")
    assert folder_size_bytes(tmp_path) == 5
    assert folder_size_bytes(tmp_path / "nowhere") == 0


def test_a_folder_that_was_deleted_does_not_come_back(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        write_json(tmp_path / "run" / "run.json", {}, make_folder=False)
    folder = tmp_path / "going"
    folder.mkdir()

    def lose(written: int) -> None:
        folder.rename(tmp_path / "gone")

    with pytest.raises(FileNotFoundError), atomic_file(folder / "shares.npy", make_folder=False) as stream:
        lose(stream.write(b"x"))
    assert not folder.exists()
    assert not (tmp_path / "gone" / "shares.npy").exists()


def test_a_folder_is_moved_whole_and_never_into_another(tmp_path: Path):
    source, target = tmp_path / "building", tmp_path / "dataset"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "a").write_text("whole")
    move_folder(source, target)
    assert (target / "sub" / "a").read_text() == "whole"
    assert not source.exists()
    source.mkdir()
    with pytest.raises(ConflictError):
        move_folder(source, target)
    assert list(target.iterdir()) == [target / "sub"]


def test_what_interrupted_writes_have_left_is_found(tmp_path: Path):
    path = tmp_path / "run"
    left: list[Path] = []

    def kill(temporary: Path) -> None:
        left.extend(partial_names(path))
        assert left == [temporary]

    with atomic_folder(path) as temporary:
        kill(temporary)
    assert partial_names(path) == []


@pytest.mark.parametrize(
    ("number", "is_one"),
    [
        pytest.param(errno.ENOSPC, True, id="full"),
        pytest.param(errno.EROFS, True, id="read-only"),
        pytest.param(errno.ENOENT, False, id="missing"),
    ],
)
def test_a_disk_that_cannot_be_written_is_told_from_other_errors(number: int, is_one: bool):
    assert is_storage_error(OSError(number, os.strerror(number))) == is_one


@pytest.mark.parametrize(("kind", "what"), UNUSABLE)
def test_only_regular_files_are_replaced_by_an_output(tmp_path: Path, kind: str, what: str):
    with pytest.raises(InputError, match=what) as caught:
        check_output(put(tmp_path, kind))
    assert caught.value.remedy


def test_devices_are_no_outputs():
    with pytest.raises(InputError, match="a device"):
        check_output(Path(os.devnull))


def test_new_names_and_regular_files_are_outputs(tmp_path: Path):
    check_output(tmp_path / "new" / "deep" / "file")
    (tmp_path / "old").write_text("")
    check_output(tmp_path / "old")


def test_names_are_bounded_by_what_a_temporary_file_beside_them_needs(tmp_path: Path):
    longest = "é" * 118 + "x"
    check_output(tmp_path / longest)
    with atomic_file(tmp_path / longest) as stream:
        stream.write(b"whole")
    with pytest.raises(InputError, match="longer than 237 bytes"):
        check_output(tmp_path / f"{longest}x")


def test_numbered_folders_are_listed_in_order_and_none_where_the_folder_is_gone(tmp_path: Path, monkeypatch):
    folder = tmp_path / "snapshots"
    assert numbered_folders(folder) == []
    for name in ("000010", "000002", "film", ".000003.ab.partial"):
        (folder / name).mkdir(parents=True)
    assert [path.name for path in numbered_folders(folder)] == ["000002", "000010"]
    # As if another process removed it after it was seen.
    monkeypatch.setattr(Path, "is_dir", lambda path: True)
    shutil.rmtree(folder)
    assert numbered_folders(folder) == []

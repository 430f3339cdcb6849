from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError, StorageError
from embedlab.ui.export import files
from embedlab.ui.server.routes import routes
from embedlab.workspace.catalog import is_id
from embedlab.workspace.rows import EmbeddingRow
from embedlab.workspace.workspace import Workspace

Keep = Callable[..., EmbeddingRow]


def test_same_parts_give_the_same_id() -> None:
    assert files.export_file_id("a", "b") == files.export_file_id("a", "b")
    assert files.export_file_id("a", "b") != files.export_file_id("ab", "")
    assert all(is_id(files.export_file_id(str(number))) for number in range(200))


def test_a_file_is_written_once_and_found_again(workspace: Workspace, keep: Keep, royal: Embedding) -> None:
    row = keep(royal, title="My words: ![](x)")
    first = files.prepare_embedding(workspace, row, "csv", workspace.projections(row.id)[0].id)
    written = first.path.stat().st_mtime_ns
    again = files.prepare_embedding(workspace, row, "csv", workspace.projections(row.id)[0].id)
    assert again == first
    assert again.path.stat().st_mtime_ns == written
    assert first.path.name == "My-words-x.csv"
    assert files.prepare_embedding(workspace, row, "csv", None).id != first.id


def test_several_files_become_one_zip(workspace: Workspace, keep: Keep, royal: Embedding) -> None:
    assert files.prepare_embedding(workspace, keep(royal), "tsv", None).path.suffix == ".zip"


def test_old_and_surplus_files_are_removed(workspace: Workspace) -> None:
    made = [
        files.prepare(workspace, files.export_file_id(str(n)), lambda folder: (folder / "x.txt").write_text("x"))
        for n in range(files.MAX_FILES + 3)
    ]
    left = list((workspace.settings.home / files.FOLDER).iterdir())
    assert len(left) == files.MAX_FILES
    os.utime(made[-1].path.parent, (0, 0))
    files.remove_old(workspace)
    with pytest.raises(NotFoundError):
        files.find_export_file(workspace, made[-1].id)


def test_an_error_while_writing_leaves_nothing(workspace: Workspace) -> None:
    def fails(folder: Path) -> None:
        (folder / "half.txt").write_text("half")
        raise StorageError("The disk is full.")

    with pytest.raises(StorageError):
        files.prepare(workspace, files.export_file_id("x"), fails)
    assert list((workspace.settings.home / files.FOLDER).iterdir()) == []


def test_background_failure_is_stored_in_error(workspace: Workspace) -> None:
    def fails(folder: Path) -> None:
        raise ZeroDivisionError

    work = files.BackgroundWrite(workspace, files.export_file_id("x"), fails, 10)
    work.start()
    work.join(10)
    assert isinstance(work.error, StorageError)


def test_file_larger_than_the_disk_is_rejected(workspace: Workspace) -> None:
    with pytest.raises(StorageError, match="not enough free disk space"):
        files.require_space(workspace, 1e18)


def test_route_serves_only_export_files(workspace: Workspace, keep: Keep, royal: Embedding, home: Path) -> None:
    made = files.prepare_embedding(workspace, keep(royal, title="words"), "word2vec", None)
    client = TestClient(Starlette(routes=routes()))
    answer = client.get(f"/exports/{made.id}")
    assert answer.status_code == 200
    assert answer.text.startswith("7 3\n")
    assert answer.headers["content-disposition"] == 'attachment; filename="words.txt"'
    assert client.get("/exports/aaaaaaaaaaaa").status_code == 404
    assert client.get("/exports/..%2fcatalogue.sqlite").status_code == 404
    assert client.get(f"/exports/{made.id}", headers={"sec-fetch-site": "cross-site"}).status_code == 403

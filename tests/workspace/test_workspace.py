"""What is kept: rows and files, for one owner, whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from embedlab.core.errors import ConflictError, InputError, NotFoundError, StorageError
from embedlab.core.settings import Settings
from embedlab.workspace import housekeeping, tables
from embedlab.workspace.catalog import is_id, new_id
from embedlab.workspace.workspace import Dependents, Workspace, describe
from tests.workspaces import fill

HOSTILE = ["../x", "..", "", "/etc/passwd", "a" * 12 + "/..", "C:\\x", "abc", "x" * 10_000, "O0IlO0IlO0Il", "%2e%2e%2f"]


def _files(settings: Settings) -> set[str]:
    rooms = ("datasets", "runs", "embeddings", "projections", "jobs", "uploads")
    return {str(path) for room in rooms for path in (settings.home / room).rglob("*")}


def test_everything_is_found_again(workspace: Workspace) -> None:
    filled = fill(workspace, "my texts")
    dataset, run = workspace.dataset(filled.dataset), workspace.run(filled.run)
    counts = {"documents": 1, "tokens": 4, "vocabulary": 4}
    assert (dataset.name, dataset.kind, dataset.counts) == ("my texts", "text", counts)
    assert workspace.datasets() == [dataset]
    assert workspace.datasets("ratings") == []
    assert workspace.runs() == workspace.runs(filled.dataset) == [run]
    assert (run.status, run.elapsed_s) == ("succeeded", None)
    embedding = workspace.embedding(filled.embedding)
    assert workspace.embeddings() == workspace.embeddings(run_id=run.id) == [embedding]
    assert workspace.resolve_embedding(embedding.id) == workspace.resolve_embedding(f"{run.id}/words") == embedding
    assert list(workspace.load_embedding(embedding.id).keys) == ["a", "b", "c", "d e"]
    assert [row.id for row in workspace.projections(embedding.id)] == [filled.projection]
    assert workspace.coordinates(filled.projection).tolist() == [[0, 1], [3, 4], [6, 7], [9, 10]]
    assert workspace.upload(filled.upload).path.read_bytes() == b"hotel resort"
    assert "owner" not in describe(dataset)


def test_a_run_tells_which_embeddings_it_has(workspace: Workspace) -> None:
    filled = fill(workspace)
    with pytest.raises(NotFoundError, match=f"{filled.run}/words"):
        workspace.resolve_embedding(f"{filled.run}/items")


def test_a_dataset_is_known_again_by_its_digest(workspace: Workspace) -> None:
    filled = fill(workspace, digest="e" * 64)
    assert workspace.find_dataset("e" * 64).id == filled.dataset
    assert workspace.find_dataset("f" * 64) is None


@pytest.mark.parametrize("row_id", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_hostile_ids_name_nothing_and_reach_no_path(workspace: Workspace, row_id: str) -> None:
    fill(workspace)
    before = _files(workspace.settings)
    asked = [
        workspace.dataset,
        workspace.dataset_folder,
        workspace.open_dataset,
        workspace.delete_dataset,
        workspace.run,
        workspace.run_folder,
        workspace.delete_run,
        workspace.embedding,
        workspace.resolve_embedding,
        workspace.load_embedding,
        workspace.delete_embedding,
        workspace.projection,
        workspace.coordinates,
        workspace.upload,
    ]
    for ask in asked:
        with pytest.raises(NotFoundError):
            ask(row_id)
    workspace.discard_upload(row_id)
    assert _files(workspace.settings) == before


def test_ids_have_the_form_of_ids() -> None:
    assert all(is_id(new_id()) for _ in range(100))
    assert not any(is_id(text) for text in HOSTILE)


def test_owners_see_nothing_of_each_other(workspace: Workspace, other_workspace: Workspace) -> None:
    filled = fill(workspace)
    assert other_workspace.datasets() == []
    assert other_workspace.runs() == []
    assert other_workspace.embeddings() == []
    assert other_workspace.projections(filled.embedding) == []
    assert other_workspace.usage().rows == []
    assert other_workspace.find_dataset("d" * 64) is None
    assert other_workspace.dependents_of_dataset(filled.dataset) == Dependents()
    before = _files(workspace.settings)
    asked = [
        (other_workspace.dataset, filled.dataset),
        (other_workspace.delete_dataset, filled.dataset),
        (other_workspace.run, filled.run),
        (other_workspace.delete_run, filled.run),
        (other_workspace.load_embedding, filled.embedding),
        (other_workspace.resolve_embedding, f"{filled.run}/words"),
        (other_workspace.delete_embedding, filled.embedding),
        (other_workspace.coordinates, filled.projection),
        (other_workspace.upload, filled.upload),
    ]
    for ask, row_id in asked:
        with pytest.raises(NotFoundError):
            ask(row_id)
    for rename, row_id in ((other_workspace.rename_dataset, filled.dataset), (other_workspace.rename_run, filled.run)):
        with pytest.raises(NotFoundError):
            rename(row_id, "mine")
    other_workspace.discard_upload(filled.upload)
    assert _files(workspace.settings) == before
    assert workspace.upload(filled.upload).size_bytes == 12


def test_a_name_becomes_one_harmless_line(workspace: Workspace) -> None:
    filled = fill(workspace)
    workspace.rename_dataset(filled.dataset, "a\nb\u202e![](http://x)" + "y" * 500)
    name = workspace.dataset(filled.dataset).name
    assert name.startswith("a b![](http://x)")
    assert len(name) == 120
    workspace.rename_run(filled.run, "\U0001f600 <script>")
    assert workspace.run(filled.run).name == "\U0001f600 <script>"
    with pytest.raises(InputError):
        workspace.rename_run(filled.run, " \u202e\n")


def test_deleting_a_dataset_takes_what_rests_on_it_and_nothing_else(workspace: Workspace) -> None:
    kept, gone = fill(workspace, "kept"), fill(workspace, "gone")
    dependents = workspace.dependents_of_dataset(gone.dataset)
    assert dependents == Dependents((gone.run,), (gone.embedding,), (gone.projection,))
    workspace.delete_dataset(gone.dataset)
    assert [row.id for row in workspace.datasets()] == [kept.dataset]
    assert [row.id for row in workspace.runs()] == [kept.run]
    assert [row.id for row in workspace.embeddings()] == [kept.embedding]
    left = "".join(_files(workspace.settings))
    assert not any(row_id in left for row_id in (gone.dataset, gone.run, gone.embedding, gone.projection))
    assert all(row_id in left for row_id in (kept.dataset, kept.run, kept.embedding, kept.projection))


def test_deleting_a_run_or_an_embedding_keeps_the_dataset(workspace: Workspace) -> None:
    first, second = fill(workspace), fill(workspace)
    workspace.delete_run(first.run)
    workspace.delete_embedding(second.embedding)
    assert len(workspace.datasets()) == 2
    assert [row.id for row in workspace.runs()] == [second.run]
    assert workspace.embeddings() == []
    with pytest.raises(NotFoundError):
        workspace.projection(second.projection)


@pytest.mark.parametrize("status", ["queued", "running"])
def test_what_a_job_is_at_cannot_be_deleted(workspace: Workspace, status: str) -> None:
    filled = fill(workspace, status=status)
    for delete, row_id in ((workspace.delete_dataset, filled.dataset), (workspace.delete_run, filled.run)):
        with pytest.raises(ConflictError, match="still active"):
            delete(row_id)
    assert workspace.load_embedding(filled.embedding).n_keys == 4


def test_a_row_that_rests_on_a_deleted_one_is_a_conflict(workspace: Workspace) -> None:
    values = {"id": new_id(), "embedding_id": new_id(), "method": "pca", "n_components": 2, "seed": 0}
    values |= {"parameters": {}, "quality": {}, "created_at": 0.0}
    with pytest.raises(ConflictError), workspace.transaction() as connection:
        workspace.catalog.insert(connection, tables.projections, values)


def test_a_damaged_map_or_embedding_is_told(workspace: Workspace) -> None:
    filled = fill(workspace)
    (workspace.layout.projection(filled.projection) / "coordinates.npy").write_bytes(b"")
    (workspace.layout.embedding(filled.embedding) / "vectors.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(StorageError):
        workspace.coordinates(filled.projection)
    with pytest.raises(StorageError):
        workspace.load_embedding(filled.embedding)


# Uploads


def test_an_upload_is_copied_with_its_digest_and_a_shown_name(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    empty = workspace.stage_upload(tmp_path / "empty", "..\\..\\C:/x/\u202e<b>.txt")
    assert empty.digest == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (empty.name, empty.size_bytes) == ("<b>.txt", 0)
    assert empty.path.parent == workspace.settings.home / "uploads"
    large = workspace.stage_upload(io.BytesIO(b"x" * 3_000_000), "")
    assert (large.name, large.path.stat().st_size) == ("upload", 3_000_000)
    workspace.discard_upload(large.id)
    workspace.discard_upload(large.id)
    assert not large.path.exists()


def test_an_upload_that_cannot_be_read_is_bad_input(workspace: Workspace, tmp_path: Path) -> None:
    for missing in (tmp_path / "missing", tmp_path):
        with pytest.raises(NotFoundError):
            workspace.stage_upload(missing, "x")
    assert _files(workspace.settings) == set()


def test_a_full_disk_leaves_no_upload(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        workspace.stage_upload(io.BytesIO(b"text"), "x")
    monkeypatch.undo()
    assert _files(workspace.settings) == set()


def test_an_upload_whose_row_cannot_be_written_leaves_no_file(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, OSError("disk full"))

    monkeypatch.setattr(workspace.catalog, "insert", fail)
    with pytest.raises(sa.exc.OperationalError):
        workspace.stage_upload(io.BytesIO(b"text"), "x")
    assert _files(workspace.settings) == set()


# Keeping house


def _age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    for each in (path, *path.rglob("*")):
        os.utime(each, (then, then))


def test_sweeping_sets_aside_what_nobody_claims(workspace: Workspace, other_workspace: Workspace) -> None:
    mine, others = fill(workspace), fill(other_workspace)
    rooms = workspace.layout
    orphans = [rooms.run(new_id()), rooms.embedding(new_id()), workspace.settings.home / "datasets" / ".x.1.partial"]
    fresh = rooms.dataset(new_id())
    working = rooms.projection(new_id())
    for folder in (*orphans, fresh, working):
        folder.mkdir()
        (folder / "file").write_text("x")
    for folder in orphans:
        _age(folder, 7200)
    _age(working, 7200)
    (working / "still-growing").write_text("x")
    before = _files(workspace.settings)
    workspace.sweep()
    gone = before - _files(workspace.settings)
    assert gone == {str(path) for orphan in orphans for path in (orphan, orphan / "file")}
    for owner, filled in ((workspace, mine), (other_workspace, others)):
        assert owner.load_embedding(filled.embedding).n_keys == 4
        assert owner.upload(filled.upload).path.exists()


def test_abandoned_uploads_are_swept_but_not_those_a_job_waits_for(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, abandoned = (workspace.stage_upload(io.BytesIO(b"x"), "x") for _ in range(2))
    job = {"id": new_id(), "kind": "import", "status": "queued", "title": "", "attempt": 1, "created_at": 0.0}
    with workspace.transaction() as connection:
        workspace.catalog.insert(connection, tables.jobs, {**job, "request": {"upload_id": waiting.id}})
    monkeypatch.setattr(housekeeping, "UPLOAD_LIFETIME_S", -60.0)
    workspace.sweep()
    assert waiting.path.exists()
    assert not abandoned.path.exists()
    with pytest.raises(NotFoundError):
        workspace.upload(abandoned.id)


def test_usage_names_everything_of_the_owner_largest_first(workspace: Workspace) -> None:
    filled = fill(workspace, "texts")
    (workspace.layout.dataset(filled.dataset) / "corpus.txt").write_bytes(b"x" * 100_000)
    usage = workspace.usage().rows
    assert usage[0] == ("datasets", filled.dataset, "texts", 100_002)
    named = {room: name for room, _, name, _ in usage}
    assert named["projections"] == "pca of texts"
    assert named["uploads"] == "hotels.txt"
    assert [row[3] for row in usage] == sorted((row[3] for row in usage), reverse=True)


def test_coordinates_are_mapped_from_disk(workspace: Workspace) -> None:
    assert isinstance(workspace.coordinates(fill(workspace).projection), np.memmap)

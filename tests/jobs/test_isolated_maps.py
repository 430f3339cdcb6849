"""A map of only some points of an embedding, with a quality of its own."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError, ParameterError, StorageError
from embedlab.core.settings import Settings
from embedlab.exploration.selections.selection import Selection
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.kinds.embeddings import neighbor_sample
from embedlab.workspace.rows import ProjectionRow, Status
from embedlab.workspace.workspace import Workspace
from tests.restoring import restore_backup
from tests.workspaces import Filled, fill

N, HALF = 60, 30


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


@pytest.fixture
def filled(workspace: Workspace) -> Filled:
    """An embedding of which the even rows have two dimensions of their own."""
    filled = fill(workspace)
    vectors = np.zeros((N, 5), dtype=np.float32)
    rng = np.random.default_rng(0)
    vectors[::2, :2] = rng.normal(size=(HALF, 2))
    vectors[1::2, 2:] = 100 * rng.normal(size=(HALF, 3))
    folder = workspace.layout.embedding(filled.embedding)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    Embedding(vectors, [f"k{row}" for row in range(N)]).save(folder)
    np.save(workspace.layout.projection(filled.projection) / "coordinates.npy", vectors[:, :2], allow_pickle=False)
    with workspace.transaction() as connection:
        connection.exec_driver_sql(f"UPDATE embeddings SET n_keys = {N}, vector_size = 5")
    return filled


@pytest.fixture
def even() -> Selection:
    return Selection.of_rows(range(0, N, 2), N, "names match <i>even</i>")


def isolate(workspace: Workspace, embedding_id: str, selection: Selection) -> ProjectionRow:
    job = Jobs(workspace).submit_projection(embedding_id, "pca", 2, isolated=selection)
    assert job.title.endswith(f"map of {selection.count:,} points of texts")
    assert execute(workspace, job.id)
    result = Jobs(workspace).job(job.id)
    assert result.status == Status.SUCCEEDED, result.error
    return workspace.projection((result.result or {})["projection_id"])


def test_the_map_shows_its_rows_only_and_is_measured_on_them(
    workspace: Workspace, filled: Filled, even: Selection
) -> None:
    row = isolate(workspace, filled.embedding, even)
    assert row.n_isolated == HALF
    assert row.isolated_steps == ("names match <i>even</i>",)
    # Two dimensions of their own: PCA of these rows alone loses nothing, that of all rows almost everything.
    assert sum(row.quality["explained_variance_ratio"]) == pytest.approx(1)
    assert row.quality["n_points"] == HALF
    assert workspace.coordinates(row.id).shape == (HALF, 2)
    assert workspace.isolated_rows(row.id).tolist() == list(range(0, N, 2))


def test_it_is_listed_apart_and_can_be_deleted(workspace: Workspace, filled: Filled, even: Selection) -> None:
    row = isolate(workspace, filled.embedding, even)
    assert [each.id for each in workspace.projections(filled.embedding)] == [filled.projection]
    assert [each.id for each in workspace.isolated_maps(filled.embedding)] == [row.id]
    assert workspace.isolated_rows(filled.projection) is None
    workspace.delete_projection(row.id)
    assert workspace.isolated_maps(filled.embedding) == []
    assert not workspace.layout.projection(row.id).exists()
    assert [each.id for each in workspace.projections(filled.embedding)] == [filled.projection]
    with pytest.raises(NotFoundError):
        workspace.delete_projection(row.id)


def test_true_neighbors_stored_for_all_points_stay(workspace: Workspace, filled: Filled, even: Selection) -> None:
    vectors = workspace.load_embedding(filled.embedding).vectors
    stored = neighbor_sample(workspace, filled.embedding, vectors)
    isolate(workspace, filled.embedding, even)
    assert neighbor_sample(workspace, filled.embedding, vectors).digest == stored.digest


@pytest.mark.parametrize("rows", ["60", "3-1", "~", "x"], ids=["past-end", "reversed", "empty", "text"])
def test_rows_that_do_not_exist_are_refused(workspace: Workspace, filled: Filled, rows: str) -> None:
    request = {"embedding_id": filled.embedding, "method": "pca", "n_components": 2, "rows": rows}
    with pytest.raises(ParameterError, match="do not exist"):
        Jobs(workspace).submit("project", request)


def test_damaged_rows_are_said(workspace: Workspace, filled: Filled, even: Selection) -> None:
    row = isolate(workspace, filled.embedding, even)
    file = workspace.layout.projection(row.id) / "rows.npy"
    for wrong in (np.arange(HALF - 1), np.arange(HALF)[::-1], np.arange(HALF) + N, np.arange(HALF) * 0.5):
        np.save(file, wrong, allow_pickle=False)
        with pytest.raises(StorageError):
            workspace.isolated_rows(row.id)


def test_backups_have_isolated_maps(
    workspace: Workspace, filled: Filled, even: Selection, settings: Settings, tmp_path: Path
) -> None:
    row = isolate(workspace, filled.embedding, even)
    path = workspace.backup(tmp_path / "backup.zip")
    with zipfile.ZipFile(path) as archive:
        assert f"projections/{row.id}/rows.npy" in archive.namelist()
    empty = Workspace.open(settings.model_copy(update={"home": tmp_path / "other", "database_url": ""}))
    restore_backup(empty, path)
    (again,) = empty.isolated_maps(filled.embedding)
    assert empty.isolated_rows(again.id).tolist() == even.rows.tolist()
    empty.close()

"""What the jobs that make maps measure: once per embedding, on a bar that never goes back."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.kinds import embeddings as handlers
from embedlab.jobs.kinds.embeddings import keep_embedding, neighbor_sample
from embedlab.jobs.kinds.project import ProjectRequest, project_embedding
from embedlab.workspace.catalog import new_id
from embedlab.workspace.workspace import Workspace


class Watched(JobContext):
    """A context that remembers all reports."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.told: list[tuple[float, str]] = []
        super().__init__(folder, 1, threading.Event())

    def report(self, share_done: float, stage: str) -> None:
        self.told.append((share_done, stage))
        super().report(share_done, stage)


def _project(workspace: Workspace, embedding_id: str, context: JobContext, **request: Any) -> dict[str, Any]:
    asked = {"embedding_id": embedding_id, "n_components": 2, "seed": 0, "parameters": {}, **request}
    outcome = project_embedding(workspace, ProjectRequest(**asked), context)
    with workspace.transaction() as connection:
        outcome.store(connection)
    return workspace.projection(outcome.result["projection_id"]).quality


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of points whose neighbors were looked for."""
    found = []
    search = handlers.sample_neighbors

    def counted(vectors: np.ndarray, **options: Any) -> Any:
        found.append(len(vectors))
        return search(vectors, **options)

    monkeypatch.setattr(handlers, "sample_neighbors", counted)
    return found


@pytest.fixture
def vectors() -> np.ndarray:
    rng = np.random.default_rng(0)
    return (4 * rng.normal(size=(6, 8))[rng.integers(0, 6, 300)] + rng.normal(size=(300, 8))).astype(np.float32)


def _keep(workspace: Workspace, context: JobContext, vectors: np.ndarray, **options: Any) -> str:
    embedding = Embedding(vectors, [f"k{row}" for row in range(len(vectors))])
    kept = keep_embedding(
        workspace, context, embedding, name="words", title="words", run_id=None, dataset_id=None, **options
    )
    with workspace.transaction() as connection:
        kept.store(workspace, connection)
    return kept.embedding_id


def test_all_maps_of_an_embedding_share_one_search(workspace, tmp_path, vectors, searches) -> None:
    context = Watched(tmp_path / "job")
    embedding_id = _keep(workspace, context, vectors)
    assert [row.n_components for row in workspace.projections(embedding_id)] in ([2, 3], [3, 2])
    for method, n_components in (("pca", 2), ("tsne", 2)):
        parameters = {"n_iter": 50, "early_exaggeration_iter": 0} if method == "tsne" else {}
        quality = _project(
            workspace, embedding_id, context, method=method, n_components=n_components, parameters=parameters
        )
        assert (quality["sampled"], quality["n_points"]) == (300, 300)
    assert searches == [300]


def test_the_map_of_two_dimensions_is_that_of_three_seen_from_the_front(workspace, tmp_path, vectors) -> None:
    embedding_id = _keep(workspace, Watched(tmp_path / "job"), vectors)
    maps = {row.n_components: row for row in workspace.projections(embedding_id)}
    flat, deep = (workspace.coordinates(maps[count].id) for count in (2, 3))
    np.testing.assert_array_equal(flat, deep[:, :2])
    shares = maps[3].quality["explained_variance_ratio"]
    assert maps[2].quality["explained_variance_ratio"] == shares[:2]
    assert maps[2].quality["knn_recall_10"] <= maps[3].quality["knn_recall_10"]


def test_neighbors_of_other_vectors_are_not_used(workspace, tmp_path, vectors, searches) -> None:
    embedding_id = _keep(workspace, Watched(tmp_path / "job"), vectors)
    path = workspace.layout.embedding(embedding_id) / "neighbors.npz"
    for damage in (
        lambda: neighbor_sample_of(vectors[::-1]).save(path),
        lambda: path.write_bytes(path.read_bytes()[:99]),
        path.unlink,
    ):
        damage()
        searches.clear()
        sample = neighbor_sample(workspace, embedding_id, vectors)
        assert searches == [300]
        np.testing.assert_array_equal(sample.neighbors, neighbor_sample_of(vectors).neighbors)
        assert neighbor_sample(workspace, embedding_id, vectors).digest == sample.digest
        assert searches == [300]


def neighbor_sample_of(vectors: np.ndarray) -> Any:
    from embedlab.projections.trust.neighbor_sample import sample_neighbors

    return sample_neighbors(np.ascontiguousarray(vectors))


def test_a_deleted_embedding_does_not_get_its_folder_back(workspace, vectors) -> None:
    embedding_id = new_id()
    neighbor_sample(workspace, embedding_id, vectors)
    assert not workspace.layout.embedding(embedding_id).exists()


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({"method": "pca"}, id="PCA"),
        pytest.param({"method": "tsne", "parameters": {"n_iter": 50, "early_exaggeration_iter": 50}}, id="t-SNE"),
    ],
)
@pytest.mark.parametrize("stored", [True, False], ids=["neighbors stored", "neighbors to be found"])
def test_the_bar_rises_to_its_end_with_the_quality_as_a_stage(workspace, tmp_path, vectors, request_, stored) -> None:
    embedding_id = _keep(workspace, Watched(tmp_path / "first"), vectors)
    if not stored:
        (workspace.layout.embedding(embedding_id) / "neighbors.npz").unlink()
    context = Watched(tmp_path / "job")
    _project(workspace, embedding_id, context, **request_)
    shares, stages = zip(*context.told, strict=True)
    assert list(shares) == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert stages[-1] == "measuring the map"
    assert min(share for share, stage in context.told if stage == "measuring the map") < 0.99


def test_keeping_an_embedding_reports_up_to_its_share_of_the_bar(workspace, tmp_path, vectors) -> None:
    told: list[float] = []
    _keep(workspace, Watched(tmp_path / "job"), vectors, report=lambda share, stage: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, pytest.approx(1))


def test_a_cancel_is_heard_while_the_map_is_measured(workspace, tmp_path, vectors) -> None:
    embedding_id = _keep(workspace, Watched(tmp_path / "first"), vectors)

    class Cancelled(Watched):
        def report(self, share_done: float, stage: str) -> None:
            if stage == "measuring the map":
                self._stop.set()
            super().report(share_done, stage)

    with pytest.raises(CancelledError):
        _project(workspace, embedding_id, Cancelled(tmp_path / "job"), method="pca")


def test_the_neighbors_count_for_the_size_on_disk(workspace, tmp_path, vectors) -> None:
    from embedlab.core.files import folder_size_bytes

    embedding_id = _keep(workspace, Watched(tmp_path / "job"), vectors)
    folder = workspace.layout.embedding(embedding_id)
    assert (folder / "neighbors.npz").stat().st_size > 0
    assert workspace.embedding(embedding_id).size_bytes == folder_size_bytes(folder)


@pytest.mark.parametrize("n_points", [1, 2, 3, 11])
def test_few_points_have_maps_without_a_measure_and_a_reason(workspace, tmp_path, vectors, n_points) -> None:
    embedding_id = _keep(workspace, Watched(tmp_path / "job"), vectors[:n_points])
    for row in workspace.projections(embedding_id):
        assert row.quality["knn_recall_10"] is None
        assert "At least 12 points are needed" in row.quality["not_computed"]["knn_recall_10"]

"""Maps of an embedding share its graph, start from one another, and are computed only once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import ConflictError, ParameterError
from embedlab.core.graph_file import load_graph
from embedlab.jobs.kinds import embeddings as handlers
from embedlab.jobs.kinds.embeddings import keep_embedding
from embedlab.jobs.kinds.project import Project, ProjectRequest, project_embedding
from embedlab.jobs.layouts import making
from embedlab.jobs.layouts.identity import find_same_request, layout_of
from embedlab.projections import shared_graph
from embedlab.projections.registry import method as method_of
from embedlab.workspace.rows import ProjectionRow
from embedlab.workspace.workspace import Workspace
from tests.jobs.test_map_quality import Watched

QUICK = {"n_iter": 60, "early_exaggeration_iter": 50}
CHECKED = method_of("tsne").parameters_class.checked(QUICK).model_dump(mode="json")


def vectors_of(seed: int = 0, n_points: int = 200) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centers = 4 * np.random.default_rng(9).normal(size=(6, 8))
    return (centers[np.arange(n_points) % 6] + rng.normal(size=(n_points, 8))).astype(np.float32)


class Jobs:
    """Runs the jobs of maps in this process."""

    def __init__(self, workspace: Workspace, folder: Any) -> None:
        self.workspace = workspace
        self.folder = folder
        self.n = 0
        self.result: dict[str, Any] = {}
        self.told: list[str] = []

    def context(self) -> Watched:
        self.n += 1
        return Watched(self.folder / f"job{self.n}")

    def embed(self, vectors: np.ndarray, dataset_id: str | None = None, keys: list[str] | None = None) -> str:
        embedding = Embedding(vectors, keys or [f"k{row}" for row in range(len(vectors))])
        kept = keep_embedding(
            self.workspace,
            self.context(),
            embedding,
            name="words",
            title="run: words",
            run_id=None,
            dataset_id=dataset_id,
        )
        with self.workspace.transaction() as connection:
            kept.store(self.workspace, connection)
        return kept.embedding_id

    def project(self, embedding_id: str, **request: Any) -> ProjectionRow:
        asked = {"embedding_id": embedding_id, "method": "tsne", "n_components": 2, "parameters": QUICK, **request}
        context = self.context()
        outcome = project_embedding(self.workspace, ProjectRequest(**asked), context)
        with self.workspace.transaction() as connection:
            outcome.store(connection)
        self.result, self.told = outcome.result, [stage for _, stage in context.told]
        return self.workspace.projection(outcome.result["projection_id"])

    def coordinates(self, row: ProjectionRow) -> np.ndarray:
        return np.array(self.workspace.coordinates(row.id))


@pytest.fixture
def run(workspace, tmp_path) -> Jobs:
    return Jobs(workspace, tmp_path)


def test_the_first_map_stores_the_graph_and_others_read_it(run: Jobs, monkeypatch) -> None:
    embedding_id = run.embed(vectors_of())
    folder = run.workspace.layout.embedding(embedding_id)
    assert load_graph(folder, 200) is None
    run.project(embedding_id)
    graph = load_graph(folder, 200)
    assert graph is not None
    assert (graph.is_exact, graph.rows.shape) == (True, (200, 90))
    monkeypatch.setattr(shared_graph, "nearest_points", None)
    run.project(embedding_id, seed=1)
    assert "reading neighbors" in run.told
    # A graph of other vectors is replaced.
    monkeypatch.undo()
    graph.__class__("cosine", True, "0" * 32, graph.rows).save(folder)
    run.project(embedding_id, seed=2)
    assert load_graph(folder, 200).digest == graph.digest


def test_a_graph_that_cannot_be_stored_does_not_harm_the_map(run: Jobs, monkeypatch) -> None:
    embedding_id = run.embed(vectors_of())

    def full(self: Any, folder: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("embedlab.core.graph_file.StoredGraph.save", full)
    assert run.project(embedding_id).quality["knn_recall_10"] > 0.2


def test_the_same_map_is_not_computed_again(run: Jobs, monkeypatch) -> None:
    embedding_id = run.embed(vectors_of())
    first = run.project(embedding_id, seed=3)
    assert "reused" not in run.result
    monkeypatch.setattr(making.Layout, "fit_each", None)
    assert run.project(embedding_id, seed=3).id == first.id
    assert run.result["reused"] is True
    tsne = method_of("tsne")
    assert find_same_request(run.workspace, embedding_id, tsne, 2, CHECKED, 3).id == first.id
    assert find_same_request(run.workspace, embedding_id, tsne, 2, CHECKED, 4) is None
    assert find_same_request(run.workspace, embedding_id, tsne, 3, CHECKED, 3) is None


def test_another_embedding_with_the_same_vectors_gets_the_same_map(run: Jobs, monkeypatch) -> None:
    first = run.project(run.embed(vectors_of()))
    other = run.embed(vectors_of(), keys=[f"other{row}" for row in range(200)])
    monkeypatch.setattr(making.Layout, "fit_each", None)
    copied = run.project(other)
    assert run.result["reused"] is True
    assert (copied.embedding_id, copied.quality) == (other, first.quality)
    np.testing.assert_array_equal(run.coordinates(copied), run.coordinates(first))
    # It lives on without the first.
    run.workspace.delete_embedding(first.embedding_id)
    assert len(run.coordinates(copied)) == 200


@pytest.mark.parametrize(
    "request_",
    [{"seed": 1}, {"parameters": {**QUICK, "perplexity": 10}}, {"n_components": 3}],
    ids=["seed", "parameters", "dimensions"],
)
def test_another_request_is_another_map(run: Jobs, request_: dict[str, Any]) -> None:
    embedding_id = run.embed(vectors_of())
    first, second = run.project(embedding_id), run.project(embedding_id, **request_)
    assert layout_of(first)["key"] != layout_of(second)["key"]
    assert first.id != second.id


def test_other_vectors_and_another_version_have_other_keys(run: Jobs, monkeypatch) -> None:
    first = run.project(run.embed(vectors_of()))
    second = run.project(run.embed(vectors_of(1)))
    assert layout_of(first)["key"] != layout_of(second)["key"]
    monkeypatch.setattr(type(method_of("tsne")), "version", 99)
    assert run.project(first.embedding_id).id != first.id
    assert find_same_request(run.workspace, second.embedding_id, method_of("tsne"), 2, CHECKED, 0) is None


def test_a_map_starts_from_another_and_keeps_its_places(run: Jobs) -> None:
    embedding_id = run.embed(vectors_of())
    first = run.project(embedding_id, seed=5)
    # A mirrored copy of the first map, which PCA would never give.
    path = run.workspace.layout.projection(first.id) / "coordinates.npy"
    np.save(path, -run.coordinates(first))
    again = run.project(embedding_id, start_from=first.id)
    assert layout_of(again)["start_from"] == first.id
    own = run.project(embedding_id)
    assert "start_from" not in layout_of(own)
    assert correlation(run.coordinates(again), run.coordinates(first)) > 0.8
    assert correlation(run.coordinates(own), run.coordinates(first)) < 0
    assert run.project(embedding_id, start_from=first.id).id == again.id


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.mean([np.corrcoef(a[:, axis], b[:, axis])[0, 1] for axis in range(2)]))


def test_a_start_of_another_embedding_or_dimension_is_refused(run: Jobs) -> None:
    first, second = run.embed(vectors_of()), run.embed(vectors_of(1))
    flat = run.project(first)
    values = {"method": "tsne", "n_components": 2, "start_from": flat.id}
    with pytest.raises(ConflictError, match="another embedding"):
        Project().prepared(run.workspace, ProjectRequest(embedding_id=second, **values))
    with pytest.raises(ConflictError, match="3-D map cannot start"):
        Project().prepared(run.workspace, ProjectRequest(embedding_id=first, **{**values, "n_components": 3}))
    half = run.project(first, method="pca", parameters={}, rows="0-99")
    with pytest.raises(ConflictError, match="isolated map"):
        Project().prepared(run.workspace, ProjectRequest(embedding_id=first, **{**values, "start_from": half.id}))
    with pytest.raises(ParameterError, match="cannot start"):
        Project().prepared(run.workspace, ProjectRequest(embedding_id=first, **{**values, "method": "pca"}))


def test_a_retrained_model_starts_from_the_earlier_map(run: Jobs) -> None:
    dataset_id = a_dataset(run.workspace)
    first = run.project(run.embed(vectors_of(), dataset_id))
    # Another seed: the same groups in rotated space, one key fewer and one more.
    rotation = np.linalg.qr(np.random.default_rng(3).normal(size=(8, 8)))[0].astype(np.float32)
    keys = [f"k{row}" for row in range(1, 201)]
    retrained = run.embed(np.ascontiguousarray(vectors_of()[np.arange(1, 201) % 200] @ rotation), dataset_id, keys)
    second = run.project(retrained, from_earlier=True)
    assert layout_of(second)["start_from"] == first.id
    assert layout_of(second)["start_title"] == "run: words"
    assert correlation(run.coordinates(second)[:199], run.coordinates(first)[1:]) > 0.6


def test_models_that_do_not_agree_start_from_pca(run: Jobs) -> None:
    dataset_id = a_dataset(run.workspace)
    run.project(run.embed(vectors_of(), dataset_id))
    shuffled = np.random.default_rng(4).permutation(vectors_of())
    other_keys = [f"other{row}" for row in range(200)]
    for other in (run.embed(shuffled, dataset_id), run.embed(vectors_of(2), dataset_id, other_keys)):
        assert "start_from" not in layout_of(run.project(other, from_earlier=True))


def a_dataset(workspace: Workspace) -> str:
    from embedlab.workspace.catalog import new_id
    from embedlab.workspace.tables import EpochNow, datasets

    dataset_id = new_id()
    values = {"id": dataset_id, "name": "text", "kind": "text", "digest": "0" * 64, "counts": {}, "options": {}}
    with workspace.transaction() as connection:
        workspace.catalog.insert(
            connection,
            datasets,
            {**values, "warnings": [], "details": {}, "size_bytes": 1, "created_at": EpochNow(), "protocol": None},
        )
    return dataset_id


def test_a_sampled_map_says_how_many_points_were_laid_out(run: Jobs, monkeypatch) -> None:
    monkeypatch.setattr("embedlab.projections.sampling.FEWEST_SAMPLED", 150)
    monkeypatch.setattr(type(method_of("tsne")), "estimate_seconds", lambda self, n_points, *options: n_points / 10)
    run.workspace.settings = run.workspace.settings.model_copy(update={"map_time_s": 1})
    embedding_id = run.embed(vectors_of(n_points=600))
    row = run.project(embedding_id)
    assert layout_of(row)["n_sampled"] == 150
    assert run.coordinates(row).shape == (600, 2)
    assert row.quality["knn_recall_10"] > 0.05
    assert load_graph(run.workspace.layout.embedding(embedding_id), 600) is None
    assert run.project(embedding_id).id == row.id
    # With more time, it is another map.
    run.workspace.settings = run.workspace.settings.model_copy(update={"map_time_s": 600})
    assert "n_sampled" not in layout_of(run.project(embedding_id))


def test_an_embedding_deleted_while_its_map_is_computed_leaves_nothing(run: Jobs, monkeypatch) -> None:
    embedding_id = run.embed(vectors_of())
    quality = handlers.projection_quality

    def delete(*arguments: Any, **options: Any) -> Any:
        run.workspace.delete_embedding(embedding_id)
        return quality(*arguments, **options)

    monkeypatch.setattr(handlers, "projection_quality", delete)
    with pytest.raises(ConflictError):
        run.project(embedding_id)
    assert not run.workspace.layout.embedding(embedding_id).exists()


@pytest.mark.parametrize("n_points", [1, 2, 5])
def test_few_points_have_a_map(run: Jobs, n_points: int) -> None:
    row = run.project(run.embed(vectors_of(n_points=n_points)), parameters={})
    assert run.coordinates(row).shape == (n_points, 2)


def test_equal_vectors_have_a_map_from_the_graph(run: Jobs) -> None:
    embedding_id = run.embed(np.repeat(vectors_of(n_points=2), 150, axis=0))
    row = run.project(embedding_id)
    assert np.isfinite(run.coordinates(row)).all()

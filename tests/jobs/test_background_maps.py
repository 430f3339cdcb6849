"""t-SNE follows a training by itself, behind everything that a user waits for."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError
from embedlab.core.settings import Settings
from embedlab.exploration.clusters import CLUSTERS_FILE, Clusters
from embedlab.jobs.engine import processes
from embedlab.jobs.engine.overseer import Overseer
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.kinds.background_maps import queue_background_maps
from embedlab.jobs.kinds.embeddings import SavedEmbedding
from embedlab.jobs.kinds.project import Project, ProjectRequest, project_embedding
from embedlab.workspace.catalog import new_id
from embedlab.workspace.tables import EpochNow, embeddings
from tests.jobs.test_map_quality import Watched


def saved(name: str = "words", n_keys: int = 5000, vector_size: int = 100) -> SavedEmbedding:
    return SavedEmbedding(new_id(), name, f"run: {name}", n_keys, vector_size, (), {})


@pytest.fixture
def background(workspace):
    """The workspace, with the default bound of background maps."""
    workspace.settings = workspace.settings.model_copy(update={"background_maps_s": Settings().background_maps_s})
    return workspace


def queued(workspace, *each: SavedEmbedding):
    with workspace.transaction() as connection:
        job_ids = queue_background_maps(workspace, connection, each)
    return [Queue(workspace.catalog).job(job_id) for job_id in job_ids]


def test_tsne_of_each_embedding_is_queued_in_display_order(background):
    words, documents = saved(), saved("documents", 300)
    jobs = queued(background, words, documents)
    assert [job.title for job in jobs] == ["t-SNE map of run: documents", "t-SNE map of run: words"]
    request = Project().checked(jobs[1].request)
    assert (request.embedding_id, request.method, request.n_components) == (words.embedding_id, "tsne", 2)
    assert request.in_background


@pytest.mark.parametrize(
    ("n_keys", "vector_size", "expected"),
    [(36_000, 100, 1), (400_000, 100, 0), (29, 100, 0), (30, 3, 1), (30, 2, 0), (500, 1, 0)],
    ids=["36000-words", "too-slow", "too-few", "space", "plane", "one-dimension"],
)
def test_only_maps_of_reasonable_size_and_time_are_queued(background, n_keys, vector_size, expected):
    assert len(queued(background, saved(n_keys=n_keys, vector_size=vector_size))) == expected


def test_zero_seconds_switch_them_off(workspace):
    assert workspace.settings.background_maps_s == 0
    assert not queued(workspace, saved(n_keys=40))


def test_every_other_job_starts_first(background, monkeypatch):
    started = []
    monkeypatch.setattr(processes, "start_worker", lambda settings, job_id, folder: started.append(job_id) or _Alive())
    background.settings = background.settings.model_copy(update={"slots": 1})
    (background_map,) = queued(background, saved())
    queue = Queue(background.catalog)
    with background.transaction() as connection:
        training = queue.submit(connection, "train", "later", {})
    Overseer(background, queue).dispatch()
    assert started == [training]
    queue.request_cancel(training)
    Overseer(background, queue).dispatch()
    assert started == [training, background_map.id]


class _Alive:
    """A worker that has just started."""

    def poll(self) -> None:
        return None


def test_a_queued_map_can_be_canceled(background):
    (job,) = queued(background, saved())
    assert Queue(background.catalog).request_cancel(job.id) == "cancelled"


def test_the_map_of_a_deleted_embedding_is_dropped(background, tmp_path):
    (job,) = queued(background, saved())
    with pytest.raises(CancelledError):
        Project().handle(background, job, Project().checked(job.request), Watched(tmp_path / "job"))


def test_a_new_map_adds_missing_clusters(workspace, tmp_path):
    centers = np.repeat(np.eye(4, 8, dtype=np.float32), 20, axis=0)
    vectors = centers + np.random.default_rng(0).normal(scale=0.05, size=(80, 8)).astype(np.float32)
    embedding_id = new_id()
    folder = workspace.layout.embedding(embedding_id)
    Embedding(vectors, [f"word{at}" for at in range(80)]).save(folder)
    row = {"id": embedding_id, "name": "words", "title": "old", "run_id": None, "dataset_id": None}
    size = {"n_keys": 80, "vector_size": 8, "size_bytes": 1, "created_at": EpochNow()}
    with workspace.transaction() as connection:
        workspace.catalog.insert(connection, embeddings, row | size)
    request = ProjectRequest(embedding_id=embedding_id, method="pca", n_components=2)
    project_embedding(workspace, request, Watched(tmp_path / "job"))
    clusters = Clusters.load(folder / CLUSTERS_FILE, 80)
    # Each of the 8 clusters is part of one planted group.
    assert len(clusters.names) == 8
    assert all(len(set(clusters.codes[at : at + 20]) & set(clusters.codes[:at])) == 0 for at in range(20, 80, 20))

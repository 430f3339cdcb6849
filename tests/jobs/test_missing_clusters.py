from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError
from embedlab.core.progress import ignore_progress
from embedlab.exploration.clusters import CLUSTERS_FILE, Clusters
from embedlab.exploration.near_duplicates import NEAR_DUPLICATES_FILE, NearDuplicates
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.kinds.clusters import ClustersRequest, FindClusters
from embedlab.jobs.kinds.embeddings import keep_embedding
from embedlab.jobs.missing_clusters import clusters_job
from embedlab.workspace.rows import EmbeddingRow, Status
from embedlab.workspace.workspace import Workspace

CONTEXT: Any = SimpleNamespace(makes=lambda path: path, n_threads=1, report=ignore_progress)


@pytest.fixture
def quiet(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    monkeypatch.setattr(Jobs, "dispatch", lambda _: None)
    return Jobs(workspace)


def _keep(workspace: Workspace, n_groups: int) -> EmbeddingRow:
    """Store an embedding of groups of 20 keys, as a version without clusters did."""
    vectors = np.repeat(np.eye(n_groups, 4, dtype=np.float32), 20, axis=0)
    vectors += np.random.default_rng(0).normal(0, 0.01, vectors.shape).astype(np.float32)
    embedding = Embedding(vectors, [f"key{row}" for row in range(len(vectors))])
    kept = keep_embedding(workspace, CONTEXT, embedding, name="items", title="Old", run_id=None, dataset_id=None)
    with workspace.transaction() as connection:
        kept.store(workspace, connection)
    row = workspace.embedding(kept.embedding_id)
    (workspace.layout.embedding(row.id) / CLUSTERS_FILE).unlink()
    return row


def test_clusters_are_queued_once_and_found(workspace: Workspace, quiet: Jobs) -> None:
    row = _keep(workspace, 4)
    job = clusters_job(quiet, row)
    assert job is not None
    assert (job.kind, job.status, job.request["in_background"]) == ("clusters", Status.QUEUED, True)
    again = clusters_job(quiet, row)
    assert again is not None
    assert again.id == job.id
    FindClusters().handle(workspace, job, ClustersRequest(embedding_id=row.id), CONTEXT)
    clusters = Clusters.load(workspace.layout.embedding(row.id) / CLUSTERS_FILE, row.n_keys)
    assert clusters is not None
    # Keys of one group are never in the cluster of another.
    assert all(set(clusters.codes[:20]).isdisjoint(clusters.codes[start : start + 20]) for start in (20, 40, 60))
    assert clusters_job(quiet, row) is None


def test_a_few_keys_need_no_clusters(workspace: Workspace, quiet: Jobs) -> None:
    embedding = Embedding(np.eye(8, dtype=np.float32), [f"key{row}" for row in range(8)])
    kept = keep_embedding(workspace, CONTEXT, embedding, name="items", title="Few", run_id=None, dataset_id=None)
    with workspace.transaction() as connection:
        kept.store(workspace, connection)
    assert clusters_job(quiet, workspace.embedding(kept.embedding_id)) is None
    assert quiet.jobs("clusters") == []


def test_a_deleted_embedding_cancels_the_job(workspace: Workspace, quiet: Jobs) -> None:
    row = _keep(workspace, 4)
    job = clusters_job(quiet, row)
    assert job is not None
    workspace.delete_embedding(row.id)
    with pytest.raises(CancelledError):
        FindClusters().handle(workspace, job, ClustersRequest(embedding_id=row.id), CONTEXT)


def test_one_layer_of_an_earlier_version_is_replaced_once(workspace: Workspace, quiet: Jobs) -> None:
    row = _keep(workspace, 4)
    folder = workspace.layout.embedding(row.id)
    (folder / NEAR_DUPLICATES_FILE).unlink()
    np.savez(folder / CLUSTERS_FILE, codes=np.zeros(80, np.uint8), names=np.array(["all"]), stops=np.array(False))
    job = clusters_job(quiet, row)
    assert job is not None
    FindClusters().handle(workspace, job, ClustersRequest(embedding_id=row.id), CONTEXT)
    clusters = Clusters.load(folder / CLUSTERS_FILE, row.n_keys)
    assert clusters is not None
    assert (len(clusters.names), clusters.finer) == (8, ())
    assert NearDuplicates.load(folder / NEAR_DUPLICATES_FILE, row.n_keys) is not None
    assert clusters_job(quiet, row) is None

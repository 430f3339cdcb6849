"""Embeddings without clusters, as earlier versions made them, get clusters in the background."""

from __future__ import annotations

from embedlab.exploration.clusters import CLUSTERS_FILE, n_clusters
from embedlab.jobs.jobs import Jobs
from embedlab.workspace.rows import EmbeddingRow, JobRow

KIND = "clusters"


def clusters_job(jobs: Jobs, row: EmbeddingRow) -> JobRow | None:
    """Return the job that finds the clusters of an embedding, which is queued if there is none yet.

    None if there are clusters, or too few keys for them. An ended job is not repeated: it failed, was cancelled, or
    found that the vectors have no clusters.
    """
    if n_clusters(row.n_keys) < 2 or (jobs.workspace.layout.embedding(row.id) / CLUSTERS_FILE).is_file():
        return None
    earlier = jobs.about(KIND, "embedding_id", row.id, most=1)
    return earlier[0] if earlier else jobs.submit(KIND, {"embedding_id": row.id, "in_background": True})

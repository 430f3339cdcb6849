"""Embeddings without clusters, or with one layer of them, as earlier versions made them, get them in the background."""

from __future__ import annotations

from embedlab.exploration.clusters import CLUSTERS_FILE, n_clusters
from embedlab.exploration.near_duplicates import NEAR_DUPLICATES_FILE
from embedlab.jobs.jobs import Jobs
from embedlab.workspace.rows import EmbeddingRow, JobRow, Status

KIND = "clusters"


def clusters_job(jobs: Jobs, row: EmbeddingRow) -> JobRow | None:
    """Return the job that finds the clusters of an embedding, which is queued if there is none yet.

    None if there are clusters, or too few keys for them. An ended job is not repeated: it failed, was cancelled, or
    found that the vectors have no clusters. Versions that found one layer of clusters found no near-duplicates, and
    their jobs are repeated.
    """
    folder = jobs.workspace.layout.embedding(row.id)
    has_duplicates = (folder / NEAR_DUPLICATES_FILE).is_file()
    if n_clusters(row.n_keys) < 2 or (has_duplicates and (folder / CLUSTERS_FILE).is_file()):
        return None
    earlier = jobs.about(KIND, "embedding_id", row.id, most=1)
    if earlier and (has_duplicates or earlier[0].status is not Status.SUCCEEDED):
        return earlier[0]
    return jobs.submit(KIND, {"embedding_id": row.id, "in_background": True})

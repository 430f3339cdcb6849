"""Clusters that are found while the user looks at the map of an embedding of an earlier version."""

from __future__ import annotations

import streamlit as st

from embedlab.jobs.clusters.missing_clusters import clusters_job
from embedlab.ui.shell import resources
from embedlab.workspace.rows import EmbeddingRow

_POLL_S = 1.5


def draw(row: EmbeddingRow, *, shows_progress: bool = True) -> None:
    """Find the clusters of an embedding in the background if it has none, and show that they are on their way.

    Without `shows_progress` nothing is drawn until they are found.
    """
    job = clusters_job(resources.jobs(), row)
    if job is not None and job.status.is_active:
        st.fragment(run_every=_POLL_S)(_watch)(job.id, shows_progress)


def _watch(job_id: str, shows_progress: bool) -> None:
    jobs = resources.jobs()
    jobs.dispatch()
    if not jobs.job(job_id).status.is_active:
        # The map takes its colors and names from them.
        st.rerun()
    if shows_progress:
        st.progress(min(1.0, max(0.0, jobs.progress(job_id).share_done)), text="Finding clusters")

"""Scores of imported vectors, which are evaluated on request."""

from __future__ import annotations

import streamlit as st

from embedlab.jobs.candidates import can_be_evaluated, imported_scores
from embedlab.tasks.registry import verdict_of
from embedlab.ui.scores import scores as run_scores
from embedlab.ui.scores import verdict as run_verdict
from embedlab.ui.shell import resources
from embedlab.ui.widgets import job_progress
from embedlab.workspace.rows import DatasetRow

_EVERY_S = 1.0


def draw(dataset: DatasetRow) -> None:
    """Draw the scores of the vectors of a dataset with their verdict, and the button that evaluates them."""
    if not any(can_be_evaluated(row) for row in resources.workspace().embeddings(dataset_id=dataset.id)):
        return
    of_embeddings = imported_scores(resources.jobs(), dataset.id)
    for embedding_id, scores in of_embeddings.items():
        run_verdict.draw_verdict(verdict_of("", scores, {}))
        run_verdict.draw_marks(scores, {}, key=f"marks-{embedding_id}")
        run_scores.draw_scores(scores)
        run_scores.draw_checks(scores)
    active = [job.id for job in resources.jobs().jobs("judge", active=True) if job.request["dataset_id"] == dataset.id]
    if active:
        st.fragment(run_every=_EVERY_S)(_progress)(active[0])
        return
    title = "Evaluate again" if of_embeddings else "Evaluate"
    about = "Score these vectors by English word pairs and analogies, and by the checks and files of this dataset."
    if st.button(title, icon=":material/fact_check:", key="judge-vectors", help=about):
        run_scores.score_again(dataset.id)


def _progress(job_id: str) -> None:
    jobs = resources.jobs()
    jobs.dispatch()
    job = jobs.job(job_id)
    if not job.status.is_active:
        st.rerun()
    progress = jobs.progress(job_id)
    st.progress(progress.share_done, text=f"Evaluating · {job_progress.progress_text(job, progress)}")

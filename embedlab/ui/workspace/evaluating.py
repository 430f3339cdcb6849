"""Evaluating vectors from the Workspace page."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from embedlab.core.errors import NotFoundError
from embedlab.jobs.candidates import can_be_evaluated
from embedlab.jobs.judging import judged_embedding
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.frame import open_page
from embedlab.workspace.rows import Status


class Vectors(NamedTuple):
    """Vectors that word tests, checks and files can evaluate.

    Parameters
    ----------
    dataset_id
        Their dataset.
    run_id
        Their run; None for imported vectors.
    """

    dataset_id: str
    run_id: str | None


def vectors_of(item_type: str, item_id: str) -> Vectors | None:
    """Return what can be evaluated of a dataset, run or embedding; None if nothing can."""
    workspace = resources.workspace()
    try:
        if item_type == "embeddings":
            row = workspace.embedding(item_id)
            if row.dataset_id is None or not can_be_evaluated(row):
                return None
            if row.run_id is not None:
                found = vectors_of("runs", row.run_id)
                judged = judged_embedding(workspace, row.run_id)
                return found if judged is not None and judged.id == row.id else None
            return Vectors(row.dataset_id, None)
        if item_type == "runs":
            run = workspace.run(item_id)
            is_usable = run.status == Status.SUCCEEDED and judged_embedding(workspace, run.id) is not None
            return Vectors(run.dataset_id, run.id) if is_usable else None
        if item_type == "datasets":
            rows = workspace.embeddings(dataset_id=item_id)
            has_imported = any(row.run_id is None and can_be_evaluated(row) for row in rows)
            return Vectors(item_id, None) if has_imported else None
    except NotFoundError:
        # Another session has deleted it.
        return None
    return None


def button(item_type: str, item_id: str) -> None:
    """Draw the button that evaluates the selected item and opens the page that shows its scores, if it has vectors."""
    vectors = vectors_of(item_type, item_id)
    if vectors is None:
        return
    dataset_id, run_id = vectors
    about = "Score the vectors by word pairs and analogies, and by the checks and files of their dataset."
    if st.button("Evaluate", icon=":material/fact_check:", key="evaluate", help=about):
        with shown_errors():
            resources.jobs().submit_judging(dataset_id, [] if run_id is None else [run_id])
            if run_id is None:
                open_page("data", dataset=dataset_id)
            else:
                open_page("runs", dataset=dataset_id, run=run_id)

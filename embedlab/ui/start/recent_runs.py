"""The most recent runs on the Start page."""

from __future__ import annotations

import streamlit as st

from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.run_line import figures_line
from embedlab.ui.widgets.wording import STATUS_TITLES, main_score
from embedlab.workspace import listing
from embedlab.workspace.rows import RunRow, Status

#: Number of runs that are shown.
MAX_RUNS = 3


def draw(runs: list[RunRow]) -> None:
    """Draw the newest runs with links to the map and the run."""
    st.markdown("## Recent")
    embeddings_by_run = listing.embeddings_by(resources.workspace(), "run_id", [run.id for run in runs])
    for run, column in zip(runs, st.columns(MAX_RUNS, gap="medium"), strict=False):
        with column.container(border=True, height="stretch", gap="xsmall"):
            st.markdown(f"**{plain(run.name, 60)}**")
            score = main_score(run.model, run.scores)
            state = plain(score) if score else STATUS_TITLES[run.status]
            st.caption(f"{state} · {figures_line(run)}")
            st.space("stretch")
            with st.container(horizontal=True):
                embeddings = embeddings_by_run[run.id] if run.status == Status.SUCCEEDED else []
                if embeddings:
                    query = current.link(embedding=current.first_of(embeddings).id, dataset=run.dataset_id)
                    page_link("map", label="Map", icon=":material/scatter_plot:", query=query)
                page_link("runs", label="Run", icon=":material/list_alt:", query={"run": run.id})

"""The most recent runs on the Start page; a sweep, and repeats with other seeds, are one card."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from embedlab.jobs.recent import RecentRuns
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.run_line import figures_line
from embedlab.ui.widgets.wording import STATUS_TITLES, counted, main_score
from embedlab.workspace import listing
from embedlab.workspace.rows import Status

#: Number of cards.
MAX_RUNS = 3
_NOTES = {"sweep": "Sweep of {runs}", "seeds": "{runs} with different seeds"}


def draw(entries: Sequence[RecentRuns]) -> None:
    """Draw the newest runs with links to the map and the run."""
    st.markdown("## Recent")
    of_runs = [entry.run.id for entry in entries]
    embeddings_by_run = listing.embeddings_by(resources.workspace(), "run_id", of_runs)
    for entry, column in zip(entries, st.columns(MAX_RUNS, gap="medium"), strict=False):
        run = entry.run
        with column.container(border=True, height="stretch", gap="xsmall"):
            st.markdown(f"**{plain(run.name, 60)}**")
            score = main_score(run.model, run.scores)
            state = plain(score) if score else STATUS_TITLES[run.status]
            st.caption(f"{state} · {figures_line(run)}")
            if entry.reason in _NOTES:
                st.caption(_NOTES[entry.reason].format(runs=counted(entry.n_runs, "runs")))
            st.space("stretch")
            with st.container(horizontal=True):
                embeddings = embeddings_by_run[run.id] if run.status == Status.SUCCEEDED else []
                if embeddings:
                    query = current.link(embedding=current.first_of(embeddings).id, dataset=run.dataset_id)
                    page_link("map", label="Map", icon=":material/scatter_plot:", query=query)
                if entry.reason == "sweep":
                    sweep_query = {"dataset": run.dataset_id, "view": "compare"}
                    page_link("runs", label="Compare", icon=":material/grid_on:", query=sweep_query)
                page_link("runs", label="Run", icon=":material/list_alt:", query={"run": run.id})

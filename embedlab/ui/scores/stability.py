"""Stability of neighbors: the same training with other seeds, started from a run's page."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.evaluation.differences import share_text
from embedlab.evaluation.scores import read_scores
from embedlab.figures.stability import keys_by_share
from embedlab.jobs.judging import judged_embedding
from embedlab.jobs.stability import (
    MOST_SEEDS,
    SCORE,
    StoredStability,
    active_repeats,
    keys_by_stability,
    load_stability,
    repeats_of,
    submit_repeats,
)
from embedlab.models.registry import MODELS
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.answer_wording import noun
from embedlab.ui.widgets.wording import counted, rough_duration
from embedlab.workspace.rows import JobRow, RunRow

_EVERY_S = 2.0
_LISTED = 8
_SEEDS = (2, 3, 5, MOST_SEEDS)


def draw(run: RunRow) -> None:
    """Draw the stability of a finished run, running trainings, and the form that starts more."""
    row = judged_embedding(resources.workspace(), run.id)
    if row is None:
        return
    st.markdown("## Which neighbors can you trust?")
    active = active_repeats(resources.jobs(), run)
    if active:
        st.fragment(run_every=_EVERY_S)(_progress)(run, len(active))
        return
    with shown_errors():
        kept = load_stability(resources.workspace(), run)
        if kept is not None:
            _result(run, kept)
        else:
            st.caption(
                "Training starts from random numbers determined by the seed. Neighbors that appear with only one seed "
                "are probably chance; neighbors that appear with every seed were learned from your data."
            )
        if run.model in MODELS:
            _form(run, row.name)


def _progress(run: RunRow, n_active_before: int) -> None:
    jobs = resources.jobs()
    jobs.dispatch()
    active = active_repeats(jobs, run)
    if len(active) != n_active_before:
        st.rerun()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/casino: {_progress_text(active)} Finished runs are kept.", width="stretch")
        st.button("Cancel", icon=":material/stop_circle:", key="stop-repeats", on_click=_stop, args=(active,))


def _progress_text(active: list[JobRow]) -> str:
    trainings = [job for job in active if job.run_id is not None]
    if trainings:
        return f"Training with other seeds, {counted(len(trainings), 'runs')} left."
    return "Comparing the seeds."


def _stop(active: list[JobRow]) -> None:
    # Cancel the comparison first: it would start as soon as the trainings end.
    for job in sorted(active, key=lambda job: job.run_id is not None):
        with shown_errors():
            resources.jobs().cancel(job.id)


def _result(run: RunRow, stability: StoredStability) -> None:
    score = read_scores(run.scores)[SCORE]
    keys = noun(stability.row.name, 2)
    interval = f" (95 % interval {share_text(score.interval)})" if score.interval is not None else ""
    st.markdown(
        f"With another seed, **{score.value:.0%}**{interval} of the {stability.topn} nearest neighbors of a "
        f"{noun(stability.row.name)} stay the same, on average over {score.n_cases or 0:,} of {score.n_total or 0:,} "
        f"{keys} and {stability.n_seeds} seeds."
    )
    if score.interval is None:
        st.caption(f":material/info: {plain(score.note, 300)}")
    embedding = resources.load_embedding(stability.row.id)
    figure_column, stable_column, unstable_column = st.columns([2, 1, 1], gap="medium")
    with figure_column:
        figure = keys_by_share(stability.shares, theme=run_figures.theme(), noun=keys)
        run_figures.show(
            figure, key=f"stability-{run.id}", alt=f"Number of {keys} by the share of neighbors that stay the same"
        )
    for column, title, most in ((stable_column, "Most stable", True), (unstable_column, "Least stable", False)):
        with column:
            listed = keys_by_stability(embedding, stability, _LISTED, most=most)
            table = {
                title: [one_line(each.label, 40) for each in listed],
                "Stay": [100 * each.share for each in listed],
            }
            st.dataframe(
                pd.DataFrame(table),
                hide_index=True,
                placeholder="",
                column_config={"Stay": st.column_config.NumberColumn(format="%.0f %%", width=60)},
            )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The Ask page shows how many seeds each neighbor appears with.", width="content")
        page_link("ask", label="Query", icon=":material/forum:", query=current.link(embedding=stability.row.id))


def _form(run: RunRow, name: str) -> None:
    n_present = len(repeats_of(resources.workspace(), run))
    offered = [n_seeds for n_seeds in _SEEDS if n_seeds > n_present] or [n_present]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        n_seeds = st.selectbox(
            "Seeds to compare", offered, index=1 if n_present < _SEEDS[0] else 0, key="stability-seeds", width=150
        )
        n_missing = max(0, n_seeds - n_present)
        time = f", about {rough_duration(n_missing * run.elapsed_s)}" if run.elapsed_s and n_missing else ""
        label = f"Train with {counted(n_missing, 'more seeds')}{time}" if n_missing else "Compare seeds again"
        if st.button(
            label, icon=":material/casino:", key="start-repeats", help=f"Same settings, different seeds, for {name}"
        ):
            submit_repeats(resources.jobs(), run.id, n_seeds)
            st.rerun()

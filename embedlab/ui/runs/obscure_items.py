"""The obscure-item problem: how L2 regularization decides which items are recommended."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.evaluation.recommendation.obscure_items import MOST_RATINGS
from embedlab.evaluation.recommendation.ranking import LIST_LENGTH
from embedlab.figures.obscure_items import norms_over_counts
from embedlab.jobs.estimates import origin
from embedlab.jobs.searches.obscure_items import (
    EXPONENT,
    MOST_COMPARED,
    Neighbor,
    RunItems,
    comparable_runs,
    is_regularized,
    item_vectors_of,
    items_of_run,
    neighbors_of_item,
    plan_experiment,
    popular_items,
    titles_of,
)
from embedlab.jobs.searches.sweeps import active_sweeps, submit_sweep
from embedlab.models.registry import MODELS
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.wording import counted, rough_duration
from embedlab.workspace.rows import DatasetRow, RunRow

_TITLE = "Obscure items and L2 regularization"
_MOST_ITEMS = 500
_EXPLANATION = (
    "The L2 regularization of an item with n ratings is multiplied by n to the power **nu**. With a constant strength "
    "(nu 0), an item with few ratings has little data against the full penalty: its vector stays near 0, and it is not "
    "recommended. With a strength in proportion to the count (nu 1), its vector is as long as any other, and a few "
    "high ratings make it a recommendation for many users. So **constant L2 cures obscure recommendations, and "
    "count-scaled L2 makes them worse**, although its error can be lower on large data. Without L2, vectors of rare "
    "items are hardly changed from their random initial values or fit their few ratings exactly."
)


def draw(run: RunRow, dataset: DatasetRow | None) -> None:
    """Draw the comparison for a run and those that differ from it in L2 regularization alone, if it applies."""
    workspace = resources.workspace()
    if dataset is None or not is_regularized(run) or item_vectors_of(workspace, run) is None:
        return
    with st.expander(_TITLE, icon=":material/visibility_off:", key="expander-obscure-items"):
        runs = comparable_runs(workspace, run)
        # The contents of a closed expander are computed too.
        if st.toggle("Analyze this run and those with other L2 regularization", key=f"obscure-items-{run.id}"):
            with shown_errors():
                _comparison(runs, titles_of(runs))
        with shown_errors():
            _experiment(run, dataset, runs)


def draw_selected(runs: Sequence[RunRow], titles: Sequence[str]) -> None:
    """Draw the comparison for some runs, if at least two have item vectors.

    Parameters
    ----------
    titles
        A distinct name of each run.
    """
    workspace = resources.workspace()
    pairs = [(run, title) for run, title in zip(runs, titles, strict=True) if item_vectors_of(workspace, run)]
    if len(pairs) < 2:
        return
    with st.expander(_TITLE, icon=":material/visibility_off:", key="expander-obscure-items"):
        if st.toggle("Analyze the selected runs", key="obscure-items-selected"):
            shown = pairs[:MOST_COMPARED]
            with shown_errors():
                _comparison([run for run, _ in shown], [title for _, title in shown])


@st.cache_data(max_entries=40, show_spinner="Ranking items …")
def _items(run_id: str, title: str) -> RunItems | None:
    # The vectors of a finished run never change.
    workspace = resources.workspace()
    return items_of_run(workspace, workspace.run(run_id), title)


@st.cache_data(max_entries=200, show_spinner=False)
def _neighbors(run_id: str, key: str) -> list[Neighbor]:
    workspace = resources.workspace()
    return neighbors_of_item(workspace, workspace.run(run_id), key)


@st.cache_data(max_entries=20, show_spinner=False)
def _popular(run_id: str) -> dict[str, str]:
    workspace = resources.workspace()
    return popular_items(workspace, workspace.run(run_id), _MOST_ITEMS)


def _comparison(runs: Sequence[RunRow], titles: Sequence[str]) -> None:
    found = [each for each in map(_items, [run.id for run in runs], titles) if each is not None]
    st.markdown(_EXPLANATION)
    _table(found)
    figure = norms_over_counts({each.title: each.norms for each in found}, theme=run_figures.theme())
    run_figures.show(
        figure, key="obscure-norms", alt="Median norm of item vectors over the number of ratings, one line per run"
    )
    _side_by_side(runs, titles)


def _table(found: Sequence[RunItems]) -> None:
    recommended = [each.recommended for each in found]
    table = {
        "L2 regularization": [each.title for each in found],
        "Test RMSE": [each.rmse for each in found],
        "Obscure recommendations": [None if each is None else 100 * each.share_obscure for each in recommended],
        "Median ratings": [None if each is None else each.median_ratings for each in recommended],
    }
    st.dataframe(
        pd.DataFrame(table),
        hide_index=True,
        placeholder="",
        column_config={
            "L2 regularization": st.column_config.TextColumn(width=180),
            "Test RMSE": st.column_config.NumberColumn(format="%.4f", width=100),
            "Obscure recommendations": st.column_config.NumberColumn(
                format="%.1f %%",
                width=190,
                help=f"Share of each user's first {LIST_LENGTH} recommendations that have at most {MOST_RATINGS} "
                "ratings",
            ),
            "Median ratings": st.column_config.NumberColumn(
                format="localized", width=120, help="Median number of ratings of the recommended items"
            ),
        },
    )
    n_users = next((each.n_users for each in recommended if each is not None), None)
    if n_users is not None:
        st.caption(
            f"Obscure recommendations: the share of the first {LIST_LENGTH} recommendations with at most "
            f"{MOST_RATINGS} ratings, over {counted(n_users, 'users')}."
        )


def _side_by_side(runs: Sequence[RunRow], titles: Sequence[str]) -> None:
    options = _popular(runs[0].id)
    if not options:
        return
    st.markdown("## Nearest neighbors of one item")
    key: str = st.selectbox(
        "Item",
        list(options),
        format_func=lambda each: one_line(str(options.get(each, each)), 80),
        key="obscure-item",
        width=420,
    )
    columns = {title: _neighbors(run.id, key) for run, title in zip(runs, titles, strict=True)}
    length = max(map(len, columns.values()), default=0)
    table = {
        title: [*(f"{one_line(each.label, 60)} ({each.count:,})" for each in near), *[""] * (length - len(near))]
        for title, near in columns.items()
    }
    st.dataframe(pd.DataFrame(table), hide_index=True, placeholder="")
    st.caption("By cosine similarity, with the number of ratings in parentheses.")


def _experiment(run: RunRow, dataset: DatasetRow, runs: Sequence[RunRow]) -> None:
    """Offer to train the runs of the figure that are missing."""
    model = MODELS.get(run.model)
    if model is None or EXPONENT not in model.parameters_class.model_fields or len(runs) >= MOST_COMPARED:
        return
    if active_sweeps(resources.jobs(), dataset.id):
        st.caption("A sweep is running on this dataset.")
        return
    plan = plan_experiment(resources.workspace(), dataset, run)
    if plan is None:
        return
    n_runs = counted(len(plan.parameters), "runs")
    st.caption(
        f"Train with nu 0, 0.5 and 1, and without L2, and compare: {n_runs}, about {rough_duration(plan.seconds)} in "
        f"total, {origin(plan.n_taught)}."
    )
    if st.button(f"Train {n_runs}", icon=":material/play_arrow:", key="train-obscure-items"):
        submit_sweep(resources.jobs(), dataset.id, plan)
        st.rerun()

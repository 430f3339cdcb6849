"""The table of runs, and what else is at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import pandas as pd
import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.models.registry import MODELS
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import bounded, views
from embedlab.ui.widgets import job_progress as live
from embedlab.ui.widgets.wording import STATUS_TITLES, main_score
from embedlab.workspace import listing
from embedlab.workspace.rows import ACTIVE, JobRow, RunRow, Status

_KEY = "runs-table"
_SHOWN = "runs-shown"
_STEP = 50
_MOST_OTHERS = 8
_EVERY_S = 2.0
_ENDED_BADLY = (Status.FAILED, Status.INTERRUPTED)


def draw(states: Mapping[Status, int]) -> None:
    """Draw filters and table; a chosen row opens its run.

    Parameters
    ----------
    states
        How many runs there are in each state.
    """
    found = _found(states)
    shown = found.rows
    if not shown:
        st.info("No run matches. Clear the search or choose other states.", icon=":material/filter_alt_off:")
        return

    def opened() -> None:
        chosen = st.session_state[_KEY]["selection"]["rows"]
        if chosen:
            current.set_run(shown[chosen[0]].id)
            views.go("one")

    st.dataframe(
        _table(shown),
        key=_KEY,
        placeholder="",
        hide_index=True,
        on_select=opened,
        selection_mode="single-row",
        column_config={
            "Run": st.column_config.TextColumn(width=190),
            "Model": st.column_config.TextColumn(width=120),
            "Dataset": st.column_config.TextColumn(width=140),
            "Status": st.column_config.TextColumn(width=80),
            "Score": st.column_config.TextColumn(width=170),
            "Loss": st.column_config.LineChartColumn(help="Loss after each epoch", width=80),
            "Time": st.column_config.NumberColumn(format="%.0f s", width=60, help="From start to end"),
            "Created": st.column_config.DatetimeColumn(format="D MMM, HH:mm", width=110),
        },
    )
    bounded.more_button(_SHOWN, _STEP, len(shown), found.n_found, "runs")
    st.caption("Choose a row to open the run. A click on a heading sorts.")
    if any(status.is_active for status in states):
        st.fragment(run_every=_EVERY_S)(_watched)(dict(states), _active_runs())


def _active_runs() -> frozenset[str]:
    return frozenset(job.id for job in resources.jobs().jobs("train", active=True))


def _watched(before: Mapping[Status, int], active_before: frozenset[str]) -> None:
    """Draw the page again when a run has begun or ended."""
    resources.jobs().dispatch()
    if listing.runs_by_status(resources.workspace()) != before or _active_runs() != active_before:
        st.rerun()


def _found(states: Mapping[Status, int]) -> listing.Found[RunRow]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = bounded.search_box("runs-search", "Name, model or dataset")
        present = sorted(states, key=list(STATUS_TITLES).index)
        chosen = st.pills(
            "Status", present, selection_mode="multi", format_func=lambda one: STATUS_TITLES[one], key="runs-states"
        )
    return listing.find_runs(
        resources.workspace(), words, states=chosen, title_of=model_title, most=bounded.shown(_SHOWN, _STEP)
    )


def _table(rows: Sequence[RunRow]) -> pd.DataFrame:
    datasets = listing.dataset_names(resources.workspace(), {row.dataset_id for row in rows})
    return pd.DataFrame(
        {
            "Run": [one_line(row.name) for row in rows],
            "Model": [model_title(row.model) for row in rows],
            "Dataset": [one_line(datasets.get(row.dataset_id, "")) for row in rows],
            "Status": [STATUS_TITLES[row.status] for row in rows],
            "Score": [main_score(row.model, row.scores) for row in rows],
            "Loss": [_losses(row) for row in rows],
            "Time": [row.elapsed_s for row in rows],
            "Created": [datetime.fromtimestamp(row.created_at, UTC).astimezone() for row in rows],
        }
    )


def _losses(row: RunRow) -> list[float]:
    if row.status.is_active:
        return []
    return list(finished_losses(row.id, row.finished_at))


# Streamlit's own cache copies what it hands out, which for a table of runs takes longer than reading.
@lru_cache(maxsize=2000)
def finished_losses(run_id: str, finished_at: float | None) -> tuple[float, ...]:
    """Return the loss of each epoch of a run that has ended."""
    del finished_at
    return tuple(entry["loss"] for entry in resources.jobs().progress(run_id).history if "loss" in entry)


def model_title(name: str) -> str:
    """Return a model's name for people."""
    return MODELS[name].title if name in MODELS else name


def other_work() -> None:
    """Show imports and projections at work, and those that ended badly until they are dismissed."""
    rows = _others()
    if rows:
        active = any(row.status.is_active for row in rows)
        st.fragment(run_every=1.0 if active else None)(_other_work)(
            tuple(row.id for row in rows if row.status.is_active)
        )


def _others() -> list[JobRow]:
    return resources.jobs().others([*ACTIVE, *_ENDED_BADLY], most=_MOST_OTHERS)


def _other_work(active_before: tuple[str, ...]) -> None:
    rows = _others()
    if active_before != tuple(row.id for row in rows if row.status.is_active):
        # Something ended: what it made may belong elsewhere on the page.
        st.rerun()
    st.markdown("##### Other jobs running" if active_before else "##### Ended early")
    for row in rows:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            if row.status.is_active:
                progress = resources.jobs().progress(row.id)
                st.progress(progress.share_done, text=f"{plain(row.title)} · {live.said(row, progress)}")
                st.button("Cancel", key=f"stop-{row.id}", on_click=_act, args=("cancel", row.id))
            else:
                reason = plain((row.error or {}).get("what") or STATUS_TITLES[row.status], 300)
                st.markdown(f"**{plain(row.title)}**: {reason}", width="stretch")
                st.button("Start again", key=f"again-{row.id}", on_click=_act, args=("restart", row.id))
                st.button("Dismiss", key=f"dismiss-{row.id}", on_click=_act, args=("dismiss", row.id))


def _act(action: str, job_id: str) -> None:
    jobs = resources.jobs()
    try:
        {"cancel": jobs.cancel, "restart": jobs.restart, "dismiss": jobs.dismiss}[action](job_id)
    except EmbedLabError as error:
        st.toast(plain(error.what))

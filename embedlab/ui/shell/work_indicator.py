"""Indicator in the header of every page: progress of active jobs, and a link to a new map."""

from __future__ import annotations

import streamlit as st

from embedlab.core.roles import default_embedding
from embedlab.ui.shell import navigation, resources
from embedlab.ui.shell.plain import plain
from embedlab.workspace.rows import JobRow, Status

_EVERY_S = 2.0
_TRAININGS = "work:trainings"
_READY = "work:ready"
_LONGEST_TITLE = 40


def draw(page: str) -> None:
    """Draw the indicator on a page; it refreshes itself while jobs are active, without a rerun of the page."""
    has_work = bool(resources.jobs().n_active() or st.session_state.get(_TRAININGS))
    st.fragment(run_every=_EVERY_S if has_work else None)(_indicator)(page)


def _indicator(page: str) -> None:
    # The container has a fixed height, so that the page below does not move.
    with st.container(key="work", horizontal=True, vertical_alignment="center", gap="small", width="content"):
        if st.session_state.get(_TRAININGS) or resources.jobs().n_active():
            _refresh()
        _map_link(page)


def _refresh() -> None:
    """Draw the progress of active jobs, and find trainings that ended since the last refresh."""
    jobs = resources.jobs()
    active = jobs.jobs(active=True)
    trainings: list[str] = st.session_state.get(_TRAININGS, [])
    active_ids = [row.id for row in active if row.run_id is not None]
    for job_id in trainings:
        if job_id not in active_ids:
            ready = _map_of(job_id)
            if ready is not None:
                st.session_state[_READY] = ready
    st.session_state[_TRAININGS] = active_ids
    if active:
        _progress(active)


def _progress(active: list[JobRow]) -> None:
    running = [row for row in active if row.status == Status.RUNNING]
    # The oldest one, which ends first.
    row = (running or active)[-1]
    # Below 100 % until the job is done.
    share = min(0.99, resources.jobs().progress(row.id).share_done)
    # First what changes: where the title does not fit, its end is cut off.
    others = f" · {len(active) - 1} more" if len(active) > 1 else ""
    st.markdown(
        f":material/progress_activity: {share:.0%} · {plain(row.title, _LONGEST_TITLE)}{others}", width="content"
    )


def _map_of(job_id: str) -> str | None:
    """Return the main embedding of a training; None if it has none."""
    rows = resources.workspace().embeddings(run_id=job_id)
    name = default_embedding({row.name: row.n_keys for row in rows})
    return next((row.id for row in rows if row.name == name), None)


def _map_link(page: str) -> None:
    ready = st.session_state.get(_READY)
    if ready is None:
        return
    if page == "map" and st.query_params.get("embedding") == ready:
        del st.session_state[_READY]
        return
    st.page_link(
        navigation.st_page(navigation.spec("map")),
        label="Your map is ready",
        icon=":material/check_circle:",
        query_params={"embedding": ready},
    )

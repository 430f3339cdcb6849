"""In the header of every page: how far the work is, and a link to a map that has just been made."""

from __future__ import annotations

import streamlit as st

from embedlab.core.roles import first_shown
from embedlab.ui.shell import navigation, resources
from embedlab.ui.shell.plain import plain
from embedlab.workspace.rows import JobRow, Status

_EVERY_S = 2.0
_WATCHED = "work:watched"
_READY = "work:ready"
_LONGEST_TITLE = 40


def draw() -> None:
    """Draw the indicator; it looks again by itself while there is work, and never runs the page again."""
    has_work = bool(resources.jobs().n_active() or st.session_state.get(_WATCHED))
    st.fragment(run_every=_EVERY_S if has_work else None)(_indicator)()


def _indicator() -> None:
    # The room stays the same whatever is in it, so that nothing below moves.
    with st.container(key="work", horizontal=True, vertical_alignment="center", gap="small", width="content"):
        if st.session_state.get(_WATCHED) or resources.jobs().n_active():
            _look()
        _show()


def _look() -> None:
    """Find what is at work, and which trainings seen before have ended."""
    jobs = resources.jobs()
    active = jobs.jobs(active=True)
    watched: list[str] = st.session_state.get(_WATCHED, [])
    now = [row.id for row in active if row.run_id is not None]
    for job_id in watched:
        if job_id not in now:
            ready = _map_of(job_id)
            if ready is not None:
                st.session_state[_READY] = ready
    st.session_state[_WATCHED] = now
    if active:
        _progress(active)


def _progress(active: list[JobRow]) -> None:
    running = [row for row in active if row.status == Status.RUNNING]
    # The oldest: it is the first to end.
    row = (running or active)[-1]
    # Not yet done is never 100 %.
    share = min(0.99, resources.jobs().progress(row.id).share_done)
    others = f" · {len(active) - 1} more" if len(active) > 1 else ""
    st.markdown(
        f":material/progress_activity: {plain(row.title, _LONGEST_TITLE)} · {share:.0%}{others}", width="content"
    )


def _map_of(job_id: str) -> str | None:
    """Return the embedding that a training of this session made; None when it made none."""
    rows = resources.workspace().embeddings(run_id=job_id)
    name = first_shown(row.name for row in rows)
    return next((row.id for row in rows if row.name == name), None)


def _show() -> None:
    ready = st.session_state.get(_READY)
    if ready is None:
        return
    if st.query_params.get("embedding") == ready:
        # It is being looked at.
        del st.session_state[_READY]
        return
    st.page_link(
        navigation.st_page(navigation.spec("map")),
        label="Your map is ready",
        icon=":material/check_circle:",
        query_params={"embedding": ready},
    )

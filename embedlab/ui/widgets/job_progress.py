"""A job at work: progress, figures, log, and the button that stops it. It looks again by itself while there is more."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.jobs.engine.progress import Progress
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets import live_map as forming
from embedlab.ui.widgets.wording import duration, number
from embedlab.workspace.rows import JobRow, Status

_EVERY_S = 1.0
_LOG_HEIGHT = 180


def watch(job_id: str) -> None:
    """Show an active job; the page is run again when it begins and when it ends."""
    st.fragment(run_every=_EVERY_S)(_watched)(job_id, resources.jobs().job(job_id).status)


def _watched(job_id: str, before: Status) -> None:
    jobs = resources.jobs()
    jobs.dispatch()
    row = jobs.job(job_id)
    if row.status != before:
        st.rerun()
    panel(row)


def panel(row: JobRow) -> None:
    """Show how far an active job is, for a training with its figures; draw it in a fragment."""
    progress = resources.jobs().progress(row.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, max(0.0, progress.share_done)), text=said(row, progress))
        _cancel_button(row)
    if progress.note:
        st.caption(plain(progress.note, 300))
    if row.run_id is not None:
        _training(row, progress)


def _training(row: JobRow, progress: Progress) -> None:
    curves, picture = st.columns(2, gap="medium")
    with curves:
        st.markdown("##### Learning curve")
        if progress.history:
            run_figures.live_curves(progress.history, key=f"live-curves-{row.id}")
        else:
            st.caption("The first point appears when the first epoch is done.")
    with picture:
        st.markdown("##### Live map")
        forming.draw(row.id)
    with st.expander("Log", icon=":material/terminal:"):
        # A code block shows text letter for letter.
        st.code("\n".join(progress.log_tail) or "Nothing yet.", language=None, height=_LOG_HEIGHT)


def said(row: JobRow, progress: Progress) -> str:
    """Return in one line how far a job is."""
    if row.cancel_requested:
        return "Stopping …"
    if row.status == Status.QUEUED:
        others = resources.jobs().n_active() > 1
        return "Waiting for other jobs to finish" if others else "Starting"
    parts = [plain(progress.stage.capitalize() if progress.share_done else "Starting")]
    if progress.n_epochs:
        epoch = min(progress.epoch + 1, progress.n_epochs)
        parts.append(f"epoch {epoch} of {progress.n_epochs}")
    if progress.rate:
        parts.append(f"{number(round(progress.rate))} {plain(progress.rate_unit)}")
    if progress.eta_s is not None:
        parts.append("nearly done" if progress.eta_s < 1 else f"about {duration(progress.eta_s)} left")
    return " · ".join(parts)


def _cancel_button(row: JobRow) -> None:
    def cancel() -> None:
        try:
            resources.jobs().cancel(row.id)
        except EmbedLabError as error:
            # It ended in the meantime; the next look shows how.
            st.toast(plain(error.what))

    st.button(
        "Cancel",
        key=f"cancel-{row.id}",
        icon=":material/stop_circle:",
        on_click=cancel,
        disabled=row.cancel_requested,
    )


def stopped(row: JobRow) -> None:
    """Show why a job did not finish, and the ways to go on."""
    reason(row)
    with st.container(horizontal=True):
        if resources.jobs().can_resume(row):
            st.button(
                "Resume",
                type="primary",
                icon=":material/play_arrow:",
                help="Goes on from the last state that was kept, at most some seconds of training back.",
                on_click=_again,
                args=(row.id, True),
            )
        start_again(row)


def start_again(row: JobRow) -> None:
    """Draw the button that does a stopped job again from its beginning."""
    st.button("Start again", icon=":material/restart_alt:", on_click=_again, args=(row.id, False))


def reason(row: JobRow) -> None:
    """Show why a job did not finish."""
    error = row.error or {}
    what = plain(error.get("what") or "The job ended before its work was done.", 600)
    parts = [f"**{what}**"]
    if error.get("received") is not None:
        parts.append(f"Received: {plain(error['received'], 600)}")
    if error.get("remedy"):
        parts.append(plain(error["remedy"], 600))
    show_as = st.info if row.status == Status.CANCELLED else st.error
    show_as("\n\n".join(parts), icon=":material/info:" if row.status == Status.CANCELLED else ":material/error:")


def _again(job_id: str, resume: bool) -> None:
    jobs = resources.jobs()
    try:
        jobs.resume(job_id) if resume else jobs.restart(job_id)
    except EmbedLabError as error:
        show(error)


def log(job_id: str) -> None:
    """Show the end of a job's log, folded away."""
    lines = resources.jobs().progress(job_id).log_tail
    if lines:
        with st.expander("Log", icon=":material/terminal:"):
            st.code("\n".join(lines), language=None, height=_LOG_HEIGHT)

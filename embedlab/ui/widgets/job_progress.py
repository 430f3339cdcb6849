"""Progress of a job with film, log, and buttons to stop and cancel; it refreshes itself while the job is active."""

from __future__ import annotations

import time

import streamlit as st

from embedlab.core.durations import time_left
from embedlab.core.errors import EmbedLabError
from embedlab.jobs.engine.progress import Progress
from embedlab.jobs.engine.queue import STOP_EARLY
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import film
from embedlab.ui.widgets.wording import number
from embedlab.workspace.rows import JobRow, Status

_EVERY_S = 1.0
#: Time for the last motion of the film, before the page changes.
_LAST_MOTION_S = 3.0
_LOG_HEIGHT = 180


def watch(job_id: str) -> None:
    """Draw an active job; the page reruns when the job starts and when it ends."""
    st.fragment(run_every=_EVERY_S)(_poll)(job_id, resources.jobs().job(job_id).status)


def _poll(job_id: str, before: Status) -> None:
    jobs = resources.jobs()
    jobs.dispatch()
    row = jobs.job(job_id)
    if row.status != before and not is_finishing(row):
        st.rerun()
    panel(row)


def is_finishing(row: JobRow) -> bool:
    """Return whether the film of a training that has just succeeded is still moving to the finished map."""
    if row.status != Status.SUCCEEDED or row.run_id is None:
        return False
    finished_at: float = st.session_state.setdefault(f"finished-at:{row.id}", time.monotonic())
    return time.monotonic() - finished_at < _LAST_MOTION_S


def panel(row: JobRow) -> None:
    """Draw the progress of an active job, with a film for a training. Call it in a fragment."""
    progress = resources.jobs().progress(row.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        share_done = 1.0 if row.status == Status.SUCCEEDED else min(1.0, max(0.0, progress.share_done))
        st.progress(share_done, text=progress_text(row, progress))
        _stop_button(row, progress)
        _cancel_button(row)
    if progress.note:
        st.caption(plain(progress.note, 300))
    if row.run_id is not None:
        _training(row, progress)


def _training(row: JobRow, progress: Progress) -> None:
    film.draw(row.id, key=f"live-film-{row.id}")
    with st.expander("Log", icon=":material/terminal:", key="expander-log"):
        # A code block shows text literally.
        st.code("\n".join(progress.log_tail) or "Nothing yet", language=None, height=_LOG_HEIGHT)


def progress_text(row: JobRow, progress: Progress) -> str:
    """Return the progress of a job in one line."""
    if row.cancel_requested:
        return "Cancelling …"
    if row.status == Status.SUCCEEDED:
        return "Done"
    if is_stopping(row) and progress.n_epochs and progress.stage == "training":
        return f"Stopping after epoch {min(progress.epoch + 1, progress.n_epochs)} …"
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
        parts.append(time_left(progress.eta_s, progress.eta_low_s, progress.eta_high_s))
    return " · ".join(parts)


def is_stopping(row: JobRow) -> bool:
    """Return whether a training is to stop early and keep its model."""
    return row.request.get(STOP_EARLY) is True


def _stop_button(row: JobRow, progress: Progress) -> None:
    # A model without epochs cannot stop early.
    if progress.n_epochs < 2 or not (resources.jobs().can_stop_early(row) or row.status == Status.SUCCEEDED):
        return

    def stop() -> None:
        try:
            resources.jobs().stop_early(row.id)
        except EmbedLabError as error:
            st.toast(plain(error.what))

    st.button(
        "Stop and keep model",
        key=f"stop-early-{row.id}",
        icon=":material/flag:",
        on_click=stop,
        disabled=row.cancel_requested or is_stopping(row) or row.status == Status.SUCCEEDED,
        help="Stop after the current epoch, then evaluate, map and keep the model.",
    )


def _cancel_button(row: JobRow) -> None:
    def cancel() -> None:
        try:
            resources.jobs().cancel(row.id)
        except EmbedLabError as error:
            # The job has already ended; the next refresh shows how.
            st.toast(plain(error.what))

    st.button(
        "Cancel",
        key=f"cancel-{row.id}",
        icon=":material/stop_circle:",
        on_click=cancel,
        disabled=row.cancel_requested or row.status == Status.SUCCEEDED,
    )


def stopped(row: JobRow) -> None:
    """Draw why a job did not finish, with buttons to resume or restart it."""
    reason(row)
    with st.container(horizontal=True):
        if resources.jobs().can_resume(row):
            st.button(
                "Resume",
                type="primary",
                icon=":material/play_arrow:",
                help="Continue from the last checkpoint. At most a few seconds of training are repeated.",
                on_click=_restart,
                args=(row.id, True),
            )
        start_again(row)


def start_again(row: JobRow) -> None:
    """Draw the button that restarts a stopped job from the beginning."""
    st.button("Start again", icon=":material/restart_alt:", on_click=_restart, args=(row.id, False))


def reason(row: JobRow) -> None:
    """Draw why a job did not finish."""
    error = row.error or {}
    what = plain(error.get("what") or "The job ended before it was done.", 600)
    parts = [f"**{what}**"]
    if error.get("received") is not None:
        parts.append(f"Received: {plain(error['received'], 600)}")
    if error.get("remedy"):
        parts.append(plain(error["remedy"], 600))
    show_as = st.info if row.status == Status.CANCELLED else st.error
    show_as("\n\n".join(parts), icon=":material/info:" if row.status == Status.CANCELLED else ":material/error:")


def _restart(job_id: str, resume: bool) -> None:
    jobs = resources.jobs()
    try:
        jobs.resume(job_id) if resume else jobs.restart(job_id)
    except EmbedLabError as error:
        show(error)


def log(job_id: str) -> None:
    """Draw the end of a job's log in an expander."""
    lines = resources.jobs().progress(job_id).log_tail
    if lines:
        with st.expander("Log", icon=":material/terminal:", key="expander-log"):
            st.code("\n".join(lines), language=None, height=_LOG_HEIGHT)

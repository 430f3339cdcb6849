"""A job at work: progress, figures, log, and the button that stops it. It looks again by itself while there is more."""

from __future__ import annotations

import time

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.jobs.engine.progress import Progress
from embedlab.jobs.engine.queue import STOP_EARLY
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import film
from embedlab.ui.widgets.wording import duration, number
from embedlab.workspace.rows import JobRow, Status

_EVERY_S = 1.0
#: The film has this long to glide into the map before the page moves on.
_ARRIVAL_S = 3.0
_LOG_HEIGHT = 180
#: Before this share of the work is done, the time left is a rough estimate.
_EARLY_SHARE = 0.1


def watch(job_id: str) -> None:
    """Show an active job; the page is run again when it begins and when it ends."""
    st.fragment(run_every=_EVERY_S)(_watched)(job_id, resources.jobs().job(job_id).status)


def _watched(job_id: str, before: Status) -> None:
    jobs = resources.jobs()
    jobs.dispatch()
    row = jobs.job(job_id)
    if row.status != before and not arriving(row):
        st.rerun()
    panel(row)


def arriving(row: JobRow) -> bool:
    """Tell whether the film of a training that has just succeeded still glides to its end; asked at every look."""
    if row.status != Status.SUCCEEDED or row.run_id is None:
        return False
    since: float = st.session_state.setdefault(f"arriving:{row.id}", time.monotonic())
    return time.monotonic() - since < _ARRIVAL_S


def panel(row: JobRow) -> None:
    """Show how far an active job is, for a training with its figures; draw it in a fragment."""
    progress = resources.jobs().progress(row.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        share_done = 1.0 if row.status == Status.SUCCEEDED else min(1.0, max(0.0, progress.share_done))
        st.progress(share_done, text=said(row, progress))
        _stop_button(row, progress)
        _cancel_button(row)
    if progress.note:
        st.caption(plain(progress.note, 300))
    if row.run_id is not None:
        _training(row, progress)


def _training(row: JobRow, progress: Progress) -> None:
    film.draw(row.id, key=f"live-film-{row.id}")
    with st.expander("Log", icon=":material/terminal:"):
        # A code block shows text letter for letter.
        st.code("\n".join(progress.log_tail) or "Nothing yet.", language=None, height=_LOG_HEIGHT)


def said(row: JobRow, progress: Progress) -> str:
    """Return in one line how far a job is."""
    if row.cancel_requested:
        return "Stopping …"
    if row.status == Status.SUCCEEDED:
        return "Done"
    if stops_early(row) and progress.n_epochs and progress.stage == "training":
        return f"Finishing epoch {min(progress.epoch + 1, progress.n_epochs)}, then the model is kept …"
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
        about = "nearly done" if progress.eta_s < 1 else f"about {duration(progress.eta_s)} left"
        early = " (early estimate)" if progress.share_done < _EARLY_SHARE else ""
        parts.append(about + early)
    return " · ".join(parts)


def stops_early(row: JobRow) -> bool:
    """Tell whether somebody has asked a training to end with what it has."""
    return row.request.get(STOP_EARLY) is True


def _stop_button(row: JobRow, progress: Progress) -> None:
    # A single pass cannot end with a part of what it does.
    if progress.n_epochs < 2 or not (resources.jobs().can_stop_early(row) or row.status == Status.SUCCEEDED):
        return

    def stop() -> None:
        try:
            resources.jobs().stop_early(row.id)
        except EmbedLabError as error:
            st.toast(plain(error.what))

    st.button(
        "Stop here and keep",
        key=f"stop-early-{row.id}",
        icon=":material/flag:",
        on_click=stop,
        disabled=row.cancel_requested or stops_early(row) or row.status == Status.SUCCEEDED,
        help="Ends after the current epoch. The model as it is then is evaluated, mapped and kept.",
    )


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
        disabled=row.cancel_requested or row.status == Status.SUCCEEDED,
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

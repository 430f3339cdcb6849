"""A map that is being computed: its frames for the browser, and the buttons that pause it or stop and keep it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from embedlab.jobs.engine.queue import PAUSED, STOP_EARLY
from embedlab.jobs.layouts.live import LONGEST_PAUSE_S, frame_bytes
from embedlab.projections.registry import METHODS, title_of
from embedlab.ui.shell import errors, resources
from embedlab.workspace.rows import JobRow, Status


def newest_frame(job_id: str, since: int) -> bytes | None:
    """Return the newest frame of a running layout (`frame_bytes`); None if there is none after the number `since`.

    Raises
    ------
    NotFoundError
        There is no such job.
    """
    frame = resources.jobs().live_layout(_own(job_id), since)
    return None if frame is None else frame_bytes(frame)


def rows(job_id: str) -> bytes | None:
    """Return the rows of the embedding that the frames show, as little-endian int32; None before the first frame."""
    shown = resources.jobs().live_rows(_own(job_id))
    return None if shown is None else np.ascontiguousarray(shown, "<i4").tobytes()


def _own(job_id: str) -> str:
    # Looked up, so that nobody reads the jobs of another owner.
    return resources.jobs().queue.job(job_id).id


def watched(jobs: Sequence[JobRow]) -> Mapping[str, str] | None:
    """Return the running layout to draw over the map, for the component; None if there is none to watch."""
    for job in jobs:
        if can_watch(job) and st.session_state.get(_key(job), _by_default(job)):
            return {"job": job.id, "title": f"{title_of(job.request['method'])} {job.request['n_components']}-D"}
    return None


def can_watch(job: JobRow) -> bool:
    """Return whether a job lays out a map whose iterations can be watched."""
    method = METHODS.get(job.request.get("method", ""))
    return job.status.is_active and method is not None and method.has_iterations


def is_paused(job: JobRow) -> bool:
    """Return whether a layout waits, or will wait at its next iteration, until the user resumes it."""
    return job.status.is_active and job.request.get(PAUSED) is True and job.request.get(STOP_EARLY) is not True


def _by_default(job: JobRow) -> bool:
    """Return whether to draw a layout without being asked: not one that runs in the background."""
    return not job.request.get("in_background")


def _key(job: JobRow) -> str:
    return f"map:watch-{job.id}"


def controls(job: JobRow, cancel: Callable[[str], None]) -> None:
    """Draw the buttons of a map that is being computed."""
    if can_watch(job) and job.status == Status.RUNNING:
        st.session_state.setdefault(_key(job), _by_default(job))
        st.toggle("Watch", key=_key(job), help="Shows the layout on the map while it is computed.")
    with st.container(horizontal=True, gap="small"):
        if can_watch(job) and job.status == Status.RUNNING:
            _pause_and_stop(job)
        st.button("Cancel", key=f"map:cancel-{job.id}", on_click=cancel, args=(job.id,), width="stretch")


def _pause_and_stop(job: JobRow) -> None:
    paused = is_paused(job)
    stopping = job.request.get(STOP_EARLY) is True
    minutes = round(LONGEST_PAUSE_S / 60)
    st.button(
        "Resume" if paused else "Pause",
        key=f"map:pause-{job.id}",
        on_click=_change,
        args=("pause", job.id, {"paused": not paused}),
        disabled=stopping,
        width="stretch",
        help=f"Other jobs wait while it is paused, so it goes on by itself after {minutes} minutes.",
    )
    st.button(
        "Stop here and keep",
        key=f"map:stop-{job.id}",
        on_click=_change,
        args=("stop_early", job.id, {}),
        width="stretch",
        disabled=stopping or resources.jobs().live_layout(job.id) is None,
        help=" ".join(
            filter(
                None,
                (
                    "Keeps the map as it is now. It says after how many iterations it was stopped.",
                    METHODS[job.request["method"]].stop_help,
                ),
            )
        ),
    )


def _change(action: str, job_id: str, options: Mapping[str, Any]) -> None:
    with errors.shown_errors():
        getattr(resources.jobs(), action)(job_id, **options)

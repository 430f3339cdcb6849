"""New maps: choice of method and parameters, time estimate, and progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from embedlab.core.durations import time_left
from embedlab.core.errors import InputError
from embedlab.core.kind import Counts
from embedlab.core.parameters import CheckedParameters
from embedlab.projections.base import ProjectionMethod
from embedlab.projections.registry import METHODS, title_of
from embedlab.ui.map import axis_builder
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.parameter_form import ParameterForm
from embedlab.ui.widgets.wording import rough_duration
from embedlab.workspace.rows import EmbeddingRow, JobRow, ProjectionRow, Status

_METHOD = "map:method"
#: Whether the menu is open, in the session.
MENU = "map:new"
_POLL_S = 1.0
# More are never active for one embedding.
_MOST_JOBS = 20


class _Fields:
    """Adapts a projection method to `ParameterForm`, with the same defaults for every embedding."""

    def __init__(self, method: ProjectionMethod[Any]) -> None:
        self.name = f"map-{method.name}"
        self.parameters_class: type[CheckedParameters] = method.parameters_class

    def defaults(self, counts: Counts) -> CheckedParameters:
        del counts
        return self.parameters_class()

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        return {}


def new_map_menu(row: EmbeddingRow, existing: Sequence[ProjectionRow]) -> None:
    """Draw the menu that computes a new map, or the progress of maps being computed."""
    jobs = projection_jobs(row.id)
    if any(job.status.is_active for job in jobs):
        watch_projections(row.id)
        return
    show_failure(jobs)
    menu = st.popover("New map", icon=":material/add:", width="stretch", key=MENU, on_change="rerun")
    # The forms would be half of what is sent after each click on the map.
    if not menu.open:
        return
    with menu:
        # Methods that do not run automatically come first: maps by the others exist already.
        offered = [name for name, method in METHODS.items() if method.is_installed()]
        names = sorted(offered, key=lambda name: bool(METHODS[name].first_dimensions))
        chosen = st.selectbox("Method", names, format_func=title_of, key=_METHOD)
        if chosen is not None:
            _form(row, METHODS[chosen], {(each.method, each.n_components) for each in existing})
        for name in (name for name in METHODS if name not in offered):
            st.caption(f"{plain(title_of(name))} needs: `pip install {METHODS[name].package}`")


def _form(row: EmbeddingRow, method: ProjectionMethod[Any], existing: set[tuple[str, int]]) -> None:
    st.caption(f"{plain(method.summary, 300)} The map appears here when it is done.")
    form = ParameterForm(_Fields(method), {}, row.id, reads_url=False)
    axis_builder.draw_examples(row, form)
    result = form.draw()
    axis_builder.draw_groups(row, form)
    refused = _hints(row, method, result.parameters)
    for n_components in method.dimensions:
        again = " again" if (method.name, n_components) in existing else ""
        st.button(
            f"Compute {plain(method.title)} {n_components}-D{again}",
            key=f"map:make-{method.name}-{n_components}",
            on_click=start_projection,
            args=(row.id, method.name, n_components, result.values),
            disabled=result.parameters is None or n_components in refused,
            width="stretch",
        )
    if result.parameters is not None:
        times = (
            f"{_duration(row, method, n_components, result.parameters)} in {n_components}-D"
            for n_components in method.dimensions
        )
        st.caption(f"Takes about {', '.join(times)}.")


def _hints(row: EmbeddingRow, method: ProjectionMethod[Any], parameters: Any) -> set[int]:
    """Draw what the method will adjust and why it refuses the parameters; return the dimensions that it refuses."""
    if parameters is None:
        return set()
    notes: dict[str, list[int]] = {}
    refusals: dict[int, str] = {}
    for n_components in method.dimensions:
        for note in method.notes(row.n_keys, n_components, parameters):
            notes.setdefault(note, []).append(n_components)
        try:
            method.check(parameters, n_components, lambda: resources.load_embedding(row.id))
        except InputError as error:
            refusals[n_components] = errors.message(error)
    for note, counts in notes.items():
        dimensions = "" if len(counts) == len(method.dimensions) else f"{counts[0]}-D: "
        st.caption(f"{dimensions}{plain(note, 300)}")
    for message in dict.fromkeys(refusals.values()):
        st.error(message, icon=":material/error:")
    return set(refusals)


def _duration(row: EmbeddingRow, method: ProjectionMethod[Any], n_components: int, parameters: Any) -> str:
    seconds = method.estimate_seconds(row.n_keys, row.vector_size, n_components, parameters)
    return plain(rough_duration(max(1.0, seconds)))


def start_projection(
    embedding_id: str, method: str, n_components: int, parameters: Mapping[str, Any] | None = None
) -> None:
    """Queue a map; an error is shown."""
    with errors.shown_errors():
        resources.jobs().submit_projection(embedding_id, method, n_components, parameters or {})


def projection_jobs(embedding_id: str) -> list[JobRow]:
    """Return the projection jobs of an embedding, newest first."""
    return resources.jobs().about("project", "embedding_id", embedding_id, most=_MOST_JOBS)


def show_failure(jobs: Sequence[JobRow]) -> None:
    """Show why the newest projection job failed, if it did."""
    if jobs and jobs[0].status in {Status.FAILED, Status.INTERRUPTED}:
        error = jobs[0].error or {}
        received = error.get("received")
        sentences = [
            error.get("what") or "The last projection did not finish.",
            f"Received: {received}." if received not in (None, "") else None,
            error.get("remedy"),
        ]
        st.error(plain(" ".join(filter(None, sentences)), 400))


@st.fragment(run_every=_POLL_S)
def watch_projections(embedding_id: str) -> None:
    """Show the progress of projection jobs; open the newest map when it is done."""
    jobs = resources.jobs()
    jobs.dispatch()
    all_jobs = projection_jobs(embedding_id)
    active = [job for job in all_jobs if job.status.is_active]
    for job in active:
        progress = jobs.progress(job.id)
        name = f"{title_of(job.request['method'])} {job.request['n_components']}-D"
        left = (progress.eta_s, progress.eta_low_s, progress.eta_high_s)
        eta = "" if left[0] is None else f", {time_left(left[0], *left[1:])}"
        st.progress(min(1.0, max(0.0, progress.share_done)), text=f"{plain(name)}: {plain(progress.stage)}{eta}")
        st.button("Cancel", key=f"map:cancel-{job.id}", on_click=_cancel, args=(job.id,))
    if not active:
        if projection_id := map_to_open(all_jobs[0] if all_jobs else None):
            current.put("projection", projection_id)
        st.rerun()


def map_to_open(newest: JobRow | None) -> str | None:
    """Return the id of the map that an ended job computed for the user; None if it failed or ran in the background.

    A background map is shown anyway, since the newest one is, unless the user has chosen another.
    """
    if newest is None or newest.status != Status.SUCCEEDED or newest.request.get("in_background"):
        return None
    return (newest.result or {}).get("projection_id")


def _cancel(job_id: str) -> None:
    with errors.shown_errors():
        resources.jobs().cancel(job_id)

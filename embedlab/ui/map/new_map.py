"""Asking for another map: the method and its parameters, what it will take, and the maps being made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from embedlab.core.kind import Counts
from embedlab.core.parameters import CheckedParameters
from embedlab.projections.base import ProjectionMethod
from embedlab.projections.registry import METHODS, title_of
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.parameter_form import ParameterForm
from embedlab.ui.widgets.wording import rough_duration
from embedlab.workspace.rows import EmbeddingRow, JobRow, ProjectionRow, Status

_METHOD = "map:method"
_POLL_S = 1.0
# More are never active for one embedding.
_MOST_JOBS = 20


class _Fields:
    """A method as the form of parameters sees it: the same defaults for every embedding."""

    def __init__(self, method: ProjectionMethod[Any]) -> None:
        self.name = f"map-{method.name}"
        self.parameters_class: type[CheckedParameters] = method.parameters_class

    def defaults(self, counts: Counts) -> CheckedParameters:
        del counts
        return self.parameters_class()

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        return {}


def offer_projections(row: EmbeddingRow, there: Sequence[ProjectionRow]) -> None:
    """Offer maps of an embedding by every method there is; show those being made."""
    jobs = projection_jobs(row.id)
    if any(job.status.is_active for job in jobs):
        watch_projections(row.id)
        return
    show_failure(jobs)
    with st.popover("New map", icon=":material/add:", width="stretch"):
        # Methods that are not made at once come first: maps by the others are there already.
        names = sorted(METHODS, key=lambda name: bool(METHODS[name].first_dimensions))
        chosen = st.selectbox("Method", names, format_func=title_of, key=_METHOD)
        if chosen is not None:
            _form(row, METHODS[chosen], {(each.method, each.n_components) for each in there})


def _form(row: EmbeddingRow, method: ProjectionMethod[Any], there: set[tuple[str, int]]) -> None:
    st.caption(f"{plain(method.summary, 300)} The map shows up here when it is done.")
    filled = ParameterForm(_Fields(method), {}, row.id, of_address=False).draw()
    for n_components in method.dimensions:
        if filled.parameters is not None:
            for note in method.notes(row.n_keys, n_components, filled.parameters):
                st.caption(f"{n_components}-D: {plain(note, 300)}")
        again = " again" if (method.name, n_components) in there else ""
        st.button(
            f"{plain(method.title)} in {n_components}-D{again}",
            key=f"map:make-{method.name}-{n_components}",
            on_click=start_projection,
            args=(row.id, method.name, n_components, filled.values),
            disabled=filled.parameters is None,
            help=None if filled.parameters is None else _needed(row, method, n_components, filled.parameters),
            width="stretch",
        )


def _needed(row: EmbeddingRow, method: ProjectionMethod[Any], n_components: int, parameters: Any) -> str:
    seconds = method.estimate_seconds(row.n_keys, row.vector_size, n_components, parameters)
    return f"Takes about {plain(rough_duration(max(1.0, seconds)))}."


def start_projection(
    embedding_id: str, method: str, n_components: int, parameters: Mapping[str, Any] | None = None
) -> None:
    """Queue a map; what cannot be made is told."""
    with errors.shown_errors():
        resources.jobs().submit_projection(embedding_id, method, n_components, parameters or {})


def projection_jobs(embedding_id: str) -> list[JobRow]:
    """Return the jobs that make maps of an embedding, the newest first."""
    return resources.jobs().about("project", "embedding_id", embedding_id, most=_MOST_JOBS)


def show_failure(made: Sequence[JobRow]) -> None:
    """Show why the newest projection failed, if it did."""
    if made and made[0].status in {Status.FAILED, Status.INTERRUPTED}:
        error = made[0].error or {}
        told = [error.get("what") or "The last projection did not come to its end.", error.get("remedy")]
        st.error(plain(" ".join(filter(None, told)), 400))


@st.fragment(run_every=_POLL_S)
def watch_projections(embedding_id: str) -> None:
    """Show the projections being made; open the newest when it is done."""
    jobs = resources.jobs()
    jobs.dispatch()
    mine = projection_jobs(embedding_id)
    active = [job for job in mine if job.status.is_active]
    for job in active:
        progress = jobs.progress(job.id)
        name = f"{title_of(job.request['method'])} {job.request['n_components']}-D"
        eta = "" if progress.eta_s is None else f", {progress.eta_s:.0f} s left"
        st.progress(min(1.0, max(0.0, progress.share_done)), text=f"{plain(name)}: {plain(progress.stage)}{eta}")
        st.button("Cancel", key=f"map:cancel-{job.id}", on_click=_cancel, args=(job.id,))
    if not active:
        newest = mine[0] if mine else None
        if newest is not None and newest.status == Status.SUCCEEDED and newest.result:
            current.put("projection", newest.result.get("projection_id"))
        st.rerun()


def _cancel(job_id: str) -> None:
    with errors.shown_errors():
        resources.jobs().cancel(job_id)

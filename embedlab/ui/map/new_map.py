"""New maps: choice of method and parameters, time estimate, and progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from embedlab.core.durations import time_left
from embedlab.core.errors import InputError
from embedlab.jobs.layouts.identity import find_same_request
from embedlab.projections.base import ProjectionMethod
from embedlab.projections.registry import METHODS, title_of
from embedlab.projections.sampling import Plan, plan_layout
from embedlab.ui.map import axis_builder, live_layout
from embedlab.ui.map.layout_facts import estimate_sentence, layout_sentences
from embedlab.ui.map.method_fields import MethodFields
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.parameter_form import ParameterForm
from embedlab.workspace.rows import EmbeddingRow, JobRow, ProjectionRow, Status

_METHOD = "map:method"
_START = "map:start"
_FROM_SCRATCH, _FROM_CURRENT = "PCA", "Current map"
#: Session key of the map that a request found instead of computing it, and what the page says about it.
_FOUND_MAP = "map:found"
_FOUND = "This map existed already, so it was not computed again."
_WATCHED = "map:watched"
#: Whether the menu is open, in the session.
MENU = "map:new"
_POLL_S = 1.0
# More are never active for one embedding.
_MOST_JOBS = 20


def new_map_menu(row: EmbeddingRow, existing: Sequence[ProjectionRow], current_map: ProjectionRow) -> None:
    """Draw the menu that computes a new map, or the progress of maps being computed.

    Parameters
    ----------
    current_map
        The map that is shown, which a new one can start from.
    """
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
            _form(row, METHODS[chosen], {(each.method, each.n_components) for each in existing}, current_map)
        for name in (name for name in METHODS if name not in offered):
            st.caption(f"{plain(title_of(name))} needs: `pip install {METHODS[name].package}`")


def _form(
    row: EmbeddingRow, method: ProjectionMethod[Any], existing: set[tuple[str, int]], current_map: ProjectionRow
) -> None:
    st.caption(plain(f"{method.summary} The map appears here when it is done. {method.repeatability}", 400))
    # An isolated map has no places for the other points.
    # Above the fields, since the menu is longer than a small screen.
    buttons = st.container()
    starts_current = method.can_start and current_map.n_isolated is None and _start_choice(current_map)
    form = ParameterForm(MethodFields(method, "map", row.n_keys), {}, row.id, reads_url=False)
    axis_builder.draw_examples(row, form)
    result = form.draw()
    axis_builder.draw_groups(row, form)
    refused = _hints(row, method, result.parameters)
    for n_components in method.dimensions:
        start = current_map.id if starts_current and current_map.n_components == n_components else None
        again = " again" if (method.name, n_components) in existing else ""
        buttons.button(
            f"Compute {plain(method.title)} {n_components}-D{again}",
            key=f"map:make-{method.name}-{n_components}",
            on_click=start_projection,
            args=(row.id, method.name, n_components, result.values),
            kwargs={"start_from": start},
            disabled=result.parameters is None or n_components in refused,
            width="stretch",
        )
    if result.parameters is not None:
        buttons.caption(plain(estimate_sentence(method, row.n_keys, row.vector_size, result.parameters), 200))


def _hints(row: EmbeddingRow, method: ProjectionMethod[Any], parameters: Any) -> set[int]:
    """Draw what the method will adjust and why it refuses the parameters; return the dimensions that it refuses."""
    if parameters is None:
        return set()
    notes: dict[str, list[int]] = {}
    refusals: dict[int, str] = {}
    for n_components in method.dimensions:
        plan = _plan(row, method, n_components, parameters)
        for note in [*method.notes(plan.n_sampled, n_components, parameters), *filter(None, [plan.sentence])]:
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


def _plan(row: EmbeddingRow, method: ProjectionMethod[Any], n_components: int, parameters: Any) -> Plan:
    most_seconds = resources.workspace().settings.map_time_s
    return plan_layout(method, row.n_keys, row.vector_size, n_components, parameters, most_seconds)


def _start_choice(current_map: ProjectionRow) -> bool:
    """Draw where the layout starts; return whether that is the current map."""
    # A map by a method that starts from another keeps its places; from PCA, PCA itself is the better start.
    # Those of an isolated map are other points.
    made_by = METHODS.get(current_map.method) if current_map.n_isolated is None else None
    options = [_FROM_CURRENT, _FROM_SCRATCH] if made_by is not None and made_by.can_start else [_FROM_SCRATCH]
    if len(options) == 1:
        return False
    title = f"{title_of(current_map.method)} {current_map.n_components}-D"
    chosen = st.selectbox(
        "Start from",
        options,
        key=_START,
        format_func=lambda option: f"Current map ({title})" if option == _FROM_CURRENT else option,
        help=f"From the current map, points keep their places. A map with other dimensions than {title} starts from "
        "PCA. Others get the same map only if it starts from PCA.",
    )
    return chosen == _FROM_CURRENT


def layout_facts(row: ProjectionRow) -> None:
    """Draw how a map was laid out, and whether a request found it instead of computing it."""
    found = [_FOUND] if st.session_state.get(_FOUND_MAP) == row.id else []
    if facts := [*layout_sentences(row), *found]:
        st.caption(plain(" ".join(facts), 400))


def start_projection(
    embedding_id: str,
    method: str,
    n_components: int,
    parameters: Mapping[str, Any] | None = None,
    start_from: str | None = None,
) -> None:
    """Queue a map, or show the one that is the same; an error is shown."""
    # The progress replaces the menu, which would otherwise be open again, with other choices, when the map is done.
    if MENU in st.session_state:
        st.session_state[MENU] = False
    with errors.shown_errors():
        chosen = METHODS[method]
        checked = chosen.parameters_class.checked(parameters or {}).model_dump(mode="json")
        workspace = resources.workspace()
        same = find_same_request(workspace, embedding_id, chosen, n_components, checked, 0, start_from)
        if same is not None:
            current.put("projection", same.id)
            st.session_state[_FOUND_MAP] = same.id
            return
        resources.jobs().submit_projection(embedding_id, method, n_components, checked, start_from=start_from)


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
def watch_projections(embedding_id: str, *, shows_progress: bool = True) -> None:
    """Show the progress of projection jobs; open the newest map when it is done.

    Without `shows_progress` nothing is drawn, and the map is opened all the same.
    """
    jobs = resources.jobs()
    jobs.dispatch()
    all_jobs = projection_jobs(embedding_id)
    active = [job for job in all_jobs if job.status.is_active]
    for job in active if shows_progress else ():
        _progress(job)
    watched = live_layout.watched(active)
    if active and st.session_state.get(_WATCHED, watched) != watched:
        # The map draws the layout, so the whole page runs again.
        st.session_state[_WATCHED] = watched
        st.rerun()
    st.session_state[_WATCHED] = watched
    if not active:
        if projection_id := map_to_open(all_jobs[0] if all_jobs else None):
            current.put("projection", projection_id)
            if (all_jobs[0].result or {}).get("reused"):
                st.session_state[_FOUND_MAP] = projection_id
        st.rerun()


def _progress(job: JobRow) -> None:
    progress = resources.jobs().progress(job.id)
    name = f"{title_of(job.request['method'])} {job.request['n_components']}-D"
    left = (progress.eta_s, progress.eta_low_s, progress.eta_high_s)
    eta = "" if left[0] is None else f", {time_left(left[0], *left[1:])}"
    stage = "paused" if live_layout.is_paused(job) else f"{plain(progress.stage)}{eta}"
    st.progress(min(1.0, max(0.0, progress.share_done)), text=f"{plain(name)}: {stage}")
    live_layout.controls(job, _cancel)


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

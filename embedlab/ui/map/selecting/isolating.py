"""Isolated maps: the selected points projected alone, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from embedlab.exploration.selections.selection import Selection
from embedlab.projections.registry import METHODS, title_of
from embedlab.ui.map.layout_facts import estimate_sentence
from embedlab.ui.map.method_fields import MethodFields
from embedlab.ui.map.selecting.named import whole_selection
from embedlab.ui.map.view import View
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.plain import one_line, plain
from embedlab.ui.widgets.parameter_form import ParameterForm
from embedlab.workspace.rows import ProjectionRow

#: Fewer points have no map.
FEWEST_POINTS = 3
#: Session key of the whole map that was shown last: its embedding, and its id if it was chosen.
_WHOLE = "map:whole-map"


def isolated_title(row: ProjectionRow) -> str:
    """Return the name of an isolated map: number of points, method, dimensions, and how the points were selected."""
    how = f": {one_line(row.isolated_steps[-1], 40)}" if row.isolated_steps else ""
    return f"{row.n_isolated or 0:,} points, {title_of(row.method)} {row.n_components}-D{how}"


def isolate_menu(view: View, selection: Selection) -> None:
    """Draw the menu that projects the selected points alone."""
    if selection.count < FEWEST_POINTS or selection.count == view.embedding.n_keys:
        return
    with st.popover("Isolate", icon=":material/filter_center_focus:", help="Map the selected points alone"):
        st.caption(
            f"A new map of the {selection.count:,} selected points only. Search, neighbors and selections then use "
            "only these points. It opens when it is ready."
        )
        method_name = st.selectbox(
            "Method",
            [name for name, each in METHODS.items() if each.is_installed()],
            format_func=title_of,
            key="map:isolate-method",
        )
        if method_name is None:
            return
        method = METHODS[method_name]
        result = ParameterForm(
            MethodFields(method, "isolate", selection.count), {}, view.row.id, reads_url=False
        ).draw()
        if result.parameters is not None:
            estimate = estimate_sentence(method, selection.count, view.row.vector_size, result.parameters)
            st.caption(plain(estimate, 200))
        for n_components in method.dimensions:
            if result.parameters is not None:
                for note in method.notes(selection.count, n_components, result.parameters):
                    st.caption(f"{n_components}-D: {plain(note, 300)}")
            st.button(
                f"Map by {plain(method.title)} {n_components}-D",
                key=f"map:isolate-{n_components}",
                width="stretch",
                disabled=result.parameters is None,
                on_click=partial(_isolate, view, selection, method_name, n_components, result.values),
            )


def _isolate(view: View, selection: Selection, method: str, n_components: int, parameters: Mapping[str, Any]) -> None:
    with errors.shown_errors():
        whole = whole_selection(view, selection)
        resources.jobs().submit_projection(view.row.id, method, n_components, parameters, isolated=whole)


def isolated_banner(view: View) -> None:
    """Draw what an isolated map shows, with the way back to the whole map; nothing on other maps."""
    n_points = view.projection.n_isolated
    if n_points is None:
        # The newest map is shown as long as none was chosen.
        st.session_state[_WHOLE] = (view.row.id, current.get("projection"))
        return
    st.markdown(f"**Isolated: {n_points:,} of {view.row.n_keys:,} points**")
    if view.projection.isolated_steps:
        st.caption(plain("; ".join(view.projection.isolated_steps), 300))
    st.button("Whole map", key="map:whole", icon=":material/arrow_back:", on_click=_back, width="stretch")


def _back() -> None:
    embedding_id, projection_id = st.session_state.get(_WHOLE, (None, None))
    row = current.current_embedding()
    exists = row is not None and any(each.id == projection_id for each in resources.workspace().projections(row.id))
    current.put("projection", projection_id if exists and row is not None and row.id == embedding_id else None)


def isolated_list(view: View) -> None:
    """Draw the isolated maps of the embedding: open and delete; nothing if there are none."""
    rows = resources.workspace().isolated_maps(view.row.id)
    if not rows:
        return
    with st.expander(f"Isolated maps ({len(rows)})", key="expander-isolated"):
        for row in reversed(rows):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    plain(isolated_title(row), 90),
                    key=f"map:isolated-{row.id}",
                    on_click=partial(current.put, "projection", row.id),
                    disabled=row.id == view.projection.id,
                )
                st.button(
                    "Delete", key=f"map:isolated-{row.id}-out", type="tertiary", on_click=partial(_delete, row.id)
                )


def _delete(projection_id: str) -> None:
    with errors.shown_errors():
        resources.workspace().delete_projection(projection_id)
        if current.get("projection") == projection_id:
            _back()

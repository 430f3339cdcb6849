"""Named selections: stored in the workspace, for the embedding and its isolated maps alike."""

from __future__ import annotations

from functools import lru_cache, partial

import streamlit as st

from embedlab.core.errors import EmbedLabError, StorageError
from embedlab.core.plain import LONGEST_NAME
from embedlab.exploration.selections.encoding import as_text, from_text
from embedlab.exploration.selections.selection import Selection
from embedlab.export.tables import selections_as_csv
from embedlab.ui.map.selecting import state
from embedlab.ui.map.view import SELECTION, TAB, View
from embedlab.ui.shell import errors, notices, resources
from embedlab.ui.shell.plain import plain
from embedlab.workspace import selections

_NAME, _RENAMED = "map:selection-name", "map:selection-rename"


@lru_cache(maxsize=64)
def _decoded(text: str, n_keys: int, name: str) -> Selection | None:
    return from_text(text, n_keys, name)


def whole_selection(view: View, selection: Selection) -> Selection:
    """Return a selection on the map as rows of the whole embedding."""
    rows = resources.workspace().isolated_rows(view.projection.id)
    return selection if rows is None else Selection.of_rows(rows[selection.rows], view.row.n_keys, *selection.steps)


def _on_map(view: View, selection: Selection) -> Selection:
    """Return a selection of the whole embedding as rows of the map; points that the map does not show are left out."""
    rows = resources.workspace().isolated_rows(view.projection.id)
    return selection if rows is None else Selection.of_mask(selection.mask[rows], *selection.steps)


def name_field(view: View, selection: Selection) -> None:
    """Draw the field that stores the current selection under a name."""

    def store() -> None:
        name = st.session_state[_NAME]
        if not name.strip():
            return
        try:
            text = as_text(whole_selection(view, selection))
            selections.keep_selection(resources.workspace(), view.row.id, name, text)
        except EmbedLabError as error:
            notices.toast(plain(f"{error.what} {error.remedy}", 200), icon=":material/error:")
        else:
            st.session_state[_NAME] = ""

    st.text_input(
        "Name this selection",
        key=_NAME,
        placeholder="Type a name and press Enter",
        on_change=store,
        max_chars=LONGEST_NAME,
        help=f"Up to {selections.MOST_NAMED} selections per embedding can have a name. They stay in the workspace.",
    )


def named_selections(view: View) -> None:
    """Draw the named selections of the embedding: open, rename, delete, export; nothing if there are none."""
    try:
        stored = selections.named_selections(resources.workspace(), view.row.id)
    except StorageError as error:
        errors.show(error)
        return
    decoded = {name: _decoded(text, view.row.n_keys, name) for name, text in stored.items()}
    named = {name: selection for name, selection in decoded.items() if selection is not None}
    if not named:
        return
    with st.expander(f"Named selections ({len(named)})", expanded=True, key="expander-selections"):
        for number, (name, selection) in enumerate(named.items()):
            _line(view, number, name, selection)
        st.download_button(
            "Export all as CSV",
            lambda: selections_as_csv(
                resources.load_embedding(view.row.id), {name: each.rows for name, each in named.items()}
            ),
            file_name="selections.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="The name of the selection, the key and the label of each point.",
            key="map:named-export",
        )


def _line(view: View, number: int, name: str, selection: Selection) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            f"{plain(name, 40)} ({selection.count:,})",
            key=f"map:named-{number}",
            on_click=partial(_open, view, selection),
            help="Select these points.",
        )
        with st.popover("", icon=":material/edit:", help=f"Rename {plain(name, 40)}"):
            key = f"{_RENAMED}-{number}-{name}"
            st.text_input(
                "New name", value=name, key=key, max_chars=LONGEST_NAME, on_change=partial(_rename, view, name, key)
            )
        st.button(
            "Delete",
            key=f"map:named-{number}-out",
            type="tertiary",
            on_click=partial(_delete, view, name),
        )


def _open(view: View, selection: Selection) -> None:
    shown = _on_map(view, selection)
    if shown.count:
        state.select(view.source_id, shown)
        st.session_state[TAB] = SELECTION
    else:
        notices.toast("None of these points is on this isolated map.", icon=":material/info:")


def _rename(view: View, name: str, key: str) -> None:
    with errors.shown_errors():
        selections.rename_selection(resources.workspace(), view.row.id, name, st.session_state[key])


def _delete(view: View, name: str) -> None:
    with errors.shown_errors():
        selections.delete_selection(resources.workspace(), view.row.id, name)

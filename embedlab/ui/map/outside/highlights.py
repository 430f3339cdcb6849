"""Keys that a program highlights, as the selection of the map; and the selection, for programs that read it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.ui.map import isolated
from embedlab.ui.map.selecting import state
from embedlab.ui.map.view import View
from embedlab.ui.shell import current, notices, resources
from embedlab.ui.shell.plain import plain
from embedlab.workspace.highlight.store import MOST_KEYS, highlight, set_highlight
from embedlab.workspace.rows import EmbeddingRow

#: Parameter of the address: select what a program has highlighted.
ADDRESS = "highlight"
_PUBLISHED = "map:published"


def follow_address(row: EmbeddingRow) -> None:
    """Select what a program has highlighted, if the address asks for it, once. Call it before any widget of the map."""
    if ADDRESS in st.query_params:
        # Afterwards the selection is in the address, or in the session.
        del st.query_params[ADDRESS]
        show(row)


def show(row: EmbeddingRow) -> None:
    """Select what a program has highlighted."""
    try:
        found = highlight(resources.workspace(), row.id)
    except EmbedLabError as error:
        notices.toast(plain(f"{error.what} {error.remedy}", 300), icon=":material/error:")
        return
    projection = current.current_projection(row.id)
    source_id = row.id if projection is None else isolated.source_of(projection)
    embedding = isolated.load_points(source_id)
    rows = {embedding.key_to_index[key] for key in found.keys if key in embedding.key_to_index}
    state.put_rows(source_id, rows, embedding.n_keys, "keys from a program")
    st.session_state[_PUBLISHED] = (source_id, tuple(sorted(rows)))


def publish(view: View) -> None:
    """Store the selection for programs, if it has changed; one that is too large counts as none."""
    selection = state.history_of(view.source_id, view.embedding.n_keys).current
    chosen = () if selection.count > MOST_KEYS else tuple(selection.rows.tolist())
    before = st.session_state.get(_PUBLISHED)
    if before == (view.source_id, chosen) or (not chosen and (before is None or before[0] != view.source_id)):
        return
    st.session_state[_PUBLISHED] = (view.source_id, chosen)
    _store(view.row, [view.embedding.keys[at] for at in chosen])


def _store(row: EmbeddingRow, keys: Sequence[str]) -> None:
    try:
        set_highlight(resources.workspace(), row.id, keys, "page")
    except EmbedLabError as error:
        notices.toast(plain(f"{error.what} {error.remedy}", 300), icon=":material/error:")

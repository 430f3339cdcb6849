"""Keys that a program highlights, as the selection of the map; and the selection, for programs that read it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.ui.map import selection
from embedlab.ui.shell import resources
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
        st.toast(plain(f"{error.what} {error.remedy}", 300), icon=":material/error:")
        return
    index = resources.load_embedding(row.id).key_to_index
    rows = [index[key] for key in found.keys if key in index]
    if rows:
        selection.select(row.id, rows)
    else:
        selection.clear()
    st.session_state[_PUBLISHED] = (row.id, tuple(sorted(rows)))


def publish(row: EmbeddingRow) -> None:
    """Store the selection for programs, if it has changed; one that is too large counts as none."""
    rows = selection.selected(row.id, row.n_keys)
    chosen = () if rows is None or len(rows) > MOST_KEYS else tuple(rows.tolist())
    before = st.session_state.get(_PUBLISHED)
    if before == (row.id, chosen) or (not chosen and (before is None or before[0] != row.id)):
        return
    st.session_state[_PUBLISHED] = (row.id, chosen)
    _store(row, [resources.load_embedding(row.id).keys[at] for at in chosen])


def _store(row: EmbeddingRow, keys: Sequence[str]) -> None:
    try:
        set_highlight(resources.workspace(), row.id, keys, "page")
    except EmbedLabError as error:
        st.toast(plain(f"{error.what} {error.remedy}", 300), icon=":material/error:")

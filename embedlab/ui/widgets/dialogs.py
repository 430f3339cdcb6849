"""Dialogs to rename and delete things; `embedlab.ui.shell.open_dialog` knows which one is open."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import LONGEST_NAME
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.open_dialog import close
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import counted
from embedlab.workspace.workspace import Dependents


@st.dialog("Rename", on_dismiss=close)
def rename(name: str, apply: Callable[[str], None]) -> None:
    """Ask for a new name and pass it to `apply`; a rejected name stays in the field."""
    with st.form("rename", border=False):
        new_name = st.text_input("Name", value=name, max_chars=LONGEST_NAME)
        if st.form_submit_button("Rename", type="primary"):
            try:
                apply(new_name)
            except EmbedLabError as error:
                show(error)
            else:
                close()
                st.rerun()


@st.dialog("Delete", on_dismiss=close)
def delete(name: str, dependents: Dependents, apply: Callable[[], None], *, own_runs: int = 0) -> None:
    """Show what else a deletion removes, and call `apply` after confirmation.

    `own_runs` is 1 if the item is itself a run, since the dependents include it.
    """
    st.markdown(f"Permanently delete **{plain(name)}**?")
    derived = [
        counted(len(ids), noun)
        for ids, noun in (
            (dependents.runs[own_runs:], "runs"),
            (dependents.embeddings, "embeddings"),
            (dependents.projections, "maps"),
        )
        if ids
    ]
    if derived:
        st.warning(
            f"This also deletes everything derived from it: {', '.join(derived)}.", icon=":material/account_tree:"
        )
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete:"):
            try:
                apply()
            except EmbedLabError as error:
                show(error)
            else:
                close()
                st.rerun()
        if st.button("Cancel"):
            close()
            st.rerun()

"""Small windows for what is asked before it is done: another name, a deletion."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import LONGEST_NAME
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import counted
from embedlab.workspace.workspace import Dependents


@st.dialog("Rename")
def rename(name: str, apply: Callable[[str], None]) -> None:
    """Ask for another name and give it to `apply`; a refused one stays in the field."""
    with st.form("rename", border=False):
        wanted = st.text_input("Name", value=name, max_chars=LONGEST_NAME)
        if st.form_submit_button("Rename", type="primary"):
            try:
                apply(wanted)
            except EmbedLabError as error:
                show(error)
            else:
                st.rerun()


@st.dialog("Delete")
def delete(name: str, dependents: Dependents, apply: Callable[[], None], *, own_runs: int = 0) -> None:
    """Say what a deletion takes along, and call `apply` when it is still wanted.

    `own_runs` is 1 when the thing deleted is itself a run, which is counted among the dependents.
    """
    st.markdown(f"Delete **{plain(name)}** for good?")
    going = [
        counted(len(ids), noun)
        for ids, noun in (
            (dependents.runs[own_runs:], "runs"),
            (dependents.embeddings, "embeddings"),
            (dependents.projections, "maps"),
        )
        if ids
    ]
    if going:
        st.warning(f"This also deletes everything derived from it: {', '.join(going)}.", icon=":material/account_tree:")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete:"):
            try:
                apply()
            except EmbedLabError as error:
                show(error)
            else:
                st.rerun()
        if st.button("Cancel"):
            st.rerun()

"""Long lists: a limited number of rows or options, a search for the rest, and a button for more."""

from __future__ import annotations

import streamlit as st

from embedlab.core.plain import LONGEST_NAME
from embedlab.ui.widgets.wording import number

#: A select box sends all its options to the browser at every rerun.
MOST_OPTIONS = 200


def search_box(key: str, placeholder: str) -> str:
    """Draw a search field and return its text."""
    return st.text_input(
        "Search", key=key, placeholder=placeholder, icon=":material/search:", width=320, max_chars=LONGEST_NAME
    )


def search_if_more(n_found: int, key: str, noun: str) -> str:
    """Draw a search field above a select box that cannot offer everything; return its text.

    Parameters
    ----------
    n_found
        Total number; if all can be offered, nothing is drawn.
    key
        Widget key of the search field.
    noun
        Plural noun for the options.
    """
    if n_found <= MOST_OPTIONS:
        return ""
    return st.text_input(
        f"Search {noun}",
        key=key,
        placeholder=f"Any of {number(n_found)}",
        icon=":material/search:",
        width=320,
        max_chars=LONGEST_NAME,
        help=f"Only the newest {MOST_OPTIONS} are listed. Type part of a name to find older ones.",
    )


def shown(key: str, step: int) -> int:
    """Return the number of rows to show; initially `step`."""
    n_shown: int = st.session_state.get(key, step)
    return n_shown


def more_button(key: str, step: int, n_shown: int, n_found: int, noun: str) -> None:
    """Draw how many rows are shown and a button that shows more; nothing if all are shown.

    Parameters
    ----------
    key, step
        As for `shown`.
    n_shown, n_found
        Number of rows shown, and in total.
    noun
        Plural noun for the rows.
    """
    if n_shown >= n_found:
        return

    def show_more() -> None:
        st.session_state[key] = n_shown + step

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Showing {number(n_shown)} of {number(n_found)} {noun}", width="content")
        st.button("Show more", key=f"{key}:more", icon=":material/expand_more:", type="tertiary", on_click=show_more)

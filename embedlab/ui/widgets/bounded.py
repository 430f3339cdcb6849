"""Lists that are bounded: what is shown of them, a search for the rest, and a button for more."""

from __future__ import annotations

import streamlit as st

from embedlab.core.plain import LONGEST_NAME
from embedlab.ui.widgets.wording import number

#: A select box sends all its options to the browser at every rerun.
MOST_OPTIONS = 200


def search_box(key: str, placeholder: str) -> str:
    """Draw a search and return what was typed."""
    return st.text_input(
        "Search", key=key, placeholder=placeholder, icon=":material/search:", width=320, max_chars=LONGEST_NAME
    )


def search_if_more(n_found: int, key: str, noun: str) -> str:
    """Draw a search above a choice that cannot offer everything, and return what was typed.

    Parameters
    ----------
    n_found
        How many there are; where all of them can be offered nothing is drawn.
    key
        A name for the search.
    noun
        The plural of what there is to choose from.
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
        help=f"The newest {MOST_OPTIONS} are offered. Type a part of a name to be offered older ones.",
    )


def shown(key: str, step: int) -> int:
    """Return how many rows of a list are to be shown: at first `step`."""
    n_shown: int = st.session_state.get(key, step)
    return n_shown


def more_button(key: str, step: int, n_shown: int, n_found: int, noun: str) -> None:
    """Say how many rows of a list are shown, and draw the button that shows more; nothing where all are shown.

    Parameters
    ----------
    key, step
        As for `shown`.
    n_shown, n_found
        How many rows are drawn, and how many there are.
    noun
        The plural of what is listed.
    """
    if n_shown >= n_found:
        return

    def show_more() -> None:
        st.session_state[key] = n_shown + step

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Shown are {number(n_shown)} of {number(n_found)} {noun}.", width="content")
        st.button("Show more", key=f"{key}:more", icon=":material/expand_more:", type="tertiary", on_click=show_more)

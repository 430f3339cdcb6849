"""Which dialog is open: it stays open, with what was typed, when the page runs again by itself.

Streamlit closes a dialog that a run of the page does not draw. A page also runs because a training has ended or a map
is ready, and a run can be cut off by the next one, so a page asks here what is open instead of whether a button was
clicked. A dialog is opened in a callback, which no other run can overtake.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

_OPEN, _PAGE = "dialog:open", "dialog:page"


def open_dialog(name: str, about: Any) -> None:
    """Open a dialog from the next run on, and close any other.

    Parameters
    ----------
    name
        The dialog.
    about
        What it is about, such as an id; not None.
    """
    st.session_state[_OPEN] = (name, about)


def opened(name: str) -> Any:
    """Return what a dialog is about if it is open, else None."""
    open_name, about = st.session_state.get(_OPEN, ("", None))
    return about if open_name == name else None


def dialog_button(label: str, icon: str, name: str, about: Any, **options: Any) -> bool:
    """Draw a button that opens a dialog, and return whether this dialog is open.

    Parameters
    ----------
    label, icon
        Text of the button, and name of a Material icon.
    name, about
        As of `open_dialog`.
    options
        More of `st.button`; without a key, it is the name of the dialog.
    """
    options = {"key": name, "type": "tertiary"} | options
    st.button(label, icon=f":material/{icon}:", on_click=open_dialog, args=(name, about), **options)
    return bool(opened(name) == about)


def close() -> None:
    """Close the open dialog from the next run on; for `on_dismiss`, and before `st.rerun` in a dialog."""
    st.session_state.pop(_OPEN, None)


def follow_page(page: str) -> None:
    """Close the dialog of another page; call it before a page is drawn."""
    if st.session_state.get(_PAGE) != page:
        close()
    st.session_state[_PAGE] = page

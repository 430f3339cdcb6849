"""Short messages of the page, which callbacks may show too.

What a callback of a fragment shows would replace the first elements of the app, among them its style sheet. Such
messages wait in the session until the fragment, or the frame of the next page, draws them.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState, get_script_run_ctx

_WAITING = "notices:waiting"
_ERROR = "error"


def toast(text: str, icon: str) -> None:
    """Show a message for a few seconds; the caller has made it plain."""
    _show("toast", text, icon)


def error(text: str, icon: str) -> None:
    """Show an error at the current position, or, in a callback of a fragment, where the fragment draws notices."""
    _show(_ERROR, text, icon)


def draw() -> None:
    """Draw what callbacks have left, once."""
    for kind, text, icon in st.session_state.pop(_WAITING, []):
        (st.error if kind == _ERROR else st.toast)(text, icon=icon)


def _show(kind: str, text: str, icon: str) -> None:
    if _is_in_callback_of_fragment():
        st.session_state[_WAITING] = [*st.session_state.get(_WAITING, []), (kind, text, icon)]
    else:
        (st.error if kind == _ERROR else st.toast)(text, icon=icon)


def _is_in_callback_of_fragment() -> bool:
    return get_script_run_ctx(suppress_warning=True) is not None and ThreadState.get().in_fragment_callback

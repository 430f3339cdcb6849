"""Query values that the Ask and Recommend pages keep in the URL; the frame keeps the rest (`shell.current`)."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

_LONGEST = 500


def read(name: str) -> str | None:
    """Return the value of `name` from the URL, or else from the session, which then is added to the URL."""
    slot = f"asking:{name}"
    if name in st.query_params:
        st.session_state[slot] = st.query_params[name][:_LONGEST]
    elif slot in st.session_state:
        st.query_params[name] = st.session_state[slot]
    value: str | None = st.session_state.get(slot)
    return value


def write(name: str, value: str | None) -> None:
    """Store `value` under `name` in the session and the URL; None removes it."""
    slot = f"asking:{name}"
    if value is None:
        st.session_state.pop(slot, None)
        st.query_params.pop(name, None)
    else:
        st.session_state[slot] = value
        st.query_params[name] = value


def read_list(name: str, most: int) -> list[str]:
    """Return at most `most` values of `name`, which the URL may contain several times; otherwise as `read`."""
    slot = f"asking:{name}"
    if name in st.query_params:
        st.session_state[slot] = [value[:_LONGEST] for value in st.query_params.get_all(name)[:most]]
    elif st.session_state.get(slot):
        st.query_params[name] = st.session_state[slot]
    return list(st.session_state.get(slot, ()))


def write_list(name: str, values: Sequence[str]) -> None:
    """Store `values` under `name` in the session and the URL; an empty sequence removes them."""
    slot = f"asking:{name}"
    st.session_state[slot] = list(values)
    if values:
        st.query_params[name] = list(values)
    else:
        st.query_params.pop(name, None)


def open_view(view: str) -> None:
    """Switch to another view of the page. Call it in a callback of a fragment; `follow` then reruns the page."""
    st.query_params["view"] = view
    st.session_state["asking:go"] = True


def follow() -> None:
    """Rerun the whole page if `open_view` was called. Call it at the start of a fragment."""
    if st.session_state.pop("asking:go", False):
        st.rerun()

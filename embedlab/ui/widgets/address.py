"""What only these pages keep in the address: a link repeats the question. The frame keeps the rest (`ui.current`)."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

_LONGEST = 500


def read(name: str) -> str | None:
    """Return the value of `name`: the address's, or else the session's, which then goes into the address."""
    slot = f"asking:{name}"
    if name in st.query_params:
        st.session_state[slot] = st.query_params[name][:_LONGEST]
    elif slot in st.session_state:
        st.query_params[name] = st.session_state[slot]
    value: str | None = st.session_state.get(slot)
    return value


def write(name: str, value: str | None) -> None:
    """Keep `value` under `name` in session and address; None forgets it."""
    slot = f"asking:{name}"
    if value is None:
        st.session_state.pop(slot, None)
        st.query_params.pop(name, None)
    else:
        st.session_state[slot] = value
        st.query_params[name] = value


def read_list(name: str, most: int) -> list[str]:
    """Return the values of `name`, at most `most`, where the address may say it several times; as `read` otherwise."""
    slot = f"asking:{name}"
    if name in st.query_params:
        st.session_state[slot] = [value[:_LONGEST] for value in st.query_params.get_all(name)[:most]]
    elif st.session_state.get(slot):
        st.query_params[name] = st.session_state[slot]
    return list(st.session_state.get(slot, ()))


def write_list(name: str, values: Sequence[str]) -> None:
    """Keep `values` under `name` in session and address; none forgets it."""
    slot = f"asking:{name}"
    st.session_state[slot] = list(values)
    if values:
        st.query_params[name] = list(values)
    else:
        st.query_params.pop(name, None)


def open_view(view: str) -> None:
    """In a callback of a fragment: show another view of the page, which only a run of the whole page can."""
    st.query_params["view"] = view
    st.session_state["asking:go"] = True


def follow() -> None:
    """At the start of a fragment: run the whole page when `open_view` was called."""
    if st.session_state.pop("asking:go", False):
        st.rerun()

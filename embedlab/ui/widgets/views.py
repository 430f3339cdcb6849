"""Switching between the views of one page; the view is in the address, so that a link and a refresh keep it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

_NAME = "view"


def choose(views: Mapping[str, str], default: str) -> str:
    """Draw the switch between views (name to title, ours or made plain) and return the name of the chosen one."""
    asked = st.query_params.get(_NAME, "")
    chosen = asked if asked in views else default
    if len(views) < 2:
        return chosen
    key = f"view:{','.join(views)}"
    st.session_state[key] = chosen
    st.segmented_control(
        "View",
        list(views),
        format_func=lambda name: views[name],
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=lambda: go(st.session_state[key]),
    )
    return chosen


def go(view: str) -> None:
    """Make another view the chosen one, from the next run of the page on."""
    st.query_params[_NAME] = view

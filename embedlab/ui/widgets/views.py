"""Views of a page; the current view is in the URL, so that links and refreshes keep it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

_NAME = "view"


def choose(views: Mapping[str, str], default: str) -> str:
    """Draw the view switch (name to title, escaped if from users); return the name of the selected view."""
    from_url = st.query_params.get(_NAME, "")
    chosen = from_url if from_url in views else default
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
    """Select another view; it takes effect when the page reruns."""
    st.query_params[_NAME] = view

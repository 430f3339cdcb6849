"""The question which of several ways a file is read, each with a sample and a button."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from embedlab.core.errors import Choice, UnsureError
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.shell.plain import plain

_LONGEST = 200


def _same(name: str) -> str:
    return name


def draw(fields: Fields, error: UnsureError, field_name: Callable[[str], str] = _same) -> None:
    """Draw the ways a file can be read, each with a sample and a button that chooses it.

    Parameters
    ----------
    fields
        The form of the upload, whose fields a button sets.
    error
        The question.
    field_name
        Returns the name of the form's field for the name of an option.
    """
    st.info(f"**{plain(error.what, 300)}**", icon=":material/help:")
    if error.received is not None:
        st.caption(plain(error.received, 300))
    for place, choice in enumerate(error.choices):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"{plain(_sentence(choice.title), _LONGEST)}  \n{plain(choice.sample, _LONGEST)}", width="stretch"
            )
            st.button("Read it this way", key=f"choice:{place}", on_click=_choose, args=(fields, choice, field_name))


def _sentence(title: str) -> str:
    return f"{title[:1].upper()}{title[1:]}"


def _choose(fields: Fields, choice: Choice, field_name: Callable[[str], str]) -> None:
    for name, value in choice.options.items():
        st.session_state[fields.key(field_name(name), value)] = value

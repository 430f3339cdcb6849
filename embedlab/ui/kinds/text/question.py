"""Questions about a text that its content does not answer: each answer with a sample and a button."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import Choice, UnsureError
from embedlab.kinds.text.guessing import questions
from embedlab.kinds.text.options import TextOptions
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.shell.plain import plain

_LONGEST = 200


@st.cache_data(max_entries=40, show_spinner=False)
def _questions_of(upload_id: str, member: str | None, encoding: str | None) -> list[tuple[str, UnsureError]]:
    upload = reading_form.opened(upload_id, member)
    return questions(upload if encoding is None else upload.read_in(encoding))


def ask(fields: Fields, options: TextOptions) -> bool:
    """Draw the first question that has no answer yet; return whether there is one.

    A reader who chooses an encoding or a column in the form has answered, too.
    """
    upload = reading_form.opened(fields.upload.id, options.member)
    is_detected = options.layout == "parquet" or options.encoding == upload.encoding
    for name, question in _questions_of(fields.upload.id, options.member, None if is_detected else options.encoding):
        is_changed = str(getattr(options, name)) != question.choices[0].options[name]
        if not st.session_state[fields.key(f"answered:{name}", False)] and not is_changed:
            _draw(fields, name, question)
            return True
    return False


def _draw(fields: Fields, name: str, question: UnsureError) -> None:
    st.info(f"**{plain(question.what, 300)}**", icon=":material/help:")
    for place, choice in enumerate(question.choices):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            title = f"{choice.options[name]}: {choice.title}"
            st.markdown(f"{plain(title, _LONGEST)}  \n{plain(choice.sample, _LONGEST)}", width="stretch")
            st.button("Read it this way", key=f"choice:{name}:{place}", on_click=_choose, args=(fields, name, choice))


def _choose(fields: Fields, name: str, choice: Choice) -> None:
    for option, value in choice.options.items():
        st.session_state[fields.key(option, value)] = value
    st.session_state[fields.key(f"answered:{name}", True)] = True

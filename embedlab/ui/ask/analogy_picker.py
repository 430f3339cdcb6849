"""Search boxes for an analogy, a is to b as c is to what: three keys make the expression `b - a + c`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.exploration.asking.analogies import Expression, resolve_expression
from embedlab.exploration.asking.spelling import name_of
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.examples import proportions
from embedlab.ui.widgets.keys.key_box import Choice, key_box
from embedlab.ui.widgets.keys.key_search import parse_query

_PARTS = ("a", "b", "c")
#: The last expression that filled the boxes or was written by them.
_WRITTEN = "analogy:written"
_EXPRESSION = "q"


def _slot(part: str) -> str:
    return f"analogy:{part}"


def _write(part: str, key: str | None) -> None:
    if key is None:
        st.session_state.pop(_slot(part), None)
    else:
        st.session_state[_slot(part)] = key


# The expression in the URL contains all three, so they need no URL parameters of their own.
_CHOICES = {
    part: Choice(partial(lambda slot: st.session_state.get(slot), _slot(part)), partial(_write, part))
    for part in _PARTS
}


@dataclass(frozen=True)
class AnalogyBoxes:
    """State of the three boxes.

    Parameters
    ----------
    is_complete
        Whether there is an analogy to compute: all three keys are chosen, or none is and only the expression counts.
    answer_slot
        Where the answer is drawn, next to the three boxes; None unless all three keys are chosen.
    """

    is_complete: bool
    answer_slot: DeltaGenerator | None = None

    def draw_answer(self, label: str) -> None:
        """Draw the fourth term of the analogy next to the other three."""
        if self.answer_slot is not None:
            with self.answer_slot.container(gap="xsmall"):
                st.markdown(":small[is to]")
                st.markdown(f"## {plain(label)}")


def draw_boxes(embedding: Embedding, noun: str) -> AnalogyBoxes:
    """Draw the boxes `a : b = c : ?`; call it before the expression field is drawn, since each fills the other."""
    _follow_expression(embedding)
    labels = {"a": f"First {noun}", "b": "is to", "c": "as"}
    keys: list[str | None] = []
    columns = st.columns(4, gap="small")
    for part, column in zip(_PARTS, columns, strict=False):
        with column:
            keys.append(
                key_box(
                    embedding,
                    labels[part],
                    _CHOICES[part],
                    slot=f"pick-{part}",
                    placeholder="Type a few letters",
                    narrow=True,
                )
            )
    texts = [st.session_state.get(f"pick-{part}-text", "").strip() for part in _PARTS]
    if not any(texts):
        _examples(embedding)
        return AnalogyBoxes(is_complete=True)
    if any(key is None for key in keys):
        st.caption(f"Choose all three. The first {noun} is to the second as the third is to the answer.")
        return AnalogyBoxes(is_complete=False)
    a, b, c = (key for key in keys if key is not None)
    expression = Expression((b, c), (a,))
    if _resolved(embedding, st.session_state.get(_EXPRESSION, "")) != expression:
        st.session_state[_EXPRESSION] = st.session_state[_WRITTEN] = expression_of(embedding, a, b, c)
    return AnalogyBoxes(is_complete=True, answer_slot=columns[-1])


def _follow_expression(embedding: Embedding) -> None:
    """Fill the boxes from an expression in a link, the field or an example; clear them if it is not an analogy."""
    text = st.session_state.get(_EXPRESSION, st.query_params.get(_EXPRESSION, ""))
    if text == st.session_state.get(_WRITTEN, ""):
        return
    st.session_state[_WRITTEN] = text
    resolved = _resolved(embedding, text)
    fits = resolved is not None and (len(resolved.positive), len(resolved.negative)) == (2, 1)
    parts = (resolved.negative[0], *resolved.positive) if resolved is not None and fits else (None, None, None)
    for part, key in zip(_PARTS, parts, strict=True):
        _write(part, key)
        if key is None:
            st.session_state[f"pick-{part}-text"] = ""
        else:
            # Without text of its own the box shows the name of the key.
            st.session_state.pop(f"pick-{part}-text", None)


def _resolved(embedding: Embedding, text: str) -> Expression | None:
    """Return an expression with its terms as keys; None if it cannot be parsed or has unknown terms."""
    try:
        query = parse_query(embedding, text)
        return None if query.unknown else resolve_expression(embedding, query.text)
    except InputError:
        return None


def expression_of(embedding: Embedding, a: str, b: str, c: str) -> str:
    """Return the expression `b - a + c` in labels, or in keys if the labels are ambiguous."""
    expression = Expression((b, c), (a,))
    labels = [name_of(embedding, key) for key in (b, a, c)]
    for template in ("{} - {} + {}", '"{}" - "{}" + "{}"'):
        for names in (labels, [b, a, c]):
            text = template.format(*names)
            if _resolved(embedding, text) == expression:
                return text
    return f"{b} - {a} + {c}"


def _examples(embedding: Embedding) -> None:
    examples = proportions(embedding)
    if not examples:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(":small[Try one:]", width="content")
        for number, (a, b, c) in enumerate(examples):
            st.button(
                f"{plain(a)} : {plain(b)} = {plain(c)} : ?",
                key=f"proportion-{number}",
                on_click=_set_expression,
                args=(expression_of(embedding, a, b, c),),
                wrap=False,
            )


def _set_expression(text: str) -> None:
    st.session_state[_EXPRESSION] = text

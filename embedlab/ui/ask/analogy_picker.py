"""Analogies by picking: a is to b as c is to what? Three picked keys write the expression `b - a + c`."""

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
from embedlab.ui.widgets.key_box import Choice, key_box
from embedlab.ui.widgets.key_search import understand

_PARTS = ("a", "b", "c")
#: The expression that the boxes were last filled from or have written.
_WRITTEN = "analogy:written"
_EXPRESSION = "q"


def _slot(part: str) -> str:
    return f"analogy:{part}"


def _write(part: str, key: str | None) -> None:
    if key is None:
        st.session_state.pop(_slot(part), None)
    else:
        st.session_state[_slot(part)] = key


# The expression in the address says all three, so these need no place of their own there.
_CHOICES = {
    part: Choice(partial(lambda slot: st.session_state.get(slot), _slot(part)), partial(_write, part))
    for part in _PARTS
}


@dataclass(frozen=True)
class Picked:
    """What the boxes say.

    Parameters
    ----------
    is_asked
        Whether there is a question to answer: all three are picked, or none is and the expression alone speaks.
    fourth
        Where the answer belongs, beside the three boxes, when all three are picked.
    """

    is_asked: bool
    fourth: DeltaGenerator | None = None

    def answer(self, label: str) -> None:
        """Write the fourth of the analogy beside the three."""
        if self.fourth is not None:
            with self.fourth.container(gap="xsmall"):
                st.markdown(":small[is to]")
                st.markdown(f"##### {plain(label)}")


def three_boxes(embedding: Embedding, noun: str) -> Picked:
    """Draw the boxes `a : b = c : ?`, before the field of the expression, which they fill and are filled from."""
    _follow_expression(embedding)
    labels = {"a": f"First {noun}", "b": "is to", "c": "as"}
    keys: list[str | None] = []
    places = st.columns(4, gap="small")
    for part, place in zip(_PARTS, places, strict=False):
        with place:
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
        _try_one(embedding)
        return Picked(is_asked=True)
    if any(key is None for key in keys):
        st.caption(f"Pick all three: the first {noun} is to the second as the third is to what is looked for.")
        return Picked(is_asked=False)
    a, b, c = (key for key in keys if key is not None)
    wanted = Expression((b, c), (a,))
    if _resolved(embedding, st.session_state.get(_EXPRESSION, "")) != wanted:
        st.session_state[_EXPRESSION] = st.session_state[_WRITTEN] = expression_of(embedding, a, b, c)
    return Picked(is_asked=True, fourth=places[-1])


def _follow_expression(embedding: Embedding) -> None:
    """Fill the boxes from an expression that came otherwise (a link, the field, an example), or empty them."""
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
            # The box writes the name of the key when its text is gone.
            st.session_state.pop(f"pick-{part}-text", None)


def _resolved(embedding: Embedding, text: str) -> Expression | None:
    """Return what an expression says in keys; None where it says nothing."""
    try:
        understood = understand(embedding, text)
        return None if understood.unknown else resolve_expression(embedding, understood.text)
    except InputError:
        return None


def expression_of(embedding: Embedding, a: str, b: str, c: str) -> str:
    """Return the expression `b - a + c` in labels, or in keys where labels would not be read as these."""
    wanted = Expression((b, c), (a,))
    named = [name_of(embedding, key) for key in (b, a, c)]
    for written in ("{} - {} + {}", '"{}" - "{}" + "{}"'):
        for names in (named, [b, a, c]):
            text = written.format(*names)
            if _resolved(embedding, text) == wanted:
                return text
    return f"{b} - {a} + {c}"


def _try_one(embedding: Embedding) -> None:
    examples = proportions(embedding)
    if not examples:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(":small[Try one:]", width="content")
        for number, (a, b, c) in enumerate(examples):
            st.button(
                f"{plain(a)} : {plain(b)} = {plain(c)} : ?",
                key=f"proportion-{number}",
                on_click=_take,
                args=(expression_of(embedding, a, b, c),),
                wrap=False,
            )


def _take(text: str) -> None:
    st.session_state[_EXPRESSION] = text

"""The search box: suggestions while typing, closest spellings for what is not there, one key as the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.exploration.asking.search import Found
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.key_search import LONGEST_TEXT, find, shown

_LONGEST_BUTTON = 36


@dataclass(frozen=True)
class Choice:
    """Where the chosen key is kept, so that a link repeats it."""

    read: Callable[[], str | None]
    write: Callable[[str | None], None]


def key_box(
    embedding: Embedding, label: str, choice: Choice, *, slot: str, placeholder: str = "", narrow: bool = False
) -> str | None:
    """Draw a search box with its suggestions; return the key that was found, or None.

    Parameters
    ----------
    embedding
        Whose names are searched.
    label
        What the box asks for; our own words.
    choice
        Where the chosen key is kept.
    slot
        A name for this box among those of the page.
    placeholder
        Shown while the box is empty.
    narrow
        Whether the box stands in a narrow column: no further names are offered once its key is known.
    """
    text_slot, chosen = f"{slot}-text", choice.read()
    if chosen != st.session_state.get(f"{slot}-shown") or text_slot not in st.session_state:
        _write_text(embedding, slot, chosen)
    # Without a bound here, which would show a counter of characters: `find` has one of its own.
    text = st.text_input(label, key=text_slot, type="search", live="300ms", placeholder=placeholder)
    finding = find(embedding, text, chosen)
    if finding.key is not None and finding.key != chosen:
        st.session_state[f"{slot}-shown"] = finding.key
        choice.write(finding.key)
    is_clear = finding.key is not None and not finding.is_ambiguous
    if finding.offers and not (narrow and is_clear):
        said = said_of(text, finding.key, finding.is_ambiguous, finding.is_known)
        offers(said, finding.offers, slot=slot, on_pick=lambda found: pick(embedding, slot, choice, found.key))
    elif text.strip() and finding.key is None:
        st.info(f"Nothing is called **{plain(text, 60)}**, nor anything like it.", icon=":material/search_off:")
    return finding.key


def _write_text(embedding: Embedding, slot: str, chosen: str | None) -> None:
    """Write the chosen key into the box; without one, what was typed stays and is looked up again."""
    if chosen is not None:
        known = chosen in embedding.key_to_index
        st.session_state[f"{slot}-text"] = shown(embedding, chosen) if known else one_line(chosen, LONGEST_TEXT)
    st.session_state[f"{slot}-shown"] = chosen


def said_of(text: str, key: str | None, is_ambiguous: bool, is_known: bool) -> str:
    """Return what is said before offers, as Markdown."""
    if is_ambiguous:
        return f"Several are called **{plain(text, 60)}**. Which one?"
    if not is_known:
        return f"**{plain(text, 60)}** is not in the vocabulary. Did you mean:"
    return "Also:" if key is not None else "Go on typing, or take one:"


def pick(embedding: Embedding, slot: str, choice: Choice, key: str) -> None:
    """In a callback: choose `key` and write it into the box of this slot."""
    choice.write(key)
    _write_text(embedding, slot, key)


def offers(said: str, found: Sequence[Found], *, slot: str, on_pick: Callable[[Found], None]) -> None:
    """Draw names as buttons in a row, after what is said about them (Markdown)."""
    labels = [one_line(each.label, _LONGEST_BUTTON) for each in found]
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=f"{slot}-offers"):
        st.markdown(f":small[{said}]", width="content")
        for number, each in enumerate(found):
            label = labels[number]
            if labels.count(label) > 1:
                label = f"{label} · {one_line(each.key, 20)}"
            label = plain(label)
            st.button(label, key=f"{slot}-offer-{number}", on_click=on_pick, args=(each,), wrap=False)

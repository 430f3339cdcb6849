"""Search box for one key: suggestions while typing, and the closest spellings for unknown names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.exploration.asking.search import Found
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.keys.key_search import LONGEST_TEXT, find, shown

_LONGEST_BUTTON = 36


@dataclass(frozen=True)
class Choice:
    """Access to the stored key, so that a link contains it."""

    read: Callable[[], str | None]
    write: Callable[[str | None], None]


def key_box(
    embedding: Embedding, label: str, choice: Choice, *, slot: str, placeholder: str = "", narrow: bool = False
) -> str | None:
    """Draw a search box with suggestions; return the matching key, or None.

    Parameters
    ----------
    embedding
        The embedding to search.
    label
        Label of the box; not from user data.
    choice
        Where the selected key is stored.
    slot
        Prefix of the widget keys, unique on the page.
    placeholder
        Shown while the box is empty.
    narrow
        Whether the column is narrow; then no further names are offered once a key matches.
    """
    text_slot, chosen = f"{slot}-text", choice.read()
    if chosen != st.session_state.get(f"{slot}-shown") or text_slot not in st.session_state:
        _write_text(embedding, slot, chosen)
    # No max_chars, which would show a character counter; `find` truncates the text.
    text = st.text_input(label, key=text_slot, type="search", live="300ms", placeholder=placeholder)
    finding = find(embedding, text, chosen)
    if finding.key is not None and finding.key != chosen:
        st.session_state[f"{slot}-shown"] = finding.key
        choice.write(finding.key)
    is_clear = finding.key is not None and not finding.is_ambiguous
    if finding.offers and not (narrow and is_clear):
        prompt = offer_prompt(text, finding.key, finding.is_ambiguous, finding.is_known)
        offers(prompt, finding.offers, slot=slot, on_pick=lambda match: pick(embedding, slot, choice, match.key))
    elif text.strip() and finding.key is None:
        st.info(f"No name matches **{plain(text, 60)}**, not even a similar one.", icon=":material/search_off:")
    return finding.key


def _write_text(embedding: Embedding, slot: str, chosen: str | None) -> None:
    """Write the selected key into the box; without one, the typed text stays and is looked up again."""
    if chosen is not None:
        known = chosen in embedding.key_to_index
        st.session_state[f"{slot}-text"] = shown(embedding, chosen) if known else one_line(chosen, LONGEST_TEXT)
    st.session_state[f"{slot}-shown"] = chosen


def offer_prompt(text: str, key: str | None, is_ambiguous: bool, is_known: bool) -> str:
    """Return the text before a row of offers, as Markdown."""
    if is_ambiguous:
        return f"Several have the name **{plain(text, 60)}**. Which one?"
    if not is_known:
        return f"**{plain(text, 60)}** is not in the vocabulary. Did you mean:"
    return "Also:" if key is not None else "Keep typing, or choose one:"


def pick(embedding: Embedding, slot: str, choice: Choice, key: str) -> None:
    """Select `key` and write it into the box of this slot. Call it in a callback."""
    choice.write(key)
    _write_text(embedding, slot, key)


def offers(prompt: str, matches: Sequence[Found], *, slot: str, on_pick: Callable[[Found], None]) -> None:
    """Draw names as a row of buttons after a prompt (Markdown)."""
    labels = [one_line(each.label, _LONGEST_BUTTON) for each in matches]
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=f"{slot}-offers"):
        st.markdown(f":small[{prompt}]", width="content")
        for number, each in enumerate(matches):
            label = labels[number]
            if labels.count(label) > 1:
                label = f"{label} · {one_line(each.key, 20)}"
            label = plain(label)
            st.button(label, key=f"{slot}-offer-{number}", on_click=on_pick, args=(each,), wrap=False)

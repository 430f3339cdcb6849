"""The box for several keys: type one after the other, or paste a list; what is not there is told with offers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.exploration.asking.search import search_index
from embedlab.exploration.asking.several_keys import MOST_KEYS
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.key_box import offers, said_of
from embedlab.ui.widgets.key_search import LONGEST_TEXT, Finding, find

#: Every question about several keys is about the same ones, so that they go along from view to view.
KEYS = "keys"
# A widget sends all its options to the browser.
_MOST_OPTIONS = 2000
# Somebody who pasted a text instead of a few words gets this many of them told as unknown.
_MOST_UNKNOWN = 5
_SEPARATOR = re.compile(r"[,;\n]")
#: Parts of a text that one title may span.
_MOST_COMMAS = 6


def keys_box(
    embedding: Embedding, label: str, *, slot: str, examples: Callable[[], Sequence[Sequence[str]]]
) -> list[str]:
    """Draw the box; return the keys that were found, each once.

    Parameters
    ----------
    embedding
        Whose names are searched.
    label
        What the box asks for; our own words.
    slot
        A name for this box among those of the page.
    examples
        Makes keys to begin with, offered while the box is empty.
    """
    texts = address.read_list(KEYS, MOST_KEYS + 1)
    if len(texts) > MOST_KEYS:
        st.info(f"A question may be about at most {MOST_KEYS} keys; the first of them are taken.")
        texts = texts[:MOST_KEYS]
    found = {text: _found(embedding, text) for text in texts}
    keys = list(dict.fromkeys(each.key for each in found.values() if each.key is not None))
    unknown = {text: each for text, each in found.items() if each.key is None}
    names = _names(embedding, keys)
    widget = f"{slot}-keys"
    # Only where they differ: setting a value takes away what is being typed already.
    if st.session_state.get(widget) != keys:
        st.session_state[widget] = keys
    st.multiselect(
        label,
        list(names),
        format_func=lambda key: names.get(key, key),
        key=widget,
        accept_new_options=True,
        filter_mode="contains",
        max_selections=MOST_KEYS,
        select_all=False,
        placeholder="Type one, press Enter, and go on; or paste several, separated by commas",
        on_change=lambda: _take(embedding, st.session_state[widget], list(unknown)),
    )
    for number, (text, finding) in enumerate(list(unknown.items())[:_MOST_UNKNOWN]):
        _told_unknown(text, finding, slot=f"{slot}-unknown-{number}", texts=texts)
    if len(unknown) > _MOST_UNKNOWN:
        st.caption(f"{len(unknown) - _MOST_UNKNOWN} more are not in the vocabulary.")
    if not texts:
        _examples(embedding, examples(), slot)
    return keys


def _found(embedding: Embedding, text: str) -> Finding:
    return Finding(text) if text in embedding.key_to_index else find(embedding, text)


def _names(embedding: Embedding, keys: Sequence[str]) -> dict[str, str]:
    """Return the options: what is chosen and, where labels are long titles, the most frequent keys to choose from.

    Among plain words nothing is suggested: Enter would take a suggestion instead of the word that was typed.
    """
    offered = embedding.keys[:_MOST_OPTIONS] if search_index(embedding).has_labels else ()
    return unique_names({key: one_line(embedding.label(key), LONGEST_TEXT) for key in dict.fromkeys((*keys, *offered))})


def _take(embedding: Embedding, values: Sequence[str], unknown: Sequence[str]) -> None:
    """Take over what the box holds now: keys, and texts that were typed."""
    texts = [part for value in values for part in parts(embedding, value)]
    keys = [_found(embedding, text).key or text for text in texts]
    write([*keys, *unknown])


def write(keys: Sequence[str]) -> None:
    """In a callback: make these the keys of the question."""
    address.write_list(KEYS, list(dict.fromkeys(keys))[: MOST_KEYS + 1])


def parts(embedding: Embedding, text: str) -> list[str]:
    """Return the names in a typed text: itself where it is one, else its parts between commas, or between spaces.

    Of titles that hold commas themselves the longest is taken. Spaces separate only where every part is known: "new
    york" is rather one unknown name than two.
    """
    text = text.strip()
    if not text or _found(embedding, text).key is not None:
        return [text] if text else []
    ends = [found.start() for found in _SEPARATOR.finditer(text)] + [len(text)]
    if len(ends) > 1:
        return _between_commas(embedding, text, ends)
    words = text.split()
    return words if all(find(embedding, word).key for word in words[: MOST_KEYS + 1]) else [text]


def _between_commas(embedding: Embedding, text: str, ends: Sequence[int]) -> list[str]:
    labels = search_index(embedding).label_to_index
    names: list[str] = []
    start, first = 0, 0
    while first < len(ends) and len(names) <= MOST_KEYS:
        runs = [(last, text[start : ends[last]].strip()) for last in range(first, min(first + _MOST_COMMAS, len(ends)))]
        known = [run for run in runs if run[1] in embedding.key_to_index or run[1] in labels]
        last, name = known[-1] if known else runs[0]
        if name:
            names.append(name)
        start, first = ends[last] + 1, last + 1
    return names


def _told_unknown(text: str, finding: Finding, *, slot: str, texts: Sequence[str]) -> None:
    row = st.container(horizontal=True, gap="xsmall", vertical_alignment="center")
    with row:
        if finding.offers:
            said = said_of(text, None, finding.is_ambiguous, finding.is_known)
            offers(said, finding.offers, slot=slot, on_pick=lambda each: _replace(texts, text, each.key))
        else:
            st.markdown(
                f":small[**{plain(text, 60)}** is not in the vocabulary, nor anything like it.]", width="content"
            )
        st.button("Leave it out", key=f"{slot}-out", type="tertiary", on_click=partial(_replace, texts, text, None))


def _replace(texts: Sequence[str], text: str, key: str | None) -> None:
    replaced = (key if each == text else each for each in texts)
    write([each for each in replaced if each is not None])


def _examples(embedding: Embedding, examples: Sequence[Sequence[str]], slot: str) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(":small[Try these:]", width="content")
        for number, keys in enumerate(examples):
            named = ", ".join(wording.called(embedding, key, 24) for key in keys)
            st.button(plain(named, 90), key=f"{slot}-example-{number}", on_click=write, args=(list(keys),), wrap=False)

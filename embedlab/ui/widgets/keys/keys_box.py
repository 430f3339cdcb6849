"""Search box for several keys: type them one by one or paste a list; unknown names come with suggestions."""

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
from embedlab.ui.widgets.keys.key_box import offer_prompt, offers
from embedlab.ui.widgets.keys.key_search import LONGEST_TEXT, Finding, find

#: All queries about several keys share the same keys, so that switching views keeps them.
KEYS = "keys"
# A widget sends all its options to the browser.
_MOST_OPTIONS = 2000
# If someone pastes a whole text, only this many unknown words are listed.
_MOST_UNKNOWN = 5
_SEPARATOR = re.compile(r"[,;\n]")
#: Number of parts between commas that a single title may span.
_MAX_PARTS = 6


def keys_box(
    embedding: Embedding, label: str, *, slot: str, examples: Callable[[], Sequence[Sequence[str]]]
) -> list[str]:
    """Draw the box; return the matching keys, each once.

    Parameters
    ----------
    embedding
        The embedding to search.
    label
        Label of the box; not from user data.
    slot
        Prefix of the widget keys, unique on the page.
    examples
        Returns lists of example keys, offered while the box is empty.
    """
    texts = address.read_list(KEYS, MOST_KEYS + 1)
    if len(texts) > MOST_KEYS:
        st.info(f"A query can have at most {MOST_KEYS} keys. Only the first {MOST_KEYS} are used.")
        texts = texts[:MOST_KEYS]
    findings = {text: _look_up(embedding, text) for text in texts}
    keys = list(dict.fromkeys(each.key for each in findings.values() if each.key is not None))
    unknown = {text: each for text, each in findings.items() if each.key is None}
    names = _names(embedding, keys)
    widget = f"{slot}-keys"
    # Only if they differ: setting a value discards text that is being typed.
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
        placeholder="Type one and press Enter, or paste several separated by commas",
        on_change=lambda: _update(embedding, st.session_state[widget], list(unknown)),
    )
    for number, (text, finding) in enumerate(list(unknown.items())[:_MOST_UNKNOWN]):
        _unknown_name(text, finding, slot=f"{slot}-unknown-{number}", texts=texts)
    if len(unknown) > _MOST_UNKNOWN:
        st.caption(f"{len(unknown) - _MOST_UNKNOWN} more are not in the vocabulary.")
    if not texts:
        _examples(embedding, examples(), slot)
    return keys


def _look_up(embedding: Embedding, text: str) -> Finding:
    return Finding(text) if text in embedding.key_to_index else find(embedding, text)


def _names(embedding: Embedding, keys: Sequence[str]) -> dict[str, str]:
    """Return the options: the selected keys and, if keys have labels, the most frequent keys.

    Plain words are not suggested, since Enter would choose a suggestion instead of the typed word.
    """
    suggestions = embedding.keys[:_MOST_OPTIONS] if search_index(embedding).has_labels else ()
    return unique_names(
        {key: one_line(embedding.label(key), LONGEST_TEXT) for key in dict.fromkeys((*keys, *suggestions))}
    )


def _update(embedding: Embedding, values: Sequence[str], unknown: Sequence[str]) -> None:
    """Store the current contents of the box: keys and typed texts."""
    texts = [part for value in values for part in parts(embedding, value)]
    keys = [_look_up(embedding, text).key or text for text in texts]
    write([*keys, *unknown])


def write(keys: Sequence[str]) -> None:
    """Set the keys of the query. Call it in a callback."""
    address.write_list(KEYS, list(dict.fromkeys(keys))[: MOST_KEYS + 1])


def parts(embedding: Embedding, text: str) -> list[str]:
    """Return the names in a typed text: the text itself if it is a name, else its parts between commas or spaces.

    If titles contain commas, the longest match wins. Spaces separate only if every part is known: "new york" is more
    likely one unknown name than two.
    """
    text = text.strip()
    if not text or _look_up(embedding, text).key is not None:
        return [text] if text else []
    ends = [match.start() for match in _SEPARATOR.finditer(text)] + [len(text)]
    if len(ends) > 1:
        return _between_commas(embedding, text, ends)
    words = text.split()
    return words if all(find(embedding, word).key for word in words[: MOST_KEYS + 1]) else [text]


def _between_commas(embedding: Embedding, text: str, ends: Sequence[int]) -> list[str]:
    labels = search_index(embedding).label_to_index
    names: list[str] = []
    start, first = 0, 0
    while first < len(ends) and len(names) <= MOST_KEYS:
        runs = [(last, text[start : ends[last]].strip()) for last in range(first, min(first + _MAX_PARTS, len(ends)))]
        known = [run for run in runs if run[1] in embedding.key_to_index or run[1] in labels]
        last, name = known[-1] if known else runs[0]
        if name:
            names.append(name)
        start, first = ends[last] + 1, last + 1
    return names


def _unknown_name(text: str, finding: Finding, *, slot: str, texts: Sequence[str]) -> None:
    row = st.container(horizontal=True, gap="xsmall", vertical_alignment="center")
    with row:
        if finding.offers:
            prompt = offer_prompt(text, None, finding.is_ambiguous, finding.is_known)
            offers(prompt, finding.offers, slot=slot, on_pick=lambda each: _replace(texts, text, each.key))
        else:
            st.markdown(
                f":small[**{plain(text, 60)}** is not in the vocabulary, and no similar name is.]", width="content"
            )
        st.button("Remove", key=f"{slot}-out", type="tertiary", on_click=partial(_replace, texts, text, None))


def _replace(texts: Sequence[str], text: str, key: str | None) -> None:
    keys = (key if each == text else each for each in texts)
    write([each for each in keys if each is not None])


def _examples(embedding: Embedding, examples: Sequence[Sequence[str]], slot: str) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(":small[Try these:]", width="content")
        for number, keys in enumerate(examples):
            named = ", ".join(wording.display_name(embedding, key, 24) for key in keys)
            st.button(plain(named, 90), key=f"{slot}-example-{number}", on_click=write, args=(list(keys),), wrap=False)

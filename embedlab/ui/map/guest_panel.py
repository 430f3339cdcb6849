"""What the map's panel says of a word that is no point of the map: it was placed by its parts, or is not known."""

from __future__ import annotations

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.exploration.asking.search import Found
from embedlab.projections.placing import Place
from embedlab.ui.map import unknown_words
from embedlab.ui.shell import current
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import one_line, plain
from embedlab.ui.widgets.bar_list import bar_list
from embedlab.ui.widgets.key_box import offers
from embedlab.ui.widgets.key_search import find
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

_N_NEAREST = 10
_NOT_KNOWN = "Not in the vocabulary."
_BY_PARTS = "Its vector is made of its parts: the groups of letters it shares with known words."


def placed_sentence(place: Place) -> str:
    """Return in one sentence how far the word's place on the map can be trusted."""
    told = "exact" if place.how == "exact" else "a guess, amid its nearest"
    return f"Its place is {told}{f': {place.why}' if place.why else ''}."


def placed_word(row: EmbeddingRow, projection: ProjectionRow, word: str) -> None:
    """Show a word that its parts placed on the map: that this is so, its nearest with bars, and where to go on.

    Parameters
    ----------
    word
        See `unknown_words.placeable`.
    """
    st.markdown(f"#### {plain(word, 40)}")
    try:
        placed = unknown_words.place_word(projection.id, word, _N_NEAREST)
    except EmbedLabError as error:
        told = plain(f"{error.what} {error.remedy}", 300)
        st.caption(f"{_NOT_KNOWN} {told}")
        return
    st.caption(f":material/extension: {_NOT_KNOWN} {_BY_PARTS} {placed_sentence(placed.place)}")
    st.markdown("**Nearest by cosine similarity**")
    bar_list(
        [(one_line(answer.label, 60), float(answer.score)) for answer in placed.nearest],
        of=f"{projection.id}:{word}",
        on_choose=lambda at: current.put("key", placed.nearest[at].key),
        key="map:nearest",
    )
    page_link("ask", label="Ask about it", query=current.link(embedding=row.id, key=word))


def unknown_name(embedding: Embedding, text: str) -> None:
    """Say of a name from the address that this embedding does not hold it, and offer those that are spelled like it."""
    finding = find(embedding, text)
    found = finding.offers
    if finding.key is not None:
        found = (Found(finding.key, embedding.label(finding.key), embedding.index(finding.key)), *found)
    st.markdown(f"#### {plain(text, 40)}")
    st.caption(_NOT_KNOWN)
    if found:
        offers("Did you mean:", found, slot="map:spelled", on_pick=lambda each: current.put("key", each.key))

"""Details of an out-of-vocabulary word on the map: placed by its subwords, or unknown."""

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
from embedlab.ui.widgets.keys.key_box import offers
from embedlab.ui.widgets.keys.key_search import find
from embedlab.ui.widgets.min_count import Rarity, counts_text
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

_N_NEAREST = 10
_UNKNOWN = "Not in the vocabulary."
_BY_SUBWORDS = "Its vector is built from subwords it shares with known words."


def placement_text(place: Place) -> str:
    """Return how far the position of the word on the map can be trusted."""
    quality = "exact" if place.how == "exact" else "a guess, among its nearest neighbors"
    return f"Its position is {quality}{f': {place.why}' if place.why else ''}."


def placed_word(row: EmbeddingRow, projection: ProjectionRow, word: str, embedding: Embedding, rarity: Rarity) -> None:
    """Draw a word placed by its subwords: an explanation, its nearest neighbors, and a link to the Ask page.

    Parameters
    ----------
    word
        See `unknown_words.placeable`.
    rarity
        Which neighbors are muted or left out.
    """
    st.markdown(f"## {plain(word, 40)}")
    try:
        placed = unknown_words.place_word(projection.id, word, _N_NEAREST, rarity.min_count)
    except EmbedLabError as error:
        st.caption(f"{_UNKNOWN} {plain(f'{error.what} {error.remedy}', 300)}")
        return
    st.caption(f":material/extension: {_UNKNOWN} {_BY_SUBWORDS} {placement_text(placed.place)}")
    muted = rarity.muted(embedding, placed.nearest)
    st.markdown("**Nearest neighbors by cosine similarity**")
    bar_list(
        [(one_line(answer.label, 60), float(answer.score)) for answer in placed.nearest],
        list_id=f"{projection.id}:{word}:{rarity.min_count}",
        on_choose=lambda at: current.put("key", placed.nearest[at].key),
        key="map:nearest",
        notes=counts_text(embedding, placed.nearest, rarity.what),
        muted=muted,
    )
    if sentence := rarity.sentence(sum(muted)):
        st.caption(sentence)
    page_link("ask", label="Query this word", query=current.link(embedding=row.id, key=word))


def unknown_name(embedding: Embedding, text: str) -> None:
    """Say that a name in the URL is not in this embedding, and offer names with a similar spelling."""
    finding = find(embedding, text)
    matches = finding.offers
    if finding.key is not None:
        matches = (Found(finding.key, embedding.label(finding.key), embedding.index(finding.key)), *matches)
    st.markdown(f"## {plain(text, 40)}")
    st.caption(_UNKNOWN)
    if matches:
        offers("Did you mean:", matches, slot="map:spelled", on_pick=lambda each: current.put("key", each.key))

"""Import options of pre-trained vectors."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from embedlab.core.plain import one_line
from embedlab.kinds.guess import Guess
from embedlab.kinds.registry import KINDS
from embedlab.kinds.vectors.formats import VectorsFormat
from embedlab.kinds.vectors.importing import VectorsOptions
from embedlab.reading.layouts import Layout
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.shell import resources
from embedlab.ui.widgets import long_lists
from embedlab.workspace import listing

_GUESSED = "guessed"
_ALL = "all"
TITLES = {
    _GUESSED: "Detect automatically",
    "word2vec": "word2vec or fastText text (.vec)",
    "word2vec-binary": "word2vec binary",
    "glove": "GloVe text",
    "tsv": "TSV of the Embedding Projector",
    "npy": "NumPy array (.npy)",
    "parquet": "Parquet table",
}


def draw(fields: Fields, guess: Guess) -> VectorsOptions:
    """Draw the options of vectors and return them."""
    kinds = [name for name, kind in KINDS.items() if kind.has_words]
    newest = listing.find_datasets(resources.workspace(), kinds=kinds, most=long_lists.MOST_OPTIONS)
    words = long_lists.search_if_more(newest.n_found, "words-of-search", "texts")
    matches = listing.find_datasets(resources.workspace(), words, kinds=kinds, most=long_lists.MOST_OPTIONS)
    texts = {row.id: row for row in matches.rows}
    left, right, *further = st.columns(3 if texts else 2, gap="medium")
    formats = [_GUESSED, *get_args(VectorsFormat)]
    with left:
        chosen = fields.choose("Format", "format", formats, _GUESSED, TITLES.__getitem__)
    with right:
        duplicates = fields.choose(
            "Duplicate keys",
            "vector-duplicates",
            ["refuse", "first"],
            "refuse",
            {"refuse": "Reject the file", "first": "Keep the first"}.__getitem__,
        )
    key_column = None
    if guess.layout == Layout.PARQUET and chosen in {_GUESSED, "parquet"}:
        names = [_GUESSED, *(column.name for column in guess.columns)]
        with left:
            key_column = fields.choose("Key column", "key_column", names, _GUESSED, _key_title)
    words_of = _ALL
    if further:
        with further[0]:
            words_of = fields.choose(
                "Vectors to import",
                "words_of",
                [_ALL, *texts],
                _ALL,
                lambda one: f"Vocabulary of {one_line(texts[one].name, 60)}" if one in texts else "All",
            )
    return VectorsOptions(
        words_of=None if words_of == _ALL else words_of,
        format=None if chosen == _GUESSED else chosen,
        duplicates=duplicates,
        member=guess.member,
        key_column=None if key_column == _GUESSED else key_column,
    )


def _key_title(name: str) -> str:
    return "Detect automatically" if name == _GUESSED else name

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
_ENCODINGS = ("utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "latin-1")
_ALL = "all"
TITLES = {
    _GUESSED: "Detect automatically",
    "word2vec": "word2vec or fastText text (.vec)",
    "word2vec-binary": "word2vec binary",
    "glove": "GloVe text",
    "tsv": "TSV of the Embedding Projector",
    "npy": "NumPy array (.npy)",
    "parquet": "Parquet table",
    "numbers": "Numbers without names (numpy.savetxt, CSV)",
    "table": "Table with one column per dimension (CSV, TSV)",
    "json": "JSON",
    "jsonl": "JSON Lines",
    "npz": "NumPy archive (.npz)",
    "safetensors": "safetensors",
    "fasttext-binary": "fastText binary (.bin)",
    "hdf5": "Keras weights (HDF5)",
}
_DUPLICATES = {
    "first": "Keep the first",
    "last": "Keep the last",
    "mean": "Keep their mean",
    "refuse": "Refuse the file",
}
_KEYS = {_GUESSED: "Detect automatically", "named": "A column holds the keys", "numbered": "Number the rows from 0"}
_WITH_ARRAYS = {Layout.NUMPY_ARCHIVE, Layout.SAFETENSORS, Layout.HDF5}


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
            "When a key occurs more than once", "vector-duplicates", list(_DUPLICATES), "first", _DUPLICATES.__getitem__
        )
    with left:
        keys = fields.choose("Keys", "keys", list(_KEYS), _GUESSED, _KEYS.__getitem__)
    with right:
        encodings = list(dict.fromkeys([_GUESSED, *_ENCODINGS, guess.encoding]))
        encoding = fields.choose("Encoding", "encoding", encodings, _GUESSED, _detected, accept_new_options=True)
    with left:
        key_column = _key_column(fields, guess)
    array = ""
    if guess.layout in _WITH_ARRAYS:
        with right:
            array = st.text_input("Array", key=fields.key("array", ""), max_chars=1000, help="Its name in the file.")
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
        encoding=None if encoding in {_GUESSED, None} else encoding,
        keys=None if keys == _GUESSED else keys,
        duplicates=duplicates,
        member=None if guess.layout in {Layout.NUMPY_ARCHIVE, Layout.HDF5} else guess.member,
        key_column=key_column or None,
        array=array or None,
    )


def _key_column(fields: Fields, guess: Guess) -> str | None:
    """Draw the choice of the column of the keys: among those of a table, else by name, for a file of metadata."""
    if not guess.columns:
        help_text = "Name, or number from 0, of a column in the file of metadata; left empty: detected."
        return st.text_input("Key column", key=fields.key("key_column", ""), max_chars=1000, help=help_text)
    names = [_GUESSED, *(column.name for column in guess.columns)]
    chosen = fields.choose("Key column", "key_column", names, _GUESSED, _detected)
    return None if chosen == _GUESSED else str(chosen)


def _detected(name: str) -> str:
    return "Detect automatically" if name == _GUESSED else name

"""Vectors made elsewhere, before they are kept."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from embedlab.datasets.vector_formats import VectorsFormat
from embedlab.datasets.vectors import VectorsOptions
from embedlab.ui.parts import staging
from embedlab.ui.parts.reading_form import Fields

_GUESSED = "guessed"
TITLES = {
    _GUESSED: "Told from the content",
    "word2vec": "word2vec text",
    "word2vec-binary": "word2vec binary",
    "glove": "GloVe text",
    "tsv": "TSV of the Embedding Projector",
}


def draw(fields: Fields) -> VectorsOptions:
    """Draw the options of vectors and return them."""
    left, right = st.columns(2, gap="medium")
    formats = [_GUESSED, *get_args(VectorsFormat)]
    with left:
        chosen = fields.choose("Format", "format", formats, _GUESSED, TITLES.__getitem__)
    with right:
        duplicates = fields.choose(
            "When a key occurs twice",
            "vector-duplicates",
            ["refuse", "first"],
            "refuse",
            {"refuse": "Refuse the file", "first": "Keep the first"}.__getitem__,
        )
    return VectorsOptions(format=None if chosen == _GUESSED else chosen, duplicates=duplicates)


def companions() -> dict[str, str]:
    """Draw the optional file of names and metadata."""
    with st.expander("Names and metadata (optional)", icon=":material/attach_file:"):
        items = staging.companion(
            "items", "Metadata file", "One row a vector; the second file of the Embedding Projector's pair."
        )
    return {"items_upload_id": items.id} if items is not None else {}

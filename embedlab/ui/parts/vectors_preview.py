"""Vectors before they are kept: what the file seems to be."""

from __future__ import annotations

import streamlit as st

from embedlab.datasets.vectors import VectorsOptions, guess_vectors_options
from embedlab.ui import resources
from embedlab.ui.parts import reading_form
from embedlab.ui.parts.vectors_form import TITLES
from embedlab.workspace.uploads import Upload


@st.cache_data(max_entries=40, show_spinner=False)
def guess_of(upload_id: str) -> VectorsOptions:
    """Return how a file of vectors seems to be written."""
    return guess_vectors_options(resources.workspace().upload(upload_id).path, reading_form.limits())


def draw(upload: Upload, options: VectorsOptions) -> bool:
    """Draw what is known of the vectors before all are read; return whether they can be imported."""
    guess = guess_of(upload.id) if options.format is None else options
    st.markdown(f"It is read as **{TITLES[guess.format]}**. Rows and values are checked during the import.")
    return True

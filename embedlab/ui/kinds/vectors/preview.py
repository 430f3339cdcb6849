"""Vectors before they are kept: what the file seems to be, and its first keys."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from embedlab.kinds.vectors.importing import VectorsOptions, guess_vectors_options, read_vectors
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.vectors.form import TITLES
from embedlab.ui.shell import resources
from embedlab.workspace.uploads import Upload

_FIRST = 20
_SHOWN_COLUMNS = 6


@st.cache_data(max_entries=40, show_spinner="Looking at the vectors …")
def preview_of(upload_id: str, options_json: str, metadata_id: str | None) -> tuple[str, int, pd.DataFrame]:
    """Return format, dimensions and the first rows of an upload."""
    workspace, limits = resources.workspace(), reading_form.limits()
    upload = reading_form.opened(upload_id)
    options = VectorsOptions.model_validate_json(options_json)
    if options.format is None:
        options = options.model_copy(update={"format": guess_vectors_options(upload, limits).format})
    metadata = workspace.upload(metadata_id).path if metadata_id else None
    few = options.model_copy(update={"first": _FIRST})
    embedding = read_vectors(upload, options=few, metadata_path=metadata, limits=limits)
    columns = {
        f"column {place}": embedding.vectors[:, place] for place in range(min(_SHOWN_COLUMNS, embedding.vector_size))
    }
    return str(options.format), embedding.vector_size, pd.DataFrame({"Key": list(embedding.keys), **columns})


def draw(upload: Upload, options: VectorsOptions, metadata_id: str | None) -> bool:
    """Draw what the first rows show; return whether the file can be imported."""
    form, vector_size, first = preview_of(upload.id, options.model_dump_json(), metadata_id)
    kept = " It keeps those of the chosen words." if options.words_of else ""
    st.markdown(
        f"Read as **{TITLES[form]}**: vectors of **{vector_size}** numbers. The import reads and checks all rows.{kept}"
    )
    st.markdown("##### First rows")
    st.dataframe(first, hide_index=True, height=300)
    return True

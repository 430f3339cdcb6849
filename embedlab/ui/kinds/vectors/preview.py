"""Preview of vectors before they are imported: detected format and first rows."""

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


@st.cache_data(max_entries=40, show_spinner="Reading the vectors …")
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
        f"dimension {index}": embedding.vectors[:, index] for index in range(min(_SHOWN_COLUMNS, embedding.vector_size))
    }
    return str(options.format), embedding.vector_size, pd.DataFrame({"Key": list(embedding.keys), **columns})


def draw(upload: Upload, options: VectorsOptions, metadata_id: str | None) -> bool:
    """Draw the format and the first rows; return whether the file can be imported."""
    form, vector_size, first = preview_of(upload.id, options.model_dump_json(), metadata_id)
    limit = " It keeps only words of the chosen text." if options.words_of else ""
    st.markdown(
        f"Format: **{TITLES[form]}**, **{vector_size}** dimensions. The import reads and checks all rows.{limit}"
    )
    st.markdown("##### First rows")
    st.dataframe(first, hide_index=True, height=300)
    return True

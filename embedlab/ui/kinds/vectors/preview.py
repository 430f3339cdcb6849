"""Vectors before they are saved: how the file is read, its first keys, and a question where that is not clear."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from embedlab.core.errors import UnsureError
from embedlab.core.plain import one_line
from embedlab.kinds.vectors.importing import VectorsOptions
from embedlab.kinds.vectors.previewing import FIRST, preview_vectors
from embedlab.ui.kinds import question, reading_form
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.kinds.vectors.form import TITLES
from embedlab.ui.shell import resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import number, warnings_in_one

_SHOWN_COLUMNS = 6
_LONGEST = 200


@dataclass(frozen=True)
class Shown:
    """What the preview shows of a file."""

    layout: str
    vector_size: int
    n_keys: int
    is_complete: bool
    first: pd.DataFrame
    assumptions: list[str]
    warnings: list[str]


@st.cache_data(max_entries=40, show_spinner="Reading the vectors …")
def preview_of(upload_id: str, options_json: str, metadata_id: str | None) -> Shown:
    """Return layout, dimensions and the first rows of an upload."""
    workspace, limits = resources.workspace(), reading_form.limits()
    upload = reading_form.opened(upload_id)
    options = VectorsOptions.model_validate_json(options_json)
    metadata = workspace.upload(metadata_id).path if metadata_id else None
    read, is_complete = preview_vectors(upload, options, metadata_path=metadata, limits=limits)
    embedding = read.embedding
    columns = {
        f"column {place}": embedding.vectors[:FIRST, place]
        for place in range(min(_SHOWN_COLUMNS, embedding.vector_size))
    }
    beside = {
        one_line(str(name), 60): [one_line(str(cell), 60) for cell in embedding.metadata[name][:FIRST]]
        for name in list(embedding.metadata.columns)[:_SHOWN_COLUMNS]
    }
    keys = [one_line(key, _LONGEST) for key in embedding.keys[:FIRST]]
    first = pd.DataFrame({"Key": keys, **beside, **columns})
    return Shown(
        read.read.layout,
        embedding.vector_size,
        embedding.n_keys,
        is_complete,
        first,
        list(read.read.assumptions),
        read.changes.sentences(),
    )


def draw(fields: Fields, options: VectorsOptions, metadata_id: str | None) -> bool:
    """Draw what the first rows show; return whether the file can be imported."""
    try:
        shown = preview_of(fields.upload.id, options.model_dump_json(), metadata_id)
    except UnsureError as error:
        question.draw(fields, error)
        return False
    kept = " Only the words of the chosen text are imported." if options.words_of else ""
    n = f"**{number(shown.n_keys)}** vectors" if shown.is_complete else "vectors"
    title = TITLES.get(shown.layout, shown.layout)
    st.markdown(f"Read as **{title}**: {n} with **{number(shown.vector_size)}** dimensions.{kept}")
    for sentence in shown.assumptions:
        st.caption(plain(sentence, 300))
    if shown.warnings:
        st.warning(warnings_in_one(shown.warnings), icon=":material/warning:")
    st.markdown("## First rows")
    st.dataframe(shown.first, hide_index=True, placeholder="", height=300)
    return True

"""A table before it is saved: what its columns hold, and its first rows."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.kinds.table import TableOptions, sound_features
from embedlab.kinds.table.preview import TablePreview, preview_table
from embedlab.models.contract.base import fourth_root_rule
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.kinds.table.columns import columns_table, sizes_table
from embedlab.ui.kinds.table.wording import target_sentence
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import number

_CELL = 200


def preview_of(upload_id: str, options_json: str) -> TablePreview:
    """Return what the first rows of an upload show."""
    with st.spinner(reading_sentence(TableOptions.model_validate_json(options_json))):
        return _preview_of(upload_id, options_json)


def reading_sentence(options: TableOptions) -> str:
    """Return what is said while the first rows are read."""
    if options.layout != "sounds":
        return "Reading the table …"
    if sound_features.is_loaded():
        return "Reading the first sounds …"
    return "Reading the first sounds … Once after its installation, librosa compiles itself, which takes about 20 s."


@st.cache_data(max_entries=40, show_spinner=False)
def _preview_of(upload_id: str, options_json: str) -> TablePreview:
    return preview_table(reading_form.opened(upload_id), TableOptions.model_validate_json(options_json))


def draw(fields: Fields, options: TableOptions) -> bool:
    """Draw the columns and the first rows; return whether the table can be imported."""
    seen = preview_of(fields.upload.id, options.model_dump_json())
    if seen.problem:
        st.warning(plain(seen.problem, 600), icon=":material/warning:")
    elif seen.target is not None:
        st.markdown(target_sentence(seen.target.as_dict()))
    else:
        st.caption("Choose a target to predict it from the other columns.")
    if seen.renamed:
        st.caption(plain(seen.renamed, 400))
    part = "" if seen.is_complete else f" (from {number(seen.n_read)} rows)"
    st.markdown(f"## Columns{part}")
    columns_table([column.as_dict() for column in seen.columns])
    if any(column.type == "category" and column.is_used for column in seen.columns):
        st.markdown(f"## One-hot rows and embeddings{part}")
        sizes_table([column.as_dict() for column in seen.columns], fourth_root_rule)
    st.markdown("## First rows")
    cells = [[one_line(cell, _CELL) for cell in row] for row in seen.rows]
    headings = list(unique_names({str(place): name for place, name in enumerate(seen.names)}).values())
    st.dataframe(pd.DataFrame(cells, columns=headings), hide_index=True, placeholder="", height=300)
    return not seen.problem

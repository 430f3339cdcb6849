"""Vectors on the Data page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from pydantic import BaseModel

from embedlab.kinds.guess import Guess
from embedlab.kinds.vectors.importing import VectorsOptions
from embedlab.reading.layouts import Layout
from embedlab.ui.kinds import staging
from embedlab.ui.kinds.page import KindPage
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.kinds.vectors import details, form, preview
from embedlab.workspace.rows import DatasetRow

_WITHOUT_NAMES = {Layout.NUMPY, Layout.PROJECTOR_TSV, Layout.NUMBERS, Layout.SAFETENSORS, Layout.HDF5}


class VectorsPage(KindPage):
    """Format, selection of vectors, and the first rows."""

    icon = ":material/scatter_plot:"

    def draw_options(self, fields: Fields, guess: Guess) -> VectorsOptions:
        """Draw the format, the handling of duplicates, and the selection of vectors."""
        return form.draw(fields, guess)

    def draw_companions(self, guess: Guess) -> dict[str, str]:
        """Draw the file of names and metadata, open where the vectors have no names."""
        lacks_names = guess.layout in _WITHOUT_NAMES
        title = "Names and metadata (optional)"
        names = self.kind.companions[0]
        with st.expander(title, icon=":material/attach_file:", expanded=lacks_names, key="expander-names"):
            upload = staging.companion(names.name, names.title, names.help)
        return {names.name: upload.id} if upload is not None else {}

    def draw_preview(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> bool:
        """Draw the first keys and numbers."""
        metadata_id = companions.get(self.kind.companions[0].name)
        return preview.draw(fields, VectorsOptions.model_validate(options), metadata_id)

    def draw_details(self, row: DatasetRow) -> None:
        """Draw links to the embedding, and the first keys."""
        details.draw(row)

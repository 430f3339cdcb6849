"""Graphs on the Data page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import BaseModel

from embedlab.kinds.graph.importing import expected_details
from embedlab.kinds.graph.options import GraphOptions
from embedlab.kinds.guess import Guess
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.graph import details, form
from embedlab.ui.kinds.page import KindPage
from embedlab.ui.kinds.reading_form import Fields
from embedlab.workspace.rows import DatasetRow


class GraphPage(KindPage):
    """Columns and direction, and the degrees, levels or components."""

    icon = ":material/hub:"

    def draw_options(self, fields: Fields, guess: Guess) -> GraphOptions:
        """Draw the columns of nodes and weight, and the direction."""
        return form.draw(fields, guess, self.kind.name)

    def expected_details(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> Mapping[str, Any]:  # noqa: ARG002
        """Return whether the first part of the file is a hierarchy, which decides which model is recommended."""
        return _expected_details(fields.upload.id, options.model_dump_json())

    def counts(self, row: DatasetRow) -> dict[str, str]:
        """Return nodes, edges, whether edges have a direction, and the density."""
        shown = super().counts(row)
        if row.details.get("density") is not None:
            shown["Direction"] = "directed" if row.details.get("directed") else "undirected"
            shown["Density"] = f"{row.details['density']:.2%}"
        return shown

    def draw_details(self, row: DatasetRow) -> None:
        """Draw figures and the nodes with most neighbors."""
        details.draw(row)


@st.cache_data(max_entries=40, show_spinner=False)
def _expected_details(upload_id: str, options_json: str) -> dict[str, Any]:
    options = GraphOptions.model_validate_json(options_json)
    return expected_details(reading_form.opened(upload_id, options.member), options)

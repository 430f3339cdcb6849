"""Pairs on the Data page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from pydantic import BaseModel

from embedlab.core.kind import Counts
from embedlab.kinds.guess import Guess
from embedlab.kinds.pairs.options import PairsOptions
from embedlab.kinds.pairs.previewing import expected_counts
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.page import KindPage
from embedlab.ui.kinds.pairs import details, form
from embedlab.ui.kinds.reading_form import Fields
from embedlab.workspace.rows import DatasetRow

#: Rows from which the counts of a whole file are estimated.
_ROWS_LOOKED_AT = 2000


class PairsPage(KindPage):
    """The columns on both sides and their forms, and the kinds of an imported dataset."""

    icon = ":material/join_inner:"

    def draw_options(self, fields: Fields, guess: Guess) -> PairsOptions:  # noqa: ARG002
        """Draw the choice of columns and forms."""
        return form.draw(fields)

    def expected_counts(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> Counts:  # noqa: ARG002
        """Return the counts of the first rows, for the whole file."""
        return _expected_counts(fields.upload.id, PairsOptions.model_validate(options).model_dump_json())

    def counts(self, row: DatasetRow) -> dict[str, str]:
        """Return pairs, things on both sides, and groups."""
        shown = super().counts(row)
        names = ("pairs", "left", "right", "groups")
        titles = [self.kind.nouns[name].plural.capitalize() for name in names]
        return {title: shown[title] for title in titles if title in shown}

    def draw_details(self, row: DatasetRow) -> None:
        """Draw the kinds of things."""
        details.draw(row)


@st.cache_data(max_entries=40, show_spinner="Reading the file …")
def _expected_counts(upload_id: str, options_json: str) -> Counts:
    return expected_counts(
        reading_form.opened(upload_id), PairsOptions.model_validate_json(options_json), _ROWS_LOOKED_AT
    )

"""A table on the Data page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import BaseModel

from embedlab.core.kind import Counts
from embedlab.kinds.guess import Guess
from embedlab.kinds.table import TableOptions
from embedlab.reading.layouts import Layout
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.page import KindPage
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.kinds.table import columns, form, preview
from embedlab.ui.shell.plain import plain
from embedlab.workspace.rows import DatasetRow


class TablePage(KindPage):
    """The target, the types of the columns with their reasons, and the first rows."""

    icon = ":material/table_chart:"
    # Without the target, a table can only be compared row by row.
    opens_choices = True

    def draw_options(self, fields: Fields, guess: Guess) -> TableOptions:
        """Draw the format of the table, its target, and the types of its columns."""
        if guess.layout == Layout.SOUNDS:
            for reason in guess.reasons:
                st.caption(plain(reason, 300))
            return form.draw(fields, {"layout": str(Layout.SOUNDS)})
        reading = reading_form.draw(fields, guess, self.kind.name, (*reading_form.TABLES, Layout.BLOCKS))
        return form.draw(fields, reading)

    def draw_preview(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Draw what each column holds, and the first rows."""
        return preview.draw(fields, TableOptions.model_validate(options))

    def expected_counts(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> Counts:  # noqa: ARG002
        """Return the counts of the first rows."""
        return preview.preview_of(fields.upload.id, options.model_dump_json()).counts

    def is_complete(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Return whether all rows were read."""
        return preview.preview_of(fields.upload.id, options.model_dump_json()).is_complete

    def expected_details(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the target, which decides between models that predict it and models that compare rows."""
        target = preview.preview_of(fields.upload.id, options.model_dump_json()).target
        return {"target": None if target is None else target.as_dict()}

    def draw_details(self, row: DatasetRow) -> None:
        """Draw the target and the columns of an imported table."""
        columns.draw_details(row)

    def draw_variables(self, row: DatasetRow, parameters: BaseModel) -> None:
        """Draw the size of the embedding of each categorical column."""
        columns.draw_sizes(row, parameters)

"""Text on the Data page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from pydantic import BaseModel

from embedlab.core.kind import Counts
from embedlab.kinds.guess import Guess
from embedlab.kinds.text.expected_counts import expected_counts
from embedlab.kinds.text.options import TextOptions
from embedlab.reading.layouts import Layout
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.page import KindPage
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.kinds.text import details, encoding_panel, form, preview
from embedlab.workspace.rows import DatasetRow

_LAYOUTS = (
    Layout.LINES,
    Layout.PARAGRAPHS,
    Layout.DOCUMENT,
    Layout.SUBTITLES,
    Layout.WIKIPEDIA,
    Layout.STRINGS,
    *reading_form.TABLES,
)


class TextPage(KindPage):
    """Layout, columns, tokenizer, and a preview of the first documents."""

    icon = ":material/notes:"
    encoding_title = "From text to rows, step by step"

    def draw_options(self, fields: Fields, guess: Guess) -> TextOptions:
        """Draw the reading and tokenizer options."""
        guess = form.as_text(fields, guess)
        reading = reading_form.draw(fields, guess, self.kind.name, _LAYOUTS)
        shown = dict(reading)
        if form.reads_all(fields):
            shown.pop("member", None)
        st.caption(reading_form.summary(shown))
        return form.draw(fields, guess, reading)

    def draw_preview(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> bool:
        """Draw the first documents and the most frequent words."""
        return preview.draw(fields, TextOptions.model_validate(options), companions.get("labels"))

    def expected_counts(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> Counts:  # noqa: ARG002
        """Return the counts of the whole text, from its first part."""
        seen = preview.preview_of(fields.upload.id, TextOptions.model_validate(options).model_dump_json())
        return expected_counts(seen.counts, 1.0 if seen.is_complete else seen.share_read)

    def is_complete(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Return whether the whole text was read."""
        return preview.preview_of(fields.upload.id, TextOptions.model_validate(options).model_dump_json()).is_complete

    def draw_encoding(
        self,
        dataset_id: str,
        *,
        min_count: int,
        max_words: int | None,
        sequence_length: int | None,
        output_dim: int,
    ) -> None:
        """Draw the tokens, indices and rows of a text that the reader types."""
        encoding_panel.draw(
            dataset_id,
            min_count=min_count,
            max_words=max_words,
            sequence_length=sequence_length,
            output_dim=output_dim,
        )

    def draw_details(self, row: DatasetRow) -> None:
        """Draw words, documents, labels and phrases."""
        details.draw(row)

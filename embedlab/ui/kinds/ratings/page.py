"""Ratings on the Data page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import BaseModel

from embedlab.core.kind import Counts
from embedlab.kinds.guess import Guess
from embedlab.kinds.ratings import RatingsOptions
from embedlab.kinds.ratings.expected_counts import expected_counts
from embedlab.reading.layouts import Layout
from embedlab.ui.kinds import reading_form, staging
from embedlab.ui.kinds.page import KindPage
from embedlab.ui.kinds.ratings import details, form, preview
from embedlab.ui.kinds.ratings.words import words_for
from embedlab.ui.kinds.reading_form import Fields
from embedlab.workspace.rows import DatasetRow


class RatingsPage(KindPage):
    """User, item, rating or count, and time columns, and their distribution."""

    icon = ":material/star:"
    companions_first = False

    def draw_options(self, fields: Fields, guess: Guess) -> RatingsOptions:
        """Draw the reading options of the table and the roles of its columns."""
        reading = reading_form.draw(fields, guess, self.kind.name, (*reading_form.TABLES, Layout.BLOCKS))
        st.caption(reading_form.summary(reading))
        return form.draw(fields, reading)

    def draw_companions(self, guess: Guess) -> dict[str, str]:  # noqa: ARG002
        """Draw the second files side by side."""
        uploads = {}
        title = "Titles and genres, a published test part, users, or tags (optional)"
        with st.expander(title, icon=":material/attach_file:", key="expander-companions"):
            for each, column in zip(
                self.kind.companions, st.columns(len(self.kind.companions), gap="medium"), strict=True
            ):
                with column:
                    uploads[each.name] = staging.companion(each.name, each.title, each.help)
        return {name: upload.id for name, upload in uploads.items() if upload is not None}

    def draw_preview(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Draw the first rows and the distribution of the ratings."""
        return preview.draw(fields, RatingsOptions.model_validate(options))

    def expected_counts(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> Counts:  # noqa: ARG002
        """Return the counts of the first part, with the ratings of the whole file."""
        seen = preview.preview_of(
            fields.upload.id, RatingsOptions.model_validate(options).model_dump_json(exclude_unset=True)
        )
        return expected_counts(reading_form.opened(fields.upload.id), seen.counts, is_all=seen.is_all)

    def is_complete(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Return whether all ratings were read."""
        return preview.preview_of(
            fields.upload.id, RatingsOptions.model_validate(options).model_dump_json(exclude_unset=True)
        ).is_all

    def counts(self, row: DatasetRow) -> dict[str, str]:
        """Return ratings or choices, users, items, and the density of the user-item matrix."""
        shown = super().counts(row)
        if row.details.get("density") is not None:
            shown = {title: value for title, value in shown.items() if title in {"Ratings", "Users", "Items"}}
            shown["Density"] = f"{row.details['density']:.2%}"
        title = words_for(str(row.details.get("feedback", ""))).several.capitalize()
        return {title if name == "Ratings" else name: value for name, value in shown.items()}

    def expected_details(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the feedback, which decides between models that predict ratings and models that rank items."""
        chosen = RatingsOptions.model_validate(options).model_dump_json(exclude_unset=True)
        return {"feedback": preview.preview_of(fields.upload.id, chosen).options.feedback}

    def draw_details(self, row: DatasetRow) -> None:
        """Draw figures and the most rated items."""
        details.draw(row)

"""Preview of a ratings file before it is imported."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.errors import UnsureError
from embedlab.figures.ratings import count_histogram, rating_histogram
from embedlab.kinds.ratings import RatingsOptions, RatingsPreview, preview_ratings
from embedlab.ui.kinds import question, reading_form
from embedlab.ui.kinds.ratings.form import field_name
from embedlab.ui.kinds.ratings.words import words_for
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.wording import number, warnings_in_one


@st.cache_data(max_entries=40, show_spinner="Reading the ratings …")
def preview_of(upload_id: str, options_json: str) -> RatingsPreview:
    """Return the preview of an upload with these options."""
    options = RatingsOptions.model_validate_json(options_json)
    return preview_ratings(reading_form.opened(upload_id), options, reading_form.limits())


def draw(fields: Fields, options: RatingsOptions) -> bool:
    """Draw the figures, or the question how the file is read; return whether there is anything to import."""
    upload = fields.upload
    try:
        preview = preview_of(upload.id, options.model_dump_json(exclude_unset=True))
    except UnsureError as error:
        question.draw(fields, error, field_name)
        return False
    for sentence in preview.assumptions:
        st.caption(plain(sentence, 300))
    words = words_for(str(preview.options.feedback))
    if words.is_implicit:
        st.caption(plain(words.scaling_sentence(preview.options.count_scaling), 300))
    n_ratings, n_users, n_items = (preview.counts[name] for name in ("ratings", "users", "items"))
    boxes = st.columns(4, gap="small")
    for box, (title, value) in zip(
        boxes, {words.several.capitalize(): n_ratings, "Users": n_users, "Items": n_items}.items(), strict=False
    ):
        box.metric(title, number(value), border=True)
    density = n_ratings / (n_users * n_items) if n_users and n_items else 0.0
    boxes[3].metric(
        "Density", f"{density:.2%}", border=True, help=f"Share of all user-item pairs that have a {words.one}."
    )
    if not preview.is_all:
        st.caption("These figures are for the first part of the file. The import reads all of it.")
    if preview.warnings:
        st.warning(warnings_in_one(preview.warnings), icon=":material/warning:")
    table, bars = st.columns([3, 2], gap="medium")
    with table:
        st.markdown("## First rows")
        rows = [[*row, *[""] * (len(preview.column_names) - len(row))] for row in preview.rows]
        st.dataframe(
            pd.DataFrame([row[: len(preview.column_names)] for row in rows], columns=_headings(preview)),
            hide_index=True,
            placeholder="",
            height=250,
        )
    with bars:
        st.markdown(f"## {words.distribution}")
        values = np.repeat(preview.histogram["values"], preview.histogram["counts"])
        draw_values = count_histogram if words.is_implicit else rating_histogram
        figure = draw_values(values, theme=run_figures.theme())
        run_figures.show(figure, key=f"preview-histogram-{upload.id}", alt=words.distribution_alt, height=250)
    _invalid_rows(preview)
    return n_ratings > 0


def _headings(preview: RatingsPreview) -> list[str]:
    """Return unique column headings, with the role of a column in parentheses."""
    options = preview.options
    roles = {str(getattr(options, role)): role for role in ("user", "item", "rating", "time")}
    if options.feedback == "implicit":
        roles = {column: "count" if role == "rating" else role for column, role in roles.items()}
    if options.shape == "baskets":
        return preview.column_names
    headings: list[str] = []
    for place, name in enumerate(preview.column_names):
        role = roles.get(name) or roles.get(str(place))
        heading = f"{name} ({role})" if role and role != name else name
        headings.append(heading if heading not in headings else f"{heading} #{place}")
    return headings


def _invalid_rows(preview: RatingsPreview) -> None:
    invalid = preview.left_out
    if not invalid.get("count"):
        return
    with st.expander(f"{number(invalid['count'])} rows left out", icon=":material/rule:", key="expander-invalid-rows"):
        examples = invalid["examples"]
        st.dataframe(
            pd.DataFrame(
                {
                    "Row": [example["row"] for example in examples],
                    "Content": [" | ".join(map(str, example["values"])) for example in examples],
                    "Problem": [example["reason"] for example in examples],
                }
            ),
            hide_index=True,
            placeholder="",
        )

"""Figures of a ratings file before it is kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.figures.ratings import rating_histogram
from embedlab.kinds.ratings import RatingsOptions, RatingsPreview, preview_ratings
from embedlab.ui.kinds import reading_form
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.wording import number, warnings_in_one
from embedlab.workspace.uploads import Upload


@st.cache_data(max_entries=40, show_spinner="Looking at the ratings …")
def preview_of(upload_id: str, options_json: str) -> RatingsPreview:
    """Return what is seen of an upload read with these options."""
    options = RatingsOptions.model_validate_json(options_json)
    return preview_ratings(reading_form.opened(upload_id), options, reading_form.limits())


def draw(upload: Upload, options: RatingsOptions) -> bool:
    """Draw the figures; return whether there is anything to import."""
    preview = preview_of(upload.id, options.model_dump_json())
    part = "" if preview.is_all else " in the first part of the file"
    n_ratings, n_users, n_items = (preview.counts[name] for name in ("ratings", "users", "items"))
    boxes = st.columns(4, gap="small")
    for box, (title, value) in zip(
        boxes, {"Ratings": n_ratings, "Users": n_users, "Items": n_items}.items(), strict=False
    ):
        box.metric(title, number(value), border=True)
    density = n_ratings / (n_users * n_items) if n_users and n_items else 0.0
    boxes[3].metric("Density", f"{density:.2%}", border=True, help="Share of all user and item pairs with a rating.")
    if part:
        st.caption(f"These are the figures of what was read{part}; the import reads all of it.")
    if preview.warnings:
        st.warning(warnings_in_one(preview.warnings), icon=":material/warning:")
    table, bars = st.columns([3, 2], gap="medium")
    with table:
        st.markdown("##### First rows")
        rows = [[*row, *[""] * (len(preview.column_names) - len(row))] for row in preview.rows]
        st.dataframe(
            pd.DataFrame([row[: len(preview.column_names)] for row in rows], columns=_headings(preview)),
            hide_index=True,
            height=250,
        )
    with bars:
        st.markdown("##### Distribution of ratings")
        values = np.repeat(preview.histogram["values"], preview.histogram["counts"])
        figure = rating_histogram(values, theme=run_figures.theme())
        run_figures.show(
            figure, key=f"preview-histogram-{upload.id}", alt="How often each rating was given", height=250
        )
    _left_out(preview)
    return n_ratings > 0


def _headings(preview: RatingsPreview) -> list[str]:
    """Return column headings, a column without a name by its number, and what was chosen for which role."""
    options = preview.options
    roles = {str(getattr(options, role)): role for role in ("user", "item", "rating", "time")}
    headings: list[str] = []
    for place, name in enumerate(preview.column_names):
        role = roles.get(name) or roles.get(str(place))
        heading = f"{name} ({role})" if role and role != name else name
        headings.append(heading if heading not in headings else f"{heading} #{place}")
    return headings


def _left_out(preview: RatingsPreview) -> None:
    left_out = preview.left_out
    if not left_out.get("count"):
        return
    with st.expander(f"{number(left_out['count'])} rows cannot be used and are left out", icon=":material/rule:"):
        examples = left_out["examples"]
        st.dataframe(
            pd.DataFrame(
                {
                    "Row": [example["row"] for example in examples],
                    "What it says": [" | ".join(map(str, example["values"])) for example in examples],
                    "Why it cannot be used": [example["reason"] for example in examples],
                }
            ),
            hide_index=True,
        )

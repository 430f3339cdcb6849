"""Which columns are paired, what each holds, and which groups are held out."""

from __future__ import annotations

import streamlit as st

from embedlab.core.plain import one_line
from embedlab.kinds.pairs.forms import FORM_TITLES, FORMS
from embedlab.kinds.pairs.options import LARGEST_SIDE, MOST_RIGHT, PairsOptions
from embedlab.kinds.pairs.plan import plan_of
from embedlab.reading.table_columns import unnamed_column
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.reading_form import Fields


def draw(fields: Fields) -> PairsOptions:
    """Draw the choice of columns and forms; return the options.

    Raises
    ------
    EmbedLabError
        The file is not a table with two columns.
    """
    upload = reading_form.opened(fields.upload.id)
    guessed = plan_of(upload, PairsOptions())
    names = [str(number) for number in range(len(guessed.column_names))]

    has_header = bool(guessed.options.has_header)
    named = reading_form.column_titles(guessed.column_names, guessed.rows, has_header=has_header)

    def title(position: str) -> str:
        return one_line(named(guessed.column_names[int(position)]), 60) or position

    left_column, right_column, group_column = st.columns(3, gap="medium")
    with left_column:
        left = fields.choose("Left", "pairs-left", names, str(guessed.positions[0]), title)
    others = [name for name in names if name != left]
    suggested = [str(each) for each in guessed.positions[1:] if str(each) != left] or others[:1]
    with right_column:
        right = st.multiselect(
            "Right",
            others,
            default=suggested,
            key=f"pairs-right:{fields.upload.id}:{left}",
            max_selections=MOST_RIGHT,
            format_func=title,
            help="Each column is a kind of things of its own. A row pairs its thing on the left with all on the right.",
        )
    free = [name for name in others if name not in right]
    with group_column:
        groups = st.multiselect(
            "Groups to hold out",
            free,
            key=f"pairs-groups:{fields.upload.id}:{left}",
            format_func=title,
            help="Columns whose values together form a group: whole groups can be held out for the test. Rows without "
            "a group are always used for training.",
        )
    chosen = right or suggested
    options = guessed.options.model_copy(
        update={
            "left": left,
            "left_form": None,
            "right": ",".join(chosen),
            "right_forms": None,
            "groups": ",".join(groups) or None,
        }
    )
    forms = plan_of(upload, options).forms
    columns = [left, *chosen]
    selected = []
    for start in range(0, len(columns), 3):
        for number, box in zip(range(start, min(start + 3, len(columns))), st.columns(3, gap="medium"), strict=False):
            with box:
                place = columns[number]
                shown = title(place) if has_header else unnamed_column(int(place)).capitalize()
                name = f"pairs-form:{columns[number]}:{number == 0}"
                selected.append(
                    fields.choose(f"{shown} holds", name, list(FORMS), forms[number], FORM_TITLES.__getitem__)
                )
    update: dict[str, object] = {"left_form": selected[0], "right_forms": ",".join(selected[1:])}
    if "image" in selected:
        with st.columns(3, gap="medium")[0]:
            size = st.number_input(
                "Image size in pixels",
                4,
                LARGEST_SIDE,
                value=None,
                key=fields.key("pairs-image-size", None),
                placeholder="As the first image, at most 32",
            )
        update["image_size"] = None if size is None else int(size)
    return PairsOptions.model_validate({**options.model_dump(), **update})

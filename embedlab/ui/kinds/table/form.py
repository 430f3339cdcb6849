"""Import options of tables: the target, and the types of columns."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st
from pydantic import ValidationError

from embedlab.core.errors import ParameterError
from embedlab.kinds.table import TableOptions
from embedlab.kinds.table.options import ColumnChoice
from embedlab.reading.layouts import Layout
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.kinds.table.preview import preview_of
from embedlab.ui.kinds.table.wording import TYPE_TITLES

_NONE = "\u2013"
_DETECT = "detect"
_TARGET_TYPES = {_DETECT: "Detect automatically", "number": "Number", "category": "Category"}
_LOGS = {_DETECT: "If it has a long right tail", "yes": "Yes", "no": "No"}
#: Columns whose types can be changed at once.
_MOST_CHANGED = 8


def draw(fields: Fields, reading: dict[str, Any]) -> TableOptions:
    """Draw the options of a table and return them.

    Raises
    ------
    ParameterError
        A value is not valid.
    """
    if reading["layout"] == Layout.SOUNDS:
        seen = preview_of(fields.upload.id, TableOptions(**reading).model_dump_json())
        names, rows = seen.names, seen.rows
    else:
        names, rows = reading_form.head_of(fields.upload.id, reading_form.table_format(reading))
    title = reading_form.column_titles(names, rows, has_header=reading.get("has_header", True))
    left, middle, right = st.columns(3, gap="medium")
    with left:
        target = fields.choose(
            "Target",
            "target",
            [_NONE, *names],
            _NONE,
            lambda one: "None" if one == _NONE else title(one),
            help="The column to predict from the others. Without a target, rows are compared by their numbers.",
        )
    has_target = target != _NONE
    with middle:
        kind = fields.choose(
            "Type of the target",
            "target_type",
            list(_TARGET_TYPES),
            _DETECT,
            _TARGET_TYPES.__getitem__,
            disabled=not has_target,
        )
    with right:
        log = fields.choose(
            "Predict its logarithm",
            "target_log",
            list(_LOGS),
            _DETECT,
            _LOGS.__getitem__,
            disabled=not has_target or kind == "category",
            help="For positive numbers such as prices, whose errors are in percent rather than in units.",
        )
    try:
        return TableOptions(
            **reading,
            target=str(target) if has_target else None,
            target_type=None if kind == _DETECT or not has_target else kind,
            target_log={"yes": True, "no": False}.get(log) if has_target and kind != "category" else None,
            types=_types(fields, [name for name in names if name != target]),
        )
    except ValidationError as error:
        raise ParameterError(error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")) from error


def _types(fields: Fields, names: list[str]) -> dict[str, ColumnChoice]:
    """Draw the columns whose type the user changes, and the type of each."""
    key = fields.key("changed", [])
    st.session_state[key] = [name for name in st.session_state[key] if name in names]
    changed: list[str] = st.multiselect(
        "Columns to read in another way",
        names,
        key=key,
        max_selections=_MOST_CHANGED,
        placeholder="Choose columns to change their type or to leave them out",
        help="The types below are detected from the cells.",
    )
    types: dict[str, ColumnChoice] = {}
    boxes = st.columns(4, gap="small")
    for place, name in enumerate(changed):
        with boxes[place % len(boxes)]:
            types[name] = fields.choose(
                name, f"type:{name}", list(get_args(ColumnChoice)), "category", TYPE_TITLES.__getitem__
            )
    return types

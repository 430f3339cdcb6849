"""Import options of ratings: shape, columns, values, and the handling of duplicates."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import ValidationError

from embedlab.core.errors import InputError, ParameterError
from embedlab.kinds.ratings import RatingsOptions
from embedlab.kinds.ratings.detecting import plan_of
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.reading_form import Fields

_NONE = "\u2013"
_DETECT = "detect"
_DUPLICATES = {"last": "Keep the last rating", "mean": "Use the mean", "refuse": "Reject the file"}
_ROLES = {"user": "User", "item": "Item", "rating": "Rating", "time": "Time"}
_SHAPES = {_DETECT: "Detect automatically", "long": "One rating per row", "wide": "One column per item"}
_ORDERS = {_DETECT: "Detect automatically", "month-first": "Month first", "day-first": "Day first"}
_LAYOUTS = {
    _DETECT: "Detect automatically",
    "delimited": "Delimited table",
    "jsonl": "JSON Lines",
    "json": "JSON array",
    "parquet": "Parquet",
    "excel": "Excel workbook",
}


def field_name(option: str) -> str:
    """Return the name of the form's field for an option."""
    return f"role:{option}" if option in _ROLES else option


def draw(fields: Fields, reading: dict[str, Any]) -> RatingsOptions:
    """Draw the options of ratings and return them.

    Raises
    ------
    ParameterError
        A value is not valid.
    """
    names, rows = reading_form.head_of(fields.upload.id, reading_form.table_format(reading))
    column_title = reading_form.column_titles(names, rows, has_header=reading.get("has_header", True))
    chosen = _draw_values(fields)
    try:
        base = RatingsOptions(**reading, **chosen)
    except ValidationError as error:
        raise ParameterError(error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")) from error
    found, is_wide = _detected(fields.upload.id, base.model_dump_json(exclude_unset=True))
    titles = {"user": "User or item of a row"} if is_wide else _ROLES
    for column, (role, title) in zip(st.columns(4, gap="small"), titles.items(), strict=False):
        with column:
            fallback = _NONE if role == "time" else _DETECT
            default = found.get(role, fallback)
            options = [_NONE if role == "time" else _DETECT, *names]
            value = fields.choose(
                title,
                field_name(role),
                options,
                default if default in options else fallback,
                lambda one: "Detect automatically" if one == _DETECT else column_title(one),
            )
            if role == "time":
                chosen[role] = None if value == _NONE else value
            elif value not in {_DETECT, default} or not (is_wide or value == _DETECT):
                chosen[role] = value
    return RatingsOptions(**reading, **chosen)


def _draw_values(fields: Fields) -> dict[str, Any]:
    """Draw what the values mean; return the options that are not detected."""
    chosen: dict[str, Any] = {}
    chosen["duplicates"] = fields.choose(
        "Duplicate ratings of an item by a user",
        "duplicates",
        list(_DUPLICATES),
        "last",
        _DUPLICATES.__getitem__,
        width=320,
    )
    with st.expander("Values and items", icon=":material/tune:", key="expander-values"):
        left, middle, right = st.columns(3, gap="medium")
        with left:
            chosen["shape"] = fields.choose("Shape", "shape", list(_SHAPES), _DETECT, _SHAPES.__getitem__)
            chosen["items_layout"] = fields.choose(
                "Format of the items file", "items_layout", list(_LAYOUTS), _DETECT, _LAYOUTS.__getitem__
            )
        with middle:
            chosen["not_rated"] = st.text_input(
                "Values that mean “not rated”",
                key=fields.key("not_rated", ""),
                max_chars=100,
                help="Such as -1, or 0,99. Empty: detected. none: all values are ratings.",
            )
            chosen["items_delimiter"] = st.text_input(
                "Delimiter of the items file", key=fields.key("items_delimiter", ""), max_chars=10
            )
        with right:
            chosen["date_order"] = fields.choose(
                "Dates such as 3/4/2014", "date_order", list(_ORDERS), _DETECT, _ORDERS.__getitem__
            )
            chosen["rating_words"] = st.text_input(
                "Ratings that are words",
                key=fields.key("rating_words", ""),
                max_chars=1000,
                help="From the lowest to the highest: bad,ok,good. Or with their values: bad=1,good=5.",
            )
    return {name: value for name, value in chosen.items() if value not in {_DETECT, ""}}


@st.cache_data(max_entries=40, show_spinner=False)
def _detected(upload_id: str, options_json: str) -> tuple[dict[str, str], bool]:
    """Return the names of the columns by role, and whether the table is wide; nothing where the preview asks."""
    try:
        plan = plan_of(
            reading_form.opened(upload_id), RatingsOptions.model_validate_json(options_json), reading_form.limits()
        )
    except InputError:
        # The preview raises it again, where it is shown.
        return {}, False
    return {role: names[0] for role, names in plan.roles().items() if names}, plan.wide is not None

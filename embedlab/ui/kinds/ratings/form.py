"""Import options of ratings: shape, columns, values, and the handling of duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
from pydantic import ValidationError

from embedlab.core.errors import InputError, ParameterError
from embedlab.kinds.ratings import RatingsOptions
from embedlab.kinds.ratings.detecting import plan_of
from embedlab.kinds.ratings.interactions import DEFAULT_COUNT_SCALING
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.reading_form import Fields

_NONE = "\u2013"
_DETECT = "detect"
_DUPLICATES = {
    _DETECT: "Last rating, or sum of counts",
    "last": "Keep the last one",
    "mean": "Use the mean",
    "sum": "Use the sum",
    "refuse": "Reject the file",
}
_FEEDBACK = {
    _DETECT: "Detect automatically",
    "explicit": "Explicit: users gave ratings",
    "implicit": "Implicit: what users chose",
}
_SCALINGS = {"log": "Logarithm", "linear": "Linear", "binary": "Ignore counts"}
_ROLES = {"user": "User", "item": "Item", "rating": "Rating", "time": "Time"}
_SHAPES = {
    _DETECT: "Detect automatically",
    "long": "One rating per row",
    "wide": "One column per item",
    "baskets": "One basket per line",
}
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
    found = _detected(fields.upload.id, base.model_dump_json(exclude_unset=True))
    is_wide, is_implicit = found.shape == "wide", found.feedback == "implicit"
    titles = {"user": "User or item of a row"} if is_wide else _ROLES
    if found.shape == "baskets":
        titles = {}
    elif is_implicit and not is_wide:
        titles = {**_ROLES, "rating": "Count"}
    for column, (role, title) in zip(st.columns(4, gap="small"), titles.items(), strict=False):
        with column:
            may_be_none = role == "time" or (role == "rating" and is_implicit)
            fallback = _NONE if may_be_none else _DETECT
            default = found.columns.get(role, fallback)
            options = [fallback, *names]
            value = fields.choose(
                title,
                field_name(role),
                options,
                default if default in options else fallback,
                lambda one: "Detect automatically" if one == _DETECT else column_title(one),
            )
            if may_be_none:
                chosen[role] = None if value == _NONE else value
            elif value not in {_DETECT, default} or not (is_wide or value == _DETECT):
                chosen[role] = value
    if is_implicit:
        # A count that is chosen by its number has no name that says so; without a column, each row is a choice.
        chosen["feedback"] = "implicit"
    return RatingsOptions(**reading, **chosen)


def _draw_values(fields: Fields) -> dict[str, Any]:
    """Draw what the values mean; return the options that are not detected."""
    chosen: dict[str, Any] = {}
    left, middle, right = st.columns(3, gap="medium")
    with left:
        chosen["feedback"] = fields.choose("Feedback", "feedback", list(_FEEDBACK), _DETECT, _FEEDBACK.__getitem__)
    with middle:
        chosen["duplicates"] = fields.choose(
            "Several rows of a user and an item", "duplicates", list(_DUPLICATES), _DETECT, _DUPLICATES.__getitem__
        )
    with right:
        chosen["count_scaling"] = fields.choose(
            "Weights of counts (implicit feedback)",
            "count_scaling",
            list(_SCALINGS),
            DEFAULT_COUNT_SCALING,
            _SCALINGS.__getitem__,
            help="How plays, hours or quantities become weights. Ratings do not use it.",
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


@dataclass(frozen=True)
class _Detected:
    """The names of the columns by role, the shape and the feedback; nothing where the preview asks."""

    columns: dict[str, str]
    shape: str | None
    feedback: str | None


@st.cache_data(max_entries=40, show_spinner=False)
def _detected(upload_id: str, options_json: str) -> _Detected:
    """Return how a file is read with these options."""
    try:
        plan = plan_of(
            reading_form.opened(upload_id), RatingsOptions.model_validate_json(options_json), reading_form.limits()
        )
    except InputError:
        # The preview raises it again, where it is shown.
        return _Detected({}, None, None)
    columns = {role: names[0] for role, names in plan.roles().items() if names}
    return _Detected(columns, plan.options.shape, plan.options.feedback)

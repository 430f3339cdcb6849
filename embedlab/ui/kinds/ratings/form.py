"""Import options of ratings: columns and the handling of duplicates."""

from __future__ import annotations

from typing import Any

import streamlit as st

from embedlab.kinds.guess import Guess
from embedlab.kinds.ratings import RatingsOptions
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.reading_form import Fields

_NONE = "\u2013"
_DUPLICATES = {"last": "Keep the last rating", "mean": "Use the mean", "refuse": "Reject the file"}
_ROLES = {"user": "User", "item": "Item", "rating": "Rating", "time": "Time"}


def draw(fields: Fields, guess: Guess, reading: dict[str, Any]) -> RatingsOptions:
    """Draw the options of ratings and return them."""
    names, rows = reading_form.head_of(fields.upload.id, reading_form.table_format(reading))
    column_title = reading_form.column_titles(names, rows, has_header=reading.get("has_header", True))
    chosen: dict[str, Any] = {}
    for index, (column, (role, title)) in enumerate(zip(st.columns(4, gap="small"), _ROLES.items(), strict=True)):
        with column:
            guessed = guess.role(role)
            fallback = names[min(index, len(names) - 1)] if role != "time" else _NONE
            default = guessed.name if guessed is not None and guessed.name in names else fallback
            options = [_NONE, *names] if role == "time" else names
            value = fields.choose(title, f"role:{role}", options, default, column_title)
            chosen[role] = None if value == _NONE else value
    chosen["duplicates"] = fields.choose(
        "Duplicate ratings of an item by a user",
        "duplicates",
        list(_DUPLICATES),
        "last",
        _DUPLICATES.__getitem__,
        width=320,
    )
    return RatingsOptions(**reading, **chosen)

"""Import options of sequences: the shape, the columns, where sequences are cut, and repeats."""

from __future__ import annotations

from typing import Any

import streamlit as st

from embedlab.kinds.guess import Guess
from embedlab.kinds.sequences.options import MOST_KMER, SequencesOptions
from embedlab.kinds.sequences.sniffing import complete
from embedlab.ui.kinds.reading_form import Fields, opened

_NONE = "\u2013"
_SHAPES = {
    "events": "One event per row",
    "lines": "One sequence per line",
    "baskets": "One basket per line",
    "typed": "Typed lines (A, C, V)",
    "access-log": "Access log",
    "fasta": "FASTA (k-mers)",
}
_REPEATS = {
    "keep": "Keep them",
    "merge": "Merge with the event before",
    "first": "Keep the first only",
}
_PREDICT = {"detect": "Detect automatically", "yes": "Yes", "no": "No"}
_DELIMITERS = {",": "Comma", "\t": "Tab", ";": "Semicolon", "|": "Vertical bar", " ": "Space"}
_ROLES = {"user": "User (who)", "item": "Item (what)", "time": "Time (when)", "title": "Title of the item"}


def draw(fields: Fields, guess: Guess) -> SequencesOptions:
    """Draw the options and return them, complete.

    Raises
    ------
    EmbedLabError
        The file cannot be read in the chosen shape.
    """
    upload = opened(fields.upload.id, guess.member)
    first = _guessed(fields.upload.id, guess.member, None)
    left, middle, right = st.columns(3, gap="medium")
    with left:
        shape = fields.choose("Shape", "shape", list(_SHAPES), first["shape"], _SHAPES.__getitem__)
    found = first if shape == first["shape"] else _guessed(fields.upload.id, guess.member, shape)
    chosen: dict[str, Any] = dict(found)
    with middle:
        chosen["repeats"] = fields.choose(
            "If an item occurs again in its sequence",
            f"repeats:{shape}",
            list(_REPEATS),
            found["repeats"],
            _REPEATS.__getitem__,
        )
    with right:
        predict = fields.choose(
            "Predict repeats",
            "predict_repeats",
            list(_PREDICT),
            "detect",
            _PREDICT.__getitem__,
            help="Whether an item that has occurred in a sequence may be the next one again. By default, if at least "
            "5 % of the events are such repeats.",
        )
    chosen["predict_repeats"] = None if predict == "detect" else predict == "yes"
    if shape == "events" and upload.table is not None:
        chosen |= _columns(fields, found, upload.table.names)
    elif shape in {"lines", "baskets"}:
        chosen |= _lines(fields, found)
    elif shape == "fasta":
        chosen["kmer"] = int(
            st.number_input(
                "Letters per k-mer", 1, MOST_KMER, key=fields.key("kmer", found["kmer"]), width=200, format="%d"
            )
        )
    if shape == "access-log":
        with st.container(horizontal=True, gap="medium"):
            for name, title in (
                ("assets", "Keep images, styles and scripts"),
                ("failures", "Keep failures and other methods than GET"),
                ("bots", "Keep bots"),
            ):
                chosen[name] = st.toggle(title, key=fields.key(name, found[name]))
    if shape == "access-log" or chosen.get("time") is not None:
        chosen["pause_minutes"] = st.number_input(
            "Start a new sequence after a pause of (minutes)",
            min_value=0.0,
            max_value=1e7,
            format="%g",
            key=fields.key(f"pause:{shape}", float(found["pause_minutes"] or 0.0)),
            help="0: one sequence per user.",
            width=320,
        )
    return SequencesOptions.model_validate(chosen)


def _columns(fields: Fields, found: dict[str, Any], names: list[str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for column, (role, title) in zip(st.columns(4, gap="small"), _ROLES.items(), strict=True):
        with column:
            offered = names if role in {"user", "item"} else [_NONE, *names]
            value = fields.choose(title, f"sequence-{role}", offered, found[role] or offered[0])
            chosen[role] = None if value == _NONE else value
    if chosen["time"] is not None:
        chosen["day_first"] = st.toggle(
            "Day before month (25/12/2024)", key=fields.key("day_first", bool(found["day_first"]))
        )
    return chosen


def _lines(fields: Fields, found: dict[str, Any]) -> dict[str, Any]:
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    with left:
        delimiter = fields.choose(
            "Separator of items",
            f"items-delimiter:{found['shape']}",
            list(_DELIMITERS),
            found["delimiter"],
            lambda each: _DELIMITERS.get(each, each),
            accept_new_options=True,
        )
    with right:
        key_first = st.toggle(
            "The first cell names the sequence", key=fields.key("key_first", bool(found["key_first"]))
        )
        header = st.toggle("The first line is a header", key=fields.key("lines-header", bool(found["has_header"])))
    return {"delimiter": delimiter, "key_first": key_first, "has_header": header}


@st.cache_data(max_entries=40, show_spinner=False)
def _guessed(upload_id: str, member: str | None, shape: str | None) -> dict[str, Any]:
    """Return the options that fit an upload in a shape, or in the one that it seems to have."""
    options = SequencesOptions.model_validate({"shape": shape, "member": member})
    guessed: dict[str, Any] = complete(opened(upload_id, member), options).model_dump(mode="json")
    return guessed

"""Completing the options of a ratings file from its content: format, shape, columns, words, dates."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.cleaning import RejectedRows
from embedlab.kinds.ratings.duplicates import default_duplicates
from embedlab.kinds.ratings.feedback.baskets import COLUMNS, BasketFormat, baskets_in, chosen_format
from embedlab.kinds.ratings.known_tables import refuse_single_person, zero_is_empty
from embedlab.kinds.ratings.options import ColumnChoice, RatingsOptions, marks_text
from embedlab.kinds.ratings.plan import Plan
from embedlab.kinds.ratings.rating_values import (
    ask_for_words,
    describe,
    marks_of,
    may_be_empty,
    reader_of,
    words_in,
)
from embedlab.kinds.ratings.roles import ROLES, find_roles
from embedlab.kinds.ratings.splits import FEWEST_RATINGS
from embedlab.kinds.ratings.times import DateOrder, dates_in, default_order, depends_on_order
from embedlab.kinds.ratings.wide import Wide, find_wide
from embedlab.reading.delimited import TableFormat, read_head
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.table_columns import resolve_column

_ROWS_FOR_GUESSING = 1000
#: From this share on, 0 in a wide table means that there is no rating.
_SHARE_EMPTY = 0.3
_FORMAT_FIELDS = ("layout", "encoding", "delimiter", "has_header", "quoting", "skip_lines", "one_line")


def plan_of(file: Path | OpenedUpload, options: RatingsOptions, limits: Limits) -> Plan:
    """Guess all missing options, and check that the chosen columns exist.

    Raises
    ------
    UnsureError
        The content does not say which column has a role, in which order words are, or what 0 means.
    InputError
        The file is empty, binary or damaged, no column can hold ratings, or one column is chosen for two roles.
    NotFoundError
        A chosen column does not exist.
    """
    upload = OpenedUpload.of(file, limits, options.member)
    baskets = _baskets(upload, options)
    if baskets is not None:
        return _basket_plan(upload, options, baskets)
    return replace(_table_plan(upload, options, limits), given=options)


def _table_plan(upload: OpenedUpload, options: RatingsOptions, limits: Limits) -> Plan:
    if options.delimiter is None and options.has_header is None:
        upload.refuse_header_only()
    completed = _with_format(upload, options)
    names, rows = read_head(upload, completed.table_format, limits, _ROWS_FOR_GUESSING)
    if not rows:
        raise InputError("The file contains no ratings.", remedy="Choose a file with one rating per row.")
    named = completed.layout != "delimited" or completed.has_header is True
    if completed.layout == "excel":
        named = completed.has_header is True
    # A row may be longer than the first; its further cells belong to no column.
    rows = [row[: len(names)] for row in rows]
    given = {role: getattr(options, role) for role in ROLES if getattr(options, role) is not None}
    if named and not given:
        refuse_single_person(names)
    wide = _wide(completed, given, names, rows, named=named)
    if wide is not None:
        return _wide_plan(completed, names, rows, wide)
    return _long_plan(completed, options, given, names, rows, named=named)


def _baskets(upload: OpenedUpload, options: RatingsOptions) -> BasketFormat | None:
    """Return how baskets are divided if they are chosen, or if the file plainly holds some and nothing is chosen."""
    if options.shape == "baskets":
        return chosen_format(upload.lines, options)
    is_open = options.shape is None and options.layout in {None, "delimited"}
    if not is_open or any(getattr(options, role) is not None for role in ROLES) or options.feedback == "explicit":
        return None
    found = baskets_in(upload)
    return found if found is not None and options.delimiter in {None, found.delimiter} else None


def _basket_plan(upload: OpenedUpload, options: RatingsOptions, found: BasketFormat) -> Plan:
    values: dict[str, Any] = {
        "layout": "delimited",
        "encoding": options.encoding or upload.encoding,
        "delimiter": found.delimiter,
        "has_header": found.has_header,
        "skip_lines": options.skip_lines or 0,
        "member": options.member or upload.member,
        "shape": "baskets",
        "feedback": "implicit",
        "user": found.key,
        "item": found.first_item,
        "rating": None,
        "time": None,
        "duplicates": options.duplicates or "sum",
    }
    who = "are numbered from 0" if found.key is None else "have their id in the first cell"
    skipped = "; the first cell counts the items" if found.first_item > (found.key is not None) else ""
    said = f"Each line is a basket of items, which is the user (implicit feedback). Baskets {who}{skipped}."
    return Plan(options.model_copy(update=values), list(COLUMNS), None, [said])


def _with_format(upload: OpenedUpload, options: RatingsOptions) -> RatingsOptions:
    values = options.model_dump()
    if any(values[name] is None for name in _FORMAT_FIELDS):
        stored = TableFormat(encoding=upload.encoding) if upload.table is None else upload.table.table_format
        guessed = {
            "layout": str(stored.layout),
            "encoding": stored.encoding,
            "delimiter": stored.delimiter,
            "has_header": upload.table is not None and stored.has_header,
            "quoting": upload.table is not None and stored.quoting,
            "skip_lines": stored.skip_lines,
            "one_line": stored.one_line,
        }
        if values["delimiter"] is not None and values["delimiter"] != stored.delimiter:
            # A separator that was chosen may divide the lines before the header, too.
            guessed |= {"has_header": _has_header(upload, values), "quoting": True}
        values |= {name: guessed[name] for name in _FORMAT_FIELDS if values[name] is None}
        values["sheet"] = values["sheet"] or stored.sheet
    return RatingsOptions(
        **{name: value for name, value in values.items() if name in options.model_fields_set or value is not None}
    )


def _has_header(upload: OpenedUpload, values: dict[str, Any]) -> bool:
    """Return whether the first line has names if a chosen separator divides it."""
    from embedlab.reading.separating import has_names

    lines = [line for line in upload.lines if line.strip()][values["skip_lines"] or 0 :]
    rows = [line.split(values["delimiter"]) for line in lines[:200]]
    alike = [row for row in rows if len(row) == len(rows[0])] if rows else []
    return bool(alike) and has_names(alike)[0]


def _wide(
    options: RatingsOptions, given: dict[str, ColumnChoice], names: list[str], rows: list[list[str]], *, named: bool
) -> Wide | None:
    if options.shape == "long" or "rating" in given or ("user" in given and "item" in given):
        return None
    found = find_wide(names, rows, named=named)
    if found is None and options.shape != "wide":
        return None
    chosen = given.get("user", given.get("item"))
    if found is not None and chosen is None:
        return found
    key = None if chosen is None else resolve_column(names, chosen)
    values = range(len(names)) if found is None else found.values
    return Wide(key, tuple(place for place in values if place != key), "item" in given)


def _wide_plan(options: RatingsOptions, names: list[str], rows: list[list[str]], wide: Wide) -> Plan:
    cells = [row[place] for row in rows for place in wide.values if place < len(row)]
    completed = _with_reader(options, cells, "the columns of the items")
    key, across = ("item", "user") if wide.rows_are_items else ("user", "item")
    rows_are = f"{names[wide.key]} names the {key}" if wide.key is not None else f"{key}s are numbered from 0"
    said = [f"The table is wide: {len(wide.values):,} columns of {across}s; {rows_are}."]
    if completed.has_header is False:
        said.append(f"The columns have no names, so their {across}s are numbered from 0.")
    said += _said_of_cells(completed, cells)
    feedback = options.feedback or ("implicit" if _are_flags(completed, cells) else "explicit")
    if feedback == "implicit" and options.feedback is None:
        said.append("The cells are 0 and 1: what users chose, not how they liked it (implicit feedback).")
    completed = completed.model_copy(
        update={
            "shape": "wide",
            "feedback": feedback,
            "duplicates": options.duplicates or default_duplicates(feedback),
            "not_rated": options.not_rated or (marks_text(frozenset()) if feedback == "implicit" else None),
        }
    )
    zero = _mostly_zero(completed, cells)
    said += _check_marks(completed, cells, zero=zero)
    return Plan(completed, names, wide, said, zero)


def _long_plan(
    completed: RatingsOptions,
    options: RatingsOptions,
    given: dict[str, ColumnChoice],
    names: list[str],
    rows: list[list[str]],
    *,
    named: bool,
) -> Plan:
    chosen = {role: resolve_column(names, column) for role, column in given.items()}
    no_rating = "rating" in options.model_fields_set and options.rating is None and options.feedback == "implicit"
    found = find_roles(names if named else None, rows, chosen, options.feedback, no_rating=no_rating)
    columns = found.as_dict()
    if "time" in options.model_fields_set and options.time is None:
        columns["time"] = None
    _check_different(columns, names)
    roles = {role: given[role] if role in given else _choice(column, names, named) for role, column in columns.items()}
    rating = found.rating
    cells = [] if rating is None else [row[rating] for row in rows if rating < len(row)]
    feedback: dict[str, Any] = {
        "feedback": found.feedback,
        "duplicates": options.duplicates or default_duplicates(found.feedback),
    }
    if found.feedback == "implicit":
        feedback["not_rated"] = options.not_rated or marks_text(frozenset())
    completed = completed.model_copy(update={**roles, **feedback, "shape": "long"})
    if rating is not None:
        completed = _with_reader(completed, cells, names[rating])
    said, open_order = [*found.assumptions, *_said_of_cells(completed, cells)], list[str]()
    if columns["time"] is not None:
        times = [row[columns["time"]] for row in rows if columns["time"] < len(row)]
        completed, open_order = _with_date_order(completed, times)
        said += open_order
    zero = named and rating is not None and zero_is_empty(names[rating])
    said += _check_marks(completed, cells, zero=zero)
    return Plan(completed, names, None, said, zero, bool(open_order))


def _with_reader(options: RatingsOptions, cells: list[str], name: str) -> RatingsOptions:
    if options.rating_words is not None:
        return options
    reader = reader_of(cells)
    if reader is None:
        words = words_in(cells)
        if words:
            raise ask_for_words(name, words)
        return options
    if reader.words:
        present = {cell.strip().lower() for cell in cells}
        pairs = sorted((value, word) for word, value in reader.words.items() if word in present)
        return options.model_copy(update={"rating_words": ",".join(f"{word}={value:g}" for value, word in pairs)})
    return options if options.out_of is not None else options.model_copy(update={"out_of": reader.out_of})


def _said_of_cells(options: RatingsOptions, cells: list[str]) -> list[str]:
    sentence = describe(options.readers.rating, cells)
    return [sentence] if sentence else []


def _with_date_order(options: RatingsOptions, times: list[str]) -> tuple[RatingsOptions, list[str]]:
    if options.date_order is not None or not depends_on_order(times):
        return options, []
    found = dates_in(times)
    if found.order is not None:
        return options.model_copy(update={"date_order": found.order}), []
    order = default_order(times)
    example = next(cell for cell in times if cell.strip())
    first = "month" if order == "month-first" else "day"
    return options.model_copy(update={"date_order": order}), [f"In dates such as {example}, the {first} is read first."]


def _check_marks(options: RatingsOptions, cells: list[str], *, zero: bool = False) -> list[str]:
    """Ask about 0 before the whole file is read, where the first rows leave it open; return what is assumed."""
    if options.not_rated is not None:
        return []
    values = (value for value in map(options.readers.rating, cells) if math.isfinite(value))
    counts = Counter(values)
    marks, _ = marks_of(counts, zero_is_empty=zero)
    return ["0 is read as the lowest rating."] if 0 in counts and 0 not in marks and may_be_empty(counts) else []


def _are_flags(options: RatingsOptions, cells: list[str]) -> bool:
    """Return whether the cells of a wide table say only which items users chose."""
    return {value for value in map(options.readers.rating, cells) if math.isfinite(value)} == {0.0, 1.0}


def _mostly_zero(options: RatingsOptions, cells: list[str]) -> bool:
    """Return whether 0 fills the cells of a wide table without a rating: it is frequent and below the usual scale."""
    counts = Counter(value for value in map(options.readers.rating, cells) if math.isfinite(value))
    return counts[0.0] >= _SHARE_EMPTY * counts.total() > 0 and may_be_empty(counts)


def _choice(column: int | None, names: list[str], named: bool) -> ColumnChoice | None:
    if column is None or not named or names.count(names[column]) > 1:
        return column
    return names[column]


def _check_different(roles: dict[str, int | None], names: list[str]) -> None:
    role_of: dict[int, str] = {}
    for role, column in roles.items():
        if column is None:
            continue
        if column in role_of:
            raise InputError(
                f"The same column is chosen for the {role_of[column]} and the {role}.",
                received=names[column],
                remedy="Choose a different column for each.",
            )
        role_of[column] = role


def reconsidered(plan: Plan, read: RejectedRows) -> RatingsOptions | None:
    """Return the options to read the file with once more, now that all of it is known; None if it was read right.

    Raises
    ------
    UnsureError
        0 may be the lowest rating, or mean "not rated".
    """
    options = plan.options
    if read.n_line_breaks and options.quoting and not options.one_line and options.layout == "delimited":
        return options.model_copy(update={"one_line": True})
    if plan.order_is_open and read.n_unknown_times:
        other: DateOrder = "day-first" if options.date_order == "month-first" else "month-first"
        return options.model_copy(update={"date_order": other})
    if options.feedback == "explicit" and plan.given.feedback is None and _are_equal(read):
        # Ratings that are all equal say what users chose, not how they liked it.
        values: dict[str, Any] = {"feedback": "implicit", "duplicates": plan.given.duplicates or "sum"}
        return options.model_copy(update=values if plan.wide is not None else {**values, "rating": None})
    if options.not_rated is None:
        marks, _ = marks_of(read.values, zero_is_empty=plan.zero_is_empty)
        if marks:
            return options.model_copy(update={"not_rated": marks_text(frozenset(marks))})
    return None


def _are_equal(read: RejectedRows) -> bool:
    return len(read.values) == 1 and read.values.total() >= FEWEST_RATINGS


def said_of_change(plan: Plan, again: RatingsOptions, read: RejectedRows) -> list[str]:
    """Return what is assumed if a file is read again as implicit feedback."""
    if again.feedback == plan.options.feedback:
        return []
    value = next(iter(read.values))
    return [f"All ratings are {value:g}: the file says what users chose, not how they liked it (implicit feedback)."]

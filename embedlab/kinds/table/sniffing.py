"""Recognizing a table that is neither ratings nor vectors nor text with labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from embedlab.kinds.columns.recognizing import ColumnReport, recognize_column
from embedlab.kinds.columns.words import mean_words
from embedlab.kinds.guess import Guess
from embedlab.kinds.table.sounds import sounds_in
from embedlab.reading.column_names import holds_by_name, rank_of_name
from embedlab.reading.columns import ColumnType, column_type
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload, TableSample

#: Fewer columns, or fewer of numbers, may as well be text with labels.
_FEWEST_COLUMNS: Final = 4
#: Fewer columns are a list of words, or texts with labels, even if none holds prose.
_FEWEST_OF_CATEGORIES: Final = 3
_FEWEST_NUMBERS: Final = 2
_FEWEST_ROWS: Final = 5
#: Fewer columns without names may be events, coordinates or anything.
_FEWEST_WITHOUT_NAMES: Final = 8
_SHARE_OF_NUMBERS: Final = 0.5
#: A column with more words per cell is prose: text is what the file is about.
_MOST_WORDS: Final = 3.0
#: Values of more words that hardly repeat may be short texts; those of fewer are names.
_MOST_WORDS_OF_NAMES: Final = 1.5
_SHARE_THAT_REPEATS: Final = 0.5


def table_in(kind: str, upload: OpenedUpload) -> Guess | None:
    """Return a guess if half of several named columns are numbers and none is prose, or if many hold only numbers.

    Fewer numbers and dates, or none, suffice if all other columns hold categories or ids. An archive of sounds becomes
    a table of their features. `kind` is the name that the guess carries.
    """
    if not upload.start:
        return None
    if (sounds := sounds_in(upload)) is not None:
        return Guess(kind, Layout.SOUNDS, reasons=sounds.reasons)
    table = upload.table
    if table is None:
        return None
    if not table.table_format.has_header:
        return _numbers_without_names(kind, table)
    columns = _columns(upload)
    if columns is None:
        return _of_names(kind, table)
    types = [column_type(cells) for cells in columns]
    n_numbers = _n_numbers(types)
    n_filled = sum(each != ColumnType.EMPTY for each in types)
    if n_numbers < max(_FEWEST_NUMBERS, _SHARE_OF_NUMBERS * n_filled):
        return _of_categories(kind, table, columns)
    if any(mean_words(cells) > _MOST_WORDS for cells in columns if cells):
        return None
    return Guess.of_table(
        kind, table, {}, f"{n_numbers} of {len(table.names)} named columns hold numbers, and none holds sentences."
    )


def _numbers_without_names(kind: str, table: TableSample) -> Guess | None:
    """Return a guess if many columns without names hold nothing but numbers: no text and no ratings, as was tried."""
    if len(table.rows) < _FEWEST_ROWS or len(table.names) < _FEWEST_WITHOUT_NAMES:
        return None
    types = {column_type([row[place] for row in table.rows]) for place in range(len(table.names))}
    if not types <= {ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.EMPTY} or types == {ColumnType.EMPTY}:
        return None
    return Guess.of_table(kind, table, {}, f"All {len(table.names)} columns hold numbers; they have no names.")


def _of_categories(kind: str, table: TableSample, columns: Sequence[Sequence[str]]) -> Guess | None:
    """Return a guess if several columns are numbers or dates, prices among them, and the others categories or ids."""
    types = [
        recognize_column(pd.Series(list(cells), dtype=object), name).type
        for name, cells in zip(table.names, columns, strict=True)
    ]
    n_measured = sum(each in {"number", "date"} for each in types)
    holds_text = any(
        each != "category" and mean_words(cells) > _MOST_WORDS
        for each, cells in zip(types, columns, strict=True)
        if cells
    )
    if n_measured < _FEWEST_NUMBERS or holds_text or "text" in types:
        return _of_names(kind, table)
    return Guess.of_table(
        kind, table, {}, f"{n_measured} of {len(table.names)} named columns hold numbers or dates, and none holds text."
    )


def _of_names(kind: str, table: TableSample) -> Guess | None:
    """Return a guess if each of several columns holds numbers, dates, or names rather than texts, two of them usable.

    A brand, a fuel and a price are a table also with one column of numbers, and so are categories alone.
    """
    names = table.names
    if len(names) < _FEWEST_OF_CATEGORIES or len(table.rows) < _FEWEST_ROWS or _names_user_and_item(names):
        return None
    if any(holds_by_name(name) == "text" for name in names):
        return None
    columns = [pd.Series([row[place] for row in table.rows], dtype=object) for place in range(len(names))]
    reports = [recognize_column(cells, name) for name, cells in zip(names, columns, strict=True)]
    if sum(each.is_used for each in reports) < _FEWEST_NUMBERS:
        return None
    if any(_may_be_texts(cells, each) for cells, each in zip(columns, reports, strict=True)):
        return None
    n_categories = sum(each.type == "category" for each in reports)
    return Guess.of_table(
        kind, table, {}, f"{n_categories} of {len(names)} named columns hold categories, and none holds text."
    )


def _may_be_texts(cells: pd.Series[str], report: ColumnReport) -> bool:
    """Return whether a column may hold short texts: several words that hardly repeat."""
    if report.type in {"number", "date"} or not report.n_values:
        return False
    filled = [cell for cell in cells if cell.strip()]
    repeats = report.n_values <= _SHARE_THAT_REPEATS * len(filled)
    return report.type == "text" or (not repeats and mean_words(filled) > _MOST_WORDS_OF_NAMES)


def n_number_columns(upload: OpenedUpload) -> int | None:
    """Return the number of columns of numbers of a table of several named columns; None if there are hardly any."""
    columns = _columns(upload)
    n_numbers = 0 if columns is None else _n_numbers([column_type(cells) for cells in columns])
    return n_numbers if n_numbers >= _FEWEST_NUMBERS else None


def _columns(upload: OpenedUpload) -> list[list[str]] | None:
    """Return the filled cells of each column; None for a file that is no table of several named columns."""
    table = upload.table if upload.start else None
    if table is None or not table.table_format.has_header or len(table.names) < _FEWEST_COLUMNS:
        return None
    if len(table.rows) < _FEWEST_ROWS or _names_user_and_item(table.names):
        return None
    return [[row[place] for row in table.rows if row[place].strip()] for place in range(len(table.names))]


def _n_numbers(types: Sequence[ColumnType]) -> int:
    return sum(each in {ColumnType.INTEGER, ColumnType.NUMBER} for each in types)


def _names_user_and_item(names: list[str]) -> bool:
    """Return whether the rows are events of users and items, such as tags: their numbers are ids."""
    return all(any(rank_of_name(name, role) is not None for name in names) for role in ("user", "item"))

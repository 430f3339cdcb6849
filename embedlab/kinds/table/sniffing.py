"""Recognizing a table that is neither ratings nor vectors nor text with labels."""

from __future__ import annotations

from typing import Final

from embedlab.kinds.guess import Guess
from embedlab.kinds.table.sounds import sounds_in
from embedlab.reading.column_names import rank_of_name
from embedlab.reading.columns import ColumnType, column_type
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload, TableSample

#: Fewer columns, or fewer of numbers, may as well be text with labels.
_FEWEST_COLUMNS: Final = 4
_FEWEST_NUMBERS: Final = 2
_FEWEST_ROWS: Final = 5
#: Fewer columns without names may be events, coordinates or anything.
_FEWEST_WITHOUT_NAMES: Final = 8
_SHARE_OF_NUMBERS: Final = 0.5
#: A column with more words per cell is prose: text is what the file is about.
_MOST_WORDS: Final = 3.0


def table_in(kind: str, upload: OpenedUpload) -> Guess | None:
    """Return a guess if half of several named columns are numbers and none is prose, or if many hold only numbers.

    An archive of sounds becomes a table of their features. `kind` is the name that the guess carries.
    """
    if not upload.start:
        return None
    if (sounds := sounds_in(upload)) is not None:
        return Guess(kind, Layout.SOUNDS, reasons=sounds.reasons)
    table = upload.table
    if table is None or len(table.names) < _FEWEST_COLUMNS:
        return None
    if not table.table_format.has_header:
        return _numbers_without_names(kind, table)
    if len(table.rows) < _FEWEST_ROWS or _names_user_and_item(table.names):
        return None
    columns = [[row[place] for row in table.rows if row[place].strip()] for place in range(len(table.names))]
    types = [column_type(cells) for cells in columns]
    n_numbers = sum(each in {ColumnType.INTEGER, ColumnType.NUMBER} for each in types)
    n_filled = sum(each != ColumnType.EMPTY for each in types)
    if n_numbers < max(_FEWEST_NUMBERS, _SHARE_OF_NUMBERS * n_filled):
        return None
    if any(_mean_words(cells) > _MOST_WORDS for cells in columns if cells):
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


def _mean_words(cells: list[str]) -> float:
    return sum(len(cell.split()) for cell in cells) / len(cells)


def _names_user_and_item(names: list[str]) -> bool:
    """Return whether the rows are events of users and items, such as tags: their numbers are ids."""
    return all(any(rank_of_name(name, role) is not None for name in names) for role in ("user", "item"))

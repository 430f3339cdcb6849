"""Sheets of Excel workbooks (.xlsx, .xlsm) as tables: read row by row; formulas and macros are never run."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.reading.cells import clean_text
from embedlab.reading.limits import unpacked_too_large
from embedlab.reading.sources import StoredFile
from embedlab.reading.stored_file import open_stored
from embedlab.reading.table_columns import MAX_COLUMNS, check_column_count

if TYPE_CHECKING:
    from embedlab.reading.tables.sheet_streams import SheetStreams

WORKBOOK_MEMBER: Final = "xl/workbook.xml"
#: The texts of all cells are in memory while a sheet is read.
_MAX_TEXT_BYTES: Final = 256 * 1024**2
#: Members that openpyxl reads whole: all but the sheets and what is embedded, such as pictures.
_WHOLE: Final = (".xml", ".rels")
_SHEETS: Final = "xl/worksheets/"
#: A sheet whose first rows are all empty is taken for empty.
_ROWS_TO_FIND: Final = 100
_ERRORS: Final = frozenset({"#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})


def is_workbook(file: StoredFile) -> bool:
    """Return whether a file is an Excel workbook; raises `InputError` for a damaged archive."""
    return any(member.name == WORKBOOK_MEMBER for member in file.contents.members)


class Sheet(NamedTuple):
    """An open sheet.

    Parameters
    ----------
    name
        Its name.
    rows
        Its rows, streaming.
    n_rows
        Number of rows that the workbook states; 0 where it states none.
    """

    name: str
    rows: Iterator[list[str]]
    n_rows: int


@contextmanager
def open_sheet(file: StoredFile, sheet: str | None = None) -> Iterator[Sheet]:
    """Open a sheet; its rows are text, without empty cells at the end of a row.

    Parameters
    ----------
    file
        The workbook.
    sheet
        Name of the sheet; the first that holds a row if None.

    Raises
    ------
    NotFoundError
        There is no such sheet.
    TooLargeError
        The texts of the workbook, or a sheet, are above the bound.
    InputError
        The workbook is damaged or protected, holds no row, or a row has more than 1,000 cells (here, or while reading).
    """
    # openpyxl takes 0.2 s to import.
    from embedlab.reading.tables.sheet_streams import SheetStreams

    _check_sizes(file)
    with ExitStack() as stack:
        # A stream: of a path, openpyxl would read the format from the name.
        stored = stack.enter_context(open_stored(file.path))
        with workbook_errors(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # extensions of the format that hold no cells
            workbook = SheetStreams(stored)
        stack.callback(workbook.archive.close)
        if sheet is not None and sheet not in workbook.names:
            raise NotFoundError(
                "The workbook has no such sheet.", received=sheet, remedy=f"It has: {', '.join(workbook.names[:20])}."
            )
        for name in [sheet] if sheet is not None else workbook.names:
            if sheet is not None or any(any(row) for row in islice(_rows(workbook, name), _ROWS_TO_FIND)):
                with workbook_errors():
                    n_rows = workbook.n_rows(name)
                yield Sheet(name, _rows(workbook, name), n_rows)
                return
        raise InputError("The workbook holds no row.", remedy="Choose a workbook with a table in one of its sheets.")


def _check_sizes(file: StoredFile) -> None:
    """Raise `TooLargeError` if a part of the workbook is above the bounds."""
    members = file.contents.members
    whole = [each for each in members if each.name.endswith(_WHOLE) and not each.name.startswith(_SHEETS)]
    for member in whole:
        if member.size_bytes > _MAX_TEXT_BYTES:
            raise TooLargeError(
                "The workbook holds more text than is allowed.",
                received=f"{member.size_bytes / 1024**2:,.0f} MB",
                remedy=f"Save a sheet as CSV; a workbook may hold {_MAX_TEXT_BYTES / 1024**2:.0f} MB of text.",
            )
    if any(each.size_bytes > file.limits.max_unpacked_bytes for each in members):
        raise unpacked_too_large(file.limits)


def sheet_head(file: StoredFile, sheet: str | None, n_rows: int) -> tuple[str, list[list[str]]]:
    """Return the name of a sheet and its first rows, empty rows included, all equally long."""
    with open_sheet(file, sheet) as opened:
        name, found = opened.name, list(islice(opened.rows, n_rows))
    width = max((len(row) for row in found), default=0)
    check_column_count(width)
    return name, [[*row, *[""] * (width - len(row))] for row in found]


@contextmanager
def workbook_errors() -> Iterator[None]:
    """Turn what openpyxl raises for damaged workbooks into `InputError`."""
    from xml.etree.ElementTree import ParseError

    try:
        yield
    except InputError:
        raise
    except (
        zipfile.BadZipFile, ParseError, OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError,
        EOFError, RecursionError, NotImplementedError, RuntimeError, AssertionError,
    ) as error:  # fmt: skip
        raise InputError(
            "The Excel workbook cannot be read.",
            received=(str(error).splitlines() or [type(error).__name__])[0],
            remedy="Save it again without a password, or save the sheet as CSV.",
        ) from error


def _rows(workbook: SheetStreams, name: str) -> Iterator[list[str]]:
    rows = workbook.rows(name)
    while True:
        with workbook_errors():
            row = next(rows, None)
        if row is None:
            return
        yield _texts(row)


def _texts(row: Sequence[Any]) -> list[str]:
    n_cells = next((place for place in range(len(row), 0, -1) if row[place - 1] is not None), 0)
    if n_cells > MAX_COLUMNS:
        check_column_count(n_cells)
    return [_text(value) for value in row[:n_cells]]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    text = clean_text(str(value))
    return "" if text in _ERRORS else text

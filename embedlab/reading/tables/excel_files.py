"""Sheets of Excel workbooks (.xlsx, .xlsm) as tables: read row by row; formulas and macros are never run."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time
from itertools import islice
from typing import Any, Final, NamedTuple

from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.reading.cells import clean_text
from embedlab.reading.sources import StoredFile
from embedlab.reading.stored_file import open_stored
from embedlab.reading.table_columns import MAX_COLUMNS, check_column_count

WORKBOOK_MEMBER: Final = "xl/workbook.xml"
#: The texts of all cells are in memory while a sheet is read.
_MAX_TEXT_BYTES: Final = 256 * 1024**2
_TEXT_MEMBERS: Final = ("xl/sharedStrings.xml", "xl/styles.xml", WORKBOOK_MEMBER)
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
        The texts of the workbook are above the bound.
    InputError
        The workbook is damaged or protected, holds no row, or a row has more than 1,000 cells (here, or while reading).
    """
    import openpyxl

    for member in file.contents.members:
        if member.name in _TEXT_MEMBERS and member.size_bytes > _MAX_TEXT_BYTES:
            raise TooLargeError(
                "The workbook holds more text than is allowed.",
                received=f"{member.size_bytes / 1024**2:,.0f} MB",
                remedy=f"Save a sheet as CSV; a workbook may hold {_MAX_TEXT_BYTES / 1024**2:.0f} MB of text.",
            )
    with ExitStack() as stack:
        # A stream: of a path, openpyxl would read the format from the name.
        stored = stack.enter_context(open_stored(file.path))
        with workbook_errors(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # extensions of the format that hold no cells
            workbook = openpyxl.load_workbook(stored, read_only=True, data_only=True, keep_links=False, keep_vba=False)
        stack.callback(workbook.close)
        with workbook_errors():
            sheets = {each.title: each for each in workbook.worksheets}
        if sheet is not None and sheet not in sheets:
            raise NotFoundError(
                "The workbook has no such sheet.", received=sheet, remedy=f"It has: {', '.join(list(sheets)[:20])}."
            )
        for name in [sheet] if sheet is not None else sheets:
            if sheet is not None or any(any(row) for row in islice(_rows(sheets[name]), _ROWS_TO_FIND)):
                yield Sheet(name, _rows(sheets[name]), sheets[name].max_row or 0)
                return
        raise InputError("The workbook holds no row.", remedy="Choose a workbook with a table in one of its sheets.")


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


def _rows(sheet: Any) -> Iterator[list[str]]:
    with workbook_errors():
        # The extent that the sheet declares may be wrong.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(values_only=True)
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

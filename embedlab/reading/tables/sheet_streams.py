"""The rows of a workbook's sheets as streams: opening reads no sheet, and each sheet is read within bounds.

openpyxl looks for the extent of every sheet when it opens a workbook, through the whole sheet if it states none, fills
gaps between rows of any size, and keeps something of each row; a small file could thus take hours and all memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any, Final

from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._reader import WorkSheetParser

from embedlab.core.errors import InputError, TooLargeError

#: Rows and columns of a sheet in Excel.
MOST_ROWS: Final = 1_048_576
MOST_CELLS: Final = 16_384
#: Text of a sheet before, between and after rows; what belongs to a row is in memory at once.
_MOST_BYTES_WITHOUT_ROW: Final = 32 * 1024**2
#: Start of a sheet, in which its extent is stated.
_HEAD_BYTES: Final = 1 << 16
_EXTENT: Final = re.compile(rb"<dimension\s+ref=\"[A-Z]{1,3}\d+:[A-Z]{1,3}(\d{1,7})\"")


class SheetStreams(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    """An open workbook: the names of its sheets, and their rows.

    Parameters
    ----------
    stream
        The workbook; it stays open as long as rows are read.

    Attributes
    ----------
    names
        Names of the sheets with cells, in their order.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, read_only=True, data_only=True, keep_links=False, keep_vba=False)
        self._members: dict[str, str] = {}
        self.read()

    @property
    def names(self) -> list[str]:
        """Names of the sheets with cells, in their order."""
        return list(self._members)

    def read_worksheets(self) -> None:
        """Find the sheets; openpyxl would read the start of each, and the pictures of charts."""
        for sheet, relation in self.parser.find_sheets():
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                self._members[sheet.name] = relation.target

    def n_rows(self, name: str) -> int:
        """Return the number of rows that a sheet states; 0 where it states none."""
        with self.archive.open(self._members[name]) as stream:
            found = _EXTENT.search(stream.read(_HEAD_BYTES))
        return 0 if found is None else min(int(found[1]), MOST_ROWS)

    def rows(self, name: str) -> Iterator[list[Any]]:
        """Yield the values of each row of a sheet, None for empty cells; rows that are left out are empty.

        Raises
        ------
        InputError
            There are more rows or columns than in Excel.
        TooLargeError
            A row is longer than 32 MB.
        """
        with self.archive.open(self._members[name]) as stream:
            bounded = _Bounded(stream)
            parser = WorkSheetParser(
                bounded,
                self.shared_strings,
                data_only=True,
                epoch=self.wb.epoch,
                date_formats=self.wb._date_formats,
                timedelta_formats=self.wb._timedelta_formats,
            )
            n_yielded = 0
            for n_read, (number, cells) in enumerate(parser.parse(), 1):
                bounded.n_bytes = 0
                if max(number, n_read) > MOST_ROWS:
                    raise _too_many("rows", MOST_ROWS)
                while n_yielded < number - 1:
                    n_yielded += 1
                    yield []
                # A row out of order comes where it is written.
                n_yielded += 1
                yield _values(cells)


class _Bounded:
    """A stream for the XML parser that ends in an error after too much text without a row."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.n_bytes = 0
        self._stream = stream

    def read(self, n: int = -1) -> bytes:
        data = self._stream.read(n)
        self.n_bytes += len(data)
        if self.n_bytes > _MOST_BYTES_WITHOUT_ROW:
            raise TooLargeError(
                "A row of the workbook is longer than is allowed.",
                received=f"more than {_MOST_BYTES_WITHOUT_ROW // 1024**2} MB",
                remedy="Save the sheet as CSV.",
            )
        return data


def _values(cells: list[dict[str, Any]]) -> list[Any]:
    width = max((cell["column"] for cell in cells), default=0)
    if width > MOST_CELLS:
        raise _too_many("columns", MOST_CELLS)
    values: list[Any] = [None] * width
    for cell in cells:
        if cell["column"] > 0:
            values[cell["column"] - 1] = cell["value"]
    return values


def _too_many(what: str, most: int) -> InputError:
    return InputError(
        f"A sheet has more {what} than Excel allows.", received=f"more than {most:,}", remedy="Save the sheet as CSV."
    )

"""Rows as the inputs of the network: indices of categories, standardized numbers, and indices of words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.kinds.columns.dates import MONTHS, WEEKDAYS, DateParts, date_format, date_parts, parse_dates
from embedlab.kinds.columns.missing import is_missing
from embedlab.kinds.columns.numbers import parse_numbers, uses_decimal_comma
from embedlab.kinds.table import TableDataset
from embedlab.kinds.table.texts import words_of
from embedlab.models.entity_embeddings.features import (
    FIRST_WORD,
    MISSING_VALUE,
    PADDING,
    UNKNOWN,
    UNSEEN,
    Category,
    Features,
    Rows,
    Text,
)

Indices = npt.NDArray[np.int32]
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PART_VALUES = {"months": MONTHS, "weekdays": WEEKDAYS}


@dataclass(frozen=True)
class Encoded:
    """Encoded rows.

    Parameters
    ----------
    categories
        `(n, n_categories)` int32 rows of the tables.
    numbers
        `(n, n_numbers)` float32.
    texts
        `(n, length)` int32 rows of the tables of words, one array for each text.
    """

    categories: Indices
    numbers: npt.NDArray[np.float32]
    texts: tuple[Indices, ...]

    def __len__(self) -> int:
        return len(self.categories)

    def take(self, rows: npt.NDArray[np.integer] | slice) -> Encoded:
        """Return some of the rows."""
        return Encoded(self.categories[rows], self.numbers[rows], tuple(text[rows] for text in self.texts))


def encode_rows(features: Features, dataset: TableDataset, rows: Rows) -> Encoded:
    """Encode rows of a dataset."""
    parts: dict[str, DateParts] = {}

    def of_date(column: str) -> DateParts:
        if column not in parts:
            parts[column] = date_parts(np.asarray(dataset.dates(column))[rows])
        return parts[column]

    categories = np.empty((len(rows), len(features.categories)), np.int32)
    for place, feature in enumerate(features.categories):
        if feature.part:
            values, codes = list(_PART_VALUES[feature.part]), getattr(of_date(feature.column), feature.part)
        else:
            values = dataset.category_values(feature.column)["value"].tolist()
            codes = np.asarray(dataset.category_codes(feature.column))[rows]
        categories[:, place] = _table_rows(feature, values)[codes]
    columns = [
        number.scale.columns(
            of_date(number.column).years if number.part else np.asarray(dataset.numbers(number.column))[rows]
        )
        for number in features.numbers
    ]
    texts = tuple(encode_texts(text, dataset.texts(text.column).iloc[rows].tolist()) for text in features.texts)
    return Encoded(categories, _joined(columns, len(rows)), texts)


def encode_texts(text: Text, cells: Sequence[str]) -> Indices:
    """Return the `(n, length)` int32 rows of the words of texts."""
    index = {word: row for row, word in enumerate(text.words, FIRST_WORD)}
    encoded = np.full((len(cells), text.length), PADDING, np.int32)
    for row, cell in zip(encoded, cells, strict=True):
        indices = [index.get(word, UNKNOWN) for word in words_of(cell)[: text.length]]
        row[: len(indices)] = indices
    return encoded


@dataclass(frozen=True)
class EncodedRecord:
    """One new row: its inputs, and what is unknown about it; see `RowPrediction`."""

    encoded: Encoded
    unseen: Mapping[str, str]
    missing: Sequence[str]
    unreadable: Mapping[str, str]
    n_words: int
    n_unknown_words: int


class _Record:
    """A new row whose cells are read on demand; it notes which are missing."""

    def __init__(self, record: Mapping[str, str]) -> None:
        self._record = record
        self._dates: dict[str, DateParts] = {}
        self.missing: dict[str, None] = {}
        self.unreadable: dict[str, str] = {}

    def cell(self, column: str) -> str:
        """Return a cell; empty if it is missing."""
        # A command line passes bytes that are no UTF-8 as lone surrogates, which no table of texts can hold.
        text = _SURROGATE.sub("\ufffd", str(self._record.get(column, ""))).strip()
        if is_missing(pd.Series([text])).iloc[0]:
            self.missing[column] = None
            return ""
        return text

    def number(self, column: str) -> npt.NDArray[np.float64]:
        """Return a number as an array; NaN if the cell is none."""
        text = pd.Series([self.cell(column)], dtype=object)
        number = parse_numbers(text, decimal_comma=uses_decimal_comma(text))
        if not np.isfinite(number[0]):
            self._leave_out(column)
        return number

    def _leave_out(self, column: str) -> None:
        if cell := self.cell(column):
            self.unreadable[column] = cell
        self.missing[column] = None

    def date(self, column: str) -> DateParts:
        """Return the parts of a date; those of a missing one if the cell is none."""
        if column not in self._dates:
            text = pd.Series([self.cell(column)], dtype=object)
            written = date_format(text) if text.iloc[0] else None
            parsed = np.array(["NaT"], "datetime64[s]") if written is None else parse_dates(text, written)
            if np.isnat(parsed[0]):
                self._leave_out(column)
            self._dates[column] = date_parts(parsed)
        return self._dates[column]

    def value(self, feature: Category) -> str:
        """Return the value of a category; `MISSING_VALUE` if there is none."""
        if not feature.part:
            return self.cell(feature.column) or MISSING_VALUE
        code = int(getattr(self.date(feature.column), feature.part)[0])
        return _PART_VALUES[feature.part][code] if code >= 0 else MISSING_VALUE


def encode_record(features: Features, record: Mapping[str, str]) -> EncodedRecord:
    """Encode a new row, given as cells of text by the names of their columns."""
    read, unseen = _Record(record), {}
    categories = np.empty((1, len(features.categories)), np.int32)
    for place, feature in enumerate(features.categories):
        value = read.value(feature)
        categories[0, place] = feature.values.index(value) + 1 if value in feature.values else UNSEEN
        if categories[0, place] == UNSEEN and value != MISSING_VALUE:
            unseen[feature.title] = value
    columns = [
        each.scale.columns(read.date(each.column).years if each.part else read.number(each.column))
        for each in features.numbers
    ]
    texts = tuple(encode_texts(text, [read.cell(text.column)]) for text in features.texts)
    n_words = int(sum(np.count_nonzero(text != PADDING) for text in texts))
    n_unknown = int(sum(np.count_nonzero(text == UNKNOWN) for text in texts))
    encoded = Encoded(categories, _joined(columns, 1), texts)
    return EncodedRecord(encoded, unseen, tuple(read.missing), read.unreadable, n_words, n_unknown)


def _table_rows(feature: Category, values: Sequence[str]) -> Indices:
    """Return the row of the table for each code of the dataset; the last is for the code -1, a missing cell."""
    index = {value: row for row, value in enumerate(feature.values, 1)}
    known = set(values)
    # A value of the file may itself read "(missing)".
    missing = next((value for value in feature.values if value not in known), None)
    rows = [index.get(value, UNSEEN) for value in values]
    return np.array([*rows, UNSEEN if missing is None else index[missing]], np.int32)


def _joined(columns: Sequence[npt.NDArray[np.float32]], n_rows: int) -> npt.NDArray[np.float32]:
    return np.hstack(columns) if columns else np.empty((n_rows, 0), np.float32)

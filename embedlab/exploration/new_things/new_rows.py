"""New rows of numbers among the rows of a table: their vectors, their nearest rows, and how well they fit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.core.similarity import Answer, nearest_to_vector
from embedlab.kinds.columns.missing import is_missing
from embedlab.kinds.columns.numbers import parse_numbers, uses_decimal_comma
from embedlab.kinds.table.options import TableOptions
from embedlab.kinds.table.reading import first_rows, open_as_table
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

#: Maximum number of new rows in a file.
MOST_NEW_ROWS: Final = 1000

Numbers = npt.NDArray[np.float64]


class EncodesRows(Protocol):
    """Anything that encodes rows of numbers."""

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns, in the order of the values."""
        ...

    def vectors(self, values: Numbers) -> Vectors:
        """Return the `(n, vector_size)` vectors of `(n, n_columns)` values, NaN for a missing one."""
        ...


@dataclass(frozen=True)
class NearRow:
    """The rows nearest to a new row.

    Parameters
    ----------
    number
        Of the new row, from 1.
    vector
        `(vector_size,)` float32.
    answers
        Rows by cosine similarity, the nearest first.
    n_known
        Number of columns of which the new row has a number; the others count as the center of their column.
    """

    number: int
    vector: Vectors
    answers: list[Answer]
    n_known: int


def values_of_row(columns: Sequence[str], given: Mapping[str, float]) -> Numbers:
    """Return the `(1, n_columns)` values of one new row; NaN for columns that are not given.

    Raises
    ------
    NotFoundError
        The model has no such column.
    InputError
        A value is not a finite number, or none is given.
    """
    values = np.full((1, len(columns)), np.nan)
    place = {name: number for number, name in enumerate(columns)}
    for name, number in given.items():
        if name not in place:
            raise NotFoundError(
                "The run has no such column of numbers.",
                received=name,
                remedy=f"Columns: {', '.join(list(columns)[:20])}.",
            )
        if not math.isfinite(number):
            raise InputError("A value of a new row must be a finite number.", received=f"{name}={number}")
        values[0, place[name]] = number
    _check_known(values)
    return values


def read_new_rows(path: Path, columns: Sequence[str], limits: Limits) -> Numbers:
    """Return the `(n, n_columns)` values of the rows of a file, which has the columns in any order, and maybe others.

    Raises
    ------
    InputError
        The file is not a table, or has none of the columns, or no number in them.
    TooLargeError
        It has more than `MOST_NEW_ROWS` rows.
    """
    # Without names of columns there is nothing to match, so the first row of a text file is the header.
    table = open_as_table(OpenedUpload(path, limits), TableOptions(has_header=True))
    rows, _ = first_rows(table, MOST_NEW_ROWS + 1)
    if len(rows) > MOST_NEW_ROWS:
        raise TooLargeError(
            f"A file may have at most {MOST_NEW_ROWS:,} new rows.",
            received=f"more than {MOST_NEW_ROWS:,} rows",
            remedy="Split the file.",
        )
    shared = [name for name in columns if name in rows.columns]
    if not shared:
        raise InputError(
            "The file has none of the columns that the run was trained on.",
            received=", ".join(map(str, rows.columns[:20])),
            remedy=f"Name its columns as in the table: {', '.join(list(columns)[:20])}.",
        )
    values = np.full((len(rows), len(columns)), np.nan)
    for place, name in enumerate(columns):
        if name in shared:
            cells = rows[name].mask(is_missing(rows[name]))
            values[:, place] = parse_numbers(cells, decimal_comma=uses_decimal_comma(cells.fillna("")))
    _check_known(values)
    return values


def near_rows(placer: EncodesRows, rows: Embedding, values: Numbers, topn: int = 10) -> list[NearRow]:
    """Return the rows of the table most similar to each new row.

    Parameters
    ----------
    placer
        The encoder of the run that trained `rows`.
    values
        `(n, n_columns)` numbers, NaN for a missing one.
    topn
        Number of answers.
    """
    vectors = placer.vectors(values)
    return [
        NearRow(number, vector, nearest_to_vector(rows, vector, topn), int(np.isfinite(of_row).sum()))
        for number, (vector, of_row) in enumerate(zip(vectors, values, strict=True), 1)
    ]


def _check_known(values: Numbers) -> None:
    if not np.isfinite(values).any():
        raise InputError("The new rows have no number.", remedy="Give a number of at least one column.")

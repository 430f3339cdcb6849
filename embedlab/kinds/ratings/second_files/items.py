"""The items file of a ratings dataset: titles, years, genres, and any other columns."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from embedlab.core.errors import InputError, TooLargeError
from embedlab.reading.column_names import bare, names_of
from embedlab.reading.delimited import TableFormat, open_table, read_head
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.separating import has_names
from embedlab.reading.sources import Limits
from embedlab.reading.table_columns import unnamed_column

LABEL, YEAR, GENRES = "label", "year", "genres"
#: Column names of the dataset's own table of items.
RESERVED = frozenset({"key", LABEL, "count", "mean_rating", "mean_count", "bias", YEAR, GENRES})
_YEAR_IN_TITLE = re.compile(r"\((\d{4})(?:[-\u2013]\d{0,4})?\)\s*$")
_YEAR_ALONE = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_NO_GENRES = frozenset({"", "(no genres listed)", "unknown"})
_LONGEST_LABEL = 300
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST_LIST = 10_000
_NAME_FIELDS = ("name", "title", "label", "genre", "value")
#: The 19 columns of 0 and 1 at the end of MovieLens 100K's `u.item`, in the order of its `u.genre`.
_U_ITEM_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
_U_ITEM_COLUMNS = 24


_MOST_ITEMS = 5_000_000
_MOST_COLUMNS = 50


@dataclass(frozen=True)
class ItemRoles:
    """The columns of an items file by role: 0-based positions, None if there is none."""

    key: int
    label: int | None
    year: int | None
    genres: int | None


@dataclass(frozen=True)
class ItemsFormat:
    """How an items file is stored, as far as it is chosen; None: detected."""

    layout: str | None = None
    delimiter: str | None = None
    encoding: str | None = None


def read_items(path: Path, limits: Limits, chosen: ItemsFormat | None = None) -> pd.DataFrame:
    """Read an items file in any common format, detected from its content, such as `movies.csv` or `u.item`.

    Parameters
    ----------
    path
        The file as it is stored.
    limits
        Bounds on what is opened.
    chosen
        What of its format is chosen.

    Returns
    -------
    As `items_table`.

    Raises
    ------
    InputError
        The file is empty, damaged or not a table.
    TooLargeError
        It has more than 5,000,000 items or 50 columns.
    """
    upload = OpenedUpload(path, limits)
    table_format = _items_format(upload, chosen or ItemsFormat())
    names, _ = read_head(upload, table_format, limits, 1)
    if len(names) > _MOST_COLUMNS:
        raise TooLargeError(
            f"An items file may have at most {_MOST_COLUMNS} columns.",
            received=len(names),
            remedy="Keep the id, the title, and the columns that you want to color a map by.",
        )
    frames, n_rows = [], 0
    with open_table(upload, table_format, list(range(len(names))), limits) as table:
        for batch in table.batches():
            frames.append(batch.to_pandas())
            n_rows += batch.num_rows
            if n_rows > _MOST_ITEMS:
                raise TooLargeError(
                    f"An items file may have at most {_MOST_ITEMS:,} items.",
                    received=f"{n_rows:,} or more",
                    remedy="Keep only the rated items.",
                )
    raw = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    if not raw.empty:
        raw.columns = pd.Index(names)
    return items_table(raw, has_header=table_format.has_header)


def _items_format(upload: OpenedUpload, chosen: ItemsFormat) -> TableFormat:
    sample = upload.table
    if sample is None and chosen.layout is None and chosen.delimiter is None:
        raise InputError(
            "The items file is not a table.",
            remedy="Choose a file with one item per row: its id as in the ratings, its title, and any other columns.",
        )
    stored = sample.table_format if sample is not None else TableFormat(encoding=upload.encoding, member=upload.member)
    if chosen.delimiter is not None and chosen.delimiter != stored.delimiter:
        lines = [line for line in upload.lines if line.strip()][:200]
        rows = list(csv.reader(lines, delimiter=chosen.delimiter)) if len(chosen.delimiter) == 1 else []
        rows = rows or [line.split(chosen.delimiter) for line in lines]
        alike = [row for row in rows if len(row) == len(rows[0])]
        stored = replace(stored, layout=Layout.DELIMITED, delimiter=chosen.delimiter, has_header=has_names(alike)[0])
    if chosen.layout is not None and chosen.layout != stored.layout:
        stored = replace(stored, layout=Layout(chosen.layout), has_header=True)
    return replace(stored, encoding=chosen.encoding or stored.encoding)


def guess_item_roles(names: Sequence[str] | None, n_columns: int) -> ItemRoles:
    """Guess the roles of an items file's columns by their names, or by position if there is no header.

    Without names the first column is the key, the second the label, and the third the genres, as in `movies.dat`.
    """
    if names is None:
        return ItemRoles(0, 1 if n_columns > 1 else None, None, 2 if n_columns > 2 else None)
    plain = [bare(name) for name in names]

    def find(holds: str) -> int | None:
        return next((plain.index(name) for name in names_of(holds) if name in plain), None)

    key = find("item key") or 0
    label = find("item title")
    if label is None:
        label = next((column for column in range(n_columns) if column != key), None)
    return ItemRoles(key, label, find("item year"), find("item genres"))


def is_u_item(table: pd.DataFrame) -> bool:
    """Return whether a table without header is MovieLens 100K's `u.item`: 24 columns, the last 19 of 0 and 1."""
    if len(table.columns) != _U_ITEM_COLUMNS:
        return False
    flags = table.iloc[:1000, -len(_U_ITEM_GENRES) :]
    return bool(flags.isin(["0", "1"]).all(axis=None))


def items_table(raw: pd.DataFrame, *, has_header: bool) -> pd.DataFrame:
    """Convert a table of strings to one row per item: `key`, `label`, and if known `year`, `genres` and others.

    Parameters
    ----------
    raw
        All columns as strings; missing cells are empty.
    has_header
        Whether the first row of the file named the columns.

    Returns
    -------
    Table with unique keys (the first row of each is used); genres are joined by `|`.

    Raises
    ------
    InputError
        The table is empty.
    """
    if raw.empty:
        raise _no_items()
    raw = raw.fillna("").astype(str)
    if not has_header and is_u_item(raw):
        return _u_item(raw)
    roles = guess_item_roles(list(raw.columns) if has_header else None, len(raw.columns))
    labels = None if roles.label is None else raw.iloc[:, roles.label]
    table: dict[str, pd.Series] = {"key": raw.iloc[:, roles.key].str.strip()}
    table[LABEL] = table["key"] if labels is None else _labels(labels, table["key"])
    years = _years(raw.iloc[:, roles.year], _YEAR_ALONE) if roles.year is not None else None
    if years is None and labels is not None:
        years = _years(labels, _YEAR_IN_TITLE)
    if years is not None:
        table[YEAR] = years
    if roles.genres is not None:
        table[GENRES] = raw.iloc[:, roles.genres].map(join_genres)
    used = {roles.key, roles.label, roles.year, roles.genres}
    for column in range(len(raw.columns)):
        if column not in used:
            name = str(raw.columns[column]) if has_header else unnamed_column(column)
            table[_free_name(name, table)] = typed_column(raw.iloc[:, column])
    return _unique(pd.DataFrame(table))


def join_genres(text: str) -> str:
    """Return the genres of a cell joined by `|`. Empty if there are none.

    They are separated by `|`, `,` or `;`, or are a list of names or of objects with a name, in JSON or Python.

    Examples
    --------
    >>> join_genres("Comedy, Drama")
    'Comedy|Drama'
    >>> join_genres("[{'id': 18, 'name': 'Drama'}, {'id': 80, 'name': 'Crime'}]")
    'Drama|Crime'
    """
    names = _listed_names(text.strip())
    if names is None:
        parts = re.split(r"[|;]" if re.search(r"[|;]", text) else ",", text.strip().strip("[]"))
        names = [part.strip().strip("'\"") for part in parts]
    # The bar separates genres in the dataset.
    kept = [name.replace("|", "/") for name in names if name.lower() not in _NO_GENRES]
    return "|".join(dict.fromkeys(kept))


def _listed_names(text: str) -> list[str] | None:
    """Return the names in a list that JSON or Python wrote; None if the text is no list."""
    if not text.startswith(("[", "{")) or len(text) > _LONGEST_LIST:
        return None
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        try:
            values = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            return None
    values = [values] if isinstance(values, dict) else values
    if not isinstance(values, list | tuple | set):
        return None
    named = [_name_in(each) if isinstance(each, dict) else each for each in values]
    return [str(name).strip() for name in named if isinstance(name, str | int | float)]


def _name_in(record: dict[str, Any]) -> Any:
    return next((record[name] for name in _NAME_FIELDS if name in record), None)


def _u_item(raw: pd.DataFrame) -> pd.DataFrame:
    flags = raw.iloc[:, -len(_U_ITEM_GENRES) :].to_numpy() == "1"
    genres = ["|".join(name for name, on in zip(_U_ITEM_GENRES[1:], row[1:], strict=True) if on) for row in flags]
    keys = raw.iloc[:, 0].str.strip()
    table = {"key": keys, LABEL: _labels(raw.iloc[:, 1], keys)}
    years = _years(raw.iloc[:, 1], _YEAR_IN_TITLE)
    if years is not None:
        table[YEAR] = years
    return _unique(pd.DataFrame({**table, GENRES: genres}))


def _labels(labels: pd.Series, keys: pd.Series) -> pd.Series:
    # Titles stay as they are, with joiners and blanks of every script; pages make safe what they show.
    stripped = labels.map(lambda label: _cut(_CONTROLS.sub(" ", label).strip(" ")))
    return stripped.where(stripped != "", keys)


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _years(texts: pd.Series, pattern: re.Pattern[str]) -> pd.Series | None:
    """Return integers if all years are known, floats with NaN if some are, None if none is."""
    years = pd.to_numeric(texts.str.extract(pattern, expand=False), errors="coerce")
    if years.isna().all():
        return None
    return years if years.isna().any() else years.astype("int64")


def typed_column(texts: pd.Series) -> pd.Series:
    """Return a column as numbers if all its filled cells are numbers, else as it is."""
    numbers = pd.to_numeric(texts, errors="coerce")
    filled = texts.str.strip() != ""
    return numbers if filled.any() and numbers.notna().eq(filled).all() else texts


def _free_name(name: str, columns: dict[str, pd.Series]) -> str:
    while name in RESERVED or name in columns or not name:
        name = f"{name} (items file)"
    return name


def _unique(table: pd.DataFrame) -> pd.DataFrame:
    named = table[table["key"] != ""]
    if named.empty:
        raise _no_items()
    return named.drop_duplicates("key").reset_index(drop=True)


def _no_items() -> InputError:
    return InputError("The items file contains no items.", remedy="Remove it, or choose one with one item per row.")

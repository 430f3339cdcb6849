"""The second file of a graph: labels and other columns of its nodes."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

import pandas as pd

from embedlab.core.errors import InputError, TooLargeError
from embedlab.kinds.graph.reading import spaced_rows
from embedlab.reading.column_names import bare
from embedlab.reading.delimited import open_table, read_head
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import open_text
from embedlab.reading.table_columns import unnamed_column

#: Columns of the dataset's own table of nodes.
RESERVED: Final = frozenset({"key", "label", "count", "degree", "depth", "component", "in_degree", "out_degree"})
_LABEL_NAMES: Final = ("label", "name", "title")
_MOST_NODES: Final = 20_000_000
_MOST_COLUMNS: Final = 50
_NODES_NAME: Final = re.compile(
    r"(^|[^a-z])(nodes?|vertices|vertex|labels?|attributes?|communit(y|ies)|departments?)([^a-z]|$)", re.I
)


def names_nodes(file_name: str) -> bool:
    """Return whether the name of a file says that it describes nodes."""
    return _NODES_NAME.search(file_name) is not None


def read_nodes(file: Path | OpenedUpload, limits: Limits, known: Collection[str]) -> pd.DataFrame:
    """Read a file with one node per row: `key`, perhaps `label`, and all other columns under their own names.

    Parameters
    ----------
    known
        The nodes of the graph: the column with most of them holds the keys.

    Raises
    ------
    InputError
        The file is empty, damaged, not a table, or names none of the nodes.
    TooLargeError
        It has more than 20,000,000 rows or 50 columns.
    """
    upload = OpenedUpload.of(file, limits)
    names, raw, has_header = _raw(upload)
    place = _key_column(raw, known)
    if place is None:
        raise InputError(
            "The second file describes none of the graph's nodes.",
            received=", ".join(raw.iloc[:3, 0].astype(str)),
            remedy="Choose a file in which one column holds the names of the nodes, as in the edges.",
        )
    if not has_header and _is_header(raw, place, known):
        names, raw, has_header = raw.iloc[0].tolist(), raw.iloc[1:].reset_index(drop=True), True
    table: dict[str, pd.Series] = {"key": raw.iloc[:, place]}
    only = len(names) == 2
    for column, name in enumerate(names):
        if column == place:
            continue
        is_label = has_header and bare(name) in _LABEL_NAMES and "label" not in table
        values = raw.iloc[:, column]
        if is_label and values.nunique() > 0.9 * len(values):
            table["label"] = values
        else:
            plain = name if has_header else ("class" if only else unnamed_column(column))
            table[_free_name(plain, table)] = _typed(values)
    nodes = pd.DataFrame(table)
    return nodes[nodes["key"] != ""].drop_duplicates("key").reset_index(drop=True)


def _raw(upload: OpenedUpload) -> tuple[list[str], pd.DataFrame, bool]:
    sample = upload.table
    if sample is None:
        return _spaced(upload)
    names, _ = read_head(upload, sample.table_format, upload.limits, 1)
    if len(names) > _MOST_COLUMNS:
        raise TooLargeError(
            f"A file of nodes may have at most {_MOST_COLUMNS} columns.",
            received=len(names),
            remedy="Keep the names of the nodes, and the columns that you want to color a map by.",
        )
    frames, n_rows = [], 0
    with open_table(upload, sample.table_format, list(range(len(names))), upload.limits) as table:
        for batch in table.batches():
            frames.append(batch.to_pandas())
            n_rows += batch.num_rows
            _check_rows(n_rows)
    if not n_rows:
        raise InputError("The file of nodes has no rows.", remedy="Remove it, or choose one with one node per row.")
    raw = pd.concat(frames, ignore_index=True).fillna("").astype(str).apply(lambda column: column.str.strip())
    return names, raw, sample.table_format.has_header


def _spaced(upload: OpenedUpload) -> tuple[list[str], pd.DataFrame, bool]:
    found = spaced_rows(upload.lines)
    if found is None:
        raise InputError(
            "The file of nodes is not a table.",
            remedy="Choose a file with one node per row: its name as in the edges, and any other columns.",
        )
    names, _, has_header, n_comments = found
    rows = []
    with open_text(upload, upload.encoding, upload.limits) as text:
        for number, line in enumerate(text):
            cells = line.split()
            if number >= n_comments + has_header and len(cells) == len(names):
                rows.append(cells)
                _check_rows(len(rows))
    return names, pd.DataFrame(rows), has_header


def _check_rows(n_rows: int) -> None:
    if n_rows > _MOST_NODES:
        raise TooLargeError(
            f"A file of nodes may have at most {_MOST_NODES:,} rows.",
            received=f"{n_rows:,} or more",
            remedy="Keep only the nodes of the graph.",
        )


def _key_column(raw: pd.DataFrame, known: Collection[str]) -> int | None:
    """Return the column with most names of nodes, each once; the first among equals."""
    shares = [(len(set(raw.iloc[:, place]).intersection(known)), -place) for place in range(len(raw.columns))]
    n_known, place = max(shares)
    return -place if n_known else None


def _is_header(raw: pd.DataFrame, place: int, known: Collection[str]) -> bool:
    """Return whether the first row names columns: it is no node, while most others are."""
    keys = raw.iloc[:, place]
    return len(raw) > 1 and keys.iloc[0] not in known and bool(keys.iloc[1:].isin(set(known)).mean() > 0.5)


def _typed(values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    is_number = numbers.notna() | (values == "")
    # A few whole numbers are names of groups, such as departments; leading zeros belong to codes.
    if not is_number.all() or numbers.notna().sum() == 0 or values.str.fullmatch(r"0\d+").any():
        return values
    few = values.nunique() <= min(100, 0.5 * len(values)) and (numbers.dropna() % 1 == 0).all()
    return values if few else numbers


def _free_name(name: str, columns: dict[str, pd.Series]) -> str:
    while name in RESERVED or name in columns or not name:
        name = f"{name} (nodes file)"
    return name

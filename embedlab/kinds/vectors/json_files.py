"""Vectors in JSON and JSON Lines: lists of numbers, alone, by key, or inside objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO, Final

import numpy as np

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError, TooLargeError
from embedlab.kinds.vectors.assembly import assemble
from embedlab.kinds.vectors.formats import check_amount, check_vector_size
from embedlab.kinds.vectors.keyed_rows import KeyedRows
from embedlab.kinds.vectors.options import VectorsOptions
from embedlab.kinds.vectors.row_faults import LENGTH, NOT_NUMBERS, RowFaults
from embedlab.kinds.vectors.rows import Tick, bounded_lines, no_vectors
from embedlab.reading.column_names import bare, names_of

#: Largest JSON file: it is read as a whole, and its numbers need many times their size while that is done.
LARGEST_JSON_BYTES: Final = 256 * 1024**2
_NUMBERED = re.compile(r"(.*?)[\s_.-]?(\d{1,6})")
_START = re.compile(
    r"\A\s*[\[{].{0,2000}?\[\s*(-?\d[\d.eE+-]*\s*,\s*-?\d[\d.eE+-]*(?:\s*,\s*-?\d[\d.eE+-]*){0,3})", re.DOTALL
)
_TOO_DEEP: Final = "The JSON is damaged or nested too deeply."


class Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in order, with those whose name occurs twice."""


def starts_like_vectors(text: str) -> bool:
    """Tell whether JSON begins with a list of decimal numbers, alone or inside objects and lists."""
    found = _START.match(text)
    return found is not None and "." in found[1]


def read_json(stream: BinaryIO, options: VectorsOptions, *, faults: RowFaults, tick: Tick) -> KeyedRows:
    """Read one JSON value: `{"word": [...]}`, `[[...], ...]`, `[{"word": ..., "vector": [...]}, ...]`.

    Also an object that holds one of these beside other things (`{"data": [...]}`), columns (`{"words": [...],
    "vectors": [...]}`), and lists that begin with the key.

    Raises
    ------
    InputError
        It is no JSON, or holds no vectors.
    TooLargeError
        It is above 256 MB.
    """
    data = stream.read(LARGEST_JSON_BYTES + 1)
    if len(data) > LARGEST_JSON_BYTES:
        raise TooLargeError(
            f"A JSON file of vectors may have at most {LARGEST_JSON_BYTES / 1024**2:,.0f} MB.",
            remedy="Bring JSON Lines, with one object for each vector, or Parquet.",
        )
    tick()
    value = _parsed(data)
    said: list[str] = []
    rows, columns = _records(value, said)
    return _assembled(rows, columns, options, faults, tick, "json", said)


def read_json_lines(stream: BinaryIO, options: VectorsOptions, *, faults: RowFaults, tick: Tick) -> KeyedRows:
    """Read JSON Lines: on each line an object with a list of numbers, or a list; raises as `read_json`."""
    lines = (line for line in bounded_lines(stream) if line.strip())
    values = (_parsed(line, f"line {number:,}") for number, line in enumerate(lines, start=1))
    first = next(values, None)
    if first is None:
        raise no_vectors()

    def all_values() -> Iterator[Any]:
        yield first
        yield from values

    return _assembled(all_values(), None, options, faults, tick, "jsonl", [])


def _parsed(data: bytes, place: str = "") -> Any:
    try:
        return json.loads(data.removeprefix(b"\xef\xbb\xbf"), object_pairs_hook=Pairs)
    except (ValueError, RecursionError) as error:
        raise InputError(
            _TOO_DEEP,
            received=f"{place}: {error}" if place else str(error),
            remedy="Write it again with a JSON library.",
        ) from error


def _records(value: Any, said: list[str], depth: int = 0) -> tuple[Sequence[Any], Mapping[str, Sequence[Any]] | None]:
    """Return the records of a JSON value, or its columns."""
    if isinstance(value, Pairs) and depth < 3:
        vectors = [(key, each) for key, each in value if _is_vector(each)]
        if vectors and len(vectors) >= 0.5 * len(value):
            return [Pairs([("key", key), ("vector", each)]) for key, each in value], None
        tables = [(key, each) for key, each in value if isinstance(each, list) and _is_table(each)]
        if len(tables) == 1:
            name, rows = tables[0]
            beside = {
                key: each for key, each in value if isinstance(each, list) and key != name and len(each) == len(rows)
            }
            beside = {
                key: each for key, each in beside.items() if not any(isinstance(one, list | Pairs) for one in each)
            }
            if beside and all(isinstance(each, list) and not isinstance(each, Pairs) for each in rows):
                return [], {"vector": rows, **beside}
            said.append(f"The vectors are in {name}.")
            return rows, None
        inner = [(key, each) for key, each in value if isinstance(each, Pairs)]
        if len(inner) == 1:
            said.append(f"The vectors are in {inner[0][0]}.")
            return _records(inner[0][1], said, depth + 1)
    elif isinstance(value, list) and not isinstance(value, Pairs):
        return value, None
    raise InputError(
        "The JSON holds no vectors.",
        received=str(type(value).__name__ if not isinstance(value, Pairs) else ", ".join(key for key, _ in value[:10])),
        remedy='Bring {"word": [numbers], ...}, a list of lists, or a list of objects with a list of numbers.',
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_vector(value: Any) -> bool:
    return (
        isinstance(value, list) and not isinstance(value, Pairs) and len(value) > 0 and all(map(_is_number, value[:20]))
    )


def _is_table(value: list[Any]) -> bool:
    return not isinstance(value, Pairs) and bool(value) and all(isinstance(each, list) for each in value[:20])


def _assembled(
    records: Any,
    columns: Mapping[str, Sequence[Any]] | None,
    options: VectorsOptions,
    faults: RowFaults,
    tick: Tick,
    layout: str,
    said: list[str],
) -> KeyedRows:
    if columns is not None:
        names = [name for name in columns if name != "vector"]
        records = (
            Pairs([("vector", vector), *((name, columns[name][row]) for name in names)])
            for row, vector in enumerate(columns["vector"])
        )
    reader = _Records(options, faults)
    rows = iter(records)
    for number, record in enumerate(rows if options.first is None else islice(rows, options.first)):
        reader.add(number, record)
        if number % 1000 == 0:
            tick()
    n_in_file = reader.n_rows + sum(1 for _ in rows)
    faults.check(reader.n_rows)
    if not reader.vectors:
        raise no_vectors()
    cells = {name: each for name, each in reader.columns.items() if any(each)}
    named = not reader.is_bare
    assembled = assemble(cells, named=named, keys=options.keys, key_column=options.key_column)
    left_out = set(faults.positions)
    return KeyedRows(
        assembled.keys,
        np.stack(reader.vectors),
        assembled.labels,
        assembled.table if cells else assembled.table.reindex(range(len(reader.vectors))),
        n_in_file=n_in_file,
        n_rows_read=reader.n_rows,
        positions=[row for row in range(reader.n_rows) if row not in left_out] if left_out else None,
        layout=layout,
        columns={
            "key": [assembled.key_name] if assembled.key_name else [],
            "vector": [reader.vector_name] if reader.vector_name else [],
            "metadata": [str(name) for name in assembled.table.columns],
        },
        assumptions=[*said, *([assembled.assumption] if assembled.assumption else [])],
    )


class _Records:
    """Collects records; the first tells which member holds the vector and how long it is."""

    def __init__(self, options: VectorsOptions, faults: RowFaults) -> None:
        self._wanted = options.vector_column
        self._faults = faults
        self._size: int | None = None
        self.vector_name = ""
        self.n_rows = 0
        self.is_bare = True
        self.vectors: list[Vectors] = []
        self.columns: dict[str, list[str]] = {}

    def add(self, number: int, record: Any) -> None:
        self.n_rows += 1
        vector, others = self._parts(record)
        place = f"row {number + 1:,}"
        if vector is None or not all(map(_is_number, vector)):
            self._faults.add(number, NOT_NUMBERS, f"{place}: {str(record)[:80]}")
            return
        if self._size is None:
            check_vector_size(len(vector))
            self._size = len(vector)
        if len(vector) != self._size:
            self._faults.add(number, LENGTH, f"{place} has {len(vector):,} numbers, the file has {self._size:,}")
            return
        check_amount(len(self.vectors) + 1, self._size)
        with np.errstate(over="ignore"):
            try:
                self.vectors.append(np.array(vector, np.float64).astype(np.float32))
            except OverflowError:
                self._faults.add(number, NOT_NUMBERS, f"{place}: a number is too large")
                return
        for name, value in others.items():
            column = self.columns.setdefault(name, [])
            column.extend([""] * (len(self.vectors) - 1 - len(column)))
            column.append(value)
        for column in self.columns.values():
            column.extend([""] * (len(self.vectors) - len(column)))

    def _parts(self, record: Any) -> tuple[list[Any] | None, dict[str, str]]:
        if isinstance(record, Pairs):
            self.is_bare = False
            return self._of_object(record)
        if not isinstance(record, list):
            return None, {}
        if record and isinstance(record[0], str):
            rest = record[1] if len(record) == 2 and isinstance(record[1], list) else record[1:]
            return rest, {"key": record[0]}
        return record, {}

    def _of_object(self, record: Pairs) -> tuple[list[Any] | None, dict[str, str]]:
        lists = {name: value for name, value in record if isinstance(value, list) and not isinstance(value, Pairs)}
        name = self._wanted or self.vector_name
        if not name and lists:
            numeric = [each for each, value in lists.items() if _is_vector(value)]
            usual = [each for each in numeric if bare(each) in names_of("vector")]
            name = next(iter([*usual, *sorted(numeric, key=lambda each: -len(lists[each]))]), "")
        if name:
            self.vector_name = name
            return lists.get(name), {key: _text(value) for key, value in record if key != name and _is_plain(value)}
        dimensions = sorted(
            (int(match[2]), key)
            for key, value in record
            if _is_number(value) and (match := _NUMBERED.fullmatch(key)) is not None
        )
        taken = {key for _, key in dimensions}
        values = dict(record)
        others = {key: _text(value) for key, value in record if key not in taken and _is_plain(value)}
        return ([values[key] for _, key in dimensions] or None), others


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _text(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    # JSON can name half of a character; no file of ours can hold it.
    return text.encode("utf-8", "replace").decode()

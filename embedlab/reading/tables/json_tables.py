"""JSON as tables: Lines of objects, one array of objects, and objects of columns or of rows; nested ones flattened."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final, TextIO, cast

from embedlab.core.errors import InputError, TooLargeError
from embedlab.reading.cells import MAX_JSON_DEPTH, clean_text, json_text, parse_record
from embedlab.reading.layouts import Layout
from embedlab.reading.sources import CleanSource, StoredFile, open_text
from embedlab.reading.table_columns import MAX_COLUMNS, check_column_count, resolve_column
from embedlab.reading.tables.table_format import MAX_RECORD_BYTES, Table, TableFormat, batches_of_rows, too_long

#: Number of records read to find the names of fields, which need not be in every record.
HEAD_RECORDS: Final = 1000
#: Objects in objects become columns such as `user.id` down to this depth.
_FLAT_DEPTH: Final = 3
#: An object of columns is held in memory as a whole.
_MAX_WHOLE_BYTES: Final = 64 * 1024**2
_SPACE: Final = " \t\r\n"
_DECODER: Final = json.JSONDecoder()

OnBad = Callable[[str], None]
Record = dict[str, Any]


def records_of(text: TextIO, layout: Layout, on_bad: OnBad) -> Iterator[Record]:
    """Yield the records of an open JSON or JSON Lines file; everything else in it is given to `on_bad`."""
    return _line_records(text, on_bad) if layout == Layout.JSONL else _json_records(text, on_bad)


def sample_records(text: str, *, is_whole: bool) -> list[Record]:
    """Return the first records of a JSON file from its first characters; none if it is not a table."""
    if not text.lstrip().startswith(("[", "{")):
        return []
    bad: list[str] = []
    found: list[Record] = []
    try:
        for record in _json_records(io.StringIO(text), bad.append):
            found.append(record)
            if len(found) >= HEAD_RECORDS:
                break
    except InputError:
        if is_whole or not found:
            return []
    return found if len(found) >= 9 * len(bad) else []


def table_of(records: list[Record]) -> tuple[list[str], list[list[str]]]:
    """Return names and cells of records; objects in objects are flattened where that gives 1,000 columns at most."""
    flat = [_flat(record) for record in records]
    names = list(dict.fromkeys(name for record in flat for name in record))
    if len(names) > MAX_COLUMNS:
        flat = records
        names = list(dict.fromkeys(name for record in flat for name in record))
    check_column_count(len(names))
    return names, [[json_text(record.get(name)) for name in names] for record in flat]


def json_head(text: TextIO, layout: Layout, n_rows: int) -> tuple[list[str], list[list[str]]]:
    """Return names of columns and the first rows; raises `InputError` if no record is an object."""
    records = list(islice(records_of(text, layout, lambda _: None), max(n_rows, HEAD_RECORDS)))
    if not records:
        what = "No line of the file is a JSON object." if layout == Layout.JSONL else "The JSON file holds no table."
        raise InputError(what, remedy="Put one object like {...} on each line, or all of them in one array.")
    names, rows = table_of(records)
    return names, rows[:n_rows]


@contextmanager
def open_json(file: StoredFile, table_format: TableFormat, columns: list[str | int]) -> Iterator[Table]:
    """Open chosen columns of a JSON or JSON Lines file for streaming."""
    layout = table_format.layout
    with open_text(file, table_format.encoding, file.limits, newline="") as text:
        names, _ = json_head(text, layout, 1)
    chosen = [names[resolve_column(names, column)] for column in columns]
    with open_text(file, table_format.encoding, file.limits) as text:
        clean = cast("CleanSource", cast("Any", text).buffer)

        def rows(table: Table) -> Iterator[list[str]]:
            for record in records_of(text, layout, table.skip):
                yield [json_text(_value(record, name)) for name in chosen]

        yield Table(
            names,
            _read=lambda table: batches_of_rows(rows(table), range(len(chosen))),
            _share_read=lambda: clean.share_read,
            _n_repaired=lambda: clean.n_repaired,
        )


def _value(record: Record, name: str) -> Any:
    """Return the value of a column, which may be in an object of the record."""
    if name in record:
        return record[name]
    for cut, letter in enumerate(name):
        if letter == "." and isinstance(inner := record.get(name[:cut]), dict):
            return _value(inner, name[cut + 1 :])
    return None


def _flat(record: Record, depth: int = 1) -> Record:
    if not any(isinstance(value, dict) for value in record.values()):
        return record
    flat: Record = {}
    for name, value in record.items():
        if isinstance(value, dict) and value and depth < _FLAT_DEPTH:
            flat |= {f"{name}.{clean_text(inner)}": each for inner, each in _flat(value, depth + 1).items()}
        else:
            flat[name] = value
    return flat


def _line_records(text: TextIO, on_bad: OnBad) -> Iterator[Record]:
    while line := text.readline(MAX_RECORD_BYTES):
        if len(line) >= MAX_RECORD_BYTES:
            raise too_long(line[:40])
        if line.isspace():
            continue
        record = parse_record(line)
        if record is None:
            on_bad(line)
        else:
            yield record


def _json_records(text: TextIO, on_bad: OnBad) -> Iterator[Record]:
    values = _Values(text)
    if values.next_character() == "[":
        values.skip()
        yield from _array_records(values, on_bad)
        return
    members: Record = {}
    n_characters = 0
    values.skip()
    while values.next_character() not in {"}", ""}:
        name = values.value(MAX_RECORD_BYTES)
        if not isinstance(name, str):
            raise _damaged()
        if values.next_character() != ":":
            raise _damaged()
        values.skip()
        if values.next_character() == "[" and not members.keys() & {"columns", "index"} and values.holds_records():
            values.skip()
            yield from _array_records(values, on_bad)
            return
        members[clean_text(name)] = values.value(_MAX_WHOLE_BYTES)
        n_characters = values.n_characters
        if n_characters > _MAX_WHOLE_BYTES:
            raise TooLargeError(
                "A JSON object of columns is too large.",
                received=f"more than {_MAX_WHOLE_BYTES / 1024**2:.0f} MB",
                remedy="Store it as an array of objects, or as JSON Lines.",
            )
        if values.next_character() == ",":
            values.skip()
    yield from _records_of_members(members)


def _array_records(values: _Values, on_bad: OnBad) -> Iterator[Record]:
    names: list[str] | None = None
    is_first = True
    while (letter := values.next_character()) != "]":
        if letter == "":
            raise _damaged()
        value = values.value(MAX_RECORD_BYTES)
        if isinstance(value, dict):
            record = parse_record(json.dumps(value)) if _nests(value) else value
            if record is None:
                on_bad(str(value)[:200])
            else:
                yield {clean_text(name): each for name, each in record.items()}
        elif isinstance(value, list) and is_first and len(value) > 1 and all(isinstance(each, str) for each in value):
            names = [clean_text(each) for each in value]
        elif isinstance(value, list) and value:
            named = (
                names if names is not None and len(names) == len(value) else [str(place) for place in range(len(value))]
            )
            yield dict(zip(named, value, strict=True))
        else:
            on_bad(str(value)[:200])
        is_first = False
        if values.next_character() == ",":
            values.skip()


def _nests(value: Record) -> bool:
    return any(isinstance(each, dict | list) for each in value.values())


def _records_of_members(members: Record) -> Iterator[Record]:
    """Yield the rows of an object: pandas' `split` and `columns`, and an object of objects with a row each."""
    columns, data = members.get("columns"), members.get("data")
    if isinstance(columns, list) and isinstance(data, list):
        names = [clean_text(str(name)) for name in columns]
        yield from (dict(zip(names, row, strict=False)) for row in data if isinstance(row, list))
        return
    inner = list(members.values())
    if not inner or not all(isinstance(each, dict) and each for each in inner):
        if len(inner) > 1 and all(isinstance(each, list) and len(each) == len(inner[0]) for each in inner):
            yield from (dict(zip(members, row, strict=True)) for row in zip(*inner, strict=True))
        return
    if any(isinstance(value, dict | list) for each in inner for value in each.values()):
        return
    keys = list(inner[0])
    if keys == [str(number) for number in range(len(keys))] and all(list(each) == keys for each in inner):
        yield from ({name: members[name][key] for name in members} for key in keys)
        return
    yield from (
        {"key": name, **{clean_text(key): value for key, value in each.items()}} for name, each in members.items()
    )


class _Values:
    """The JSON values of a stream, one after the other; holds one value in memory."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._buffer = ""
        self._place = 0
        self._is_all = False
        self.n_characters = 0

    def next_character(self) -> str:
        """Return the next character that is not a space, without reading over it; empty at the end."""
        while True:
            while self._place < len(self._buffer) and self._buffer[self._place] in _SPACE:
                self._place += 1
            if self._place < len(self._buffer):
                return self._buffer[self._place]
            if not self._more():
                return ""

    def skip(self) -> None:
        """Read over the next character."""
        self._place += 1

    def holds_records(self) -> bool:
        """Return whether the array that begins here holds objects or arrays."""
        while len(self._buffer) - self._place < 100 and self._more():
            pass
        return self._buffer[self._place + 1 : self._place + 100].lstrip()[:1] in {"{", "["}

    def value(self, longest: int) -> Any:
        """Return the next value; raises `InputError` for damage and for a value that is longer than `longest`."""
        self.next_character()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._place)
            except RecursionError as error:
                raise _damaged() from error
            except ValueError as error:
                if self._is_all:
                    raise _damaged() from error
            else:
                # The digits of a number may go on in the next piece.
                if end < len(self._buffer) or self._is_all:
                    self._place = end
                    return value
            if len(self._buffer) - self._place > longest:
                raise too_long(self._buffer[self._place : self._place + 40])
            self._more()

    def _more(self) -> bool:
        piece = self._text.read(max(1 << 16, len(self._buffer) - self._place))
        self.n_characters += len(piece)
        self._is_all = self._is_all or not piece
        self._buffer = self._buffer[self._place :] + piece
        self._place = 0
        return bool(piece)


def _damaged() -> InputError:
    return InputError(
        "The JSON file is damaged or is not a table.",
        remedy=f"Store one array of objects that are nested at most {MAX_JSON_DEPTH} deep, or JSON Lines.",
    )

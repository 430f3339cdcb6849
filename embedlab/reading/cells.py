"""Table cells as clean text: from JSON records, and from Arrow arrays of any type."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from embedlab.core.errors import InputError

_REPLACEMENT: Final = "\ufffd"
#: Records nested more deeply are rejected: Python's JSON writer fails on much deeper ones.
MAX_JSON_DEPTH: Final = 100


def clean_text(text: str) -> str:
    """Return a text without lone surrogates and NUL characters, which UTF-8 files and databases cannot hold."""
    if text.isascii():
        return text.replace("\0", _REPLACEMENT) if "\0" in text else text
    return text.encode("utf-8", "replace").decode().replace("\0", _REPLACEMENT)


def parse_record(line: str) -> dict[str, Any] | None:
    """Return the JSON object on a line, its names clean; None for anything else, and for one nested too deeply."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or (line.count("[") + line.count("{") > MAX_JSON_DEPTH and _is_deep(record)):
        return None
    return {clean_text(name): value for name, value in record.items()}


def _is_deep(record: dict[str, Any]) -> bool:
    level: list[Any] = [record]
    for _ in range(MAX_JSON_DEPTH):
        inner: Iterable[Any] = chain.from_iterable(
            value.values() if isinstance(value, dict) else value for value in level
        )
        level = [value for value in inner if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def json_text(value: object) -> str:
    """Write a JSON value as the text of a cell: empty for null, strings unchanged, everything else as JSON."""
    if value is None:
        return ""
    return clean_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def array_text(array: pa.Array) -> tuple[pa.Array, int]:
    """Return an array of any type as strings without nulls, and the number of replaced characters that were not UTF-8.

    Numbers, decimals, dates and times are written as Arrow does, lists and structures as JSON, null as empty text.

    Raises
    ------
    InputError
        A cell cannot be written as text: a date or a time out of range, or an unknown time zone.
    """
    texts, n_repaired = _decoded(array) if _is_bytes(array.type) else (_cast(array), 0)
    texts = pc.fill_null(texts, "") if texts.null_count else texts
    # The quick test avoids the search for nearly all arrays; in UTF-8 a null byte is always a NUL character.
    if any(buffer is not None and b"\0" in memoryview(buffer).tobytes() for buffer in texts.buffers()[2:]):
        texts = pc.replace_substring(texts, "\0", _REPLACEMENT)
    return texts, n_repaired


def _is_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    types = pa.types
    is_text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    is_binary = types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)
    return bool(is_text or is_binary or types.is_fixed_size_binary(kind))


def _decoded(array: pa.Array) -> tuple[pa.Array, int]:
    """Return texts that may hold any bytes: Arrow trusts a file that claims its texts are UTF-8."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    try:
        texts = array.cast(pa.string())
        texts.validate(full=True)
    except pa.ArrowException:
        pass
    else:
        return texts, 0
    values = [None if value is None else value.decode("utf-8", "replace") for value in _bytes(array)]
    return pa.array(values, pa.string()), sum(value.count(_REPLACEMENT) for value in values if value is not None)


def _bytes(array: pa.Array) -> list[bytes | None]:
    kind = array.type
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        array = array.cast(pa.large_binary())
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        array = array.view(pa.binary() if pa.types.is_string(kind) else pa.large_binary())
    values: list[bytes | None] = array.to_pylist()
    return values


def _cast(array: pa.Array) -> pa.Array:
    try:
        return array.cast(pa.string())
    except pa.ArrowException:
        pass
    try:
        return pa.array([json_text(value) for value in array.to_pylist()], pa.string())
    # Python's dates end in the year 9999, its time zones are those of the system, and its strings are Unicode.
    except (ValueError, OverflowError, LookupError, RecursionError, pa.ArrowException) as error:
        raise InputError(
            "A column holds values that cannot be written as text.",
            received=f"{array.type}: {error}",
            remedy="Leave this column out, or store it as text.",
        ) from error

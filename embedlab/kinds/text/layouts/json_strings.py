"""A JSON array of texts, or a JSON text on each line: each is a document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, TextIO

from embedlab.core.errors import InputError
from embedlab.kinds.reading_report import Changes
from embedlab.kinds.text.batches import Batch
from embedlab.reading.cells import clean_text

_CHUNK: Final = 1 << 20
_LONGEST: Final = 16 * 1024**2
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ARRAY: Final = re.compile(r'\s*\[\s*"')
_BETWEEN: Final = re.compile(r"[\s,\[\]]*")


def are_json_strings(text: str) -> bool:
    """Return whether a file that begins with `text` is an array of strings, or has a string on each line."""
    head = text.lstrip("\ufeff")
    if _ARRAY.match(head):
        outside = _STRING.sub("", head)
        # The last string may be cut off by the end of the head.
        return _BETWEEN.fullmatch(outside.split('"', 1)[0]) is not None
    lines = [line for line in head.splitlines()[:100] if line.strip()]
    return len(lines) > 1 and all(_STRING.fullmatch(line.strip().rstrip(",")) for line in lines[:-1])


def split_strings(text: TextIO, changes: Changes) -> Iterator[Batch]:
    """Yield the strings; what is between them and is not JSON is left out and counted."""
    rest = ""
    while chunk := text.read(_CHUNK):
        rest += chunk
        texts, stop = _strings(rest, changes)
        rest = rest[stop:]
        if len(rest) > _LONGEST:
            raise InputError(
                f"A text is longer than {_LONGEST / 1024**2:.0f} MB, or its quotes are not closed.",
                received=rest[:40],
                remedy="Check that the file is valid JSON.",
            )
        if texts:
            yield Batch(texts)
    if rest.strip(" \n\r\t,]"):
        changes.leave_out("incomplete texts at the end", rest)


def _strings(data: str, changes: Changes) -> tuple[list[str], int]:
    texts, stop = [], 0
    for match in _STRING.finditer(data):
        between = data[stop : match.start()]
        if not _BETWEEN.fullmatch(between):
            changes.leave_out("values that are not texts", between.strip(" ,\n"))
        stop = match.end()
        try:
            value = json.loads(match[0], strict=False)
        except ValueError:
            changes.leave_out("texts that are not valid JSON", match[0])
            continue
        if value.strip():
            texts.append(clean_text(value))
        else:
            changes.leave_out("empty texts", '""')
    return texts, stop

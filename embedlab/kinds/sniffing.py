"""What a file is, told from its content and never from its name: kind, layout, encoding, separator, columns."""

from __future__ import annotations

import codecs
from dataclasses import replace
from pathlib import Path
from typing import Final

from embedlab.core.kind import Kind
from embedlab.kinds.vectors.sniffing import vectors_in_array, vectors_in_binary, vectors_in_lines, vectors_in_table
from embedlab.reading import sources
from embedlab.reading.cells import json_text, parse_record
from embedlab.reading.columns import assign_roles
from embedlab.reading.delimited import JSONL_HEAD_RECORDS, TableFormat, check_column_count, read_head
from embedlab.reading.encodings import HEAD_BYTES, encoding_of
from embedlab.reading.layouts import Column, Guess, Layout
from embedlab.reading.separating import separate
from embedlab.reading.sources import Limits

__all__ = ["Column", "Guess", "Layout", "sniff"]

_MAX_SAMPLE_ROWS: Final = JSONL_HEAD_RECORDS
_PARQUET_MAGIC: Final = b"PAR1"
_SEPARATOR_NAMES: Final = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars", "::": "double colons"}


def sniff(path: Path, limits: Limits, member: str | None = None) -> Guess:
    """Tell what a file is from its first 256 KiB.

    Parameters
    ----------
    path
        The file as it was brought.
    limits
        Bounds on what is opened.
    member
        Which file of a zip archive; the largest when left out.

    Raises
    ------
    InputError
        The file is empty, damaged, binary, or has more than 1,000 columns.
    """
    if member is None:
        member = next(iter(sources.members(path, limits)), None)
    head = sources.read_head(path, limits, member)
    if head.startswith(_PARQUET_MAGIC):
        guess = vectors_in_table(path, limits, member) or _sniff_parquet(path, limits, member)
    else:
        guess = vectors_in_array(head) or vectors_in_binary(head) or _sniff_text(path, head)
    return replace(guess, member=member)


def _sniff_text(path: Path, head: bytes) -> Guess:
    encoding = encoding_of(head)
    lines, is_whole = _lines(head, encoding)
    if not any(line.strip() for line in lines):
        raise sources.empty_error(path)
    guess = _sniff_jsonl(lines) or vectors_in_lines(lines) or _sniff_delimited(lines, is_whole) or _sniff_plain(lines)
    return replace(guess, encoding=encoding)


def _lines(head: bytes, encoding: str) -> tuple[list[str], bool]:
    """Return the whole lines of the head (a cut-off last one only when it is the only one), and whether it is all."""
    is_whole = len(head) < HEAD_BYTES
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head, is_whole).removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not is_whole or not lines[-1]:
        lines = lines[:-1] or lines
    return lines, is_whole


def _sniff_plain(lines: list[str]) -> Guess:
    n_blank = sum(not line.strip() for line in lines)
    n_full = len(lines) - n_blank
    if n_full <= 2:
        layout, reason = Layout.DOCUMENT, "The text has hardly any line breaks, so it is taken as one document."
    elif n_blank >= 0.1 * len(lines):
        layout, reason = Layout.PARAGRAPHS, "Blank lines part the text into paragraphs."
    else:
        layout, reason = Layout.LINES, "The text has a document on each line."
    return Guess(Kind.TEXT, layout, reasons=["No separator parts the lines into columns.", reason])


def _sniff_jsonl(lines: list[str]) -> Guess | None:
    full = [line for line in lines if line.strip()][:_MAX_SAMPLE_ROWS]
    if not full[0].lstrip().startswith("{"):
        return None
    records = [record for line in full if (record := parse_record(line)) is not None]
    if len(records) < max(1, 0.9 * len(full)):
        return None
    names = list(dict.fromkeys(name for record in records for name in record))
    check_column_count(len(names))
    rows = [[json_text(record.get(name)) for name in names] for record in records]
    return _with_columns(Guess(Kind.TEXT, Layout.JSONL, has_header=True), names, rows, "Each line is a JSON object.")


def _sniff_parquet(path: Path, limits: Limits, member: str | None) -> Guess:
    guess = Guess(Kind.TEXT, Layout.PARQUET, has_header=True)
    names, rows = read_head(path, TableFormat(Layout.PARQUET, member=member), limits, _MAX_SAMPLE_ROWS)
    return _with_columns(guess, names, rows, "The file is a Parquet table.")


def _with_columns(guess: Guess, names: list[str], rows: list[list[str]], reason: str) -> Guess:
    check_column_count(len(names))
    kind, columns, reasons = assign_roles(names, rows, has_header=guess.has_header)
    return replace(guess, kind=kind, columns=columns, reasons=[reason, *guess.reasons, *reasons])


def _sniff_delimited(lines: list[str], is_whole: bool) -> Guess | None:
    found = separate(lines, is_whole=is_whole)
    if found is None:
        return None
    names, rows = found.names, found.rows[:_MAX_SAMPLE_ROWS]
    guess = Guess(
        Kind.TEXT,
        Layout.DELIMITED,
        delimiter=found.delimiter,
        has_header=found.has_header,
        quoting=found.quoting,
        reasons=[found.header_reason, found.quoting_reason],
    )
    reason = f"Every row has {len(names)} fields parted by {_SEPARATOR_NAMES.get(found.delimiter, found.delimiter)}."
    return _with_columns(guess, names, rows, reason)

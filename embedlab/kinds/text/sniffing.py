"""Detecting the layout of a text: a column of a table, lines, paragraphs, or one document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from embedlab.core.kind import Kind
from embedlab.kinds.guess import Guess
from embedlab.reading.column_names import holds_by_name
from embedlab.reading.columns import ColumnType, column_type
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload, TableSample

_MOST_LABELS: Final = 50


def text_in(upload: OpenedUpload) -> Guess:
    """Return how a file reads as text, whatever else it could be; raises `InputError` for binary or damaged files."""
    table = upload.table
    if table is not None:
        return Guess.of_table(Kind.TEXT, table, _roles(table))
    layout, reason = _layout(upload.lines)
    reasons = ["No separator divides the lines into columns.", reason]
    return Guess(Kind.TEXT, layout, upload.encoding, member=upload.member, reasons=reasons)


def _layout(lines: Sequence[str]) -> tuple[Layout, str]:
    n_blank = sum(not line.strip() for line in lines)
    if len(lines) - n_blank <= 2:
        return Layout.DOCUMENT, "The text has hardly any line breaks, so it is read as one document."
    if n_blank >= 0.1 * len(lines):
        return Layout.PARAGRAPHS, "Blank lines separate paragraphs."
    return Layout.LINES, "Each line is a document."


def _roles(table: TableSample) -> dict[int, str]:
    """Return the column with the most words as text, and one with few distinct short values as label."""
    cells = [[row[index] for row in table.rows] for index in range(len(table.names))]
    types = [column_type(values) for values in cells]
    holds = [holds_by_name(name) for name in table.names]
    texts = [index for index, each in enumerate(types) if each == ColumnType.TEXT]
    words = {index: _mean_words(cells[index]) for index in texts}
    if not words:
        return {}
    # The name counts, but an address in a column named "content" is not the text.
    text = max(words, key=lambda index: words[index] * (3 if holds[index] == "text" else 1))
    roles = {text: "text"}
    candidates = [index for index in range(len(types)) if index != text and _are_labels(cells[index])]
    named = [index for index in candidates if holds[index] == "label"]
    wordy = [index for index in candidates if types[index] == ColumnType.TEXT]
    if named or wordy:
        roles[(named or wordy)[0]] = "label"
    return roles


def _mean_words(values: Sequence[str]) -> float:
    return sum(len(value.split()) for value in values) / max(1, len(values))


def _are_labels(values: Sequence[str]) -> bool:
    distinct = set(values)
    return 2 <= len(distinct) <= min(_MOST_LABELS, max(2, len(values) // 3)) and max(map(len, distinct)) <= 60

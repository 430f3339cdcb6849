"""Reading the documents of a text of any size: batches of whole documents, or pieces of a very large one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO, cast

from embedlab.core.errors import InputError
from embedlab.kinds.reading_report import Changes
from embedlab.kinds.text.batches import Batch, DocumentSource
from embedlab.kinds.text.layouts.json_strings import split_strings
from embedlab.kinds.text.layouts.label_prefixes import without_prefixes
from embedlab.kinds.text.layouts.subtitles import split_cues
from embedlab.kinds.text.layouts.wikipedia import split_pages
from embedlab.kinds.text.members import Members
from embedlab.kinds.text.options import TextOptions
from embedlab.kinds.text.tokens.tokenizing import MAX_WORD_LENGTH
from embedlab.reading.delimited import Table, column_texts, open_table, read_head
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import CleanSource, Limits, open_text
from embedlab.reading.table_columns import resolve_column

#: Characters read at a time, and the length from which a document is passed on in pieces.
CHUNK_CHARACTERS: Final = 1 << 20
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
# Punctuation of scripts with spaces, and of those without.
_NOT_A_WORD = re.compile(r"[^\w\u0300-\U0010ffff]|[\u3000-\u3002\uff01\uff0c\uff0e\uff1a\uff1b\uff1f]")


@contextmanager
def open_documents(
    file: Path | OpenedUpload,
    options: TextOptions,
    limits: Limits,
    chunk_characters: int = CHUNK_CHARACTERS,
    most_characters: int | None = None,
) -> Iterator[DocumentSource]:
    """Open a text for streaming; raises what `open_table` and `open_text` raise, here or while reading.

    Of several files at most `most_characters` are read together, an equal part of each.
    """
    upload = OpenedUpload.of(file, limits, options.member)
    if options.all_members:
        with upload.share_archive():
            yield _open_members(upload, options, chunk_characters, most_characters)
        return
    if options.is_table:
        with _open_rows(upload, options) as source:
            yield source
        return
    with open_text(upload, options.encoding, limits) as text:
        clean = cast("CleanSource", cast("Any", text).buffer)
        changes = Changes()
        batches = _batches(text, options, chunk_characters, changes)
        yield DocumentSource(batches, lambda: clean.share_read, lambda: clean.n_repaired, changes=changes)


def _batches(text: TextIO, options: TextOptions, chunk_characters: int, changes: Changes) -> Iterator[Batch]:
    if options.layout == "subtitles":
        return split_cues(text, changes)
    if options.layout == "wikipedia":
        return split_pages(text, changes)
    if options.layout == "strings":
        return split_strings(text, changes)
    batches = split_documents(text, Layout(options.layout), chunk_characters)
    return without_prefixes(batches) if options.label_by == "prefix" else batches


def _open_members(
    upload: OpenedUpload, options: TextOptions, chunk_characters: int, most_characters: int | None
) -> DocumentSource:
    def open_member(member: OpenedUpload, one: TextOptions, chunk: int) -> AbstractContextManager[DocumentSource]:
        return open_documents(member, one, upload.limits, chunk)

    members = Members(upload, options, open_member, chunk_characters, most_characters)
    table = members.table if options.is_table else None
    return DocumentSource(
        members.batches(), lambda: members.share_read, lambda: members.n_repaired, table, members, members.changes
    )


@contextmanager
def _open_rows(upload: OpenedUpload, options: TextOptions) -> Iterator[DocumentSource]:
    if options.text_column is None:
        raise InputError(
            "No text column is chosen.",
            remedy="Choose the column that holds the text, by its name or its 0-based number.",
        )
    names, _ = read_head(upload, options.table_format, upload.limits, n_rows=1)
    text = resolve_column(names, options.text_column)
    label, part = (
        None if column is None else resolve_column(names, column)
        for column in (options.label_column, options.part_column)
    )
    if text in {label, part}:
        raise InputError("Text and label are the same column.", received=options.text_column)
    others = [place for place in range(len(names)) if place != text] if options.other_columns == "keep" else []
    wanted = [text, *others, *(place for place in (label, part) if place is not None and place not in others)]
    with open_table(upload, options.table_format, wanted, upload.limits) as table:
        roles = _Places(*(None if place is None else wanted.index(place) for place in (label, part)))
        columns = {names[place]: wanted.index(place) for place in others}
        batches = _row_batches(table, roles, columns)
        yield DocumentSource(batches, lambda: table.share_read, lambda: table.n_repaired, table)


class _Places(NamedTuple):
    label: int | None
    part: int | None


def _row_batches(table: Table, places: _Places, columns: Mapping[str, int]) -> Iterator[Batch]:
    for rows in table.batches():
        label, part = (None if place is None else column_texts(rows, place) for place in places)
        cells = {name: column_texts(rows, place) for name, place in columns.items()}
        yield Batch(column_texts(rows, 0), label, columns=cells, parts=part)


def split_documents(text: TextIO, layout: Layout, chunk_characters: int = CHUNK_CHARACTERS) -> Iterator[Batch]:
    """Split a stream of characters into documents: lines, paragraphs, or one document.

    Blank lines and paragraphs are skipped. A document longer than a chunk is returned in pieces, split between words:
    memory is bounded by a few chunks for any text.
    """
    split = {Layout.LINES: _split_lines, Layout.PARAGRAPHS: _split_paragraphs, Layout.DOCUMENT: _split_nothing}[layout]
    carry, continues = "", False
    while chunk := text.read(chunk_characters):
        pieces = split(carry + chunk)
        carry = pieces.pop()
        cut = _cut_between_words(carry) if len(carry) >= chunk_characters else 0
        if cut:
            pieces.append(carry[:cut])
            carry = carry[cut:]
        yield from _batch(pieces, continues=continues)
        if pieces:
            continues = bool(cut)
    yield from _batch(split(carry), continues=continues)


def _batch(pieces: list[str], *, continues: bool) -> Iterator[Batch]:
    first = pieces[:1] if continues else []
    texts = first + [piece for piece in pieces[len(first) :] if piece and not piece.isspace()]
    if texts:
        yield Batch(texts, continues=continues)


def _split_lines(text: str) -> list[str]:
    return text.split("\n")


def _split_paragraphs(text: str) -> list[str]:
    return _BLANK_LINES.split(text)


def _split_nothing(text: str) -> list[str]:
    return [text]


def _cut_between_words(text: str) -> int:
    """Return where to split: before the last white space, else after the last punctuation, else within a word.

    Of a word of a megabyte more than the maximum length of a word is carried over, so its rest is not read as a word.
    """
    last = max(text.rfind(" "), text.rfind("\n"))
    cut = len(text[: last + 1].rstrip())
    if cut > 0:
        return cut
    tail = len(text) // 2
    marks = [match.end() for match in _NOT_A_WORD.finditer(text, tail)]
    return marks[-1] if marks else len(text) - 2 * MAX_WORD_LENGTH

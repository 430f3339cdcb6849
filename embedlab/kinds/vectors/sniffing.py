"""Telling files of vectors: word2vec, GloVe, the TSV of the Embedding Projector, NumPy arrays, Parquet tables."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Final

import numpy as np

from embedlab.core.kind import Kind
from embedlab.kinds.guess import Column, Guess
from embedlab.kinds.vectors.formats import NPY_MAGIC
from embedlab.kinds.vectors.tables import find_vector_columns, looks_like_vectors, open_vector_table
from embedlab.reading.columns import ColumnType, is_number
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.table_columns import MAX_COLUMNS

_HEADER = re.compile(rb"(\d{1,12}) (\d{1,6})\r?\n")
_LINE_HEADER = re.compile(r"(\d{1,12}) (\d{1,6})\s*")
_MAX_KEY_BYTES: Final = 4096
_SAMPLE_LINES: Final = 50
#: Rows of another length are left for the reader to complain about; the file is still one of vectors.
_SHARE_ALIKE: Final = 0.7


def vectors_in(upload: OpenedUpload) -> Guess | None:
    """Return a guess if a file holds vectors; raises `InputError` where it cannot be looked into."""
    if upload.is_parquet:
        return vectors_in_table(upload)
    guess = vectors_in_array(upload.head) or vectors_in_binary(upload.head)
    if guess is None and not _starts_as_json(upload.lines):
        guess = vectors_in_lines(upload.lines)
        guess = guess and replace(guess, encoding=upload.encoding)
    return guess and replace(guess, member=upload.member)


def _starts_as_json(lines: list[str]) -> bool:
    return next(line for line in lines if line.strip()).lstrip().startswith("{")


def vectors_in_binary(head: bytes) -> Guess | None:
    """Return a guess if the bytes are word2vec binary: `n size`, then key, blank and `size` float32 each time."""
    header = _HEADER.match(head)
    if header is None or not int(header[1]) or not int(header[2]):
        return None
    n_bytes = 4 * int(header[2])
    blank = head.find(b" ", header.end(), header.end() + _MAX_KEY_BYTES)
    vector = head[blank + 1 : blank + 1 + n_bytes]
    if blank < 0 or not vector or b"\n" in head[header.end() + 1 : blank]:
        return None
    if all(byte in b"0123456789+-.eE naif\r\n" for byte in vector[:200]):
        return None
    numbers = np.frombuffer(vector[: len(vector) // 4 * 4], dtype="<f4")
    plausible = np.abs(numbers[np.isfinite(numbers)])
    # Text taken for float32 gives numbers near 1e-38 or 1e38.
    if len(plausible) < 0.5 * len(numbers) or np.median(plausible) > 1e6 or 0 < np.median(plausible) < 1e-12:
        return None
    reasons = [
        f"The file announces {int(header[1]):,} vectors of {int(header[2]):,} numbers, and binary numbers follow."
    ]
    return Guess(Kind.VECTORS, Layout.WORD2VEC_BINARY, delimiter=" ", has_header=True, reasons=reasons)


def vectors_in_array(head: bytes) -> Guess | None:
    """Return a guess if the bytes are a NumPy file; what it holds is checked when it is read."""
    if not head.startswith(NPY_MAGIC):
        return None
    return Guess(Kind.VECTORS, Layout.NUMPY, reasons=["The file is a NumPy array; its names come in a second file."])


def vectors_in_table(upload: OpenedUpload) -> Guess | None:
    """Return a guess if a Parquet file holds keys and vectors."""
    with open_vector_table(upload, upload.limits) as stored:
        schema = stored.schema_arrow
    found = find_vector_columns(schema) if looks_like_vectors(schema) else None
    if found is None:
        return None
    # The columns serve whoever reads the table as text after all.
    columns = [
        Column(name, index, ColumnType.NUMBER if name in found.vectors else ColumnType.TEXT)
        for index, name in enumerate(schema.names[:MAX_COLUMNS])
    ]
    what = (
        f"lists of numbers in {found.vectors[0]}" if found.are_lists else f"{len(found.vectors):,} columns of numbers"
    )
    reason = f"The file is a Parquet table with {what}, and keys in {found.key or 'a second file'}."
    return Guess(Kind.VECTORS, Layout.PARQUET, has_header=True, columns=columns, member=upload.member, reasons=[reason])


def vectors_in_lines(lines: list[str]) -> Guess | None:
    """Return a guess if the lines are word2vec text, GloVe text, or vectors of the Embedding Projector."""
    header = _LINE_HEADER.fullmatch(lines[0][:40])
    sample = [line.rstrip() for line in lines[: _SAMPLE_LINES + 1] if line.strip()]
    if header is not None and sample[1:] and _keyed_size(sample[1:], whole=True) == int(header[2]):
        reason = f"The first line announces {int(header[1]):,} vectors of {int(header[2]):,} numbers."
        return Guess(Kind.VECTORS, Layout.WORD2VEC_TEXT, delimiter=" ", has_header=True, reasons=[reason])
    size = _keyed_size(sample)
    if size is not None and len(sample) > 1:
        reason = f"Each line is a word and {size:,} numbers."
        return Guess(Kind.VECTORS, Layout.GLOVE_TEXT, delimiter=" ", reasons=[reason])
    size = _projector_size(sample)
    if size is not None:
        reason = f"Each line is {size:,} decimal numbers parted by tabs."
        return Guess(Kind.VECTORS, Layout.PROJECTOR_TSV, delimiter="\t", reasons=[reason])
    return None


def _keyed_size(lines: list[str], *, whole: bool = False) -> int | None:
    """Return how many numbers (not all whole ones, unless allowed) follow the key on nearly every line, or None."""
    n_alike: Counter[int] = Counter()
    for line in lines:
        fields = line.split(" ")
        if len(fields) > 2 and all(map(is_number, fields[1:])) and (whole or "." in line):
            n_alike[len(fields) - 1] += 1
    return _usual(n_alike, len(lines))


def _projector_size(lines: list[str]) -> int | None:
    rows = [line.split("\t") for line in lines]
    numeric = [row for row in rows if len(row) > 1 and all(map(is_number, row))]
    size = _usual(Counter(map(len, numeric)), len(lines))
    if size is None:
        return None
    # Ratings are parted by tabs too, but their ids are whole numbers.
    columns = list(zip(*(row for row in numeric if len(row) == size), strict=True))
    return size if all(any(not value.lstrip("+-").isdigit() for value in column) for column in columns) else None


def _usual(n_alike: Counter[int], n_lines: int) -> int | None:
    if not n_alike:
        return None
    size, n = n_alike.most_common(1)[0]
    return size if n >= _SHARE_ALIKE * n_lines else None

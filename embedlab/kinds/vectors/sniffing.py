"""Which files hold vectors rather than ratings or text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np

from embedlab.core.kind import Kind
from embedlab.kinds.guess import Column, Guess
from embedlab.kinds.vectors.detection import container_of, format_of
from embedlab.kinds.vectors.formats import VectorsFormat, binary_format
from embedlab.kinds.vectors.json_files import starts_like_vectors
from embedlab.kinds.vectors.line_shapes import SHARE_ALIKE, LineShape, shape_of
from embedlab.kinds.vectors.tables import find_vector_columns, looks_like_vectors, open_vector_table
from embedlab.reading.columns import ColumnType
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import members
from embedlab.reading.table_columns import MAX_COLUMNS

_HEADER = re.compile(rb"(\d{1,12}) (\d{1,6})\r?\n")
_MAX_KEY_BYTES: Final = 4096
#: Formats that are no text, by what they are called in a reason.
_BINARY: Final[dict[VectorsFormat, tuple[Layout, str]]] = {
    "npy": (Layout.NUMPY, "The file is a NumPy array; its names come in a second file."),
    "safetensors": (Layout.SAFETENSORS, "The file holds tensors in the safetensors format."),
    "fasttext-binary": (Layout.FASTTEXT_BINARY, "The file is a binary fastText model."),
    "hdf5": (Layout.HDF5, "The file holds weights in HDF5, as Keras writes them."),
    "npz": (Layout.NUMPY_ARCHIVE, "The file is an archive of NumPy arrays."),
}
_SHAPES: Final = {
    "word2vec": Layout.WORD2VEC_TEXT,
    "glove": Layout.GLOVE_TEXT,
    "tsv": Layout.PROJECTOR_TSV,
    "numbers": Layout.NUMBERS,
    "table": Layout.VECTOR_TABLE,
}


def is_container(upload: OpenedUpload) -> bool:
    """Tell whether a zip archive is a format of vectors itself (`.npz`, `.keras`) and no packed file.

    Raises
    ------
    InputError
        It is a PyTorch file, which holds a pickle.
    """
    return upload.member is not None and container_of(members(upload, upload.limits)) is not None


def vectors_in(upload: OpenedUpload) -> Guess | None:
    """Return a guess if a file holds vectors; raises `InputError` where it cannot be looked into."""
    if upload.is_parquet:
        return vectors_in_table(upload)
    if upload.member is not None:
        container = container_of(members(upload, upload.limits))
        if container is not None:
            layout, reason = _BINARY[container[0]]
            return Guess(Kind.VECTORS, layout, reasons=[reason])
    found = binary_format(upload.head)
    if found is not None and found in _BINARY:
        layout, reason = _BINARY[found]
        return Guess(Kind.VECTORS, layout, member=upload.member, reasons=[reason])
    guess = vectors_in_binary(upload.head)
    if guess is None:
        guess = _vectors_in_json(upload.lines) or vectors_in_lines(upload.lines)
        guess = None if guess is None else replace(guess, encoding=upload.encoding)
    return None if guess is None else replace(guess, member=upload.member)


def _vectors_in_json(lines: list[str]) -> Guess | None:
    """Return a guess if JSON begins with lists of decimal numbers, which few other data has."""
    full = [line for line in lines if line.strip()]
    if full[0].lstrip()[0] not in "{[" or not starts_like_vectors("\n".join(full[:2000])[:20_000]):
        return None
    is_lines = len(full) > 1 and all(line.strip()[0] in "{[" and line.strip()[-1] in "}]" for line in full[:3])
    layout = Layout.VECTOR_JSON_LINES if is_lines else Layout.VECTOR_JSON
    return Guess(Kind.VECTORS, layout, reasons=["The file is JSON with lists of decimal numbers."])


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
    # Text read as float32 gives numbers near 1e-38 or 1e38.
    if len(plausible) < 0.5 * len(numbers) or np.median(plausible) > 1e6 or 0 < np.median(plausible) < 1e-12:
        return None
    reasons = [
        f"The file announces {int(header[1]):,} vectors of {int(header[2]):,} numbers, and binary numbers follow."
    ]
    return Guess(Kind.VECTORS, Layout.WORD2VEC_BINARY, delimiter=" ", has_header=True, reasons=reasons)


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
    """Return a guess if the lines hold vectors, with keys or without, rather than ratings or text."""
    if next(line for line in lines if line.strip()).lstrip().startswith("{"):
        return None
    shape = shape_of(lines)
    if shape is None or not _is_plausible(shape):
        return None
    layout = _SHAPES[format_of(shape)]
    if shape.announced is not None:
        reason = f"The first line announces {shape.announced[0]:,} vectors of {shape.announced[1]:,} numbers."
    elif shape.rows == "keyed":
        reason = f"Each line is a word and {shape.vector_size:,} numbers."
    elif shape.rows == "numbers":
        reason = f"Each line is {shape.vector_size:,} decimal numbers."
    else:
        reason = f"The table has {shape.vector_size:,} numbers of a vector in each row."
    return Guess(
        Kind.VECTORS,
        layout,
        delimiter=shape.separator or " ",
        has_header=shape.announced is not None or shape.has_names,
        columns=_columns(shape),
        reasons=[reason, *shape.assumptions],
    )


def _columns(shape: LineShape) -> list[Column]:
    """Return the columns beside the vector, among which the key is chosen."""
    if shape.roles is None:
        return []
    return [
        Column(shape.roles.names[place] or str(place), place, ColumnType.TEXT)
        for place in shape.roles.others[:MAX_COLUMNS]
    ]


def _is_plausible(shape: LineShape) -> bool:
    """Tell whether the lines are vectors rather than ratings, measurements or text with numbers in it."""
    if shape.announced is not None:
        return True
    if shape.share < SHARE_ALIKE:
        return False
    if shape.rows == "table":
        return shape.roles is not None and shape.roles.looks_like_vectors
    if len(shape.sample) < 2 or shape.vector_size < 2:
        return False
    cells = [row[-shape.vector_size :] for row in shape.sample]
    if shape.rows == "keyed":
        # A word, a tab or comma, and two numbers may be anything.
        enough = shape.separator is None or shape.vector_size > 2
        return enough and any(_is_decimal(cell) for row in cells for cell in row)
    columns = list(zip(*cells, strict=False))
    # Where whole numbers come first, perhaps ids of the rows, more decimal columns must follow than a table has.
    decimal = columns if shape.is_sure or shape.vector_size < 4 else columns[1:]
    return all(any(_is_decimal(cell) for cell in column) for column in decimal)


def _is_decimal(cell: str) -> bool:
    return not cell.strip().lstrip("+-").isdigit()

"""Reading the binary rows of word2vec, streaming."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.kinds.vectors.formats import LONGEST_KEY_BYTES, Header, binary_dtype, check_amount, check_vector_size
from embedlab.kinds.vectors.key_encodings import KeyDecoder
from embedlab.kinds.vectors.keyed_rows import KeyedRows
from embedlab.kinds.vectors.rows import (
    BYTES_AT_ONCE,
    SHARE_OFF,
    Tick,
    Wanted,
    check_announced,
    no_vectors,
    none_wanted,
    other_number,
)


def read_binary_rows(
    stream: BinaryIO,
    header: Header,
    first: int | None,
    tick: Tick,
    wanted: Wanted | None = None,
    *,
    decoder: KeyDecoder,
) -> KeyedRows:
    """Read the rows of word2vec's binary format; `stream` is at the end of the header.

    With `wanted` all rows are read, and only those are kept.

    Raises
    ------
    InputError
        The file ends too early, or its bytes are no vectors; the message tells the row, counting from 1.
    """
    check_vector_size(header.vector_size)
    n_rows = header.n_keys if first is None else min(first, header.n_keys)
    if wanted is None:
        check_amount(n_rows, header.vector_size)
    buffer = stream.read(BYTES_AT_ONCE)
    dtype = binary_dtype(buffer, header.vector_size) or np.dtype("<f4")
    n_bytes = header.vector_size * dtype.itemsize
    keys: list[str] = []
    blocks: list[Vectors] = []
    position = 0
    pieces: list[bytes] = []
    said: list[str] = []
    row = 0
    while row < n_rows or first is None:
        row += 1
        if len(buffer) - position < LONGEST_KEY_BYTES + n_bytes + 2:
            blocks.extend(_as_vectors(pieces, header.vector_size, dtype))
            pieces = []
            buffer = buffer[position:] + stream.read(BYTES_AT_ONCE + n_bytes)
            position = 0
            tick()
        if first is None and not buffer[position : position + LONGEST_KEY_BYTES].strip(b"\n"):
            if row - 1 != header.n_keys:
                said.append(check_announced(header.n_keys, row - 1))
            break
        if row > header.n_keys + max(1, SHARE_OFF * header.n_keys):
            raise other_number(header.n_keys, row)
        space = buffer.find(b" ", position, position + LONGEST_KEY_BYTES)
        if space < 0 or space + 1 + n_bytes > len(buffer):
            raise InputError(
                "The file of vectors is cut short or damaged.",
                received=f"row {row:,} of {header.n_keys:,}",
                remedy="Download or export it again.",
            )
        key = decoder.decode(buffer[position:space].lstrip(b"\n"))
        if wanted is None or wanted(key):
            keys.append(key)
            pieces.append(buffer[space + 1 : space + 1 + n_bytes])
            check_amount(len(keys), header.vector_size)
        position = space + 1 + n_bytes
    blocks.extend(_as_vectors(pieces, header.vector_size, dtype))
    if not blocks:
        raise no_vectors() if wanted is None or row < 2 else none_wanted(row - 1)
    return KeyedRows(
        keys,
        np.concatenate(blocks),
        n_in_file=header.n_keys if first is not None else row - 1,
        layout="word2vec-binary",
        has_header=True,
        assumptions=said,
    )


def _as_vectors(pieces: list[bytes], vector_size: int, dtype: np.dtype[np.floating]) -> Iterator[Vectors]:
    if pieces:
        yield np.frombuffer(b"".join(pieces), dtype).astype(np.float32).reshape(-1, vector_size)

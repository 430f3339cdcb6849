"""Formats of vectors by their first bytes; those that could run code are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from embedlab.core.errors import InputError, TooLargeError

VectorsFormat = Literal[
    "word2vec",
    "word2vec-binary",
    "glove",
    "tsv",
    "numbers",
    "table",
    "json",
    "jsonl",
    "npy",
    "npz",
    "parquet",
    "safetensors",
    "fasttext-binary",
    "hdf5",
]

NPY_MAGIC = b"\x93NUMPY"
PARQUET_MAGIC = b"PAR1"
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
FASTTEXT_MAGIC = (793712314).to_bytes(4, "little")
#: Most bytes of the header of a safetensors file, as its own library has it.
_LARGEST_SAFETENSORS_HEADER = 100_000_000

#: Most columns of a vector.
LARGEST_VECTOR_SIZE = 10_000
#: Most numbers read: 4 GiB of float32.
MOST_NUMBERS = 2**30
#: Bytes a key may have.
LONGEST_KEY_BYTES = 10_000
_HEADER = re.compile(rb"(\d{1,12})[ \t](\d{1,12})[ \t]*\r?\n")
_ROWS_LOOKED_AT = 3


@dataclass(frozen=True)
class Header:
    """The first line of a word2vec file: how many keys it promises, and how many numbers each has."""

    n_keys: int
    vector_size: int
    n_bytes: int


def refuse_pickles(head: bytes) -> None:
    """Raise `InputError` for files that hold a pickle, which could run any code."""
    if head.startswith(NPY_MAGIC) and b"O" in _numpy_types(head):
        raise InputError(
            "The NumPy file holds a pickle (an array of objects), which could run any code; EmbedLab never opens one.",
            remedy="Save vectors.astype(numpy.float32), and the names as a text file with one name a line.",
        )
    is_pickle = len(head) > 1 and head[0] == 0x80 and 1 <= head[1] <= 5
    if is_pickle or head.startswith((b"ccopy_reg", b"cgensim", b"cnumpy", b"(dp", b"(lp")):
        raise InputError(
            "The file holds a pickle, which could run any code; EmbedLab never opens one.",
            received="a Python pickle (.pt, .pth, .kv, .pkl, .model)",
            remedy="Save the vectors as data: in gensim keyed_vectors.save_word2vec_format(...), in PyTorch "
            "safetensors.torch.save_file({'vectors': weight}, 'vectors.safetensors'), else numpy.savez('vectors.npz', "
            "words=numpy.array(words, dtype=str), vectors=vectors).",
        )


def _numpy_types(head: bytes) -> bytes:
    """Return what the header of a NumPy file says of the type of its numbers."""
    match = re.search(rb"'descr':(.*?)'fortran_order'", head[:65_536], re.DOTALL)
    return match[1] if match is not None else b""


def read_header(head: bytes) -> Header | None:
    """Return the word2vec header at the start of a file, or None where there is none.

    Raises
    ------
    TooLargeError
        It promises vectors of more than 10,000 numbers.
    """
    match = _HEADER.match(head)
    if match is None:
        return None
    return Header(int(match[1]), int(match[2]), match.end())


def check_vector_size(vector_size: int) -> None:
    """Raise for vectors without numbers or with more than 10,000."""
    if vector_size > LARGEST_VECTOR_SIZE:
        raise TooLargeError(
            f"Vectors may have at most {LARGEST_VECTOR_SIZE:,} numbers.",
            received=vector_size,
            remedy="Check the first line of the file.",
        )
    if vector_size < 1:
        raise InputError("The vectors have no numbers.", remedy="Check the first line of the file.")


def check_amount(n_keys: int, vector_size: int) -> None:
    """Raise `TooLargeError` when so many vectors would need more than 4 GiB."""
    if n_keys * vector_size > MOST_NUMBERS:
        raise TooLargeError(
            "The vectors need more than 4 GiB of memory.",
            received=f"{n_keys:,} x {vector_size:,}",
            remedy="Bring only the most frequent keys: set the option first to a number of keys.",
        )


def binary_format(head: bytes) -> VectorsFormat | None:
    """Return the format of a binary file, detected from its first bytes; None for text and everything unknown.

    Raises
    ------
    InputError
        It holds a pickle.
    """
    refuse_pickles(head)
    if head.startswith(NPY_MAGIC):
        return "npy"
    if head.startswith(PARQUET_MAGIC):
        return "parquet"
    if head.startswith(HDF5_MAGIC):
        return "hdf5"
    if head.startswith(FASTTEXT_MAGIC):
        return "fasttext-binary"
    if is_safetensors(head):
        return "safetensors"
    header = read_header(head)
    if header is None or not 0 < header.vector_size <= LARGEST_VECTOR_SIZE:
        return None
    rows = head[header.n_bytes :]
    if _text_row_fits(rows, header.vector_size):
        return None
    return "word2vec-binary" if binary_dtype(rows, header.vector_size) is not None or not _is_text(head) else None


def is_safetensors(head: bytes) -> bool:
    """Tell whether a file is one of safetensors: the length of a JSON header in eight bytes, and the header."""
    n_bytes = int.from_bytes(head[:8], "little")
    return len(head) > 9 and 2 <= n_bytes <= _LARGEST_SAFETENSORS_HEADER and head[8:9] == b"{"


def binary_dtype(rows: bytes, vector_size: int) -> np.dtype[np.float32] | np.dtype[np.float16] | None:
    """Return which numbers the binary rows at the start of `rows` are made of, or None when they are none."""
    for dtype in (np.dtype("<f4"), np.dtype("<f2")):
        if _binary_rows_fit(rows, vector_size, dtype):
            return dtype
    return None


def _binary_rows_fit(rows: bytes, vector_size: int, dtype: np.dtype[np.floating]) -> bool:
    position, n_bytes = 0, vector_size * dtype.itemsize
    for row in range(_ROWS_LOOKED_AT):
        space = rows.find(b" ", position, position + LONGEST_KEY_BYTES)
        if space < 0 or space + 1 + n_bytes > len(rows):
            return row > 0
        if not _is_key(rows[position:space].lstrip(b"\n")):
            return False
        numbers = np.frombuffer(rows, dtype, vector_size, space + 1).astype(np.float64)
        # Bytes read as the wrong numbers are soon huge; NaN is left for the reader to name.
        with np.errstate(invalid="ignore"):
            if np.nanmax(np.abs(numbers), initial=0) > 1e6:
                return False
        position = space + 1 + n_bytes
    return True


def _is_key(key: bytes) -> bool:
    try:
        return bool(key) and key.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def _text_row_fits(rows: bytes, vector_size: int) -> bool:
    line = rows.split(b"\n", 1)[0]
    fields = line.split()
    return len(fields) >= vector_size and _numbers(fields[-vector_size:])


def _numbers(fields: list[bytes]) -> bool:
    try:
        return bool([float(field) for field in fields])
    except ValueError:
        return False


def _is_text(head: bytes) -> bool:
    return b"\0" not in head and head.decode("utf-8", "replace").count("\ufffd") < 3

"""Whether a file holds names and metadata of vectors: one row for each of them."""

from __future__ import annotations

import io
from typing import Final

from embedlab.core.array_file import read_header
from embedlab.core.errors import UnsureError
from embedlab.kinds.companion_match import CompanionMatch, NamedFile, matched
from embedlab.kinds.vectors.importing import guess_vectors_options
from embedlab.kinds.vectors.previewing import preview_vectors
from embedlab.kinds.vectors.sniffing import vectors_in
from embedlab.reading.opened import OpenedUpload

_CHUNK_BYTES: Final = 1 << 20
_NPY_MAGIC: Final = b"\x93NUMPY"
_WHAT: Final = "names and metadata"


def match(main: NamedFile, other: NamedFile) -> CompanionMatch | None:
    """Return the match of a file with a row for each vector; raises `InputError` if it cannot be read as such.

    A small file is read with the vectors, as the import does; of larger ones the rows are counted.
    """
    if vectors_in(other.upload) is not None:
        return None
    try:
        options = guess_vectors_options(main.upload, main.upload.limits, main.upload.member)
        read, is_complete = preview_vectors(
            main.upload, options, metadata_path=other.upload.path, limits=main.upload.limits
        )
    except UnsureError:
        # The rows fit; which of them are the keys is asked with the preview.
        n_rows = count_lines(other.upload)
        return _found(n_rows, n_rows)
    if is_complete:
        n_vectors = read.embedding.n_keys
        return _found(n_vectors, n_vectors)
    n_rows, expected = count_lines(other.upload), _n_vectors(main.upload)
    # Either file may have a header.
    fitting = next((n for n in expected if n_rows in {n, n + 1}), None)
    return None if fitting is None else _found(fitting, fitting)


def count_lines(upload: OpenedUpload) -> int:
    """Return the number of lines of a file after decompression; the last one may lack its line break."""
    n_lines, last = 0, b"\n"
    with upload.open() as source:
        while chunk := source.read(_CHUNK_BYTES):
            n_lines += chunk.count(b"\n")
            last = chunk[-1:]
    return n_lines + (last != b"\n")


def _n_vectors(upload: OpenedUpload) -> tuple[int, ...]:
    """Return how many vectors a file may have: its rows, with and without a header."""
    if upload.head.startswith(_NPY_MAGIC):
        with io.BytesIO(upload.head) as start:
            shape = read_header(start)[0]
        return (shape[0],) if shape else ()
    n_lines = count_lines(upload)
    return (n_lines, n_lines - 1)


def _found(n_matched: int, n_expected: int) -> CompanionMatch:
    return CompanionMatch("items", 0.9, matched(_WHAT, n_matched, n_expected, "vectors"), n_matched, n_expected)

"""Opening any file as a stream: plain or packed, in any common encoding, within stated bounds.

Everything above this file reads clean UTF-8 from a stream. Whether a file is packed, cut short, larger than it claims
or not text at all is detected here, from the content and never from the name.

Each function takes the path of a file, or a `StoredFile` (such as an `OpenedUpload`) that remembers its first bytes and
its members, so that they are not read again.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from embedlab.core.files import storage_errors
from embedlab.reading import encodings
from embedlab.reading.archives import LONGEST_MEMBER_NAME
from embedlab.reading.compression import Packing
from embedlab.reading.limits import Limits, empty_error
from embedlab.reading.stored_file import StoredFile, open_stored
from embedlab.reading.streams import BUFFER_BYTES, CleanSource, Source, Utf8Stream

__all__ = [
    "LONGEST_MEMBER_NAME",
    "CleanSource",
    "Limits",
    "Source",
    "StoredFile",
    "detect_encoding",
    "digest",
    "empty_error",
    "member_sizes",
    "members",
    "open_clean",
    "open_source",
    "open_text",
    "packing",
    "read_head",
    "unpacked_file",
]


def packing(file: Path | StoredFile, limits: Limits | None = None) -> Packing | None:
    """Return `gzip`, `bzip2`, `xz`, `zip`, or None for a plain file, from its first bytes; raises as `members`."""
    return StoredFile.of(file, limits or Limits()).contents.packing


def members(file: Path | StoredFile, limits: Limits) -> list[str]:
    """Return the names of the files in a zip archive, largest first; empty for everything else.

    Raises
    ------
    TooLargeError
        The archive has more members than the limits allow.
    InputError
        The name of a member points outside the archive, or the archive is damaged.
    """
    return [member.name for member in StoredFile.of(file, limits).members]


def member_sizes(file: Path | StoredFile, limits: Limits) -> list[tuple[str, int]]:
    """Return names and unpacked sizes in bytes of the files in a zip archive, in its order; raises as `members`."""
    return [(member.name, member.size_bytes) for member in StoredFile.of(file, limits).contents.members]


@contextmanager
def open_source(file: Path | StoredFile, limits: Limits, member: str | None = None) -> Iterator[Source]:
    """Open the unpacked bytes of a plain, gzip, bzip2, xz or zip file, detected from the content, as a stream.

    Parameters
    ----------
    file
        The file as it is stored.
    limits
        Bounds on unpacked size and members; reading beyond the bound raises. A `StoredFile` keeps its own.
    member
        Which file of a zip archive; the largest if None. Ignored where there are no members.

    Raises
    ------
    TooLargeError
        The archive unpacks to more than the bound (here, or while reading).
    InputError
        The archive is damaged, cut short, protected, nested, or names files outside itself (here, or while reading).
    NotFoundError
        No such file or member.
    """
    with StoredFile.of(file, limits, member).open() as source:
        yield source


@contextmanager
def open_clean(
    file: Path | StoredFile, encoding: str, limits: Limits, member: str | None = None
) -> Iterator[CleanSource]:
    """Open a text file as bytes of clean UTF-8, whatever its encoding: for parsers that need bytes.

    Bytes that are not valid in `encoding` (the head of a file does not always show the encoding) are read as cp1252
    where the encoding is UTF-8, else replaced, and counted in `n_repaired`.

    Raises
    ------
    InputError
        NUL characters (a binary file, or the wrong encoding), an unknown encoding, or what `open_source` raises.
    """
    checked = encodings.check_encoding(encoding)
    with open_source(file, limits, member) as source, CleanSource(Utf8Stream(source, checked), BUFFER_BYTES) as clean:
        yield clean


@contextmanager
def open_text(
    file: Path | StoredFile, encoding: str, limits: Limits, member: str | None = None, *, newline: str | None = None
) -> Iterator[TextIO]:
    """Open a text file as a stream of characters; see `open_clean` for what is raised and repaired.

    `newline` is that of `open`: None turns every line ending into a line feed, `""` keeps them (for `csv`).
    """
    with (
        open_clean(file, encoding, limits, member) as clean,
        io.TextIOWrapper(clean, encoding="utf-8", newline=newline) as text,
    ):
        yield text


def read_head(
    file: Path | StoredFile, limits: Limits, member: str | None = None, n_bytes: int = encodings.HEAD_BYTES
) -> bytes:
    """Return at most the first `n_bytes` unpacked bytes; raises `InputError` when there are none."""
    stored = StoredFile.of(file, limits, member)
    with stored.open() as source:
        head = source.read(n_bytes)
    if not head:
        raise empty_error(stored.path)
    return head


def detect_encoding(file: Path | StoredFile, limits: Limits, member: str | None = None) -> str:
    """Return the name of the file's encoding from its first 256 KiB, such as `utf-8`, `utf-16` or `cp1252`.

    Raises
    ------
    InputError
        The file is empty, or holds binary data.
    """
    return encodings.encoding_of(StoredFile.of(file, limits, member).head)


@contextmanager
def unpacked_file(file: Path | StoredFile, limits: Limits, member: str | None = None) -> Iterator[Path]:
    """Provide a file that can be read at any position (Parquet needs that): the file itself, or an unpacked copy.

    The copy is deleted when the block ends.
    """
    stored = StoredFile.of(file, limits, member)
    if stored.contents.packing is None:
        yield stored.path
        return
    with tempfile.TemporaryDirectory(prefix="embedlab-") as folder:
        copy = Path(folder) / "unpacked"
        with stored.open() as source, storage_errors(copy), copy.open("wb") as stream:
            shutil.copyfileobj(source, stream, BUFFER_BYTES)
        yield copy


def digest(path: Path) -> str:
    """Return the SHA-256 of the file as it is stored, as 64 hexadecimal digits."""
    with open_stored(path) as stream:
        return hashlib.file_digest(cast("io.BufferedReader", stream), "sha256").hexdigest()

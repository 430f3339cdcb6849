"""Compressed files: detection from the first bytes, decompression, and the errors for damaged ones."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zipfile
import zlib
from typing import IO, BinaryIO, Final, Literal, TypeAlias, cast

from embedlab.core.errors import InputError

Packing: TypeAlias = Literal["gzip", "bzip2", "xz", "zip"]

_MAGIC: Final[tuple[tuple[bytes, Packing], ...]] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
_MAGIC_BYTES: Final = 8
#: Bytes of a file that show whether it is another archive: the magic of tar is at byte 257.
NESTED_HEAD_BYTES: Final = 512
#: What decompressors raise for damaged files: their own errors, and those of parsing numbers and names from bytes that
#: hold none (`ValueError` includes those of decoding).
DAMAGED: Final = (
    EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, struct.error, ValueError, TypeError, LookupError,
    OverflowError, RuntimeError, NotImplementedError,
)  # fmt: skip


def packing_of(stream: BinaryIO) -> Packing | None:
    """Return how a file is packed, or None for a plain one. The stream is at its start, and still is afterwards."""
    start = stream.read(_MAGIC_BYTES)
    stream.seek(0)
    return _packing(start)


def _packing(start: bytes) -> Packing | None:
    return next((name for magic, name in _MAGIC if start.startswith(magic)), None)


def decompressed(stored: BinaryIO, packing: Packing | None) -> IO[bytes]:
    """Return the decompressed bytes of a gzip, bzip2 or xz file; a plain one is returned as it is."""
    if packing == "gzip":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stored, mode="rb"))
    if packing == "bzip2":
        return bz2.BZ2File(stored)
    if packing == "xz":
        return lzma.LZMAFile(stored)
    return stored


def refuse_nested(start: bytes) -> None:
    """Raise `InputError` if the first `NESTED_HEAD_BYTES` of an unpacked file are those of another archive."""
    if start[257:262] == b"ustar" or _packing(start) is not None:
        raise InputError(
            "The archive holds another archive.",
            remedy="Unpack the outer one and import the files inside.",
        )


def damaged_error(packing: Packing, error: Exception) -> InputError:
    """Return an error in plain words for what a decompressor raised."""
    if "password" in str(error) or "encrypted" in str(error):
        what, remedy = "The archive is protected by a password.", "Unpack it yourself and import the file inside."
    elif isinstance(error, NotImplementedError):
        what, remedy = "The compression method of the archive is not supported.", "Pack it with plain zip or gzip."
    else:
        what = f"The {packing} file is cut short or damaged."
        remedy = "Download or pack it again, and compare its size with the original."
    return InputError(what, received=str(error) or type(error).__name__, remedy=remedy)

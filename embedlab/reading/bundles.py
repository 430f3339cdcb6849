"""Several files as one: a plain zip, byte for byte the same for the same files, so that one digest covers them."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from embedlab.core.errors import TooLargeError
from embedlab.core.files import storage_errors
from embedlab.core.plain import one_line
from embedlab.reading.sources import Limits, StoredFile

_CHUNK_BYTES: Final = 1 << 20
_MARK: Final = b"EmbedLab: several files read as one"
#: The earliest date in a zip: the time of packing must not change the digest.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_PACKED_SUFFIXES: Final = frozenset({".gz", ".bz2", ".xz"})


@contextmanager
def bundled(files: Sequence[tuple[str, Path]], limits: Limits) -> Iterator[Path]:
    """Provide one file that holds several; it is deleted when the block ends.

    Parameters
    ----------
    files
        Displayed name (which may contain folders) and path of each. Compressed files are unpacked, and the files of a
        zip are added one by one.
    limits
        Bounds on the sum of all.

    Raises
    ------
    TooLargeError
        Together they are larger, or more, than the limits allow.
    InputError
        One of them is a damaged archive.
    """
    with tempfile.TemporaryDirectory(prefix="embedlab-") as folder:
        path = Path(folder) / "bundle"
        with storage_errors(path), zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            _Packer(archive, limits).add_all(files)
            archive.comment = _MARK
        yield path


def is_bundle(file: StoredFile) -> bool:
    """Return whether `bundled` made a file; raises `InputError` for a damaged archive."""
    return file.contents.comment == _MARK


def bundle_name(names: Sequence[str]) -> str:
    """Return a name for several files together."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


class _Packer:
    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        self._names: set[str] = set()
        self._n_bytes = 0

    def add_all(self, files: Sequence[tuple[str, Path]]) -> None:
        for name, path in files:
            file = StoredFile(path, self._limits)
            contents = file.contents
            if contents.packing == "zip":
                with file.share_archive():
                    for member in contents.members:
                        self._add(f"{PurePosixPath(name).stem}/{member.name}", file.of_member(member.name))
            else:
                plain = PurePosixPath(name)
                is_packed_name = contents.packing is not None and plain.suffix.lower() in _PACKED_SUFFIXES
                self._add(str(plain.with_suffix("")) if is_packed_name else name, file)

    def _add(self, name: str, file: StoredFile) -> None:
        if len(self._names) >= self._limits.max_members:
            raise TooLargeError(
                f"There are more than {self._limits.max_members:,} files.",
                received=f"{self._limits.max_members + 1:,} or more",
                remedy=self._limits.remedy("Choose fewer files, or join them first", "EMBEDLAB_MAX_ARCHIVE_MEMBERS"),
            )
        info = zipfile.ZipInfo(self._unique(_safe_name(name)), _NO_TIME)
        with (
            file.open() as source,
            self._archive.open(info, "w", force_zip64=True) as target,
        ):
            self._copy(source, target)

    def _copy(self, source: BinaryIO, target: object) -> None:
        while chunk := source.read(_CHUNK_BYTES):
            self._n_bytes += len(chunk)
            if self._n_bytes > self._limits.max_unpacked_bytes:
                raise TooLargeError(
                    "The files together are larger than is allowed.",
                    received=f"more than {self._limits.max_unpacked_bytes / 1024**2:,.0f} MB",
                    remedy=self._limits.remedy("Choose fewer files", "EMBEDLAB_MAX_UNPACKED_MB"),
                )
            target.write(chunk)  # type: ignore[attr-defined]

    def _unique(self, name: str) -> str:
        path, number, unique = PurePosixPath(name), 2, name
        while unique in self._names:
            unique = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
            number += 1
        self._names.add(unique)
        return unique


def _safe_name(name: str) -> str:
    parts = [one_line(part).replace(":", "_") for part in name.replace("\\", "/").split("/")]
    return "/".join(part for part in parts if part and part not in {".", ".."}) or "file"

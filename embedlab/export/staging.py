"""Atomic export of several files to a path that the user chose."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedlab.core.files import PARTIAL_SUFFIX, check_output, storage_errors


@contextmanager
def staged_export(out: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Yield the path to write instead of `out`, and a list that contains the final paths after the block.

    If the block ends without an error, everything it wrote next to that path is moved next to `out`; files with
    the same names are replaced. After an error no file remains.

    Raises
    ------
    InputError
        `out`, or the path of another file next to it, is a folder, a link or a device.
    StorageError
        The disk is full or the folder cannot be written.
    """
    check_output(out)
    written: list[Path] = []
    folder = out.with_name(f".export.{uuid.uuid4().hex[:8]}{PARTIAL_SUFFIX}")
    with storage_errors(out):
        try:
            folder.mkdir(parents=True)
            yield folder / out.name, written
            files = sorted(folder.iterdir(), key=lambda file: (file.name != out.name, file.name))
            for file in files:
                with file.open("rb+") as stream:
                    os.fsync(stream.fileno())
            # All are checked before the first is moved, so that they appear together or not at all.
            for file in files:
                check_output(out.with_name(file.name))
            written += [file.replace(out.with_name(file.name)) for file in files]
        finally:
            shutil.rmtree(folder, ignore_errors=True)

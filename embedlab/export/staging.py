"""Exports of several files that appear together or not at all, under a path the user chose."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedlab.core.files import PARTIAL_SUFFIX, check_output, storage_errors


@contextmanager
def staged(out: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Yield the path to write in place of `out`, and a list that holds the final paths after the block.

    Everything the block writes beside that path is moved beside `out` when it ends without an error; files of the same
    names are replaced. On an error nothing is left behind.

    Raises
    ------
    InputError
        `out`, or a path beside it where a further file belongs, is a folder, a link or a device.
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
            # All are checked before the first is moved, so that they still appear together or not at all.
            for file in files:
                check_output(out.with_name(file.name))
            written += [file.replace(out.with_name(file.name)) for file in files]
        finally:
            shutil.rmtree(folder, ignore_errors=True)

"""The texts of all files of an archive: the documents of each file in turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from embedlab.core.errors import InputError, shorten
from embedlab.kinds.reading_report import Changes
from embedlab.kinds.text.batches import Batch, DocumentSource, head_of
from embedlab.kinds.text.column_roles import PARTS
from embedlab.kinds.text.options import TextOptions
from embedlab.reading.delimited import Table, read_head
from embedlab.reading.limits import unpacked_too_large
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.table_columns import resolve_column

#: Opens one member with its own options, reading this many characters at a time.
OpenMember = Callable[[OpenedUpload, TextOptions, int], AbstractContextManager[DocumentSource]]

_LEAST_CHUNK = 4096
_NO_FOLDER = "(no folder)"


@dataclass
class Members:
    """Reads the members of an archive in turn; the counts grow during reading.

    Parameters
    ----------
    upload, options
        As for one text.
    open_member
        Opens one.
    chunk_characters
        Characters read at a time.
    most_characters
        Read at most this many of all files together, each file its equal part; None: everything.
    """

    upload: OpenedUpload
    options: TextOptions
    open_member: OpenMember
    chunk_characters: int
    most_characters: int | None = None
    table: Table = field(default_factory=lambda: Table([]))
    left_out: list[str] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    n_read: int = 0
    n_repaired: int = 0
    is_truncated: bool = False
    _n_bytes_done: int = 0
    _n_bytes_used: float = 0.0
    _now: tuple[DocumentSource, int] | None = None

    def __post_init__(self) -> None:
        """Read the archive's table of contents."""
        self._members = self.upload.contents.members
        self._n_bytes = max(1, sum(member.size_bytes for member in self._members))
        if not self._members:
            raise InputError(
                "The file is not an archive, so there are no files in it.",
                remedy="Choose a zip file, or several files at once.",
            )
        if self._n_bytes > self.upload.limits.max_unpacked_bytes:
            raise unpacked_too_large(self.upload.limits)

    @property
    def share_read(self) -> float:
        """Share of all files read so far, 0 to 1."""
        if self.most_characters is not None:
            return min(1.0, self._n_bytes_used / self._n_bytes)
        source, size = self._now or (None, 0)
        return min(1.0, (self._n_bytes_done + (size * source.share_read() if source else 0)) / self._n_bytes)

    def batches(self) -> Iterator[Batch]:
        """Yield the documents of each file in turn; files without text are skipped and listed in `left_out`."""
        for member in self._members:
            name, size = member.name, member.size_bytes
            upload = self.upload.of_member(name)
            encoding = self._encoding(upload)
            if encoding is None:
                self._leave_out(name, size, "files that contain no text")
            elif self._has_no_labels(upload):
                self._leave_out(name, size, "files without the label column")
            else:
                try:
                    yield from self._member(upload, name, size, encoding)
                except InputError as error:
                    what = f"In the file {shorten(name, 100)}: {error.what}"
                    received = {} if error.received is None else {"received": error.received}
                    raise type(error)(what, remedy=error.remedy, **received) from error
                self.n_read += 1
            self._n_bytes_done += size
        if not self.n_read:
            raise InputError(
                "None of the files contains text.",
                received=", ".join(shorten(name, 60) for name in self.left_out[:5]),
                remedy="Choose plain text or tables.",
            )

    def _member(self, upload: OpenedUpload, name: str, size: int, encoding: str) -> Iterator[Batch]:
        options = self.options.model_copy(
            update={"member": name, "encoding": encoding, "all_members": False, **self._of_one}
        )
        label, part = self._label(name), self._part(name)
        n_left = self._quota()
        chunk = self.chunk_characters if n_left is None else max(_LEAST_CHUNK, min(self.chunk_characters, n_left))
        n_seen = n_used = 0
        with self.open_member(upload, options, chunk) as source:
            self._now = (source, size)
            for batch in source.batches:
                head = batch if n_left is None else head_of(batch, n_left)
                n_characters = sum(map(len, head.texts))
                n_used += n_characters
                n_seen += sum(map(len, batch.texts))
                labels = head.labels if label is None else [label] * len(head.texts)
                if head.texts:
                    parts = head.parts if part is None else [part] * len(head.texts)
                    yield replace(head, labels=labels, parts=parts)
                if n_left is not None:
                    n_left -= n_characters
                    if head.texts != batch.texts:
                        self.is_truncated = True
                        break
            self._n_bytes_used += size * source.share_read() * n_used / max(1, n_seen)
            self._now = None
            self.n_repaired += source.n_repaired()
            self.changes.add(source.changes)
            if source.table is not None:
                self.table.n_bad_rows += source.table.n_bad_rows
                self.table.bad_row_examples = (self.table.bad_row_examples + source.table.bad_row_examples)[:5]

    def _leave_out(self, name: str, size: int, reason: str) -> None:
        self.left_out.append(name)
        self.changes.leave_out(reason, name)
        self._n_bytes_used += size

    def _quota(self) -> int | None:
        return None if self.most_characters is None else max(1, self.most_characters // len(self._members))

    def _encoding(self, upload: OpenedUpload) -> str | None:
        """Return the encoding of a file, or None if it is empty or not text.

        UTF-8 and UTF-16 are detected in each file; the other encodings look alike, so the chosen one is used.
        """
        if not upload.start.strip():
            return None
        if upload.is_parquet or self.options.layout == "parquet":
            fits = upload.is_parquet and self.options.layout == "parquet"
            return self.options.encoding if fits else None
        try:
            detected = upload.encoding
        except InputError:
            return None
        is_certain = detected.startswith("utf") or self.options.encoding.startswith("utf")
        return detected if is_certain else self.options.encoding

    @property
    def _of_one(self) -> dict[str, str]:
        """Return the options that differ for one file: labels and parts by name are those of the archive."""
        label_by = "prefix" if self.options.label_by == "prefix" else "none"
        return {"label_by": label_by, "part_by": "none"}

    def _has_no_labels(self, upload: OpenedUpload) -> bool:
        """Return whether a later file lacks the label column that is given by name, as an unlabeled test file does."""
        options = self.options
        is_named = options.has_header or options.layout == "jsonl"
        if not self.n_read or options.label_column is None or not is_named or not options.is_table:
            return False
        try:
            table_format = options.model_copy(update={"member": upload.member}).table_format
            names, _ = read_head(upload, table_format, upload.limits, n_rows=1)
            resolve_column(names, str(options.text_column))
        except InputError:
            # What is wrong with the file is said when it is read.
            return False
        return str(options.label_column) not in names and not str(options.label_column).isdigit()

    def _part(self, name: str) -> str | None:
        return part_of(name) or "" if self.options.part_by == "file" else None

    def _label(self, name: str) -> str | None:
        if self.options.label_by in {"none", "prefix"}:
            return None
        place = PurePosixPath(name)
        return place.name if self.options.label_by == "file" else place.parent.name or _NO_FOLDER


def part_of(name: str) -> str | None:
    """Return the part of a published split that the name of a file or of one of its folders says: `test/pos/1.txt`."""
    path = PurePosixPath(name)
    for piece in (path.stem, *reversed(path.parts[:-1])):
        found = {PARTS[word] for word in re.split(r"[\W_\d]+", piece.lower()) if word in PARTS}
        if len(found) == 1:
            return found.pop()
    return None

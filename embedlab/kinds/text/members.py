"""The texts of all files of an archive: the documents of each file in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from embedlab.core.errors import InputError, shorten
from embedlab.kinds.text.batches import Batch, DocumentSource, head_of
from embedlab.kinds.text.options import TextOptions
from embedlab.reading.delimited import Table
from embedlab.reading.opened import OpenedUpload

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
    n_read: int = 0
    n_repaired: int = 0
    is_truncated: bool = False
    _n_bytes_done: int = 0
    _n_characters: int = 0
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

    @property
    def share_read(self) -> float:
        """Share of all files read so far, 0 to 1."""
        if self.most_characters is not None:
            return 1.0 if not self.is_truncated else min(1.0, self._n_characters / self._n_bytes)
        source, size = self._now or (None, 0)
        return min(1.0, (self._n_bytes_done + (size * source.share_read() if source else 0)) / self._n_bytes)

    def batches(self) -> Iterator[Batch]:
        """Yield the documents of each file in turn; files without text are skipped and listed in `left_out`."""
        for member in self._members:
            name, size = member.name, member.size_bytes
            upload = self.upload.of_member(name)
            encoding = self._encoding(upload)
            if encoding is None:
                self.left_out.append(name)
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
            update={"member": name, "encoding": encoding, "all_members": False, "label_by": "none"}
        )
        label = self._label(name)
        n_left = self._quota()
        chunk = self.chunk_characters if n_left is None else max(_LEAST_CHUNK, min(self.chunk_characters, n_left))
        with self.open_member(upload, options, chunk) as source:
            self._now = (source, size)
            for batch in source.batches:
                head = batch if n_left is None else head_of(batch, n_left)
                n_characters = sum(map(len, head.texts))
                self._n_characters += n_characters
                labels = head.labels if label is None else [label] * len(head.texts)
                if head.texts:
                    yield Batch(head.texts, labels, head.continues)
                if n_left is not None:
                    n_left -= n_characters
                    if head.texts != batch.texts:
                        self.is_truncated = True
                        break
            self._now = None
            self.n_repaired += source.n_repaired()
            if source.table is not None:
                self.table.n_bad_rows += source.table.n_bad_rows
                self.table.bad_row_examples = (self.table.bad_row_examples + source.table.bad_row_examples)[:5]

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

    def _label(self, name: str) -> str | None:
        if self.options.label_by == "none":
            return None
        place = PurePosixPath(name)
        return place.name if self.options.label_by == "file" else place.parent.name or _NO_FOLDER

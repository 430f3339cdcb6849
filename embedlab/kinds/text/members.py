"""The texts of all files of an archive, one file's documents after the other's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from embedlab.core.errors import InputError, shorten
from embedlab.kinds.text.batches import Batch, DocumentSource, head_of
from embedlab.kinds.text.options import TextOptions
from embedlab.reading import encodings
from embedlab.reading.delimited import Table
from embedlab.reading.sources import Limits, member_sizes, open_source

#: Opens one member with options of its own, reading so many characters at a time.
OpenMember = Callable[[TextOptions, int], AbstractContextManager[DocumentSource]]

_PARQUET_MAGIC = b"PAR1"
_LEAST_CHUNK = 4096
_NO_FOLDER = "(no folder)"


@dataclass
class Members:
    """Reads the members of an archive in turn; the figures grow while it is read.

    Parameters
    ----------
    path, options, limits
        As for one text.
    open_member
        Opens one.
    chunk_characters
        Characters read at a time.
    most_characters
        Read at most so much of all together, and of each file its part of that; None: everything.
    """

    path: Path
    options: TextOptions
    limits: Limits
    open_member: OpenMember
    chunk_characters: int
    most_characters: int | None = None
    table: Table = field(default_factory=lambda: Table([]))
    left_out: list[str] = field(default_factory=list)
    n_read: int = 0
    n_repaired: int = 0
    is_cut: bool = False
    _n_bytes_done: int = 0
    _n_characters: int = 0
    _now: tuple[DocumentSource, int] | None = None

    def __post_init__(self) -> None:
        """Look at the archive's table of contents."""
        self._sizes = member_sizes(self.path, self.limits)
        self._n_bytes = max(1, sum(size for _, size in self._sizes))
        if not self._sizes:
            raise InputError(
                "The file is no archive, so there are no files in it.", remedy="Bring a zip, or several files at once."
            )

    @property
    def share_read(self) -> float:
        """Share of all files read so far, 0 to 1."""
        if self.most_characters is not None:
            return 1.0 if not self.is_cut else min(1.0, self._n_characters / self._n_bytes)
        source, size = self._now or (None, 0)
        return min(1.0, (self._n_bytes_done + (size * source.share_read() if source else 0)) / self._n_bytes)

    def batches(self) -> Iterator[Batch]:
        """Yield the documents of each file in turn; files that hold no text are left out and named in `left_out`."""
        for name, size in self._sizes:
            encoding = self._encoding(name)
            if encoding is None:
                self.left_out.append(name)
            else:
                try:
                    yield from self._member(name, size, encoding)
                except InputError as error:
                    what = f"In the file {shorten(name, 100)}: {error.what}"
                    received = {} if error.received is None else {"received": error.received}
                    raise type(error)(what, remedy=error.remedy, **received) from error
                self.n_read += 1
            self._n_bytes_done += size
        if not self.n_read:
            raise InputError(
                "None of the files holds text.",
                received=", ".join(shorten(name, 60) for name in self.left_out[:5]),
                remedy="Bring plain text or tables.",
            )

    def _member(self, name: str, size: int, encoding: str) -> Iterator[Batch]:
        options = self.options.model_copy(
            update={"member": name, "encoding": encoding, "all_members": False, "label_by": "none"}
        )
        label = self._label(name)
        n_left = self._part()
        chunk = self.chunk_characters if n_left is None else max(_LEAST_CHUNK, min(self.chunk_characters, n_left))
        with self.open_member(options, chunk) as source:
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
                        self.is_cut = True
                        break
            self._now = None
            self.n_repaired += source.n_repaired()
            if source.table is not None:
                self.table.n_bad_rows += source.table.n_bad_rows
                self.table.bad_row_examples = (self.table.bad_row_examples + source.table.bad_row_examples)[:5]

    def _part(self) -> int | None:
        return None if self.most_characters is None else max(1, self.most_characters // len(self._sizes))

    def _encoding(self, name: str) -> str | None:
        """Return the encoding of a file, or None when it is empty or no text.

        UTF-8 and UTF-16 are told file by file; the others look alike, so of them the chosen one counts.
        """
        with open_source(self.path, self.limits, name) as source:
            head = source.read(encodings.HEAD_BYTES)
        if not head.strip():
            return None
        if head.startswith(_PARQUET_MAGIC) or self.options.layout == "parquet":
            fits = head.startswith(_PARQUET_MAGIC) and self.options.layout == "parquet"
            return self.options.encoding if fits else None
        try:
            found = encodings.encoding_of(head)
        except InputError:
            return None
        is_told = found.startswith("utf") or self.options.encoding.startswith("utf")
        return found if is_told else self.options.encoding

    def _label(self, name: str) -> str | None:
        if self.options.label_by == "none":
            return None
        place = PurePosixPath(name)
        return place.name if self.options.label_by == "file" else place.parent.name or _NO_FOLDER

"""What a file is, told from its content and never from its name: kind, layout, encoding, separator, columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from embedlab.datasets.base import Kind
from embedlab.datasets.sources import Limits


class Layout(StrEnum):
    """How records lie in a file."""

    LINES = "lines"
    PARAGRAPHS = "paragraphs"
    DOCUMENT = "document"
    DELIMITED = "delimited"
    JSONL = "jsonl"
    PARQUET = "parquet"
    WORD2VEC_TEXT = "word2vec-text"
    WORD2VEC_BINARY = "word2vec-binary"
    GLOVE_TEXT = "glove-text"
    PROJECTOR_TSV = "projector-tsv"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `type` is `integer`, `number`, `text` or `empty`; `role` is `user`, `item`, `rating`, `time`, `text`, `label` or
    empty.
    """

    name: str
    index: int
    type: str
    role: str = ""


@dataclass(frozen=True)
class Guess:
    """What a file seems to be; every part of it is shown and can be changed.

    `reasons` are plain sentences.
    """

    kind: Kind
    layout: Layout
    encoding: str = "utf-8"
    delimiter: str | None = None
    has_header: bool = False
    quoting: bool = False
    columns: list[Column] = field(default_factory=list)
    member: str | None = None
    reasons: list[str] = field(default_factory=list)

    def role(self, role: str) -> Column | None:
        """Return the column that plays this role, or None."""
        return next((column for column in self.columns if column.role == role), None)


def sniff(path: Path, limits: Limits, member: str | None = None) -> Guess:
    """Tell what the file is from its first 256 KiB.

    Raises
    ------
    InputError
        The file is empty, damaged, binary, or has more than 1,000 columns.
    """
    raise NotImplementedError

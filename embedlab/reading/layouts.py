"""What a file can be: how records lie in it, what its columns are, and a guess at all of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from embedlab.core.kind import Kind


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
    NUMPY = "npy"


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

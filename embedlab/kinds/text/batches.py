"""Documents on their way from a file to the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from embedlab.kinds.reading_report import Changes
from embedlab.reading.delimited import Table

if TYPE_CHECKING:
    from embedlab.kinds.text.members import Members


@dataclass(frozen=True)
class Batch:
    """Some consecutive documents.

    Parameters
    ----------
    texts
        Their texts; the first one continues the last document of the previous batch if `continues`.
    labels
        One per text, if there are labels.
    continues
        Whether the first text continues the previous document.
    columns
        The other columns of a table by name, one cell per text.
    parts
        One per text, if there is a published split: `train`, `test`, or what the file says.
    """

    texts: list[str]
    labels: list[str] | None = None
    continues: bool = False
    columns: Mapping[str, list[str]] = field(default_factory=dict)
    parts: list[str] | None = None

    def first(self, n: int) -> Batch:
        """Return the first `n` texts with what belongs to them."""
        return replace(
            self,
            texts=self.texts[:n],
            labels=None if self.labels is None else self.labels[:n],
            columns={name: cells[:n] for name, cells in self.columns.items()},
            parts=None if self.parts is None else self.parts[:n],
        )


@dataclass
class DocumentSource:
    """An open text: iterate `batches` once; the counts grow during reading."""

    batches: Iterator[Batch]
    share_read: Callable[[], float]
    n_repaired: Callable[[], int]
    table: Table | None = field(default=None)
    members: Members | None = field(default=None)
    changes: Changes = field(default_factory=Changes)


def head_of(batch: Batch, n_characters: int) -> Batch:
    """Return the documents within the first `n_characters`; the last of them may be truncated."""
    texts: list[str] = []
    for text in batch.texts:
        if n_characters <= 0:
            break
        texts.append(text[:n_characters])
        n_characters -= len(text)
    return replace(batch.first(len(texts)), texts=texts)

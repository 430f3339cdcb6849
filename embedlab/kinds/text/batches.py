"""Documents on their way from a file to the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    """

    texts: list[str]
    labels: list[str] | None = None
    continues: bool = False


@dataclass
class DocumentSource:
    """An open text: iterate `batches` once; the counts grow during reading."""

    batches: Iterator[Batch]
    share_read: Callable[[], float]
    n_repaired: Callable[[], int]
    table: Table | None = field(default=None)
    members: Members | None = field(default=None)


def head_of(batch: Batch, n_characters: int) -> Batch:
    """Return the documents within the first `n_characters`; the last of them may be truncated."""
    texts: list[str] = []
    for text in batch.texts:
        if n_characters <= 0:
            break
        texts.append(text[:n_characters])
        n_characters -= len(text)
    return Batch(texts, None if batch.labels is None else batch.labels[: len(texts)], batch.continues)

"""What one of several files is for another: the answer of a kind of data when files are given together."""

from __future__ import annotations

from dataclasses import dataclass

from embedlab.reading.opened import OpenedUpload

#: From this confidence on, a file is used as a companion without a question.
SURE = 0.5


@dataclass(frozen=True)
class NamedFile:
    """An opened file with the name that its owner gave it, which may say that it is a test part."""

    name: str
    upload: OpenedUpload


@dataclass(frozen=True)
class CompanionMatch:
    """One file as the companion of another.

    Parameters
    ----------
    companion
        Name of the companion in its kind, such as `items`.
    confidence
        0 to 1; from `SURE` on, the file is used without a question.
    summary
        What it holds and how much of it fits, as the end of a sentence: `titles of 9,724 of 9,724 items`.
    n_matched, n_expected
        How many ids (or rows) of the main file occur in it, and how many there are.
    """

    companion: str
    confidence: float
    summary: str
    n_matched: int
    n_expected: int

    @property
    def is_sure(self) -> bool:
        """Whether the file is used without a question."""
        return self.confidence >= SURE


def matched(what: str, n_matched: int, n_expected: int, plural: str) -> str:
    """Return how much of a companion fits: `titles of 9,724 of 9,724 items`."""
    return f"{what} of {n_matched:,} of {n_expected:,} {plural}"

"""What an import assumed about a file, and what it left out, merged or converted: all kinds report it in this form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from embedlab.core.errors import shorten

#: Examples stored with each count.
MOST_EXAMPLES: Final = 5
_LONGEST_EXAMPLE: Final = 100
#: Keys of the details of an import: `read` says how the file was read, the others what changed on the way.
READ: Final = "read"
#: Key within `read`: the additional files, each as `{"file", "role", "title", "summary"}`.
COMPANIONS: Final = "companions"
CHANGES: Final = ("left_out", "merged", "converted")


@dataclass(frozen=True)
class ReadAs:
    """How a file was read.

    Parameters
    ----------
    kind
        Name of the kind of data.
    layout
        How records are stored, in the words of the kind's options.
    separator
        What separates columns; None where nothing does.
    header
        Whether the first row names the columns (or announces what follows).
    encoding
        Of the text; None for binary formats.
    columns
        Names of columns by role, such as `{"key": ["word"], "metadata": ["count"]}`.
    assumptions
        Plain sentences: what was assumed, and why.
    """

    kind: str
    layout: str
    separator: str | None = None
    header: bool = False
    encoding: str | None = None
    columns: Mapping[str, list[str]] = field(default_factory=dict)
    assumptions: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass
class _Counted:
    count: int = 0
    examples: list[str] = field(default_factory=list)


class Changes:
    """Counts what an import left out, merged or converted, by reason, with the first examples of each."""

    def __init__(self) -> None:
        self._counted: dict[str, dict[str, _Counted]] = {part: {} for part in CHANGES}

    def leave_out(self, reason: str, example: str, count: int = 1) -> None:
        """Count something left out; `reason` is a plural noun phrase, such as `rows without a key`."""
        self._add("left_out", reason, example, count)

    def merge(self, reason: str, example: str, count: int = 1) -> None:
        """Count something merged with something else."""
        self._add("merged", reason, example, count)

    def convert(self, reason: str, example: str, count: int = 1) -> None:
        """Count something converted."""
        self._add("converted", reason, example, count)

    def add(self, other: Changes) -> None:
        """Add what another object counted."""
        for part, reasons in other._counted.items():
            for reason, counted in reasons.items():
                for number, example in enumerate(counted.examples):
                    self._add(part, reason, example, counted.count if number == 0 else 0)

    def as_details(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return `{"left_out": {reason: {"count": n, "examples": [...]}}, "merged": ..., "converted": ...}`."""
        return {
            part: {reason: asdict(counted) for reason, counted in reasons.items()}
            for part, reasons in self._counted.items()
        }

    def sentences(self) -> list[str]:
        """Return one sentence for each reason, with count and an example."""
        titles = {"left_out": "Left out", "merged": "Merged", "converted": "Converted"}
        return [
            f"{titles[part]}: {counted.count:,} {reason}, such as {counted.examples[0]}."
            for part, reasons in self._counted.items()
            for reason, counted in reasons.items()
        ]

    def _add(self, part: str, reason: str, example: str, count: int) -> None:
        counted = self._counted[part].setdefault(reason, _Counted())
        counted.count += count
        if len(counted.examples) < MOST_EXAMPLES:
            counted.examples.append(shorten(example, _LONGEST_EXAMPLE))


def report_of(read: ReadAs, changes: Changes) -> dict[str, Any]:
    """Return the details that an import stores: `read`, `left_out`, `merged` and `converted`."""
    return {READ: read.as_json(), **changes.as_details()}

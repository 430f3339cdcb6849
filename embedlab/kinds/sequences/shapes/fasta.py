"""FASTA: the overlapping k-mers of DNA, RNA or protein sequences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from embedlab.kinds.reading_report import Changes
from embedlab.kinds.sequences.events import EventBatch
from embedlab.kinds.sequences.options import SequencesOptions
from embedlab.kinds.sequences.shapes.lines import Pending, open_lines
from embedlab.reading.opened import OpenedUpload

_RESIDUES: Final = re.compile(r"[A-Za-z*-]+")
_AMBIGUOUS: Final = frozenset("N-*")
_SHARE: Final = 0.98


def are_fasta(lines: Sequence[str]) -> bool:
    """Return whether the first line names a sequence, and the others are letters without spaces, or names."""
    filled = [line.strip() for line in lines if line.strip()]
    if len(filled) < 2 or not filled[0].startswith(">") or filled[1].startswith(">"):
        return False
    letters = [line for line in filled if not line.startswith((">", ";"))]
    return sum(_RESIDUES.fullmatch(line) is not None for line in letters) >= _SHARE * len(letters)


def kmers_of(residues: str, k: int) -> list[str]:
    """Return the overlapping k-mers of a sequence, in order.

    Examples
    --------
    >>> kmers_of("ATGCA", 3)
    ['ATG', 'TGC', 'GCA']
    """
    return [residues[start : start + k] for start in range(len(residues) - k + 1)]


def read_fasta(
    upload: OpenedUpload, options: SequencesOptions, changes: Changes, tick: Callable[[float], None]
) -> Iterator[EventBatch]:
    """Yield the k-mers of each record; those with a gap or an unknown residue (N in DNA) are left out."""
    k, pending, name, number, rest = options.kmer, Pending(), "", 0, ""
    # In protein sequences N is asparagine.
    letters = {letter for line in upload.lines if not line.startswith(">") for letter in line.strip().upper()}
    skipped = _AMBIGUOUS if letters <= set("ACGTUN-*") else _AMBIGUOUS - {"N"}
    with open_lines(upload, options, changes) as reader:
        for line in reader:
            if line.startswith(";"):
                continue
            if line.startswith(">"):
                number += 1
                words = line[1:].split(None, 1)
                # Records may have equal names, or none.
                name, rest = f"{words[0] if words else 'record'} #{number}", ""
                continue
            text = rest + re.sub(r"\s+", "", line).upper()
            found = kmers_of(text, k)
            usable = [each for each in found if skipped.isdisjoint(each)]
            if len(usable) < len(found):
                example = next(each for each in found if not skipped.isdisjoint(each))
                changes.leave_out("k-mers with a gap or an unknown residue", example, len(found) - len(usable))
            pending.add(name or "record #0", usable)
            rest = text[-(k - 1) :] if k > 1 else ""
            if pending.full():
                yield pending.take()
                tick(reader.share_read)
        yield pending.take()
        tick(1.0)

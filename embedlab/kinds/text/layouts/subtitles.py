"""Subtitles (.srt, .vtt): the spoken text of each cue, without numbers, times and markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final, TextIO

from embedlab.kinds.reading_report import Changes
from embedlab.kinds.text.batches import Batch

_TIME: Final = r"(?:\d{1,4}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
_TIMES: Final = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}.*")
_MARKUP: Final = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<\d[\d:.]*>|\{\\[^{}]{0,100}\}")
#: Blocks of WebVTT that are not spoken (https://www.w3.org/TR/webvtt1/).
_BLOCKS: Final = ("WEBVTT", "NOTE", "STYLE", "REGION")
_CUES_AT_ONCE: Final = 1000
_LONGEST_LINE: Final = 1 << 20


def are_subtitles(lines: Sequence[str]) -> bool:
    """Return whether lines are subtitles: every few lines is one with two times."""
    n_full = sum(bool(line.strip()) for line in lines)
    n_times = sum(_TIMES.fullmatch(line) is not None for line in lines)
    return n_times >= 1 and n_times >= n_full / 12


def split_cues(text: TextIO, changes: Changes) -> Iterator[Batch]:
    """Yield the text of each cue as a document; its lines are joined by spaces. What is left out is counted."""
    cues: list[str] = []
    block: list[str] = []
    while line := text.readline(_LONGEST_LINE):
        if line.strip():
            block.append(line.strip())
            continue
        _add(cues, block, changes)
        block = []
        if len(cues) >= _CUES_AT_ONCE:
            yield Batch(cues)
            cues = []
    _add(cues, block, changes)
    if cues:
        yield Batch(cues)


def _add(cues: list[str], block: list[str], changes: Changes) -> None:
    if not block:
        return
    times = [place for place, line in enumerate(block) if _TIMES.fullmatch(line)]
    if not times:
        if block[0].lstrip("\ufeff").split(" ", 1)[0] in _BLOCKS:
            changes.leave_out("blocks of a subtitle file that are not spoken", block[0])
        else:
            cues.append(" ".join(block))
        return
    # Cues without a blank line between them: the number of the next cue is before its times.
    for place, stop in zip(times, [*times[1:], len(block) + 1], strict=True):
        spoken = block[place + 1 : stop - 1 if stop <= len(block) else stop]
        changes.leave_out("times of subtitles", block[place])
        said = html.unescape(_MARKUP.sub("", " ".join(spoken))).strip()
        if said:
            cues.append(said)

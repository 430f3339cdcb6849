"""Readers of evaluation files: word pairs with scores, and analogies in sections. Bounded, since users upload them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from embedlab.core.errors import InputError, TooLargeError, shorten
from embedlab.core.plain import one_line
from embedlab.reading.sources import Limits, detect_encoding, open_text

#: Two words and their human similarity rating.
Pair = tuple[str, str, float]
#: `a` is to `b` as `c` is to `d`.
Question = tuple[str, str, str, str]

MOST_LINES = 50_000
#: Unpacked.
MOST_BYTES = 8 * 1024**2
LONGEST_WORD = 200
_LIMITS = Limits(max_unpacked_bytes=MOST_BYTES, max_members=100, are_settings=False)
_SEPARATORS = ("\t", ";", ",", "|")
_PAIRS_REMEDY = "Write two words and a number on each line, separated by tabs, commas or semicolons."
_ANALOGIES_REMEDY = "Write four words on each line; a line ': name' starts a section."


class Section(NamedTuple):
    """Questions of one category."""

    name: str
    questions: list[Question]


def _lines(path: Path) -> list[str]:
    """Return the lines with content; raises `InputError` if the file is not text, `TooLargeError` at the bounds."""
    lines: list[str] = []
    n_characters = 0
    with open_text(path, detect_encoding(path, _LIMITS), _LIMITS) as text:
        while line := text.readline(MOST_BYTES):
            n_characters += len(line)
            if n_characters >= MOST_BYTES:
                raise TooLargeError(
                    f"An evaluation file may have at most {MOST_BYTES / 1024**2:.0f} MB.", remedy="Use a part of it."
                )
            if line.strip() and not line.startswith("#"):
                lines.append(line.rstrip("\r\n"))
            if len(lines) > MOST_LINES:
                raise TooLargeError(
                    f"An evaluation file may have at most {MOST_LINES:,} lines.", remedy="Use a part of it."
                )
    return lines


def read_pairs(path: Path) -> list[Pair]:
    """Read word pairs with scores: the first two columns, and the first numeric column after them.

    Parameters
    ----------
    path
        Text of any encoding, compressed or not; columns separated by tabs, semicolons, commas, bars or white space,
        with or without a header; lines starting with # are comments.

    Raises
    ------
    InputError
        There are no scores, or fewer than two pairs, or more than half of the lines are something else.
    TooLargeError
        The file exceeds `MOST_LINES` or `MOST_BYTES`.
    """
    lines = _lines(path)
    rows = _rows(lines)
    wide = [row for row in rows if len(row) >= 3 and row[0] and row[1]]
    if not wide:
        what = "The file has words but no scores." if any(len(row) == 2 for row in rows) else "The file has no pairs."
        raise InputError(what, received=lines[0] if lines else "nothing", remedy=_PAIRS_REMEDY)
    column = _number_column(wide)
    pairs = [
        (row[0], row[1], score)
        for row in wide
        if len(row) > column and (score := _number(row[column])) is not None and max(map(len, row[:2])) <= LONGEST_WORD
    ]
    # One line may be a header.
    if len(pairs) < 2 or len(pairs) < (len(rows) - 1) / 2:
        raise InputError(
            "Too few lines have two words and a score.",
            received=f"{len(pairs)} of {len(rows)} lines, the first: {lines[0]}",
            remedy=_PAIRS_REMEDY,
        )
    return pairs


def _rows(lines: Sequence[str]) -> list[list[str]]:
    sample = lines[:200]
    separator = next((each for each in _SEPARATORS if sum(each in line for line in sample) > len(sample) / 2), None)
    if separator is None:
        return [line.split() for line in lines]
    # Every line is parsed alone, so that a stray quote cannot swallow other lines.
    return [[cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])] for line in lines]


def _number_column(rows: Sequence[Sequence[str]]) -> int:
    """Return the first column after the words that has numbers in most rows."""
    width = max(map(len, rows))
    for column in range(2, min(width, 50)):
        n_numbers = sum(len(row) > column and _number(row[column]) is not None for row in rows)
        # One row may be the header.
        if n_numbers and n_numbers >= (len(rows) - 1) / 2:
            return column
    raise InputError("The file has words but no scores.", received=shorten(" ".join(rows[0])), remedy=_PAIRS_REMEDY)


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def read_analogies(path: Path) -> list[Section]:
    """Read analogies in the format of ``questions-words.txt``: four words per line, ``: name`` before each section.

    Raises
    ------
    InputError
        There are no questions, or more than half of the lines are something else.
    TooLargeError
        The file exceeds `MOST_LINES` or `MOST_BYTES`.
    """
    sections: list[Section] = []
    lines = _lines(path)
    n_other = 0
    for line in lines:
        if line.startswith(":"):
            sections.append(Section(one_line(line.lstrip(": "), 60) or "questions", []))
            continue
        words = line.split()
        if len(words) != 4 or max(map(len, words)) > LONGEST_WORD:
            n_other += 1
            continue
        if not sections:
            sections.append(Section("questions", []))
        sections[-1].questions.append((words[0], words[1], words[2], words[3]))
    n_questions = sum(len(section.questions) for section in sections)
    if n_questions == 0 or n_other > n_questions:
        raise InputError(
            "Too few lines have four words.",
            received=f"{n_questions} of {n_questions + n_other} lines",
            remedy=_ANALOGIES_REMEDY,
        )
    return [section for section in sections if section.questions]

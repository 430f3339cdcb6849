"""Which columns of a table hold the text, the label and the part: by their names and by what is in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from embedlab.core.errors import Choice, UnsureError
from embedlab.kinds.columns.words import mean_words
from embedlab.reading.column_names import bare, holds_by_name, names_of
from embedlab.reading.columns import ColumnType, column_type
from embedlab.reading.table_columns import column_in_sentence, unnamed_column

MOST_LABELS: Final = 50
#: A column that is not named as a label is one only with this many different values.
_MOST_UNNAMED: Final = 20
#: What a column describes that has few different values and is no label.
_NO_LABELS: Final = frozenset(
    {
        *(
            "id",
            "name",
            "author",
            "user",
            "profile",
            "title",
            "country",
            "city",
            "state",
            "region",
            "location",
            "place",
        ),
        *("language", "lang", "date", "day", "time", "month", "year", "source", "url", "link", "device", "platform"),
        *("version", "gender", "age"),
    }
)
_LONGEST_LABEL: Final = 60
#: A column with a name for text may have this share of the words of the longest column.
_SHARE_OF_LONGEST: Final = 1 / 3
#: Two columns without a telling name whose words differ by less than this factor could both be the text.
_ALIKE: Final = 1.5
#: Mean words of a cell of prose.
_PROSE_WORDS: Final = 3.0
PARTS: Final = {
    "train": "train", "training": "train", "tr": "train",
    "test": "test", "testing": "test", "te": "test", "eval": "test",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "development": "validation",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]+|\d+")
_ADDRESS = re.compile(r"\w+://\S+|[\w./\\-]+\.\w{2,4}")


@dataclass(frozen=True)
class TextRoles:
    """Numbers of the columns by role; None where there is none.

    Parameters
    ----------
    text, label, part
        Columns of the text, of its label, and of its part of a published split.
    reasons
        Plain sentences: why these.
    question
        What is not clear; raised when nobody has chosen.
    constant
        Columns with one short value in all rows, which may be labels that the file is sorted by.
    """

    text: int | None
    label: int | None = None
    part: int | None = None
    reasons: list[str] = field(default_factory=list)
    question: UnsureError | None = None
    constant: list[int] = field(default_factory=list)

    def by_number(self) -> dict[int, str]:
        """Return the roles by the number of their column."""
        roles = {self.part: "part", self.label: "label", self.text: "text"}
        return {column: role for column, role in roles.items() if column is not None}


def text_roles(names: Sequence[str], rows: Sequence[Sequence[str]], *, has_header: bool) -> TextRoles:
    """Return the roles of the columns of a table, given its first rows.

    A column with a usual name for text (`text`, `review`, `body`) is the text if it holds prose; otherwise the column
    with the longest prose is. Labels have a usual name, or are few different short values.
    """
    cells = [[row[index] for row in rows] for index in range(len(names))]
    types = [column_type(values) for values in cells]
    holds = [_holds(name) if has_header else "" for name in names]
    words = {
        index: mean_words(cells[index])
        for index, each in enumerate(types)
        if each == ColumnType.TEXT and not _are_addresses(cells[index])
    }
    if not words:
        return TextRoles(None)
    text, named = _text(names, holds, words)
    part = next((index for index in words if index != text and _are_parts(cells[index], holds[index])), None)
    others = [index for index in range(len(types)) if index not in {text, part} and types[index] != ColumnType.EMPTY]
    label = _label(others, names, cells, types, holds, has_header=has_header)
    how = "its name" if named else "its length: it has the longest texts"
    column = column_in_sentence(names, text, named=has_header)
    reasons = [f"The {column} is the text, by {how}."] if len(words) > 1 else []
    question = None if named else _question(text, part, label, names, cells, words, has_header=has_header)
    constant = [
        index
        for index in others
        if holds[index] not in {"user", "item", "time"}
        and not (has_header and _is_no_label(names[index]))
        and _is_constant(cells[index])
    ]
    return TextRoles(text, label, part, reasons, question, constant)


def _holds(name: str) -> str:
    """Return what a column with this name holds; of several words in a name the last one counts."""
    found = holds_by_name(name)
    if found:
        return found
    last = _WORD.findall(name)[-1:]
    return holds_by_name(last[0]) if last and holds_by_name(last[0]) in {"text", "label"} else ""


def _text(names: Sequence[str], holds: Sequence[str], words: dict[int, float]) -> tuple[int, bool]:
    """Return the column of the text, and whether its name says so."""
    longest = max(words.values())
    # An address or a short heading in a column called content is not the text.
    named = [index for index in words if holds[index] == "text" and words[index] >= _SHARE_OF_LONGEST * longest]
    if named:
        ranks = {name: rank for rank, name in enumerate(names_of("text"))}
        return min(named, key=lambda index: (ranks.get(bare(names[index]), len(ranks)), -words[index])), True
    return max(words, key=lambda index: words[index]), False


def _label(
    columns: Sequence[int],
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    types: Sequence[ColumnType],
    holds: Sequence[str],
    *,
    has_header: bool,
) -> int | None:
    # A file that is sorted by label shows only the first label at its start.
    named = [index for index in columns if holds[index] == "label" and _may_be_labels(cells[index])]
    if named:
        return named[0]
    wordy = [
        index
        for index in columns
        if types[index] == ColumnType.TEXT
        and holds[index] not in {"user", "item", "time", "text"}
        and not (has_header and _is_no_label(names[index]))
        and are_labels(cells[index])
        and len(set(cells[index])) <= _MOST_UNNAMED
    ]
    if wordy:
        return wordy[0]
    if has_header:
        return None
    numbered = [
        index
        for index in columns
        if types[index] == ColumnType.INTEGER and are_labels(cells[index]) and len(set(cells[index])) <= _MOST_UNNAMED
    ]
    return numbered[0] if numbered else None


def _is_no_label(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and (words[-1] in _NO_LABELS or bare(name) in _NO_LABELS)


def are_labels(values: Sequence[str]) -> bool:
    """Return whether values are few, short and repeat, as labels do."""
    distinct = {value for value in values if value}
    return 2 <= len(distinct) <= min(MOST_LABELS, max(2, len(values) // 3)) and _are_short(distinct)


def _may_be_labels(values: Sequence[str]) -> bool:
    distinct = {value for value in values if value}
    # Also the labels of a small file, where few of them repeat.
    return bool(distinct) and len(distinct) <= max(2, 0.5 * len(values)) and _are_short(distinct)


def _is_constant(values: Sequence[str]) -> bool:
    return len(values) > 1 and len(set(values)) == 1 and bool(values[0]) and _are_short(values[:1])


def _are_short(values: set[str] | Sequence[str]) -> bool:
    return max(map(len, values)) <= _LONGEST_LABEL


def _are_parts(values: Sequence[str], holds: str) -> bool:
    """Return whether all values name the parts of a split; a file that begins with one part needs the name, too."""
    distinct = {value.strip().lower() for value in values if value.strip()}
    return bool(distinct) and distinct <= PARTS.keys() and (holds == "part" or len(distinct) > 1)


def _are_addresses(values: Sequence[str]) -> bool:
    filled = [value for value in values if value.strip()]
    return sum(_ADDRESS.fullmatch(value.strip()) is not None for value in filled) > 0.5 * len(filled)


def _question(
    text: int,
    part: int | None,
    label: int | None,
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    words: dict[int, float],
    *,
    has_header: bool,
) -> UnsureError | None:
    """Return the question which of several columns of prose is the text, if their lengths do not tell."""
    alike = [
        index
        for index in words
        if index not in {part, label} and words[index] >= _PROSE_WORDS and _ALIKE * words[index] >= words[text]
    ]
    if len(alike) < 2:
        return None
    columns = {index: names[index] if has_header else str(index) for index in alike}
    return UnsureError(
        "Several columns hold texts of similar length, and none has a usual name for text.",
        received=", ".join(names[index] if has_header else unnamed_column(index) for index in alike),
        choices=[
            Choice(
                f"--text-column {_quoted(columns[index])}",
                f"text from the {column_in_sentence(names, index, named=has_header)}",
                next((value for value in cells[index] if value), ""),
                {"text_column": names[index]},
            )
            for index in alike
        ],
    )


def _quoted(name: str) -> str:
    return f'"{name}"' if re.search(r"[^\w.-]", name) else name


def parts_in(values: Sequence[str]) -> Counter[str]:
    """Return how many values name each part, as `train`, `test` and `validation`."""
    return Counter(part for value in values if (part := PARTS.get(value.strip().lower())) is not None)

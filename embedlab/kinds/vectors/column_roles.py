"""Which columns of a table of text hold vectors, key, label and metadata."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN
from embedlab.reading.column_names import bare, names_of
from embedlab.reading.columns import is_number

_NUMBERED = re.compile(r"(.*?)[\s_.-]?(\d{1,6})")
#: What numbered columns of vectors are called.
_DIMENSION_NAMES: Final = frozenset(
    {"", "d", "dim", "dimension", "v", "vec", "vector", "x", "e", "emb", "embedding", "f", "feature", "component", "pc"}
)
_LIST = re.compile(r"\s*[\[(]?\s*[-+]?[\d.][\d.eE+-]*([\s,;]+[-+]?[\d.][\d.eE+-]*)+\s*[\])]?\s*")
_DECIMALS = re.compile(r"[+-]?\d*[.,]\d{3,}([eE][+-]?\d+)?|[+-]?\d(\.\d+)?[eE][+-]?\d+")
_EXACT_KEYS: Final = ("key", "word", "token", "term")


@dataclass(frozen=True)
class Roles:
    """Columns of a table, by position.

    Parameters
    ----------
    names
        Of all columns.
    vectors
        One column for each dimension, in order; or a single column of lists.
    is_list
        Which of the two.
    others
        The other columns: candidates for the key, and metadata.
    looks_like_vectors
        Whether names or numbers say so plainly, so that the table is hardly one of something else.
    """

    names: tuple[str, ...]
    vectors: tuple[int, ...]
    is_list: bool
    others: tuple[int, ...]
    looks_like_vectors: bool


def roles_of(names: Sequence[str], rows: Sequence[Sequence[str]], *, named: bool) -> Roles | None:
    """Return what the columns hold, detected from names and cells, or None where none hold vectors."""
    columns = list(zip(*rows, strict=True))
    lists = [place for place, cells in enumerate(columns) if _share(cells, _is_list) > 0.6]
    names = tuple(names)
    if lists:
        by_name = [place for place in lists if bare(names[place]) in names_of("vector")]
        chosen = (by_name or lists)[0]
        others = tuple(place for place in range(len(names)) if place != chosen)
        return Roles(names, (chosen,), True, others, bool(by_name) or len(columns[chosen][0]) > 20)
    numeric = {place for place, cells in enumerate(columns) if _share(cells, _is_value) > 0.6}
    numbered = _numbered(names, numeric) if named else []
    if numbered:
        vectors = numbered
    elif named:
        vectors = [
            place
            for place in sorted(numeric)
            if _share(columns[place], _is_whole) < 1 and not _is_key_name(names[place])
        ]
    else:
        vectors = sorted(numeric)
    if not vectors or (len(vectors) == 1 and not numbered):
        return None
    others = tuple(place for place in range(len(names)) if place not in set(vectors))
    cells = [cell for place in vectors for cell in columns[place][:50]]
    looks = len(vectors) > 2 and sum(_DECIMALS.fullmatch(cell.strip()) is not None for cell in cells) > 0.5 * len(cells)
    looks = looks or (bool(numbered) and len(vectors) > 1 and _has_dimension_names(names, numbered))
    # Columns of whole numbers beside them are ids and ratings rather than vectors.
    texts = [place for place in others if place not in numeric]
    return Roles(
        names, tuple(vectors), False, others, looks and (bool(numbered) or len(texts) <= 1 or len(vectors) > 7)
    )


def _is_key_name(name: str) -> bool:
    return bare(name) in {*names_of("vector key"), KEY_COLUMN, LABEL_COLUMN, "index", "count"}


def _numbered(names: Sequence[str], numeric: set[int]) -> list[int]:
    groups: dict[str, list[tuple[int, int]]] = {}
    for place in sorted(numeric):
        match = _NUMBERED.fullmatch(names[place].strip())
        if match is not None:
            groups.setdefault(match[1].lower(), []).append((int(match[2]), place))
    largest = max(groups.values(), key=len, default=[])
    return [place for _, place in sorted(largest)] if len(largest) > 1 else []


def _has_dimension_names(names: Sequence[str], numbered: Sequence[int]) -> bool:
    match = _NUMBERED.fullmatch(names[numbered[0]].strip())
    return match is not None and match[1].lower().strip(" _.-") in _DIMENSION_NAMES


def _share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    filled = [cell for cell in cells if cell.strip()]
    return sum(map(test, filled)) / len(filled) if filled else 0.0


def _is_value(cell: str) -> bool:
    return is_number(cell) or re.fullmatch(r"\s*[+-]?\d+,\d+\s*", cell) is not None


def _is_whole(cell: str) -> bool:
    return re.fullmatch(r"\s*[+-]?\d+\s*", cell) is not None


def _is_list(cell: str) -> bool:
    return ("." in cell or "[" in cell) and _LIST.fullmatch(cell[:100_000]) is not None


def column_place(names: Sequence[str], wanted: str) -> int | None:
    """Return the position of a column by its name, else by its 0-based number."""
    if wanted in names:
        return list(names).index(wanted)
    return int(wanted) if wanted.isdecimal() and int(wanted) < len(names) else None


def exact_key_name(name: str) -> bool:
    """Tell whether a column is called as only a column of keys is: key, word, token or term."""
    return bare(name) in _EXACT_KEYS

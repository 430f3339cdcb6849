"""Which columns of a table hold the two nodes and the weight of an edge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from embedlab.reading.column_names import bare
from embedlab.reading.columns import is_number
from embedlab.reading.table_columns import column_names

#: Bare names of the two columns, and whether they imply a direction.
_PAIRS: Final[tuple[tuple[str, str, bool], ...]] = (
    ("source", "target", False),
    ("sourceid", "targetid", False),
    ("src", "dst", False),
    ("src", "dest", False),
    ("source", "destination", True),
    ("fromnodeid", "tonodeid", False),
    ("fromnode", "tonode", False),
    ("fromid", "toid", True),
    ("from", "to", True),
    ("parent", "child", True),
    ("parentid", "childid", True),
    ("hypernym", "hyponym", True),
    ("follower", "followee", True),
    ("citing", "cited", True),
    ("node1", "node2", False),
    ("nodeid1", "nodeid2", False),
    ("nodea", "nodeb", False),
    ("vertex1", "vertex2", False),
    ("person1", "person2", False),
    ("character1", "character2", False),
    ("id1", "id2", False),
    ("u", "v", False),
)
_WEIGHTS: Final = (
    "weight", "weights", "w", "value", "count", "counts", "strength", "frequency", "freq", "n", "edgeweight",
)  # fmt: skip
#: SNAP: `# FromNodeId	ToNodeId`, `# Nodes: 4039 Edges: 88234`, `# Directed graph (each unordered pair ...)`.
_SNAP: Final = re.compile(r"fromnodeid|nodes:?\s*\d+[,;\s]+edges:?\s*\d+|\b(un)?directed graph\b", re.IGNORECASE)
#: KONECT: `% sym unweighted`; bipartite data (`bip`) are choices of users, not a graph of one kind of node.
_KONECT: Final = re.compile(r"%\s*(a?sym)\s+\w+", re.IGNORECASE)
_MOST_WORDS: Final = 5
#: Seconds since 1970 are larger than this: a third column of them is a time, not a weight.
_SMALLEST_TIME: Final = 1e8


@dataclass(frozen=True)
class EdgeColumns:
    """The columns of an edge list, by number; `weight` is None if there is none.

    `has_direction` is what the names of the columns say; `are_named` whether the names say that these are edges.
    """

    source: int
    target: int
    weight: int | None
    has_direction: bool = False
    are_named: bool = False


def edge_columns(names: Sequence[str], rows: Sequence[Sequence[str]], *, has_header: bool) -> EdgeColumns | None:
    """Return the columns of an edge list: by their names, else the first two; None with fewer than two columns."""
    if len(names) < 2:
        return None
    plain = [bare(name) for name in names] if has_header else []
    for first, second, has_direction in _PAIRS:
        if first in plain and second in plain:
            places = plain.index(first), plain.index(second)
            return EdgeColumns(
                *places,
                _weight(plain, rows, places),
                has_direction=has_direction,
                are_named=True,
            )
    return EdgeColumns(0, 1, _weight(plain, rows, (0, 1)))


def with_header(
    names: list[str], rows: list[list[str]], *, has_header: bool
) -> tuple[list[str], list[list[str]], bool]:
    """Return names, rows and whether there is a header, also if only its names show that the first row is one."""
    if has_header or len(rows) < 2:
        return names, rows, has_header
    header = column_names(rows[0])
    found = edge_columns(header, rows[1:], has_header=True)
    return (header, rows[1:], True) if found is not None and found.are_named else (names, rows, has_header)


def _weight(plain: Sequence[str], rows: Sequence[Sequence[str]], nodes: tuple[int, int]) -> int | None:
    """Return the column of the weight: by its name, or the only further one if it has no name and holds numbers."""
    named = next((plain.index(name) for name in _WEIGHTS if name in plain), None)
    if named is not None and named not in nodes:
        return named
    others = [place for place in range(len(rows[0]) if rows else 0) if place not in nodes]
    if plain or len(others) != 1:
        return None
    cells = [row[others[0]].strip() for row in rows if len(row) > others[0]]
    numbers = [float(cell) for cell in cells if is_number(cell)]
    if not numbers or len(numbers) < len(cells) or min(numbers) > _SMALLEST_TIME:
        return None
    return others[0]


def direction_in_comments(lines: Sequence[str]) -> bool | None:
    """Return what the comments at the start of a file say about the direction of its edges; None if nothing."""
    text = "\n".join(comments_of(lines)).lower()
    konect = _KONECT.search(text)
    if konect is not None:
        return konect[1] == "asym"
    if "undirected" in text:
        return False
    return True if "directed" in text else None


def announces_graph(lines: Sequence[str]) -> bool:
    """Return whether comments at the start say that a graph follows, as SNAP and KONECT write them."""
    text = "\n".join(comments_of(lines))
    return _SNAP.search(text) is not None or _KONECT.search(text) is not None


def comments_of(lines: Sequence[str]) -> list[str]:
    """Return the lines before the first that is neither blank nor a comment (`#` or `%`)."""
    found = []
    for line in lines:
        if line.strip() and not line.lstrip().startswith(("#", "%")):
            break
        found.append(line)
    return found


def share_nodes(rows: Sequence[Sequence[str]], columns: EdgeColumns) -> bool:
    """Return whether both columns hold short names, and some occur in both: what edges have and other pairs lack."""
    sources = {row[columns.source].strip() for row in rows if len(row) > columns.source}
    targets = {row[columns.target].strip() for row in rows if len(row) > columns.target}
    if any(len(name.split()) > _MOST_WORDS for name in [*list(sources)[:200], *list(targets)[:200]]):
        return False
    return len((sources & targets) - {""}) >= max(1, 0.05 * min(len(sources), len(targets)))

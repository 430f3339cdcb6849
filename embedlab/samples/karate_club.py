"""Zachary's karate club: 34 members, and who met whom outside the club before it split in two.

Source: Zachary, W. W. (1977). An information flow model for conflict and fission in small groups. Journal of
Anthropological Research 33, 452-473. The matrix was published with the article; members have numbers, no names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from embedlab.core.kind import Kind
from embedlab.samples.base import Sample, SampleFiles

N_MEMBERS: Final = 34
#: For each member, the later members that he or she met.
_MET: Final = {
    1: "2 3 4 5 6 7 8 9 11 12 13 14 18 20 22 32",
    2: "3 4 8 14 18 20 22 31",
    3: "4 8 9 10 14 28 29 33",
    4: "8 13 14",
    5: "7 11",
    6: "7 11 17",
    7: "17",
    9: "31 33 34",
    10: "34",
    14: "34",
    15: "33 34",
    16: "33 34",
    19: "33 34",
    20: "34",
    21: "33 34",
    23: "33 34",
    24: "26 28 30 33 34",
    25: "26 28 32",
    26: "32",
    27: "30 34",
    28: "34",
    29: "32 34",
    30: "33 34",
    31: "33 34",
    32: "33 34",
    33: "34",
}
#: Members who followed the instructor; the others followed the president of the club.
_WITH_INSTRUCTOR: Final = frozenset([*range(1, 10), *range(11, 15), 17, 18, 20, 22])
_NAMES: Final = {1: "Instructor", 34: "President"}


def edges() -> list[tuple[int, int]]:
    """Return the 78 pairs of members who met, lower number first."""
    return [(member, int(other)) for member, others in _MET.items() for other in others.split()]


def faction(member: int) -> str:
    """Return the faction that a member joined when the club split."""
    return "instructor" if member in _WITH_INSTRUCTOR else "president"


def name(member: int) -> str:
    """Return the name of a member: a number, apart from the two who quarreled."""
    return _NAMES.get(member, f"Member {member}")


def write_edges(path: Path) -> None:
    """Write the edges as `source,target`."""
    lines = [f"{name(member)},{name(other)}\n" for member, other in edges()]
    path.write_text("source,target\n" + "".join(lines), encoding="utf-8")


def write_members(path: Path) -> None:
    """Write the members as `node,faction`."""
    lines = [f"{name(member)},{faction(member)}\n" for member in range(1, N_MEMBERS + 1)]
    path.write_text("node,faction\n" + "".join(lines), encoding="utf-8")


def _write(folder: Path) -> SampleFiles:
    files = SampleFiles(folder / "karate_club.csv", others={"nodes": folder / "karate_members.csv"})
    write_edges(files.path)
    write_members(files.others["nodes"])
    return files


SAMPLE: Final = Sample(
    "karate-club",
    "Karate club",
    "34 members of a real karate club and the 78 friendships between them, shortly before the club split in two "
    "(Zachary, 1977).",
    Kind.GRAPH,
    "node2vec",
    {"vector_size": 16, "walk_length": 40, "epochs": 100, "window": 5},
    _write,
)

"""Two dense groups of nodes joined by three edges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embedlab.core.kind import Kind
from embedlab.models.contract.abilities import PredictsLinks
from tests.subjects.base import Subject, built


def graph(folder: Path, rows: Sequence[str] | None = None) -> Any:
    """Import edges given as `source,target`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "in.csv"
    path.write_text("source,target\n" + "\n".join(_rows() if rows is None else rows) + "\n", encoding="utf-8")
    return built(Kind.GRAPH, path, folder / "set")


def _rows() -> list[str]:
    rng = np.random.default_rng(0)
    pairs = [(a, b) for group in (0, 12) for a in range(group, group + 12) for b in range(a + 1, group + 12)]
    chosen = [pairs[row] for row in rng.permutation(len(pairs))[:70]]
    return [f"n{a},n{b}" for a, b in [*chosen, (0, 12), (1, 13), (2, 14)]]


SUBJECT = Subject(
    Kind.GRAPH,
    "source,target\nanna,ben\nben,cleo\ncleo,anna\ncleo,dan\n",
    {"nodes": 1000, "edges": 5000},
    graph,
    hostile={
        "one-edge": ["a,b"],
        "path": ["a,b", "b,c"],
        "star": [f"hub,leaf{number}" for number in range(12)],
        "complete": [f"n{a},n{b}" for a in range(6) for b in range(a)],
        "two-components": ["a,b", "b,c", "c,a", "d,e", "e,f", "f,d"],
    },
    questions={PredictsLinks: lambda ability: ability.scores(np.arange(3, dtype=np.int32))},
)

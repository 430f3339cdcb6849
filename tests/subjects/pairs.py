"""Short texts with tags: a thing and its color."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embedlab.kinds.pairs.dataset import PairsDataset
from embedlab.kinds.pairs.importing import import_pairs
from embedlab.kinds.pairs.options import PairsOptions
from embedlab.models.contract.things import PlacesThings
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from tests.subjects.base import Subject


def pairs(folder: Path, rows: Sequence[str] | None = None) -> PairsDataset:
    """Import pairs given as `text,tags`."""
    (folder / "set").mkdir(parents=True)
    path = folder / "in.csv"
    path.write_text("left,right\n" + "\n".join(_rows() if rows is None else rows) + "\n", encoding="utf-8")
    import_pairs(OpenedUpload(path, Limits()), PairsOptions(left_form="text", right_forms="tags"), folder / "set")
    return PairsDataset.open(folder / "set")


def _rows() -> list[str]:
    rng = np.random.default_rng(0)
    things, colors = ["boat", "tram", "house"], ["red", "blue"]
    drawn = zip(rng.integers(0, 3, 60).tolist(), rng.integers(0, 2, 60).tolist(), strict=True)
    return [
        f"{colors[color]} {things[thing]} number {row},{things[thing]}|{colors[color]}"
        for row, (thing, color) in enumerate(drawn)
    ]


def _placed(ability: PlacesThings) -> np.ndarray:
    return np.stack([ability.vector(0, "red boat"), ability.vector(0, "unheard"), ability.vector(1, "boat|red")])


SUBJECT = Subject(
    "pairs",
    "left,right\n" + "".join(f"red thing {row},tag {row % 3}|red\n" for row in range(8)),
    {"pairs": 10_000, "left": 2000, "right": 50, "vocabulary": 900, "tokens": 90_000},
    pairs,
    hostile={
        "one-pair": ["a boat,boat"],
        "equal-pairs": ["a boat,boat"] * 30,
        "one-tag": [f"boat {row},boat" for row in range(30)],
        "no-words": [f"{mark},{mark * 2}|x" for mark in "?!.:;"] * 3,
        "missing": ["nan,boat", ",boat", *[f"boat {row}, |{row % 2}|" for row in range(20)]],
    },
    questions={PlacesThings: _placed},
)

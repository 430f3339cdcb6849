"""Ratings of 20 users for 12 items that have titles, makers and topics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embedlab.core.kind import Kind
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings
from embedlab.models.contract.abilities import FoldsIn, Ranks, Rates
from embedlab.reading.sources import Limits
from tests.subjects.base import Subject


def ratings(folder: Path, rows: Sequence[str] | None = None) -> RatingsDataset:
    """Import ratings given as `user,item,rating`; without rows, a dataset whose items are described."""
    (folder / "set").mkdir(parents=True)
    given = _rating_rows() if rows is None else rows
    (folder / "in.csv").write_text("user,item,rating\n" + "\n".join(given) + "\n", encoding="utf-8")
    options = RatingsOptions(user="user", item="item", rating="rating", delimiter=",", has_header=True)
    items_path = None
    if rows is None:
        items_path = folder / "items.csv"
        items_path.write_text("item,title,maker,topics\n" + "\n".join(_item_rows()) + "\n", encoding="utf-8")
    import_ratings(folder / "in.csv", options, folder / "set", items_path=items_path, limits=Limits())
    return RatingsDataset.open(folder / "set")


def _rating_rows() -> list[str]:
    rng = np.random.default_rng(0)
    pairs = rng.permutation(20 * 12)[:160]
    return [f"u{pair // 12},i{pair % 12},{1 + (pair // 12 + pair % 12) % 5}" for pair in pairs.tolist()]


def _item_rows() -> list[str]:
    return [
        f"i{row},The {'red' if row % 3 else 'blue'} {row},maker {row % 2},topic {row % 3}|odd {row % 2}"
        for row in range(12)
    ]


def _predictions(ability: Rates) -> np.ndarray:
    users, items = (each.ravel().astype(np.int32) for each in np.meshgrid(np.arange(-1, 5), np.arange(-1, 5)))
    return ability.predict(users, items)


def _scores(ability: Ranks) -> np.ndarray:
    return np.nan_to_num(ability.scores(np.arange(-1, 5, dtype=np.int32)), neginf=-1e6)


def _folded_in(ability: FoldsIn) -> np.ndarray:
    return np.nan_to_num(ability.fold_in(np.arange(3, dtype=np.int32), np.ones(3, np.float32)).scores, neginf=-1e6)


SUBJECT = Subject(
    Kind.RATINGS,
    "user,item,rating\n" + "".join(f"u{u},i{i},{1 + (u + i) % 5}\n" for u in range(6) for i in range(5)),
    {"ratings": 10_000, "users": 600, "items": 900},
    ratings,
    hostile={
        "one-rating": ["u,i,3"],
        "equal-ratings": [f"u{row // 5},i{row % 5},3" for row in range(30)],
        "one-item": [f"u{row},i,{1 + row % 5}" for row in range(30)],
        "one-user": [f"u,i{row},{1 + row % 5}" for row in range(30)],
    },
    questions={Rates: _predictions, Ranks: _scores, FoldsIn: _folded_in},
)

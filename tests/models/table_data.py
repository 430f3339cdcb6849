"""Small tables for the tests of models."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embedlab.core.progress import ignore_progress
from embedlab.kinds.table import TableDataset, TableOptions
from embedlab.kinds.table.importing import import_table
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

HEADER = "town,rooms,sold,advert,price"
#: Effects of towns on the price: the first two are equal.
EFFECTS = {"Aldby": 60.0, "Birke": 60.0, "Cove": 0.0, "Dorp": -60.0}
WORDS = {"garden": 30.0, "sunny": 15.0, "damp": -30.0, "old": -15.0}


def planted_rows(n_rows: int = 60, seed: int = 0) -> list[str]:
    """Return rows of `HEADER` whose price is 300 + effect of town and words + 10 per room + noise."""
    rng = np.random.default_rng(seed)
    rows = []
    for row in range(n_rows):
        town = rng.choice(list(EFFECTS))
        rooms, words = int(rng.integers(1, 9)), rng.choice(list(WORDS), 2)
        price = 300 + EFFECTS[town] + 10 * rooms + sum(WORDS[word] for word in words) + rng.normal(0, 5)
        missing = "" if row % 11 == 5 else rooms
        rows.append(
            f"{town},{missing},2014-{1 + row % 12:02d}-10,a home with {words[0]} and {words[1]} {row},{price:.1f}"
        )
    return rows


def table(folder: Path, rows: list[str], header: str = HEADER, **options: object) -> TableDataset:
    """Import rows as a table whose target is its last column."""
    (folder / "set").mkdir(parents=True)
    file = folder / "in.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    chosen = TableOptions.model_validate({"target": header.rsplit(",", 1)[-1], "has_header": True, **options})
    import_table("table", OpenedUpload(file, Limits()), chosen, folder / "set", ignore_progress)
    return TableDataset.open(folder / "set")

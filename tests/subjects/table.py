"""Prices of homes by town, rooms, date and words, and the same table without a target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embedlab.models.contract.abilities import PlacesRows
from embedlab.models.contract.rows import PredictsRows
from tests.models import table_data
from tests.subjects.base import Subject


def table(folder: Path, rows: Sequence[str] | None = None) -> Any:
    """Import rows of `table_data.HEADER`."""
    return table_data.table(folder, table_data.planted_rows() if rows is None else list(rows))


def _placed(ability: PlacesRows) -> np.ndarray:
    return ability.vectors(np.array([[0.0] * len(ability.columns), [np.nan] * len(ability.columns)]))


def _predicted(ability: PredictsRows) -> np.ndarray:
    records = [{"town": "Cove", "rooms": "3", "advert": "sunny"}, {"town": "nowhere"}]
    return np.array([each.value for each in ability.predict(records)])


SUBJECT = Subject(
    "table",
    "zip,size,rooms,price\n" + "".join(f"0{2134 + n % 3},{n * n},{n % 4 + 1},{100 + n}\n" for n in range(24)),
    {"rows": 10_000, "columns": 12, "values": 300, "words": 50_000, "numbers": 6},
    table,
    hostile={
        "one-row": ["Cove,3,2014-01-10,a home with garden,300"],
        "equal-targets": ["Cove,3,2014-01-10,a home with garden,300"] * 20,
        "nothing-else": [f",,,,{row}" for row in range(20)],
        "markup": [f"<b>{row % 3}</b>,1e308,not a date,<script>{row}</script>,{row % 7}" for row in range(20)],
    },
    questions={PlacesRows: _placed, PredictsRows: _predicted},
)

"""Columns beside the vectors become keys, labels and metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN
from embedlab.kinds.vectors.key_columns import Keys, choose_key
from embedlab.kinds.vectors.keyed_rows import table_of

#: Name of a column of classes that has no name of its own.
CLASS: Final = "class"
#: With fewer different values, a column called label holds classes and no labels.
_SHARE_LABELS: Final = 0.5


@dataclass(frozen=True)
class Assembled:
    """Keys (none where rows are to be numbered), labels (perhaps none), and the other columns."""

    keys: Sequence[str]
    labels: Sequence[str]
    table: pd.DataFrame
    key_name: str | None
    assumption: str = ""

    def first(self, n: int) -> Assembled:
        """Return the first `n` rows."""
        table = self.table.iloc[:n].reset_index(drop=True)
        return replace(self, keys=self.keys[:n], labels=self.labels[:n], table=table)


def assemble(
    columns: Mapping[str, Sequence[str]], *, named: bool, keys: Keys | None, key_column: str | None
) -> Assembled:
    """Tell keys, labels and metadata apart; the parameters and what is raised are those of `choose_key`."""
    chosen = choose_key(columns, named=named, keys=keys, key_column=key_column)
    n = len(next(iter(columns.values()), []))
    rest = {name: cells for name, cells in columns.items() if name != chosen.name}
    labels: Sequence[str] = []
    if LABEL_COLUMN in rest:
        cells = rest[LABEL_COLUMN]
        if len(set(cells)) >= _SHARE_LABELS * len(cells):
            labels = rest.pop(LABEL_COLUMN)
        else:
            # Many points share a label: it is a class, and no name of a point.
            rest = {(_unused(CLASS, rest) if name == LABEL_COLUMN else name): each for name, each in rest.items()}
    rest = {(_unused(f"{name} (file)", rest) if name == KEY_COLUMN else name): each for name, each in rest.items()}
    own = columns[chosen.name] if chosen.name is not None else []
    said = "" if chosen.reason == "chosen" else chosen.reason
    return Assembled(own, labels, table_of(rest, n), chosen.name, said)


def _unused(name: str, columns: Mapping[str, Sequence[str]]) -> str:
    while name in columns:
        name = f"{name}_"
    return name

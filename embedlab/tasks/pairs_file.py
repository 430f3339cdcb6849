"""The table of pairs that exported scripts read."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from embedlab.kinds.pairs.dataset import Things
from embedlab.kinds.pairs.splits import PairsSplit

#: One row for each pair: the tags of a cell are separated by `|`, images are their shape and hexadecimal bytes.
PAIRS_FILE = "pairs.csv"
COLUMNS = ("left_kind", "left_form", "left", "right_kind", "right_form", "right", "part")


def write_pairs(split: PairsSplit, path: Path) -> None:
    """Write the columns `COLUMNS` of every pair."""
    dataset = split.dataset
    parts = np.full(len(dataset), "train", dtype=object)
    parts[split.validation], parts[split.test] = "validation", "test"
    cells = [_Cells(kind) for kind in dataset.kinds]
    left_kind = dataset.kinds[0]
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(COLUMNS)
        for left, right, kind, part in zip(
            dataset.left.tolist(), dataset.right.tolist(), dataset.right_kinds.tolist(), parts.tolist(), strict=True
        ):
            other = dataset.kinds[kind]
            table.writerow(
                [left_kind.name, left_kind.form, cells[0][left], other.name, other.form, cells[kind][right], part]
            )


class _Cells:
    """The cells of the things of one kind."""

    def __init__(self, kind: Things) -> None:
        self._kind = kind

    def __getitem__(self, row: int) -> str:
        pixels = self._kind.pixels
        if pixels is None:
            value = self._kind.values[row]
            if self._kind.form != "tags":
                return value
            # One separator, whatever that of the file is.
            return "|".join(tag.replace("|", " ") for tag in self._kind.tokens(value))
        image = np.asarray(pixels[row])
        return f"{'x'.join(map(str, image.shape))}:{image.tobytes().hex()}"

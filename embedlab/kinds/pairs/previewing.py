"""The first rows of a file of pairs before it is imported."""

from __future__ import annotations

from embedlab.kinds.base import Preview
from embedlab.kinds.pairs.options import PairsOptions
from embedlab.kinds.pairs.plan import plan_of
from embedlab.kinds.pairs.reading import read_pairs
from embedlab.kinds.reading_report import Changes
from embedlab.reading.opened import OpenedUpload


def preview_pairs(upload: OpenedUpload, options: PairsOptions, most_rows: int, shown: int) -> Preview:
    """Return the first rows, and the counts of the part that was read.

    Counts of a file that was read whole are those of the import, unless images turn out to be missing.
    """
    plan = plan_of(upload, options)
    changes = Changes()
    table = upload.of_member(plan.options.member) if plan.options.member else upload
    coded = read_pairs(table, plan, changes, lambda _: None, most_rows)
    different: set[tuple[int, int, int]] = set()
    lefts: set[int] = set()
    n_right = 0
    for kind in range(1, len(plan.names)):
        left, right, _ = coded.pairs(kind)
        different.update((kind, *pair) for pair in zip(left.tolist(), right.tolist(), strict=True))
        lefts.update(left.tolist())
        n_right += len(coded.codes[kind])
    counts: dict[str, int | float] = {"pairs": len(different), "left": len(lefts), "right": n_right}
    columns = [f"{name} ({form})" for name, form in zip(plan.names, plan.forms, strict=True)]
    rows = [[row[position] for position in plan.positions] for row in plan.rows[:shown]]
    return Preview(counts, columns, rows, changes.sentences(), coded.n_rows < most_rows)

"""The first rows of a file of pairs before it is imported."""

from __future__ import annotations

import numpy as np

from embedlab.kinds.base import Preview
from embedlab.kinds.pairs.dataset import tokens_of
from embedlab.kinds.pairs.options import PairsOptions
from embedlab.kinds.pairs.plan import Plan, plan_of
from embedlab.kinds.pairs.reading import CodedPairs, read_pairs
from embedlab.kinds.reading_report import Changes
from embedlab.reading.opened import OpenedUpload

#: Numbers of an image whose size is not known yet.
_USUAL_PIXELS = 32 * 32


def preview_pairs(upload: OpenedUpload, options: PairsOptions, most_rows: int, shown: int) -> Preview:
    """Return the first rows, and the counts of the part that was read.

    Counts of a file that was read whole are those of the import, unless images turn out to be missing.
    """
    plan, coded, changes = _read(upload, options, most_rows)
    counts = _counts(plan, coded)
    columns = [f"{name} ({form})" for name, form in zip(plan.names, plan.forms, strict=True)]
    rows = [[row[position] for position in plan.positions] for row in plan.rows[:shown]]
    return Preview(counts, columns, rows, changes.sentences(), coded.share_read >= 1, plan.reasons)


def expected_counts(upload: OpenedUpload, options: PairsOptions, most_rows: int) -> dict[str, int | float]:
    """Return the counts that an import will probably find: those of the first rows, for the whole file."""
    plan, coded, _ = _read(upload, options, most_rows)
    factor = 1 / max(coded.share_read, 1e-6)
    grown = {name: _grown(half, whole, factor) for name, (half, whole) in _halves(plan, coded).items()}
    n_pairs, left, right = grown["pairs"], grown["left"], grown["right"]
    n_words = [_words_per_value(plan, number) for number in range(len(plan.names))]
    inputs = n_pairs * (n_words[0] + sum(n_words[1:]) / max(1, len(n_words) - 1))
    values = sum(_grown(*_different_tokens(plan, coded, number), factor) for number in range(len(plan.names)))
    found: dict[str, int | float] = {
        "pairs": round(n_pairs),
        "left": round(left),
        "right": round(right),
        "inputs": round(inputs),
        "values": round(values),
    }
    if "image" in plan.forms:
        found["pixels"] = _USUAL_PIXELS
    return found


def _different_tokens(plan: Plan, coded: CodedPairs, number: int) -> tuple[int, int]:
    """Return the different ids, tags or words of the first half of the values of a column, and of all.

    Values are in the order in which they occur; images have no tokens.
    """
    if plan.forms[number] == "image":
        return 0, 0
    values = coded.codes[number].keys
    half: set[str] = set()
    for value in values[: len(values) // 2]:
        half.update(tokens_of(value, plan.forms[number], plan.options.tag_separator))
    whole = set(half)
    for value in values[len(values) // 2 :]:
        whole.update(tokens_of(value, plan.forms[number], plan.options.tag_separator))
    return len(half), len(whole)


def _words_per_value(plan: Plan, number: int) -> float:
    """Return the mean number of ids, tags or words of a value of a column."""
    if plan.forms[number] == "image":
        return 0.0
    if plan.forms[number] == "id" or (plan.forms[number] == "tags" and number):
        return 1.0
    cells = [row[plan.positions[number]] for row in plan.rows]
    lengths = [len(tokens_of(cell, plan.forms[number], plan.options.tag_separator)) for cell in cells]
    return sum(lengths) / max(1, len(lengths))


def _read(upload: OpenedUpload, options: PairsOptions, most_rows: int) -> tuple[Plan, CodedPairs, Changes]:
    plan = plan_of(upload, options)
    changes = Changes()
    table = upload.of_member(plan.options.member) if plan.options.member else upload
    return plan, read_pairs(table, plan, changes, lambda _: None, most_rows), changes


def _counts(plan: Plan, coded: CodedPairs) -> dict[str, int | float]:
    return {name: whole for name, (_, whole) in _halves(plan, coded).items()}


def _halves(plan: Plan, coded: CodedPairs) -> dict[str, tuple[int, int]]:
    """Return the number of different pairs and things in the first half of the rows, and in all of them."""
    lefts: tuple[set[int], set[int]] = (set(), set())
    n_pairs, n_right = [0, 0], [0, 0]
    for kind in range(1, len(plan.names)):
        left, right, _ = coded.pairs(kind)
        for half, stop in enumerate((len(left) // 2, len(left))):
            n_pairs[half] += len(set(zip(left[:stop].tolist(), right[:stop].tolist(), strict=True)))
            n_right[half] += len(np.unique(right[:stop]))
            lefts[half].update(left[:stop].tolist())
    return {
        "pairs": (n_pairs[0], n_pairs[1]),
        "left": (len(lefts[0]), len(lefts[1])),
        "right": (n_right[0], n_right[1]),
    }


def _grown(half: int, whole: int, factor: float) -> float:
    """Return a number of different things in `factor` times as many rows, by Heaps' law.

    Source: Heaps, "Information Retrieval: Computational and Theoretical Aspects", 1978, section 7.5.
    """
    exponent = float(np.clip(np.log2(whole / half), 0, 1)) if half else 1.0
    return float(whole * factor**exponent)

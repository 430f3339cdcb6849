"""The import of pairs: read, decode images, merge equal pairs, count, and write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.core.files import storage_errors
from embedlab.core.kind import Kind
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.kinds.base import Imported
from embedlab.kinds.pairs.dataset import (
    GROUP_NAMES_FILE,
    GROUPS_FILE,
    KINDS_FILE,
    LEFT_FILE,
    RIGHT_FILE,
    VALUE,
    things_table,
    tokens_of,
)
from embedlab.kinds.pairs.image_values import image_pixels
from embedlab.kinds.pairs.options import PairsOptions
from embedlab.kinds.pairs.plan import Plan, plan_of
from embedlab.kinds.pairs.reading import CodedPairs, read_pairs
from embedlab.kinds.reading_report import Changes, ReadAs, report_of
from embedlab.reading.opened import OpenedUpload

Ints = npt.NDArray[np.int32]
#: Pixels, and the place of the image of each value among them; -1: none.
_Images = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]
#: Each of the three parts needs a pair.
FEWEST_PAIRS = 3
#: With fewer pairs per thing than this, most of what a model learns is chance.
_FEW_PER_THING = 3


@dataclass(frozen=True, eq=False)
class BuiltKind:
    """The things of one kind before they are written."""

    values: list[str]
    counts: npt.NDArray[np.int64]
    pixels: npt.NDArray[np.uint8] | None


@dataclass(frozen=True, eq=False)
class BuiltPairs:
    """Different pairs, with things numbered by falling number of pairs."""

    kinds: list[BuiltKind]
    left: Ints
    right: Ints
    right_kinds: npt.NDArray[np.int8]
    groups: Ints


def import_pairs(
    upload: OpenedUpload,
    options: PairsOptions,
    folder: Path,
    report: ReportProgress = ignore_progress,
) -> Imported:
    """Import a file of pairs into the empty folder `folder`, streaming.

    Returns
    -------
    Counts `pairs, left, right`, `groups` if there are any, `values` (different ids, tags and words: rows of all
    embeddings), `inputs` (ids, tags and words of both sides of all pairs) and `pixels` (numbers of one image).

    Raises
    ------
    InputError
        The file cannot be read with these options, or fewer than 3 different pairs are left.
    """
    try:
        return _import(upload, options, folder, report)
    except BaseException:
        for file in folder.iterdir():
            file.unlink()
        raise


def _import(upload: OpenedUpload, options: PairsOptions, folder: Path, report: ReportProgress) -> Imported:
    plan = plan_of(upload, options)
    changes = Changes()
    table = upload.of_member(plan.options.member) if plan.options.member else upload
    coded = read_pairs(table, plan, changes, lambda share: report(0.5 * share, "reading"))
    report(0.5, "arranging")
    built = built_pairs(upload, plan, coded, changes, lambda share: report(0.5 + 0.4 * share, "decoding images"))
    report(0.9, "writing")
    with storage_errors(folder / LEFT_FILE):
        arrays = ((LEFT_FILE, built.left), (RIGHT_FILE, built.right), (KINDS_FILE, built.right_kinds))
        for name, array in (*arrays, (GROUPS_FILE, built.groups)):
            np.save(folder / name, array, allow_pickle=False)
        group_names = things_table(coded.group_codes.keys, np.zeros(len(coded.group_codes), np.int64))
        group_names[[VALUE]].to_parquet(folder / GROUP_NAMES_FILE, index=False)
        for number, kind in enumerate(built.kinds):
            things_table(kind.values, kind.counts).to_parquet(folder / f"things_{number}.parquet", index=False)
            if kind.pixels is not None:
                np.save(folder / f"pixels_{number}.npy", kind.pixels, allow_pickle=False)
    imported = _described(plan, coded, built, changes)
    imported.save(folder)
    report(1.0, "writing")
    return imported


def built_pairs(
    upload: OpenedUpload, plan: Plan, coded: CodedPairs, changes: Changes, report: Callable[[float], None]
) -> BuiltPairs:
    """Merge equal pairs, leave out those whose image is missing, and number the things by falling number of pairs.

    Raises
    ------
    InputError
        Fewer than 3 different pairs are left.
    """
    values = [codes.keys for codes in coded.codes]
    images: dict[int, _Images] = {
        number: image_pixels(upload, values[number], plan.options.image_size, changes, report)
        for number, form in enumerate(plan.forms)
        if form == "image"
    }
    parts = []
    for kind in range(1, len(values)):
        left, right, groups = coded.pairs(kind)
        usable = np.ones(len(left), np.bool_)
        for number, codes in ((0, left), (kind, right)):
            if number in images:
                usable &= images[number][1][codes] >= 0
        left, right, groups = left[usable], right[usable], groups[usable]
        _, first = np.unique(left.astype(np.int64) * max(1, len(values[kind])) + right, return_index=True)
        first.sort()
        if len(first) < len(left):
            again = int(np.setdiff1d(np.arange(len(left)), first)[0])
            example = f"{values[kind][right[again]]} with {values[0][left[again]]}"
            changes.merge("pairs that occur again", example, len(left) - len(first))
        parts.append((left[first], right[first], groups[first]))
    n_pairs = sum(len(part[0]) for part in parts)
    if n_pairs < FEWEST_PAIRS:
        raise InputError(
            "The file has too few pairs.",
            received=f"{n_pairs} different pairs in {coded.n_rows:,} rows",
            remedy="Check the chosen columns, and use a file with at least 3 different pairs.",
        )
    left_kind, left = _numbered(values[0], np.concatenate([part[0] for part in parts]), images.get(0))
    kinds = [left_kind]
    rights: list[Ints] = []
    for kind, part in enumerate(parts, start=1):
        things, codes = _numbered(values[kind], part[1], images.get(kind))
        kinds.append(things)
        rights.append(codes)
    of_kind = np.repeat(np.arange(1, len(values), dtype=np.int8), [len(part[0]) for part in parts])
    return BuiltPairs(kinds, left, np.concatenate(rights), of_kind, np.concatenate([part[2] for part in parts]))


def _numbered(values: Sequence[str], codes: Ints, images: _Images | None) -> tuple[BuiltKind, Ints]:
    """Return the things in use by falling number of pairs, and their new numbers in the pairs."""
    counts = np.bincount(codes, minlength=len(values))
    order = np.argsort(-counts, kind="stable")[: int(np.count_nonzero(counts))]
    number = np.full(len(values), -1, np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    pixels = None if images is None else images[0][images[1][order]]
    return BuiltKind([values[row] for row in order.tolist()], counts[order], pixels), number[codes]


def _described(plan: Plan, coded: CodedPairs, built: BuiltPairs, changes: Changes) -> Imported:
    separator = plan.options.tag_separator
    lengths = [_lengths(kind.values, form, separator) for kind, form in zip(built.kinds, plan.forms, strict=True)]
    n_tokens = int(lengths[0][1] @ built.kinds[0].counts) + sum(
        int(of_kind[1] @ kind.counts) for of_kind, kind in zip(lengths[1:], built.kinds[1:], strict=True)
    )
    n_pixels = [int(np.prod(kind.pixels.shape[1:])) for kind in built.kinds if kind.pixels is not None]
    counts: dict[str, int | float] = {
        "pairs": len(built.left),
        "left": len(built.kinds[0].values),
        "right": sum(len(kind.values) for kind in built.kinds[1:]),
        "values": sum(of_kind[0] for of_kind in lengths),
        "inputs": n_tokens,
    }
    if len(coded.group_codes):
        counts["groups"] = len(np.unique(built.groups[built.groups >= 0]))
    if n_pixels:
        counts["pixels"] = max(n_pixels)
    details: dict[str, Any] = {
        "kinds": [
            {
                "name": name,
                "form": form,
                "side": "left" if number == 0 else "right",
                "values": len(kind.values),
                "missing": coded.n_missing[number],
                "vocabulary": lengths[number][0],
                "pairs": int(kind.counts.sum()),
                "frequent": [
                    [value[:100], int(count)] for value, count in zip(kind.values[:8], kind.counts[:8], strict=True)
                ],
                **({} if kind.pixels is None else {"shape": list(kind.pixels.shape[1:])}),
            }
            for number, (name, form, kind) in enumerate(zip(plan.names, plan.forms, built.kinds, strict=True))
        ],
        **report_of(_read_as(plan), changes),
    }
    return Imported(
        Kind("pairs"), counts, plan.options.model_dump(mode="json"), _warnings(plan, built, changes), details
    )


def _lengths(values: Sequence[str], form: Any, separator: str) -> tuple[int, npt.NDArray[np.int64]]:
    """Return the number of different tokens of a kind, and the number of tokens of each thing; images have none."""
    if form == "image":
        return 0, np.zeros(len(values), np.int64)
    if form == "id":
        return len(values), np.ones(len(values), np.int64)
    known: set[str] = set()
    lengths = np.empty(len(values), np.int64)
    for row, value in enumerate(values):
        tokens = tokens_of(value, form, separator)
        known.update(tokens)
        lengths[row] = len(tokens)
    return len(known), lengths


def _read_as(plan: Plan) -> ReadAs:
    options = plan.options
    columns = {"left": plan.names[:1], "right": plan.names[1:]}
    assumptions = [
        *plan.reasons,
        *(f"The column {name} holds {_HOLDS[form]}." for name, form in zip(plan.names, plan.forms, strict=True)),
    ]
    is_text = options.layout not in {"parquet", "excel"}
    return ReadAs(
        "pairs",
        options.layout or "delimited",
        options.delimiter if options.layout == "delimited" else None,
        options.has_header is not False,
        options.encoding if is_text else None,
        columns,
        assumptions,
    )


_HOLDS = {
    "id": "ids: each value is a thing with a vector of its own",
    "text": "text: the vector of a thing is the average of its words",
    "tags": "tags: several values in a cell",
    "image": "names of images in the archive",
}


def _warnings(plan: Plan, built: BuiltPairs, changes: Changes) -> list[str]:
    warnings = changes.sentences()
    for name, form, kind in zip(plan.names, plan.forms, built.kinds, strict=True):
        n_values = len(kind.values)
        if n_values == 1:
            warnings.append(f"The column {name} has only one value, so there is nothing to tell apart.")
        elif form == "id" and kind.counts.sum() < _FEW_PER_THING * n_values:
            warnings.append(
                f"{n_values:,} values of {name} are in {int(kind.counts.sum()):,} pairs: a vector of an id needs "
                "several pairs. If the values are sentences, choose the form text."
            )
    return warnings

"""Preview of a ratings file: its first rows, and statistics of a bounded part."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from embedlab.kinds.ratings.cleaning import RejectedRows
from embedlab.kinds.ratings.detecting import plan_of, reconsidered, said_of_change
from embedlab.kinds.ratings.feedback.baskets import basket_head
from embedlab.kinds.ratings.options import RatingsOptions
from embedlab.kinds.ratings.reading import clean_rows
from embedlab.kinds.ratings.statistics import count_histogram, histogram
from embedlab.reading.delimited import read_head
from embedlab.reading.key_codes import KeyCodes
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits

_ROWS_SHOWN = 20
_ROWS_READ = 200_000
_MOST_READINGS = 3


@dataclass(frozen=True)
class RatingsPreview:
    """The start of a ratings file.

    Parameters
    ----------
    options
        The options with all missing values guessed.
    column_names
        Names of all columns of the file.
    rows
        The first 20 rows as texts.
    counts
        `ratings`, `users`, `items` in the part that was read.
    is_all
        Whether the whole file was read; else the statistics describe its first 200,000 rows or so.
    scale
        Lowest and highest rating, or None without usable rows.
    histogram
        As `statistics.histogram`.
    left_out
        `count`, `reasons` and `examples` of unusable rows.
    warnings
        Plain sentences about problems.
    assumptions
        Plain sentences about how the file is read.
    """

    options: RatingsOptions
    column_names: list[str]
    rows: list[list[str]]
    counts: dict[str, int]
    is_all: bool
    scale: tuple[float, float] | None
    histogram: dict[str, Any]
    left_out: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)


def preview_ratings(
    file: Path | OpenedUpload, options: RatingsOptions | None = None, limits: Limits | None = None
) -> RatingsPreview:
    """Read the start of a ratings file and describe it.

    Raises
    ------
    InputError
        The file is empty, binary, damaged, or not a table of ratings.
    NotFoundError
        A chosen column does not exist.
    """
    limits = limits or Limits()
    options = options or RatingsOptions()
    upload = OpenedUpload.of(file, limits, options.member)
    plan = plan_of(upload, options, limits)
    names, rows = (
        basket_head(upload, plan.options, limits, _ROWS_SHOWN)
        if plan.is_baskets
        else read_head(upload, plan.options.table_format, limits, _ROWS_SHOWN)
    )
    said: list[str] = []
    for _ in range(_MOST_READINGS):
        users, items, left_out = KeyCodes(), KeyCodes(), RejectedRows()
        parts, n_rows, is_all = [], 0, True
        for clean in clean_rows(upload, plan, users, items, left_out, limits, lambda _: None):
            parts.append(clean.ratings)
            n_rows += len(clean.ratings)
            if n_rows + left_out.count >= _ROWS_READ:
                is_all = False
                break
        again = reconsidered(plan, left_out)
        if again is None:
            break
        said += said_of_change(plan, again, left_out)
        plan = replace(plan, options=again)
    ratings = np.concatenate(parts) if parts else np.empty(0, np.float32)
    return RatingsPreview(
        plan.options,
        names,
        rows,
        {"ratings": len(ratings), "users": len(users), "items": len(items)},
        is_all,
        (float(ratings.min()), float(ratings.max())) if len(ratings) else None,
        count_histogram(ratings) if plan.options.feedback == "implicit" else histogram(ratings),
        left_out.as_json(),
        left_out.warnings(),
        [*plan.assumptions, *said],
    )

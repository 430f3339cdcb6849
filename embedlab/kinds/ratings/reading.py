"""Reading a ratings file batch by batch into clean rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from embedlab.core.progress import ReportProgress
from embedlab.kinds.ratings.cleaning import CleanRows, RejectedRows, clean_batch
from embedlab.kinds.ratings.detecting import plan_of
from embedlab.kinds.ratings.feedback.baskets import basket_batches
from embedlab.kinds.ratings.options import RatingsOptions
from embedlab.kinds.ratings.plan import Plan
from embedlab.kinds.ratings.wide import long_batches
from embedlab.reading.delimited import open_table
from embedlab.reading.key_codes import KeyCodes
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits, StoredFile
from embedlab.reading.tables.table_format import Table

_SECONDS_BETWEEN_REPORTS = 0.5


class Pace:
    """Reports the progress of one part of the work, at most twice a second.

    `share` runs from 0 to 1 within `start` to `stop`.
    """

    def __init__(self, report: ReportProgress, start: float, stop: float, stage: str) -> None:
        self._report = report
        self._start, self._stop, self.stage = start, stop, stage
        self._next_time = 0.0
        self.share = 0.0

    def tick(self, share: float | None = None) -> None:
        """Report when it is time."""
        if share is not None:
            self.share = share
        if (now := time.monotonic()) >= self._next_time:
            self._next_time = now + _SECONDS_BETWEEN_REPORTS
            self._report(self._start + (self._stop - self._start) * self.share, self.stage)


def clean_rows(
    file: Path | StoredFile,
    plan: Plan | RatingsOptions,
    users: KeyCodes,
    items: KeyCodes,
    rejected: RejectedRows,
    limits: Limits,
    tick: Callable[[float], None],
) -> Iterator[CleanRows]:
    """Yield the usable rows of a ratings file batch by batch; the codes and `rejected` grow meanwhile.

    `plan` says how, or the options that it is made of; `tick` is called with the share of the file that has been read.
    """
    if isinstance(plan, RatingsOptions):
        plan = plan_of(OpenedUpload.of(file, limits, plan.member), plan, limits)
    n_rows = 0
    readers = plan.options.readers
    if plan.is_baskets:
        stored = StoredFile.of(file, limits, plan.options.member)
        for columns in basket_batches(stored, plan.options, limits, rejected, tick):
            yield clean_batch(columns, n_rows + 1, users, items, rejected, readers)
            n_rows += len(columns[0])
        return
    with open_table(file, plan.options.table_format, plan.columns, limits) as table:
        for columns in _columns(table, plan):
            yield clean_batch(columns, n_rows + 1, users, items, rejected, readers)
            n_rows += len(columns[0])
            tick(table.share_read)
        rejected.add_unread(table.n_bad_rows, table.bad_row_examples)
        rejected.n_repaired += table.n_repaired
        rejected.n_unclosed += table.n_unclosed


def _columns(table: Table, plan: Plan) -> Iterator[list[pa.Array]]:
    if plan.wide is not None:
        names = [plan.names[place] for place in plan.wide.values]
        yield from long_batches(table.batches(), plan.wide, names)
        return
    for batch in table.batches():
        columns = [batch.column(number) for number in range(batch.num_columns)]
        if plan.options.rating is None:
            # Each row is a choice; events of one pair are summed to how often it was chosen.
            columns.insert(2, pa.array(np.ones(batch.num_rows)))
        yield columns

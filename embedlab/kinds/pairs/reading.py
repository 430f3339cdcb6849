"""Streaming the rows of a file of pairs into integer codes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from embedlab.kinds.pairs.forms import MISSING, values_in
from embedlab.kinds.pairs.plan import Plan
from embedlab.kinds.reading_report import Changes
from embedlab.reading.delimited import open_table
from embedlab.reading.key_codes import KeyCodes
from embedlab.reading.opened import OpenedUpload

Ints = npt.NDArray[np.int32]
_SECONDS_BETWEEN_REPORTS = 0.5
_GROUP_SEPARATOR = " · "
_MISSING = pa.array(sorted(MISSING), pa.string())


@dataclass
class CodedPairs:
    """The pairs of a file as codes; grows while the file is read.

    Parameters
    ----------
    codes
        Of the values of each kind, left first.
    group_codes
        Of the groups.
    n_missing
        Cells without a value, for each kind.
    n_rows
        Rows with a value on the left.
    """

    codes: list[KeyCodes]
    group_codes: KeyCodes = field(default_factory=KeyCodes)
    n_missing: list[int] = field(default_factory=list)
    n_rows: int = 0
    _left: list[list[Ints]] = field(default_factory=list)
    _right: list[list[Ints]] = field(default_factory=list)
    _groups: list[list[Ints]] = field(default_factory=list)

    @classmethod
    def of(cls, n_kinds: int) -> CodedPairs:
        """Return an empty one."""
        empty: tuple[list[list[Ints]], ...] = tuple([[] for _ in range(n_kinds)] for _ in range(3))
        return cls([KeyCodes() for _ in range(n_kinds)], KeyCodes(), [0] * n_kinds, 0, *empty)

    def add(self, kind: int, left: Ints, right: Ints, groups: Ints) -> None:
        """Add pairs of the left kind with another one."""
        self._left[kind].append(left)
        self._right[kind].append(right)
        self._groups[kind].append(groups)

    def pairs(self, kind: int) -> tuple[Ints, Ints, Ints]:
        """Return the left codes, right codes and groups of all pairs with a kind."""
        empty = [np.empty(0, np.int32)]
        left, right, groups = (np.concatenate(each[kind] or empty) for each in (self._left, self._right, self._groups))
        return left, right, groups


def read_pairs(
    upload: OpenedUpload, plan: Plan, changes: Changes, report: Callable[[float], None], most_rows: int | None = None
) -> CodedPairs:
    """Read a file, batch by batch.

    Parameters
    ----------
    upload
        The file.
    plan
        How it is read.
    changes
        Counts what is left out.
    report
        Called with the share of the file, at most twice a second.
    most_rows
        Stop after about this many rows; None: read all.
    """
    pairs = CodedPairs.of(len(plan.names))
    next_report = 0.0
    with open_table(upload, plan.options.table_format, plan.columns, upload.limits) as table:
        for batch in table.batches():
            _add_batch(pairs, batch, plan, changes)
            if most_rows is not None and pairs.n_rows >= most_rows:
                break
            if (now := time.monotonic()) >= next_report:
                next_report = now + _SECONDS_BETWEEN_REPORTS
                report(table.share_read)
        if table.n_bad_rows:
            example = table.bad_row_examples[0] if table.bad_row_examples else "a row"
            changes.leave_out("rows with another number of fields", example, table.n_bad_rows)
    return pairs


def _add_batch(pairs: CodedPairs, batch: pa.RecordBatch, plan: Plan, changes: Changes) -> None:
    columns = [pc.utf8_trim_whitespace(batch.column(number)) for number in range(batch.num_columns)]
    left_cells = columns[0]
    if plan.forms[0] == "tags":
        separator = plan.options.tag_separator
        cells = [separator.join(sorted(values_in(cell, separator))) for cell in left_cells.to_pylist()]
        left_cells = pa.array(cells, pa.string())
    has_left = _present(left_cells)
    n_without = len(has_left) - int(has_left.sum())
    if n_without:
        pairs.n_missing[0] += n_without
        changes.leave_out(f"rows without a value of {plan.names[0]}", "an empty cell", n_without)
        keep = pa.array(has_left)
        columns = [column.filter(keep) for column in columns]
        left_cells = left_cells.filter(keep)
    if not len(left_cells):
        return
    pairs.n_rows += len(left_cells)
    left = pairs.codes[0].encode(left_cells)
    groups = _groups(pairs, columns[len(plan.positions) :], len(left))
    for kind in range(1, len(plan.positions)):
        rows, values = _values(columns[kind], plan, kind)
        present = _present(values)
        has_none = np.bincount(rows[present], minlength=len(left)) == 0
        pairs.n_missing[kind] += int(np.count_nonzero(has_none))
        if not present.all():
            rows, values = rows[present], values.filter(pa.array(present))
        if len(rows):
            pairs.add(kind, left[rows], pairs.codes[kind].encode(values), groups[rows])


def _values(column: pa.Array, plan: Plan, kind: int) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Return the values of the cells of a right column, and the row of each."""
    if plan.forms[kind] != "tags":
        return np.arange(len(column)), column
    lists = pc.split_pattern(column, plan.options.tag_separator)
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    return rows, pc.utf8_trim_whitespace(pc.list_flatten(lists))


def _present(cells: pa.Array) -> npt.NDArray[np.bool_]:
    is_missing = pc.is_in(cells, value_set=_MISSING.cast(cells.type))
    present: npt.NDArray[np.bool_] = ~is_missing.to_numpy(zero_copy_only=False).astype(bool)
    return present


def _groups(pairs: CodedPairs, columns: list[pa.Array], n_rows: int) -> Ints:
    """Return the group of each row: that of the values of all group columns; -1 where one is missing."""
    groups = np.full(n_rows, -1, np.int32)
    if columns:
        present = np.logical_and.reduce([_present(column) for column in columns])
        if present.any():
            keep = pa.array(present)
            parts = [column.filter(keep) for column in columns]
            joined = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, _GROUP_SEPARATOR)
            groups[present] = pairs.group_codes.encode(joined)
    return groups


def batches_of(total: int, size: int) -> Iterator[slice]:
    """Yield consecutive slices of at most `size`."""
    for start in range(0, total, size):
        yield slice(start, min(start + size, total))

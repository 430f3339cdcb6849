"""Reading an edge list batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from embedlab.core.errors import InputError
from embedlab.kinds.graph.columns import EdgeColumns, comments_of, direction_in_comments, edge_columns, with_header
from embedlab.kinds.graph.options import NO_WEIGHT, EdgeLayout, GraphOptions
from embedlab.kinds.reading_report import Changes
from embedlab.reading.column_names import bare
from embedlab.reading.delimited import MAX_RECORD_BYTES, open_table, read_head
from embedlab.reading.layouts import Layout
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload, TableSample
from embedlab.reading.sources import open_text
from embedlab.reading.table_columns import column_names, renamed_columns, resolve_column
from embedlab.reading.tables.table_format import header_only

#: Names longer than this are no names of nodes.
LONGEST_NAME: Final = 1_000
#: Said where only the names themselves show that the first row is a header.
FIRST_ROW_NAMES: Final = "The first row names the columns of an edge list."
_BATCH: Final = 50_000
_FEWEST_IN_SPACES: Final = 0.9
_TABLES: Final = {Layout.DELIMITED, Layout.JSONL, Layout.JSON, Layout.PARQUET, Layout.EXCEL}
_SAMPLE: Final = 1_000


@dataclass(frozen=True)
class EdgePlan:
    """How a file is read, with nothing left to guess but the direction.

    Parameters
    ----------
    options
        The options, completed.
    names
        Of all columns.
    columns
        Of source, target and weight.
    rows
        The first rows, as text.
    comments_say
        What comments say about the direction; None if nothing.
    assumptions
        Plain sentences.
    """

    options: GraphOptions
    names: list[str]
    columns: EdgeColumns
    rows: list[list[str]]
    comments_say: bool | None
    assumptions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class EdgeRows:
    """Rows of a file that are edges: names of nodes without nulls, and `(n,)` float32 weights above 0."""

    sources: pa.Array
    targets: pa.Array
    weights: npt.NDArray[np.float32]


def plan_of(upload: OpenedUpload, options: GraphOptions) -> EdgePlan:
    """Return how a file is read; raises `InputError` if it is not an edge list."""
    upload = upload.of_member(options.member)
    if options.encoding is not None and not upload.is_parquet:
        upload = upload.read_in(options.encoding)
    layout, names, rows, assumptions, found = _layout(upload, options)
    has_header = bool(found.has_header)
    columns = _columns(options, names, rows, has_header=has_header)
    is_text = layout in {"spaces", "delimited"}
    said = direction_in_comments(upload.lines) if is_text and not upload.is_workbook else None
    complete = found.model_copy(
        update={
            "layout": layout,
            "encoding": upload.encoding if is_text or layout in {"json", "jsonl"} else None,
            "source": _chosen(names, columns.source, has_header=has_header),
            "target": _chosen(names, columns.target, has_header=has_header),
            "weight": NO_WEIGHT if columns.weight is None else _chosen(names, columns.weight, has_header=has_header),
            "directed": options.directed,
        }
    )
    return EdgePlan(complete, names, columns, rows, said, assumptions)


def _chosen(names: Sequence[str], place: int, *, has_header: bool) -> str | int:
    return names[place] if has_header and names.count(names[place]) == 1 else place


def _layout(
    upload: OpenedUpload, options: GraphOptions
) -> tuple[EdgeLayout, list[str], list[list[str]], list[str], GraphOptions]:
    """Return layout, names of the columns, first rows, assumptions, and the options with the format."""
    chosen = options.layout
    if chosen != "spaces":
        table = upload.table
        if options.delimiter is not None or options.skip_lines is not None or options.has_header is not None:
            base = {} if table is None else _of_format(table.table_format)
            given = options.model_dump(include={"layout", "delimiter", "has_header", "quoting", "skip_lines", "sheet"})
            merged = options.model_copy(update={**base, **{k: v for k, v in given.items() if v is not None}})
            names, rows = read_head(upload, merged.table_format, upload.limits, _SAMPLE)
            return merged.layout or "delimited", names, rows, _renamed(table, names), merged
        if table is not None and table.table_format.layout in _TABLES and len(table.names) >= 2:
            names, rows, has_header = with_header(table.names, table.rows, has_header=table.table_format.has_header)
            update = {**_of_format(table.table_format), "has_header": has_header}
            merged = options.model_copy(update=update)
            reasons = list(table.reasons)
            if has_header != table.table_format.has_header:
                reasons = [*reasons[:1], FIRST_ROW_NAMES, *filter(None, [renamed_columns(table.rows[0], names)])]
            return cast("EdgeLayout", merged.layout), names, rows, reasons, merged
        if chosen is not None:
            raise _no_edges("The file is not a table with two columns.")
    only = edge_columns(upload.names_only, [], has_header=True)
    if only is not None and only.are_named:
        raise header_only(upload.names_only)
    in_spaces = spaced_rows(upload.lines)
    if in_spaces is None:
        raise _no_edges("Its lines are not pairs of nodes.")
    names, rows, has_header, n_skipped = in_spaces
    merged = options.model_copy(update={"has_header": has_header, "skip_lines": n_skipped, "delimiter": None})
    return "spaces", names, rows, ["Spaces or tabs separate the columns."], merged


def _renamed(table: TableSample | None, names: list[str]) -> list[str]:
    """Return what is said about empty and repeated names of columns, if these names are those of the detected table."""
    if table is None:
        return []
    if table.names == names:
        return [table.renamed] if table.renamed else []
    first = table.rows[0] if table.rows else []
    said = renamed_columns(first, names) if column_names(first) == names else ""
    return [said] if said else []


def _no_edges(received: str) -> InputError:
    return InputError(
        "The file is not an edge list.",
        received=received,
        remedy="Write one edge per line: the two nodes, and perhaps a weight, separated by commas, tabs or spaces.",
    )


def _of_format(table_format: Any) -> dict[str, Any]:
    delimited = table_format.layout == Layout.DELIMITED
    return {
        "layout": str(table_format.layout.value),
        "delimiter": table_format.delimiter if delimited else None,
        "has_header": table_format.has_header,
        "quoting": table_format.quoting if delimited else None,
        "skip_lines": table_format.skip_lines or None,
        "sheet": table_format.sheet,
    }


def spaced_rows(lines: Sequence[str]) -> tuple[list[str], list[list[str]], bool, int] | None:
    """Return columns separated by any number of spaces or tabs: names, rows, whether there is a header, and comments.

    None if the lines do not have the same number of fields, from 2 to 4.
    """
    n_comments = len(comments_of(lines))
    rows = [line.split() for line in lines[n_comments:] if line.strip()][:_SAMPLE]
    if not rows or not 2 <= len(rows[-1]) <= 4:
        return None
    width = len(rows[len(rows) // 2])
    if not 2 <= width <= 4 or sum(len(row) == width for row in rows) < _FEWEST_IN_SPACES * len(rows):
        return None
    alike = [row for row in rows if len(row) == width]
    return *with_header([str(place) for place in range(width)], alike, has_header=False), n_comments


def _columns(options: GraphOptions, names: list[str], rows: list[list[str]], *, has_header: bool) -> EdgeColumns:
    guessed = edge_columns(names, rows, has_header=has_header)
    if guessed is None:
        raise _no_edges("It has one column.")
    source = guessed.source if options.source is None else resolve_column(names, options.source)
    target = guessed.target if options.target is None else resolve_column(names, options.target)
    if source == target:
        raise InputError(
            "Source and target are the same column.",
            received=names[source],
            remedy="Choose two different columns.",
        )
    weight = guessed.weight if guessed.weight not in {source, target} else None
    if options.weight == NO_WEIGHT and NO_WEIGHT not in [bare(name) for name in names]:
        weight = None
    elif options.weight is not None:
        weight = resolve_column(names, options.weight)
    is_guess = (source, target) == (guessed.source, guessed.target)
    return EdgeColumns(
        source,
        target,
        weight,
        has_direction=guessed.has_direction and is_guess,
        are_named=guessed.are_named and is_guess,
    )


def edge_rows(
    upload: OpenedUpload, plan: EdgePlan, limits: Limits, changes: Changes, tick: Callable[[float], None]
) -> Iterator[EdgeRows]:
    """Yield the usable rows of an edge list, batch by batch; what is left out is counted in `changes`."""
    options = plan.options
    upload = upload.of_member(options.member)
    places = [plan.columns.source, plan.columns.target]
    if plan.columns.weight is not None:
        places.append(plan.columns.weight)
    if options.layout == "spaces":
        batches = _spaced_batches(upload, plan, places, limits, changes, tick)
    else:
        batches = _table_batches(upload, options, places, limits, changes, tick)
    for columns in batches:
        yield _usable(columns, changes)


def _table_batches(
    upload: OpenedUpload,
    options: GraphOptions,
    places: Sequence[int],
    limits: Limits,
    changes: Changes,
    tick: Callable[[float], None],
) -> Iterator[list[pa.Array]]:
    with open_table(upload, options.table_format, places, limits) as table:
        for batch in table.batches():
            yield [batch.column(number) for number in range(batch.num_columns)]
            tick(table.share_read)
        if table.n_bad_rows:
            changes.leave_out("rows with too few or too many fields", table.bad_row_examples[0], table.n_bad_rows)
        if table.n_repaired:
            changes.convert("characters that are not valid in the encoding", "\ufffd", table.n_repaired)


def _spaced_batches(
    upload: OpenedUpload,
    plan: EdgePlan,
    places: Sequence[int],
    limits: Limits,
    changes: Changes,
    tick: Callable[[float], None],
) -> Iterator[list[pa.Array]]:
    width, options = len(plan.names), plan.options
    with open_text(upload, options.encoding or "utf-8", limits) as text:
        source = cast("Any", text).buffer
        lines = islice(_bounded(text), (options.skip_lines or 0) + int(bool(options.has_header)), None)
        while taken := list(islice(lines, _BATCH)):
            rows = []
            for line in taken:
                cells = line.split()
                if len(cells) == width:
                    rows.append(cells)
                elif cells and cells[0][0] not in "#%":
                    changes.leave_out("rows with too few or too many fields", line.strip())
            yield [pa.array([row[place] for row in rows], pa.string()) for place in places]
            tick(source.share_read)
        if source.n_repaired:
            changes.convert("characters that are not valid in the encoding", "\ufffd", source.n_repaired)


def _bounded(text: Any) -> Iterator[str]:
    while line := text.readline(MAX_RECORD_BYTES):
        if len(line) >= MAX_RECORD_BYTES:
            raise InputError(f"A line is longer than {MAX_RECORD_BYTES // 1024**2} MB.", received=line[:40])
        yield line


def _usable(columns: Sequence[pa.Array], changes: Changes) -> EdgeRows:
    sources, targets = (pc.utf8_trim_whitespace(column) for column in columns[:2])
    n_rows = len(sources)
    usable = np.ones(n_rows, bool)

    def leave_out(is_bad: npt.NDArray[np.bool_], reason: str) -> None:
        new = is_bad & usable
        if new.any():
            row = int(np.argmax(new))
            example = " ".join(str(column[row].as_py()) for column in columns)
            changes.leave_out(reason, example, int(new.sum()))
            usable[new] = False

    lengths = [pc.utf8_length(each).to_numpy(zero_copy_only=False) for each in (sources, targets)]
    leave_out((lengths[0] == 0) | (lengths[1] == 0), "rows without a source or a target")
    leave_out(np.maximum(*lengths) > LONGEST_NAME, f"rows with a name of more than {LONGEST_NAME:,} characters")
    weights = np.ones(n_rows, np.float32)
    if len(columns) > 2:
        numbers = _numbers(columns[2])
        leave_out(~np.isfinite(numbers), "rows whose weight is not a finite number")
        leave_out(~(np.nan_to_num(numbers) > 0), "rows whose weight is 0 or negative")
        with np.errstate(over="ignore"):
            weights = numbers.astype(np.float32)
        leave_out(~np.isfinite(weights) | (weights == 0), "rows whose weight is beyond the range of float32")
    if not usable.all():
        mask = pa.array(usable)
        sources, targets, weights = sources.filter(mask), targets.filter(mask), weights[usable]
    return EdgeRows(sources, targets, weights)


def _numbers(column: pa.Array) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(pc.cast(pc.utf8_trim_whitespace(column), pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        return np.array([_number(text) for text in column.to_pylist()], np.float64)


def _number(text: str) -> float:
    try:
        return float("nan" if "_" in text else text)
    except ValueError:
        return float("nan")

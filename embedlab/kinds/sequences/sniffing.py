"""Recognizing files that are clearly sequences, and guessing how others are read when the kind is chosen."""

from __future__ import annotations

from embedlab.core.errors import InputError
from embedlab.kinds.guess import Guess
from embedlab.kinds.sequences.options import LOG_PAUSE_MINUTES, SequencesOptions, Shape
from embedlab.kinds.sequences.shapes.access_log import are_access_log
from embedlab.kinds.sequences.shapes.fasta import are_fasta
from embedlab.kinds.sequences.shapes.lines import likely_delimiter
from embedlab.kinds.sequences.shapes.table import columns_of
from embedlab.kinds.sequences.shapes.typed import are_typed
from embedlab.kinds.sequences.times import are_day_first
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload, TableSample

_REASONS: dict[Shape, str] = {
    "typed": "Each line begins with its type: A describes an item, C begins a user, V is an event.",
    "access-log": "Each line is a request in the log of a web server.",
    "fasta": "Records begin with “>”, as in FASTA files.",
}
#: A delimited file whose rows are that unequal has items in its cells.
_SHARE_EQUAL = 0.9


def sequences_in(kind: str, upload: OpenedUpload) -> Guess | None:
    """Return a guess if a file can only be sequences; `kind` is the name that it carries."""
    if upload.is_workbook or upload.is_parquet:
        return None
    shape = _marked_shape(upload)
    if shape is None:
        return None
    return Guess(kind, Layout.LINES, upload.encoding, member=upload.member, reasons=[_REASONS[shape]])


def _marked_shape(upload: OpenedUpload) -> Shape | None:
    lines = upload.lines
    if are_typed(lines):
        return "typed"
    if are_access_log(lines):
        return "access-log"
    return "fasta" if are_fasta(lines) else None


def complete(upload: OpenedUpload, options: SequencesOptions) -> SequencesOptions:
    """Return the options with missing values guessed from the content.

    Raises
    ------
    InputError
        The file is empty or binary, or has no columns of users and items.
    """
    table = upload.table if options.shape in {None, "events"} else None
    stored_as_table = upload.is_workbook or upload.is_parquet
    if options.shape is None:
        upload.refuse_header_only()
    shape = options.shape or (None if stored_as_table else _marked_shape(upload))
    if shape is None:
        shape = "events" if table is not None and len(table.names) > 1 else _line_shape(upload)
    found: dict[str, object] = {"shape": shape, "member": options.member or upload.member}
    if shape == "events":
        if table is not None:
            found |= _table_options(table, options)
        elif None in (options.delimiter, options.user, options.item):
            raise InputError(
                "The file is not a table.",
                received="no separator of columns",
                remedy="Choose another shape (lines, baskets, typed, access-log or fasta), or give the delimiter and "
                "the columns of user and item.",
            )
        else:
            found |= {"layout": "delimited", "encoding": upload.encoding, "has_header": True}
    else:
        if stored_as_table:
            raise InputError(
                "The file is a table, not lines of text.", received=shape, remedy="Choose the shape “events”."
            )
        found["encoding"] = upload.encoding
        if shape in {"lines", "baskets"}:
            found["delimiter"] = likely_delimiter(upload.lines)
    is_log = shape == "access-log"
    has_times = is_log or (options.time or found.get("time")) is not None
    found["pause_minutes"] = LOG_PAUSE_MINUTES if is_log else (0.0 if has_times else None)
    found["repeats"] = {"access-log": "merge", "baskets": "first"}.get(shape, "keep")
    chosen = options.model_dump(exclude_none=True)
    return SequencesOptions.model_validate({**found, **chosen})


def _line_shape(upload: OpenedUpload) -> Shape:
    return "baskets" if likely_delimiter(upload.lines) == "," else "lines"


def _table_options(table: TableSample, options: SequencesOptions) -> dict[str, object]:
    stored = table.table_format
    is_text = stored.layout == Layout.DELIMITED
    found: dict[str, object] = {
        "layout": stored.layout.value,
        "encoding": stored.encoding,
        "delimiter": stored.delimiter if is_text else None,
        "has_header": stored.has_header,
        "quoting": stored.quoting if is_text else None,
        "skip_lines": stored.skip_lines,
        "sheet": stored.sheet,
    }
    if options.user is None or options.item is None:
        found |= columns_of(table)
    time = options.time or found.get("time")
    if isinstance(time, str) and time in table.names:
        place = table.names.index(time)
        found["day_first"] = are_day_first([row[place] for row in table.rows])
    return found

"""What the import of a text reports: how the file was read, and what was left out or converted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from embedlab.core.errors import InputError
from embedlab.core.kind import Kind
from embedlab.kinds.reading_report import Changes, ReadAs
from embedlab.kinds.text.batches import DocumentSource
from embedlab.kinds.text.guessing import assumptions
from embedlab.kinds.text.options import TextOptions
from embedlab.kinds.text.tokens.tokenizing import MAX_WORD_LENGTH, BatchTokenizer
from embedlab.reading.delimited import read_head
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.table_columns import resolve_column


def read_as(upload: OpenedUpload, options: TextOptions, used: Sequence[str], source: DocumentSource) -> ReadAs:
    """Return how a text was read.

    Parameters
    ----------
    upload, options
        The file, and how it was read.
    used
        Names of the other columns that hold anything.
    source
        The documents, when all are read.
    """
    columns: dict[str, list[str]] = {}
    if options.is_table:
        columns = _columns(upload, options, used)
    elif options.label_by == "prefix":
        columns = {"label": ["__label__"]}
    if options.label_by in {"file", "folder"}:
        columns["label"] = [options.label_by]
    said = assumptions(upload, options)
    if source.members is not None and source.members.left_out:
        said.append(f"{source.members.n_read:,} files were read, {len(source.members.left_out):,} left out.")
    is_delimited = options.layout == "delimited"
    return ReadAs(
        Kind.TEXT,
        options.layout,
        options.delimiter if is_delimited else None,
        options.has_header if is_delimited else options.is_table,
        None if options.layout == "parquet" else options.encoding,
        columns,
        list(dict.fromkeys(said)),
    )


def _columns(upload: OpenedUpload, options: TextOptions, used: Sequence[str]) -> dict[str, list[str]]:
    first = upload.of_member(options.member)
    names, _ = read_head(first, options.table_format, upload.limits, n_rows=1)
    found: dict[str, list[str]] = {}
    chosen = {"text": options.text_column, "label": options.label_column, "part": options.part_column}
    for role, column in chosen.items():
        if column is None:
            continue
        try:
            found[role] = [names[resolve_column(names, column)]]
        except InputError:
            # Of several files another one may be the first.
            found[role] = [str(column)]
    known = {name for each in found.values() for name in each}
    # The columns of label and part are stored with the others.
    return {**found, "metadata": [name for name in used if name not in known]}


def count_changes(
    changes: Changes, source: DocumentSource, tokenizer: BatchTokenizer, empty_columns: Sequence[str]
) -> None:
    """Count what was left out and converted while documents were read."""
    table = source.table
    if table is not None and table.n_bad_rows:
        examples = table.bad_row_examples or [""]
        _count(changes.leave_out, "rows with too many or too few fields", examples, table.n_bad_rows)
    for name in empty_columns:
        changes.leave_out("columns without content", f"column {name}")
    if tokenizer.n_too_long:
        changes.leave_out(f"words longer than {MAX_WORD_LENGTH} characters", tokenizer.too_long, tokenizer.n_too_long)
    _count(changes.leave_out, "HTML tags", tokenizer.tags, tokenizer.n_tags)
    _count(changes.convert, "HTML entities, decoded", tokenizer.entities, tokenizer.n_entities)
    if n_repaired := source.n_repaired():
        changes.convert("characters that are invalid in the encoding, replaced", "\ufffd", n_repaired)


def _count(change: Callable[[str, str, int], None], reason: str, examples: Sequence[str], n: int) -> None:
    """Count `n` changes of which some are examples."""
    for place, example in enumerate(examples):
        change(reason, example, n - len(examples) + 1 if place == 0 else 1)

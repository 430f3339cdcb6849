"""Labels of a file that is sorted by label: its start shows only one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from embedlab.core.errors import InputError
from embedlab.kinds.text.column_roles import TextRoles, are_labels
from embedlab.reading.delimited import column_texts, open_table
from embedlab.reading.opened import OpenedUpload, TableSample
from embedlab.reading.table_columns import column_in_sentence

#: Rows that are read to see whether a column stays the same, and how many of its values are compared.
_MOST_ROWS: Final = 300_000
_EVERY: Final = 20


def with_sorted_labels(upload: OpenedUpload, table: TableSample, roles: TextRoles) -> TextRoles:
    """Return the roles with a label column whose values are the same at the start of the file and change later."""
    if roles.text is None or roles.label is not None or not roles.constant:
        return roles
    values: list[list[str]] = [[] for _ in roles.constant]
    n_rows = 0
    try:
        with open_table(upload, table.table_format, list(roles.constant), upload.limits) as opened:
            for batch in opened.batches():
                for column, seen in enumerate(values):
                    seen += column_texts(batch, column)[::_EVERY]
                n_rows += batch.num_rows
                if n_rows > _MOST_ROWS:
                    break
    except InputError:
        # What cannot be read is refused where it is imported; it has no labels to offer here.
        return roles
    label = next((place for place, seen in zip(roles.constant, values, strict=True) if are_labels(seen)), None)
    if label is None:
        return roles
    title = column_in_sentence(table.names, label, named=table.table_format.has_header)
    reason = f"The {title} is the label: the file is sorted by it."
    return replace(roles, label=label, reasons=[*roles.reasons, reason])

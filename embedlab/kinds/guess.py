"""A guess at what a file is: its kind, its layout, and what its columns hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from embedlab.reading.columns import ColumnType, column_type
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import TableSample


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `role` is what the guessed kind reads it as, such as `user`, `rating` or `text`, or empty.
    """

    name: str
    index: int
    type: ColumnType
    role: str = ""


@dataclass(frozen=True)
class Guess:
    """What a file seems to be. Every part of it is shown and can be changed.

    `kind` is a name of the registry, `reasons` are plain sentences.
    """

    kind: str
    layout: Layout
    encoding: str = "utf-8"
    delimiter: str | None = None
    has_header: bool = False
    quoting: bool = False
    columns: list[Column] = field(default_factory=list)
    member: str | None = None
    reasons: list[str] = field(default_factory=list)
    skip_lines: int = 0
    sheet: str | None = None

    @classmethod
    def of_table(cls, kind: str, table: TableSample, roles: Mapping[int, str], *reasons: str) -> Guess:
        """Return the guess that a table is of a kind, with the roles of its columns by their number."""
        stored = table.table_format
        columns = [
            Column(name, index, column_type([row[index] for row in table.rows]), roles.get(index, ""))
            for index, name in enumerate(table.names)
        ]
        return cls(
            kind,
            stored.layout,
            stored.encoding,
            stored.delimiter if stored.layout == Layout.DELIMITED else None,
            stored.has_header,
            stored.quoting if stored.layout == Layout.DELIMITED else False,
            columns,
            stored.member,
            [*table.reasons, *reasons],
            stored.skip_lines,
            stored.sheet,
        )

    def role(self, role: str) -> Column | None:
        """Return the column that plays this role, or None."""
        return next((column for column in self.columns if column.role == role), None)

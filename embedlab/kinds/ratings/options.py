"""How a ratings file is read: guessed from its content, shown, and changeable."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.duplicates import Duplicates
from embedlab.kinds.ratings.roles import guess_roles
from embedlab.reading.delimited import TableFormat, check_delimiter, read_head
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits
from embedlab.reading.table_columns import resolve_column

_ROWS_FOR_GUESSING = 500
_ROLES = ("user", "item", "rating", "time")
_FORMAT_FIELDS = ("layout", "encoding", "delimiter", "has_header", "quoting")

#: A column by name, or by 0-based number (also as text such as "2").
ColumnChoice = str | int


class RatingsOptions(BaseModel):
    """How a ratings file is read; what is left out is guessed from its content.

    Only an explicit `time` of null means that there is no time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: Literal["delimited", "jsonl", "parquet"] | None = Field(None, description="Layout of the rows in the file.")
    encoding: str | None = Field(None, description="Encoding of the text, such as utf-8 or cp1252.")
    delimiter: str | None = Field(None, min_length=1, max_length=10, description="Separator of columns, such as ::.")
    has_header: bool | None = Field(None, description="Whether the first row names the columns.")
    quoting: bool | None = Field(None, description="Whether double quotes enclose cells.")
    member: str | None = Field(None, description="Which file of a zip archive; the largest if left out.")
    user: ColumnChoice | None = Field(None, description="Column of the user.")
    item: ColumnChoice | None = Field(None, description="Column of the item.")
    rating: ColumnChoice | None = Field(None, description="Column of the rating.")
    time: ColumnChoice | None = Field(None, description="Column of the time; null: none.")
    duplicates: Duplicates = Field(
        "last", description="If a user rated an item twice: keep the last rating, take the mean, or refuse the file."
    )

    @field_validator("delimiter")
    @classmethod
    def _usable_delimiter(cls, delimiter: str | None) -> str | None:
        return None if delimiter is None else check_delimiter(delimiter)

    @property
    def table_format(self) -> TableFormat:
        """The format for `open_table`; call `complete` first."""
        return TableFormat(
            Layout(self.layout or "delimited"),
            self.encoding or "utf-8",
            self.delimiter or ",",
            has_header=self.has_header is not False,
            quoting=self.quoting is not False,
            member=self.member,
        )

    @property
    def columns(self) -> list[ColumnChoice]:
        """The chosen columns: user, item, rating and, where there is one, time; call `complete` first."""
        chosen = [self.user, self.item, self.rating, *([] if self.time is None else [self.time])]
        return [column for column in chosen if column is not None]


def guess_ratings_options(file: Path | OpenedUpload, limits: Limits | None = None) -> RatingsOptions:
    """Return complete options for the file, guessed from its content.

    Raises
    ------
    InputError
        The file is empty, binary or damaged, or no column can hold ratings.
    """
    return complete(file, RatingsOptions(), limits or Limits())


def complete(file: Path | OpenedUpload, options: RatingsOptions, limits: Limits) -> RatingsOptions:
    """Return the options with all missing values guessed, and check that the chosen columns exist.

    Raises
    ------
    InputError
        As `guess_ratings_options`, or one column is chosen for two roles.
    NotFoundError
        A chosen column does not exist.
    """
    upload = OpenedUpload.of(file, limits, options.member)
    values = options.model_dump()
    if any(values[name] is None for name in _FORMAT_FIELDS):
        stored = TableFormat(encoding=upload.encoding) if upload.table is None else upload.table.table_format
        guessed = {
            "layout": str(stored.layout),
            "encoding": stored.encoding,
            "delimiter": stored.delimiter,
            "has_header": upload.table is not None and stored.has_header,
            "quoting": upload.table is not None and stored.quoting,
        }
        values |= {name: guessed[name] for name in _FORMAT_FIELDS if values[name] is None}
    completed = RatingsOptions(**values)
    names, rows = read_head(upload, completed.table_format, limits, _ROWS_FOR_GUESSING)
    if not rows:
        raise InputError("The file contains no ratings.", remedy="Choose a file with one rating per row.")
    named = completed.layout != "delimited" or completed.has_header is True
    given = {role: values[role] for role in _ROLES if values[role] is not None}
    chosen = {role: resolve_column(names, column) for role, column in given.items()}
    # A row may be longer than the first; its further cells belong to no column.
    within = [row[: len(names)] for row in rows]
    guessed_roles = guess_roles(names if named else None, within, chosen)
    if "time" in options.model_fields_set and options.time is None:
        guessed_roles["time"] = None
    _check_different(guessed_roles, names)
    roles = {
        role: given[role] if role in given else _choice(column, names, named) for role, column in guessed_roles.items()
    }
    return completed.model_copy(update=roles)


def _choice(column: int | None, names: list[str], named: bool) -> ColumnChoice | None:
    if column is None or not named or names.count(names[column]) > 1:
        return column
    return names[column]


def _check_different(roles: dict[str, int | None], names: list[str]) -> None:
    role_of: dict[int, str] = {}
    for role, column in roles.items():
        if column is None:
            continue
        if column in role_of:
            raise InputError(
                f"The same column is chosen for the {role_of[column]} and the {role}.",
                received=names[column],
                remedy="Choose a different column for each.",
            )
        role_of[column] = role

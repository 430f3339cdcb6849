"""How a table is read: what is left out is detected from its content, shown, and changeable."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from embedlab.core.errors import InputError
from embedlab.reading.delimited import check_delimiter
from embedlab.reading.encodings import check_encoding
from embedlab.reading.sources import LONGEST_MEMBER_NAME

#: What a column can be chosen to be; one that is left out describes the rows, and no model gets it.
ColumnChoice = Literal["category", "number", "text", "date", "id", "left-out"]
MOST_CHOICES = 1000


def _known_encoding(name: str | None) -> str | None:
    try:
        return None if name is None else check_encoding(name)
    except InputError as error:
        raise ValueError(f"{error.what} {error.remedy}") from error


def _choices(given: object) -> object:
    """Read `zipcode=category,date=text`, as a flag has it."""
    if not isinstance(given, str):
        return given
    pairs = [pair.rpartition("=") for pair in given.split(",") if pair.strip()]
    return {name.strip(): choice.strip() for name, _, choice in pairs}


class TableOptions(BaseModel):
    """How a table is read; immutable. Columns are names, or 0-based numbers as text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str | None = Field(
        None, max_length=1000, description="Column to predict, by name or 0-based number; empty: there is none."
    )
    target_type: Literal["number", "category"] | None = Field(
        None, description="Whether the target is a number or a category; empty: detected."
    )
    target_log: bool | None = Field(
        None,
        description="Predict the logarithm of a positive target, such as a price; empty: yes if its distribution has "
        "a long right tail.",
    )
    types: Annotated[dict[str, ColumnChoice], BeforeValidator(_choices)] = Field(
        default_factory=dict,
        max_length=MOST_CHOICES,
        description="Types of columns that differ from the detected ones, such as zipcode=category,notes=left-out: "
        "category, number, text, date, id or left-out.",
    )
    layout: Literal["delimited", "jsonl", "json", "parquet", "excel", "blocks", "sounds"] | None = Field(
        None, description="Layout of the rows in the file; empty: detected."
    )
    encoding: Annotated[str | None, AfterValidator(_known_encoding)] = Field(
        None, max_length=100, description="Encoding of the text, such as utf-8 or cp1252; empty: detected."
    )
    delimiter: Annotated[str | None, AfterValidator(lambda one: None if one is None else check_delimiter(one))] = Field(
        None, min_length=1, max_length=10, description="Separator of columns; empty: detected."
    )
    has_header: bool | None = Field(None, description="Whether the first row names the columns; empty: detected.")
    quoting: bool | None = Field(None, description="Whether double quotes enclose cells; empty: detected.")
    skip_lines: int | None = Field(
        None, ge=0, le=10_000, description="Lines before the header, which are skipped; empty: detected."
    )
    one_line: bool | None = Field(None, description="Whether every row is one line, so that quotes end on it.")
    sheet: str | None = Field(
        None, max_length=100, description="Which sheet of a workbook; empty: the first with rows."
    )
    member: str | None = Field(
        None, max_length=LONGEST_MEMBER_NAME, description="Which file of a zip archive; empty: the largest."
    )

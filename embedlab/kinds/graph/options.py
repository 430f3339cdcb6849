"""How an edge list is read: guessed from its content, shown, and changeable."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from embedlab.reading.delimited import TableFormat, check_delimiter
from embedlab.reading.layouts import Layout

#: A column by name, or by 0-based number (also as text such as "2").
ColumnChoice = str | int
EdgeLayout = Literal["spaces", "delimited", "jsonl", "json", "parquet", "excel"]
#: The value of `weight` for "there is none".
NO_WEIGHT: Final = "none"


class GraphOptions(BaseModel):
    """How an edge list is read; what is left out is guessed from its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: EdgeLayout | None = Field(
        None, description="Layout of the rows: spaces (any number of spaces or tabs between the columns), or a table."
    )
    encoding: str | None = Field(None, description="Encoding of the text, such as utf-8 or cp1252.")
    delimiter: str | None = Field(None, min_length=1, max_length=10, description="Separator of columns, such as ;.")
    has_header: bool | None = Field(None, description="Whether the first row names the columns.")
    quoting: bool | None = Field(None, description="Whether double quotes enclose cells.")
    skip_lines: int | None = Field(None, ge=0, le=10_000, description="Lines before the header, which are skipped.")
    member: str | None = Field(None, description="Which file of a zip archive; the largest if left out.")
    sheet: str | None = Field(None, description="Which sheet of a workbook; the first with rows if left out.")
    source: ColumnChoice | None = Field(None, description="Column of the node where an edge starts.")
    target: ColumnChoice | None = Field(None, description="Column of the node where an edge ends.")
    weight: ColumnChoice | None = Field(None, description="Column of the weight; none: every edge weighs 1.")
    directed: bool | None = Field(
        None, description="Whether an edge has a direction; left out: detected from the comments, names and edges."
    )

    @field_validator("delimiter")
    @classmethod
    def _usable_delimiter(cls, delimiter: str | None) -> str | None:
        return None if delimiter is None else check_delimiter(delimiter)

    @field_validator("source", "target", "weight", "sheet", mode="before")
    @classmethod
    def _blank_is_none(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @property
    def table_format(self) -> TableFormat:
        """The format for `open_table`, if the layout is a table."""
        layout = "delimited" if self.layout in {None, "spaces"} else str(self.layout)
        return TableFormat(
            Layout(layout),
            self.encoding or "utf-8",
            self.delimiter or ",",
            has_header=self.has_header is not False,
            quoting=self.quoting is not False,
            member=self.member,
            skip_lines=self.skip_lines or 0,
            sheet=self.sheet,
        )

"""How a file of pairs is read: guessed from its content, shown, and changeable."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from embedlab.kinds.pairs.forms import FORMS, Form
from embedlab.reading.delimited import TableFormat, check_delimiter
from embedlab.reading.layouts import Layout

#: Columns on the right; each is a kind of things with a tower of its own.
MOST_RIGHT = 8
#: Longest side of a stored image, in pixels.
LARGEST_SIDE = 64


class PairsOptions(BaseModel):
    """How a file of pairs is read; what is left out is guessed from its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    left: str | None = Field(None, max_length=1000, description="Column of the thing on the left: name, or number.")
    left_form: Form | None = Field(
        None,
        description="What the left column holds: an id for each thing, text (its words are averaged), tags (several "
        "values in a cell, averaged), or the name of an image in the archive.",
    )
    right: str | None = Field(
        None,
        max_length=2000,
        description="Columns of the things on the right, separated by commas: names, or numbers from 0.",
    )
    right_forms: str | None = Field(
        None,
        max_length=200,
        description="What each right column holds, separated by commas: id, text, tags (each value in a cell is a "
        "thing of its own), or image.",
    )
    tag_separator: str = Field("|", min_length=1, max_length=5, description="Separator of the values in a cell.")
    groups: str | None = Field(
        None,
        max_length=2000,
        description="Columns whose values together form a group, separated by commas: whole groups can be held out for "
        "the test. Rows with an empty group are always used for training.",
    )
    image_size: int | None = Field(
        None,
        ge=4,
        le=LARGEST_SIDE,
        description=f"Height and width of all images in pixels, at most {LARGEST_SIDE}; left out: those of the first "
        "image, at most 32.",
    )
    layout: Literal["delimited", "jsonl", "json", "parquet", "excel"] | None = Field(
        None, description="Layout of the rows in the file."
    )
    encoding: str | None = Field(None, description="Encoding of the text, such as utf-8 or cp1252.")
    delimiter: str | None = Field(None, min_length=1, max_length=10, description="Separator of columns, such as ::.")
    has_header: bool | None = Field(None, description="Whether the first row names the columns.")
    quoting: bool | None = Field(None, description="Whether double quotes enclose cells.")
    skip_lines: int | None = Field(None, ge=0, le=10_000, description="Lines before the header, which are skipped.")
    member: str | None = Field(None, description="Which table of a zip archive; the largest if left out.")
    sheet: str | None = Field(None, description="Which sheet of a workbook; the first with rows if left out.")

    @field_validator("delimiter")
    @classmethod
    def _usable_delimiter(cls, delimiter: str | None) -> str | None:
        return None if delimiter is None else check_delimiter(delimiter)

    @field_validator("right_forms")
    @classmethod
    def _known_forms(cls, forms: str | None) -> str | None:
        for form in names_in(forms):
            if form not in FORMS:
                raise ValueError(f"{form} is not a form; the forms are {', '.join(FORMS)}")
        return forms

    @field_validator("left", "right", "right_forms", "groups", "sheet", mode="before")
    @classmethod
    def _blank_is_none(cls, text: object) -> object:
        return None if isinstance(text, str) and not text.strip() else text

    @property
    def table_format(self) -> TableFormat:
        """The format for `open_table`; complete the options first."""
        return TableFormat(
            Layout(self.layout or "delimited"),
            self.encoding or "utf-8",
            self.delimiter or ",",
            has_header=self.has_header is not False,
            quoting=self.quoting is not False,
            member=self.member,
            skip_lines=self.skip_lines or 0,
            sheet=self.sheet,
        )


def names_in(text: str | None) -> list[str]:
    """Return the names in a list separated by commas."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]

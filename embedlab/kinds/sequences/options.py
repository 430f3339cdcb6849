"""How a file of sequences is read: guessed from its content, shown, and changeable."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from embedlab.reading.delimited import TableFormat, check_delimiter
from embedlab.reading.layouts import Layout

Shape = Literal["events", "lines", "baskets", "typed", "access-log", "fasta"]
Repeats = Literal["keep", "merge", "first"]

#: Minutes of a pause after which a session of an access log ends, as in most web analytics.
LOG_PAUSE_MINUTES = 30.0
MOST_KMER = 12


class SequencesOptions(BaseModel):
    """How a file of sequences is read; what is left out is guessed from its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shape: Shape | None = Field(
        None,
        description="events: a table with one event per row; lines: one sequence per line; baskets: one set of items "
        "per line; typed: lines of types A, C and V, as in anonymous-msweb.data; access-log: Apache or nginx; fasta: "
        "overlapping k-mers.",
    )
    layout: Literal["delimited", "jsonl", "json", "parquet", "excel"] | None = Field(
        None, description="Layout of the rows of a table of events."
    )
    encoding: str | None = Field(None, description="Encoding of the text, such as utf-8 or cp1252.")
    delimiter: str | None = Field(
        None, min_length=1, max_length=10, description="Separator of columns, or of the items of a line."
    )
    has_header: bool | None = Field(None, description="Whether the first row names the columns.")
    quoting: bool | None = Field(None, description="Whether double quotes enclose cells.")
    skip_lines: int | None = Field(None, ge=0, le=10_000, description="Lines before the header, which are skipped.")
    sheet: str | None = Field(None, description="Which sheet of a workbook; the first with rows if left out.")
    member: str | None = Field(None, description="Which file of a zip archive; the largest if left out.")
    user: str | None = Field(None, description="Column of who acts: a user, customer, patient or session.")
    item: str | None = Field(None, description="Column of what is chosen: a page, product, code or song.")
    time: str | None = Field(None, description="Column of when; without one, the order of the rows counts.")
    title: str | None = Field(None, description="Column with the title of the item.")
    day_first: bool | None = Field(None, description="Whether 3/4/2014 is in April.")
    key_first: bool | None = Field(None, description="Whether the first cell of a line names its sequence.")
    pause_minutes: float | None = Field(
        None,
        ge=0,
        le=1e7,
        description="Start a new sequence after a pause of this many minutes; 0: one sequence per user. Needs times.",
    )
    repeats: Repeats | None = Field(
        None,
        description="If an item occurs again in a sequence: keep it, merge it with the event before if that has the "
        "same item, or keep only its first occurrence.",
    )
    predict_repeats: bool | None = Field(
        None,
        description="Whether an item that has occurred in a sequence may be predicted again; left out: if at least 5 % "
        "of the events are such repeats.",
    )
    kmer: int = Field(3, ge=1, le=MOST_KMER, description="Letters per k-mer of a FASTA file.")
    assets: bool = Field(False, description="Keep requests of images, styles and scripts in an access log.")
    failures: bool = Field(
        False, description="Keep requests with a status of 400 or above, and other methods than GET."
    )
    bots: bool = Field(False, description="Keep requests of clients that call themselves bots or crawlers.")

    @field_validator("delimiter")
    @classmethod
    def _usable_delimiter(cls, delimiter: str | None) -> str | None:
        return None if delimiter is None else check_delimiter(delimiter)

    @field_validator("sheet", "user", "item", "time", "title", mode="before")
    @classmethod
    def _blank_is_none(cls, text: object) -> object:
        if isinstance(text, int) and not isinstance(text, bool):
            return str(text)
        return None if isinstance(text, str) and not text.strip() else text

    @property
    def table_format(self) -> TableFormat:
        """The format of a table of events for `open_table`."""
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

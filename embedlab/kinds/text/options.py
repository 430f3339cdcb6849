"""How a text is read: typed options, stored as JSON with the dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from embedlab.core.errors import InputError, ParameterError
from embedlab.kinds.guess import Guess
from embedlab.kinds.text.tokens.phrases import PhraseOptions
from embedlab.kinds.text.tokens.tokenizing import TokenizerOptions
from embedlab.reading.columns import ColumnType
from embedlab.reading.delimited import TableFormat, check_delimiter
from embedlab.reading.encodings import check_encoding
from embedlab.reading.layouts import Layout
from embedlab.reading.sources import LONGEST_MEMBER_NAME

_TABLES = frozenset({Layout.DELIMITED, Layout.JSONL, Layout.JSON, Layout.PARQUET, Layout.EXCEL})


class TextOptions(BaseModel):
    """How a text is read; immutable. Columns are names, or 0-based numbers (also as text)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: Literal[
        "lines",
        "paragraphs",
        "document",
        "subtitles",
        "wikipedia",
        "strings",
        "delimited",
        "jsonl",
        "json",
        "parquet",
        "excel",
    ] = Field(
        "lines",
        description="What a document is: a line, a paragraph, the whole file, a subtitle, a page of a Wikipedia dump, "
        "a text of a JSON array, or a row of a table.",
    )
    encoding: str = Field("utf-8", max_length=40, description="Encoding of the characters.")
    delimiter: str = Field(",", min_length=1, max_length=5, description="Separator of the fields of a row.")
    has_header: bool = Field(True, description="Whether the first row names the columns.")
    quoting: bool = Field(True, description="Whether fields may be enclosed in double quotes.")
    skip_lines: int = Field(0, ge=0, le=10_000, description="Lines before the header, which are skipped.")
    sheet: str | None = Field(
        None, max_length=100, description="Which sheet of a workbook; empty: the first with rows."
    )
    text_column: str | int | None = Field(None, description="Column of the text.")
    label_column: str | int | None = Field(None, description="Column of the label.")
    part_column: str | int | None = Field(
        None, description="Column of the part of a published split: train or test in each row."
    )
    other_columns: Literal["keep", "drop"] = Field(
        "keep", description="Whether the other columns of a table stay with the documents, for colors and filters."
    )
    member: str | None = Field(
        None, max_length=LONGEST_MEMBER_NAME, description="Which file of a zip archive; empty: the largest."
    )
    all_members: bool = Field(False, description="Read all files of a zip archive, one after the other.")
    label_by: Literal["none", "file", "folder", "prefix"] = Field(
        "none",
        description="Label each document by the name of its file or folder, if all files are read, or by the "
        "__label__ at its beginning (prefix), as in files for fastText.",
    )
    part_by: Literal["none", "file"] = Field(
        "none", description="Split documents by the words train and test in the names of their files or folders."
    )
    tokenizer: TokenizerOptions = Field(default_factory=TokenizerOptions, description="What counts as a word.")
    phrases: PhraseOptions | None = Field(None, description="Join words that form phrases; empty: none.")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            return check_encoding(name)
        except InputError as error:
            raise ValueError(str(error)) from error

    @field_validator("delimiter")
    @classmethod
    def _usable_delimiter(cls, delimiter: str) -> str:
        return check_delimiter(delimiter)

    @model_validator(mode="after")
    def _one_source_of_labels(self) -> Self:
        if (self.label_by in {"file", "folder"} or self.part_by != "none") and not self.all_members:
            raise ValueError("labels by file or folder need all files of an archive: set all_members")
        if self.part_by != "none" and self.part_column is not None:
            raise ValueError("the parts of a split come from a column or from the files, not from both")
        if self.label_by != "none" and self.label_column is not None:
            raise ValueError("labels come from a column or from the files, not from both")
        return self

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Self:
        """Build options from untrusted values; raises `ParameterError` for the first invalid one."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"]) or "options"
            message = first["msg"].removeprefix("Value error, ").rstrip(".")
            raise ParameterError(f"{name}: {message}.", received=first["input"]) from error

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> Self:
        """Build options stored with a dataset, also by an earlier version; raises `ParameterError` as `checked`."""
        return cls.checked({**values, "tokenizer": TokenizerOptions.stored(values.get("tokenizer") or {})})

    @property
    def has_parts(self) -> bool:
        """Whether each document may belong to a part of a published split."""
        return (self.is_table and self.part_column is not None) or self.part_by != "none"

    @property
    def has_labels(self) -> bool:
        """Whether each document gets a label."""
        return (self.is_table and self.label_column is not None) or self.label_by != "none"

    @property
    def is_table(self) -> bool:
        """Whether documents are rows of a table."""
        return self.layout in _TABLES

    @property
    def table_format(self) -> TableFormat:
        """The options as the format of a table."""
        return TableFormat(
            Layout(self.layout),
            self.encoding,
            self.delimiter,
            self.has_header,
            self.quoting,
            self.member,
            self.skip_lines,
            self.sheet,
        )


def options_of(guess: Guess) -> TextOptions:
    """Return the options for a guess; a file of another kind is read as lines, or by its first text column."""
    if guess.layout not in _TABLES or not guess.columns:
        known = set(get_args(TextOptions.model_fields["layout"].annotation)) - {each.value for each in _TABLES}
        is_known = guess.layout.value in known
        layout = guess.layout.value if is_known else "lines"
        return TextOptions(layout=layout, encoding=guess.encoding, member=guess.member)
    text = guess.role("text")
    if text is None:
        text = next((column for column in guess.columns if column.type == ColumnType.TEXT), guess.columns[0])
    label, part = (
        None if column is None else column.name if guess.has_header else column.index
        for column in (guess.role("label"), guess.role("part"))
    )
    return TextOptions(
        layout=guess.layout.value,
        encoding=guess.encoding,
        delimiter=guess.delimiter or ",",
        has_header=guess.has_header,
        quoting=guess.quoting,
        skip_lines=guess.skip_lines,
        sheet=guess.sheet,
        text_column=text.name if guess.has_header else text.index,
        label_column=label,
        part_column=part,
        member=guess.member,
    )

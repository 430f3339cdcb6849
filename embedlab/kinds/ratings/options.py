"""How a ratings file is read: guessed from its content, shown, and changeable."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from embedlab.kinds.ratings.cleaning import CellReaders
from embedlab.kinds.ratings.dataset import Feedback
from embedlab.kinds.ratings.duplicates import Duplicates
from embedlab.kinds.ratings.interactions import DEFAULT_COUNT_SCALING, CountScaling
from embedlab.kinds.ratings.rating_values import RatingReader, plain_number
from embedlab.kinds.ratings.times import DateOrder, TimeReader
from embedlab.reading.delimited import TableFormat, check_delimiter
from embedlab.reading.layouts import Layout
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

#: A column by name, or by 0-based number (also as text such as "2").
ColumnChoice = str | int
#: One rating per row, or a row per user and a column per item, or a basket of items per line.
Shape = Literal["long", "wide", "baskets"]
_NO_MARKS = "none"


class RatingsOptions(BaseModel):
    """How a ratings file is read; what is left out is guessed from its content.

    Only an explicit `time` or `rating` of null means that there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: Literal["delimited", "jsonl", "json", "parquet", "excel", "blocks"] | None = Field(
        None, description="Layout of the rows in the file."
    )
    encoding: str | None = Field(None, description="Encoding of the text, such as utf-8 or cp1252.")
    delimiter: str | None = Field(None, min_length=1, max_length=10, description="Separator of columns, such as ::.")
    has_header: bool | None = Field(None, description="Whether the first row names the columns.")
    quoting: bool | None = Field(None, description="Whether double quotes enclose cells.")
    skip_lines: int | None = Field(None, ge=0, le=10_000, description="Lines before the header, which are skipped.")
    one_line: bool | None = Field(None, description="Whether every row is one line, so that quotes end on it.")
    member: str | None = Field(None, description="Which file of a zip archive; the largest if left out.")
    sheet: str | None = Field(None, description="Which sheet of a workbook; the first with rows if left out.")
    shape: Shape | None = Field(
        None,
        description="One rating per row (long), one column per item (wide), or one basket of items per line (baskets).",
    )
    feedback: Feedback | None = Field(
        None,
        description="Whether users gave ratings (explicit), or only what they chose, or how often or how long, is "
        "known (implicit).",
    )
    count_scaling: CountScaling = Field(
        DEFAULT_COUNT_SCALING,
        description="How counts of implicit feedback become weights: their logarithm (log), as they are (linear), or 1 "
        "(binary).",
    )
    user: ColumnChoice | None = Field(None, description="Column of the user.")
    item: ColumnChoice | None = Field(None, description="Column of the item.")
    rating: ColumnChoice | None = Field(
        None, description="Column of the rating, or of the count of implicit feedback; null: each row is a choice."
    )
    time: ColumnChoice | None = Field(None, description="Column of the time; null: none.")
    date_order: DateOrder | None = Field(None, description="Whether 3/4/2014 is in March (month-first) or in April.")
    rating_words: str | None = Field(
        None,
        max_length=1000,
        description="Words that are ratings, from the lowest: bad,ok,good; or with their values: bad=1,good=5.",
    )
    out_of: float | None = Field(None, gt=0, description="Top of the scale of fractions such as 4/5.")
    not_rated: str | None = Field(
        None, max_length=100, description="Values that mean “not rated”, such as -1 or 0,99; none: all are ratings."
    )
    duplicates: Duplicates | None = Field(
        None,
        description="If a user has an item twice: keep the last rating, take the mean or the sum, or refuse the file; "
        "left out: last for ratings, sum for implicit feedback.",
    )

    items_layout: Literal["delimited", "jsonl", "json", "parquet", "excel"] | None = Field(
        None, description="Layout of the items file."
    )
    items_delimiter: str | None = Field(
        None, min_length=1, max_length=10, description="Separator of columns in the items file."
    )
    items_encoding: str | None = Field(None, description="Encoding of the items file.")

    @field_validator("delimiter", "items_delimiter")
    @classmethod
    def _usable_delimiter(cls, delimiter: str | None) -> str | None:
        return None if delimiter is None else check_delimiter(delimiter)

    @field_validator("not_rated", "rating_words", "sheet", mode="before")
    @classmethod
    def _blank_is_none(cls, text: object) -> object:
        return None if isinstance(text, str) and not text.strip() else text

    @field_validator("not_rated")
    @classmethod
    def _marks_are_numbers(cls, not_rated: str | None) -> str | None:
        if not_rated is not None and not_rated.strip().lower() != _NO_MARKS:
            for text in not_rated.split(","):
                if not math.isfinite(plain_number(text)):
                    raise ValueError("values that mean “not rated” must be numbers separated by commas, or none")
        return not_rated

    @field_validator("rating_words")
    @classmethod
    def _words_have_values(cls, words: str | None) -> str | None:
        if words is not None:
            parsed = words_of(words)
            if len(parsed) < 2 or not all(map(math.isfinite, parsed.values())):
                raise ValueError("give at least two words from the lowest rating to the highest, such as bad,ok,good")
        return words

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
            skip_lines=self.skip_lines or 0,
            sheet=self.sheet,
            one_line=self.one_line is True,
        )

    @property
    def columns(self) -> list[ColumnChoice]:
        """The chosen columns: user, item and, where there are some, rating and time; call `complete` first."""
        chosen = [self.user, self.item, self.rating, *([] if self.time is None else [self.time])]
        return [column for column in chosen if column is not None]

    @property
    def marks(self) -> frozenset[float]:
        """Values that mean "not rated"."""
        if self.not_rated is None or self.not_rated.strip().lower() == _NO_MARKS:
            return frozenset()
        return frozenset(plain_number(text) for text in self.not_rated.split(","))

    @property
    def readers(self) -> CellReaders:
        """How cells are read; call `complete` first."""
        words = {} if self.rating_words is None else words_of(self.rating_words)
        return CellReaders(
            RatingReader(words, self.out_of),
            TimeReader(self.date_order or "month-first"),
            self.marks,
            are_counts=self.feedback == "implicit",
        )


def marks_text(marks: frozenset[float]) -> str:
    """Return marks as the option `not_rated` has them."""
    return ",".join(f"{mark:g}" for mark in sorted(marks)) or _NO_MARKS


def words_of(text: str) -> dict[str, float]:
    """Return the values of words that are given in order, or as `word=value`."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if words and all("=" in word for word in words):
        pairs = (word.rpartition("=") for word in words)
        return {name.strip(): plain_number(value) for name, _, value in pairs}
    return {word: float(place) for place, word in enumerate(words, 1)}


def complete(file: Path | OpenedUpload, options: RatingsOptions, limits: Limits) -> RatingsOptions:
    """Return the options with missing values guessed, apart from what only the whole file shows.

    Raises what `detecting.plan_of` raises.
    """
    from embedlab.kinds.ratings.detecting import plan_of

    found = plan_of(file, options, limits).options
    if options.feedback is None and found.feedback == "explicit":
        # Only the whole file shows that not all ratings are equal.
        return found.model_copy(update={"feedback": None, "duplicates": options.duplicates})
    return found


def guess_ratings_options(file: Path | OpenedUpload, limits: Limits | None = None) -> RatingsOptions:
    """Return complete options for the file, guessed from its content; raises as `complete`."""
    return complete(file, RatingsOptions(), limits or Limits())

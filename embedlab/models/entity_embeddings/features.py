"""The inputs of the network: which features the columns of a table become, learned from the training rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter

from embedlab.kinds.columns.dates import MONTHS, WEEKDAYS
from embedlab.kinds.table import TableDataset
from embedlab.kinds.table.standardizing import Standardizer
from embedlab.kinds.table.texts import words_of
from embedlab.models.entity_embeddings.columns import of_type, used_columns

Rows = npt.NDArray[np.intp]
#: Row of the table of a category for values that did not occur in training; the others follow.
UNSEEN: Final = 0
#: The value of a missing cell, if such cells occur in training.
MISSING_VALUE: Final = "(missing)"
#: Rows of the table of words: padding, and words out of the vocabulary.
PADDING, UNKNOWN, FIRST_WORD = 0, 1, 2
#: Most words that are read of a text.
LONGEST_TEXT: Final = 10_000
#: The parts of a date that are features.
DATE_PARTS: Final = ("years", "months", "weekdays")
_LONGEST_NAME: Final = 40


@dataclass(frozen=True)
class Category:
    """A categorical feature.

    Parameters
    ----------
    name
        Of its embedding: letters, digits and underscores.
    title
        `zipcode`, or `date (month)`.
    column
        The column it is made from.
    part
        Of a date: `months` or `weekdays`; else empty.
    values
        Value of each row of the table from row 1 on, the most frequent in training first.
    counts
        Occurrences of each value in training.
    """

    name: str
    title: str
    column: str
    part: str
    values: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def input_dim(self) -> int:
        """Rows of the table: one for unseen values, and one for each value."""
        return len(self.values) + 1


@dataclass(frozen=True)
class Number:
    """A number, standardized.

    Parameters
    ----------
    title, column, part
        As of `Category`; the part of a date is `years`.
    scale
        How it is standardized.
    """

    title: str
    column: str
    part: str
    scale: Standardizer


@dataclass(frozen=True)
class Text:
    """A text: the average of the vectors of its words.

    Parameters
    ----------
    name, title, column
        As of `Category`.
    words
        The vocabulary, most frequent first.
    counts
        Occurrences of each word in training.
    length
        Words read of each text.
    """

    name: str
    title: str
    column: str
    words: tuple[str, ...]
    counts: tuple[int, ...]
    length: int

    @property
    def input_dim(self) -> int:
        """Rows of the table of words."""
        return len(self.words) + FIRST_WORD


@dataclass(frozen=True)
class Features:
    """All features of a table, as JSON in `config`."""

    categories: tuple[Category, ...]
    numbers: tuple[Number, ...]
    texts: tuple[Text, ...]

    @property
    def n_numbers(self) -> int:
        """Number of numeric inputs of the network, with the indicators of missing ones."""
        return sum(number.scale.width for number in self.numbers)

    @property
    def embedded(self) -> tuple[Category | Text, ...]:
        """All features that have an embedding: categories, then texts."""
        return (*self.categories, *self.texts)

    def config(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
            "categories": [asdict(each) for each in self.categories],
            "numbers": [asdict(each) for each in self.numbers],
            "texts": [asdict(each) for each in self.texts],
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Features:
        """Read what `config` returned; raises `KeyError`, `TypeError` or `ValueError` for anything else."""
        features = _adapter().validate_python(config)
        scales = [each.scale for each in features.numbers]
        if not np.isfinite([(scale.mean, scale.spread, scale.example) for scale in scales]).all():
            raise ValueError("a number that is not finite")
        if any(not 1 <= each.length <= LONGEST_TEXT for each in features.texts):
            raise ValueError("a length that no text has")
        parts = {each.part for each in features.categories} | {each.part for each in features.numbers}
        if not parts <= {"", *DATE_PARTS}:
            raise ValueError("a part that no date has")
        return features


@cache
def _adapter() -> TypeAdapter[Features]:
    return TypeAdapter(Features)


def vocabulary_of(dataset: TableDataset, rows: Rows, leave_out: str) -> set[str]:
    """Return all words of the texts that the model gets; empty without any."""
    words: set[str] = set()
    for column in of_type(used_columns(dataset.columns, leave_out), "text"):
        for cell in dataset.texts(column.name).iloc[rows]:
            words.update(words_of(cell))
    return words


def fit_features(
    dataset: TableDataset,
    rows: Rows,
    *,
    leave_out: str,
    min_count: int,
    text_length: int,
    max_words: int,
    min_word_count: int,
) -> Features:
    """Learn the features from the training rows alone.

    Parameters
    ----------
    leave_out
        Names of columns that are left out, separated by commas.
    min_count
        Values of a category that occur less often share the vector of unseen values.
    text_length, max_words, min_word_count
        Words read of each text; size of the vocabulary; fewest occurrences of a word in it.

    Raises
    ------
    InputError
        A column to leave out does not exist, or no column is left.
    """
    categories: list[Category] = []
    numbers: list[Number] = []
    texts: list[Text] = []
    names: set[str] = set()
    for column in used_columns(dataset.columns, leave_out):
        name = column.name
        if column.type == "number":
            numbers.append(Number(name, name, "", Standardizer.fit(np.asarray(dataset.numbers(name))[rows])))
        elif column.type == "date":
            parts = dataset.date_parts(name)
            years = Standardizer.fit(parts.years[rows], may_be_log=False)
            numbers.append(Number(f"{name} (year)", name, "years", years))
            for part, title, values in (("months", "month", MONTHS), ("weekdays", "weekday", WEEKDAYS)):
                embedding = _embedding_name(f"{name} {title}", column.number, names)
                codes = getattr(parts, part)[rows]
                categories.append(_category(embedding, f"{name} ({title})", name, part, list(values), codes, min_count))
        elif column.type == "category":
            known: list[str] = dataset.category_values(name)["value"].tolist()
            embedding = _embedding_name(name, column.number, names)
            codes = np.asarray(dataset.category_codes(name))[rows]
            categories.append(_category(embedding, name, name, "", known, codes, min_count))
        else:
            embedding = _embedding_name(f"{name} words", column.number, names)
            texts.append(_text(embedding, name, dataset.texts(name).iloc[rows], text_length, max_words, min_word_count))
    return Features(tuple(categories), tuple(numbers), tuple(text for text in texts if text.words))


def _embedding_name(title: str, number: int, taken: set[str]) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:_LONGEST_NAME] or f"column_{number}"
    if name in taken or not name[0].isalpha():
        # A column without a name has its number as one.
        own = "" if name == str(number) else name.removeprefix(f"{number}_")
        name = f"column_{number}_{own}".rstrip("_")[:_LONGEST_NAME]
    while name in taken:
        name = f"{name}_"
    taken.add(name)
    return name


def _category(
    name: str,
    title: str,
    column: str,
    part: str,
    values: Sequence[str],
    codes: npt.NDArray[np.int32],
    min_count: int,
) -> Category:
    # The last count is that of missing cells, whose code is -1.
    counts = np.bincount(np.where(codes < 0, len(values), codes), minlength=len(values) + 1)
    order = np.argsort(-counts, kind="stable")
    kept = [int(code) for code in order if counts[code] >= max(1, min_count)]
    named = [values[code] if code < len(values) else _unique(MISSING_VALUE, values) for code in kept]
    return Category(name, title, column, part, tuple(named), tuple(int(counts[code]) for code in kept))


def _unique(name: str, taken: Iterable[str]) -> str:
    known = set(taken)
    while name in known:
        name = f"({name})"
    return name


def _text(name: str, column: str, cells: pd.Series[str], length: int, max_words: int, min_word_count: int) -> Text:
    counts: Counter[str] = Counter()
    for cell in cells:
        counts.update(words_of(cell)[:length])
    kept = [(word, count) for word, count in counts.most_common(max_words) if count >= min_word_count]
    words, numbers = zip(*kept, strict=True) if kept else ((), ())
    return Text(name, column, column, tuple(words), tuple(numbers), length)

"""The columns of a table as matrices for scikit-learn: one-hot and TF-IDF for linear models, codes for trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.kinds.columns.dates import MONTHS, WEEKDAYS
from embedlab.kinds.table import TableColumn, TableDataset
from embedlab.kinds.table.splits import Rows
from embedlab.kinds.table.standardizing import Standardizer

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
#: Values of a category that a tree tells apart: the most frequent ones, the others together.
_MOST_TREE_VALUES: Final = 254
#: The linear model has no column for rarer words of a text.
_MIN_DOCUMENTS: Final = 3
_MOST_TERMS: Final = 50_000
#: Groups of columns of the linear model: numbers and categories, words, and words in fewer than 1 % of the rows, or
#: fewer than 10.
INPUT, WORD, RARE_WORD = 0, 1, 2
RARE_SHARE: Final = 0.01
_RARE_ROWS: Final = 10


class Columns:
    """The columns that a model and its baselines get, as arrays.

    Parameters
    ----------
    dataset
        The table.
    names
        Of the columns.
    """

    def __init__(self, dataset: TableDataset, names: Sequence[str]) -> None:
        self.dataset = dataset
        self.columns = [dataset.column(name) for name in names]

    def numbers(self, rows: Rows) -> list[Numbers]:
        """Return the `(n,)` numbers of each numeric column, and the year of each date; NaN where missing."""
        found = [np.asarray(self.dataset.numbers(each.name))[rows] for each in self._of("number")]
        return found + [self.dataset.date_parts(each.name).years[rows] for each in self._of("date")]

    def codes(self, rows: Rows) -> list[tuple[Codes, int]]:
        """Return the `(n,)` codes of each category, and month and weekday of each date, with the number of values.

        A missing value is a value of its own: the last.
        """
        found = []
        for each in self._of("category"):
            codes = np.asarray(self.dataset.category_codes(each.name))[rows].astype(np.int64)
            found.append((codes, each.n_values))
        for each in self._of("date"):
            parts = self.dataset.date_parts(each.name)
            found.append((parts.months[rows].astype(np.int64), len(MONTHS)))
            found.append((parts.weekdays[rows].astype(np.int64), len(WEEKDAYS)))
        return [(np.where(codes < 0, n_values, codes), n_values + 1) for codes, n_values in found]

    def texts(self, rows: Rows) -> list[list[str]]:
        """Return the texts of each column of text."""
        return [self.dataset.texts(each.name).iloc[rows].tolist() for each in self._of("text")]

    @property
    def has_texts(self) -> bool:
        """Whether there is a column of text."""
        return bool(self._of("text"))

    @property
    def has_tree_columns(self) -> bool:
        """Whether there is a column that trees can use: anything but texts."""
        texts = self._of("text")
        return len(texts) < len(self.columns)

    def _of(self, kind: str) -> list[TableColumn]:
        return [column for column in self.columns if column.type == kind]


class LinearDesign:
    """Standardized numbers, one-hot categories and TF-IDF of texts, learned from training rows.

    Parameters
    ----------
    columns, rows
        The columns, and the rows to learn from.
    """

    def __init__(self, columns: Columns, rows: Rows, *, texts: bool = True) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._columns = columns
        self._scales = [Standardizer.fit(values) for values in columns.numbers(rows)]
        self._tfidf: list[Any] = []
        self._n_rows = len(rows)
        for documents in columns.texts(rows) if texts else ():
            tfidf = TfidfVectorizer(sublinear_tf=True, min_df=_MIN_DOCUMENTS, max_features=_MOST_TERMS)
            try:
                tfidf.fit(documents)
            except ValueError:
                # No word occurs in enough texts.
                self._tfidf.append(None)
            else:
                self._tfidf.append(tfidf)

    def numbers(self, rows: Rows) -> npt.NDArray[np.float32]:
        """Return the `(n, n_numbers)` float32 standardized numbers."""
        blocks = [
            scale.columns(values) for scale, values in zip(self._scales, self._columns.numbers(rows), strict=True)
        ]
        return np.hstack(blocks) if blocks else np.empty((len(rows), 0), np.float32)

    def matrix(self, rows: Rows) -> Any:
        """Return the `(n, n_features)` sparse matrix of rows."""
        from scipy.sparse import csr_matrix, hstack

        blocks: list[Any] = [csr_matrix(self.numbers(rows)), *(one_hot(*each) for each in self._columns.codes(rows))]
        if self._tfidf:
            for tfidf, documents in zip(self._tfidf, self._columns.texts(rows), strict=True):
                if tfidf is not None:
                    blocks.append(tfidf.transform(documents))
        return hstack(blocks, format="csr", dtype=np.float64)

    def column_groups(self) -> npt.NDArray[np.int8]:
        """Return the `(n_features,)` int8 group of each column of `matrix`: `INPUT`, `WORD` or `RARE_WORD`."""
        first = np.empty(0, np.intp)
        n_inputs = self.numbers(first).shape[1] + sum(n_values for _, n_values in self._columns.codes(first))
        groups = [np.full(n_inputs, INPUT, np.int8)]
        for tfidf in self._tfidf:
            if tfidf is not None:
                # The inverse of scikit-learn's idf = ln((1 + rows) / (1 + rows with the word)) + 1.
                counts = np.rint((1 + self._n_rows) / np.exp(tfidf.idf_ - 1) - 1)
                is_rare = counts < max(_RARE_ROWS, RARE_SHARE * self._n_rows)
                groups.append(np.where(is_rare, RARE_WORD, WORD).astype(np.int8))
        return np.concatenate(groups)


def one_hot(codes: Codes, n_values: int) -> Any:
    """Return the `(n, n_values)` sparse one-hot rows of codes."""
    from scipy.sparse import csr_matrix

    rows = np.arange(len(codes))
    return csr_matrix((np.ones(len(codes)), (rows, codes)), shape=(len(codes), n_values))


def tree_matrix(columns: Columns, rows: Rows) -> tuple[npt.NDArray[np.float64], list[bool]]:
    """Return the `(n, n_features)` numbers (NaN where missing) and codes of rows, and which columns are codes.

    Texts are left out. Of more values than a tree takes, the rarest share a code.
    """
    numbers, codes = columns.numbers(rows), columns.codes(rows)
    blocks = [*numbers, *(np.minimum(each, _MOST_TREE_VALUES).astype(np.float64) for each, _ in codes)]
    if not blocks:
        return np.zeros((len(rows), 1)), [False]
    return np.column_stack(blocks), [False] * len(numbers) + [True] * len(codes)

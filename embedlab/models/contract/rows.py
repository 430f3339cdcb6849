"""What a run on a table with a target can do: predict the target of rows of the table, and of new rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import Ability

if TYPE_CHECKING:
    from embedlab.kinds.table.dataset import TableDataset

Floats = npt.NDArray[np.float64]
InputKind = Literal["category", "number", "text", "date"]


@dataclass(frozen=True)
class RowInput:
    """A column that a new row is described by.

    Parameters
    ----------
    column
        Its name.
    kind
        What its cells are.
    values
        Known values of a category, most frequent first; empty for other kinds.
    example
        A usual cell.
    """

    column: str
    kind: InputKind
    values: Sequence[str] = ()
    example: str = ""


@dataclass(frozen=True)
class RowPrediction:
    """The prediction for a new row.

    Parameters
    ----------
    value
        The predicted number in original units; None for a category.
    probabilities
        The probability of each class, the most probable first; empty for a number.
    unseen
        The columns whose value did not occur in training, with that value: the model uses its vector for unseen values.
    missing
        The columns without a usable cell.
    unreadable
        Those of them whose cell is not empty, but not a number or date, with that cell.
    n_words, n_unknown_words
        Words of all texts, and how many of them the model does not know.
    """

    value: float | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    unseen: Mapping[str, str] = field(default_factory=dict)
    missing: Sequence[str] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    n_words: int = 0
    n_unknown_words: int = 0

    @property
    def empty(self) -> list[str]:
        """The columns without a cell."""
        return [column for column in self.missing if column not in self.unreadable]


class PredictsRows(Ability["TableDataset"]):
    """Predicts the target of rows, equal to the trained model within 1e-4 standard deviations."""

    refusal = "This run does not predict a column of a table."
    folder = "predictor"

    @property
    @abstractmethod
    def inputs(self) -> Sequence[RowInput]:
        """The columns that it predicts from, in the order of the file."""

    @abstractmethod
    def predict(self, records: Sequence[Mapping[str, str]]) -> list[RowPrediction]:
        """Predict new rows, each a cell of text by the name of its column; a column may be left out (missing)."""

    @abstractmethod
    def predict_rows(self, dataset: TableDataset, rows: npt.NDArray[np.intp]) -> Floats:
        """Predict rows of the dataset.

        Returns
        -------
        `(n,)` float64 numbers on the scale on which the model predicts (perhaps logarithms), or `(n, n_classes)`
        probabilities in the order of the dataset's classes.
        """

    @abstractmethod
    def category_vectors(self, dataset: TableDataset, rows: npt.NDArray[np.intp]) -> dict[str, Floats]:
        """Return the learned `(n, vector_size)` vectors of the category of each row, by the name of the column."""

    @abstractmethod
    def n_unseen(self, dataset: TableDataset, rows: npt.NDArray[np.intp]) -> dict[str, int]:
        """Return how many of the rows have a value that did not occur in training, by the name of the column."""

    def check(self, dataset: TableDataset) -> None:
        """Predict one row of the dataset and one that is empty."""
        answers = self.predict_rows(dataset, np.zeros(1, np.intp))
        if not np.isfinite(answers).all() or len(self.predict([{}])) != 1:
            raise damaged(self.folder)

"""What a trained run can do for others: one class each, in NumPy alone, read back from the run's files.

A page or a command asks which runs have an ability and opens it; it never asks which model trained them. A new kind of
ability is a subclass of `Ability` with one method of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.state import State

if TYPE_CHECKING:
    from embedlab.kinds.ratings.dataset import RatingsDataset
    from embedlab.kinds.text.dataset import TextDataset

#: The folder of a run that holds the state of the trained model itself.
STATE_FOLDER = "state"
AnAbility = TypeVar("AnAbility", bound="Ability[Any]")
D = TypeVar("D")


class Ability(ABC, Generic[D]):
    """Something a trained run can do. `D` is the kind of dataset its run has learned from."""

    #: What to say of a run that does not have it.
    refusal: ClassVar[str]
    #: The folder of a run that holds what it is read from: `STATE_FOLDER`, or one that `state()` is written to, whose
    #: name has lowercase letters and underscores only.
    folder: ClassVar[str] = STATE_FOLDER
    #: Whether its arrays may stay on disk until their parts are read.
    mapped: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """Read the ability from its state; raises `StorageError` when the state is not one of this class."""

    def state(self) -> State:
        """Return everything `from_state` needs; only of abilities with a folder of their own."""
        raise NotImplementedError(f"{type(self).__name__} is read from the state of the run")

    @abstractmethod
    def check(self, dataset: D) -> None:
        """Ask once, where arrays that do not fit each other or the dataset show; raises `StorageError` or an error."""


class Rates(Ability["RatingsDataset"]):
    """Predicts ratings, equal to the trained model within 1e-5."""

    refusal = "This run does not predict ratings."
    folder = "predictor"
    mapped = False

    @abstractmethod
    def predict(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Predict ratings of pairs.

        Parameters
        ----------
        users, items
            `(n,)` int32 rows of the dataset's users and items; -1 stands for one the training has not seen.

        Returns
        -------
        `(n,)` float32, clipped to the rating scale.
        """

    def knows_items(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Return for each item row whether the training had ratings of it; nothing is known about the others."""
        return items >= 0

    def check(self, dataset: RatingsDataset) -> None:
        """Predict for the last user and item: a table that is too short shows."""
        last = (np.array([len(each) - 1, -1], np.int32) for each in (dataset.users, dataset.items))
        if not np.isfinite(self.predict(*last)).all():
            raise damaged(self.folder)


class Classifies(Ability["TextDataset"]):
    """Predicts the labels of texts, equal to the trained model within 1e-5."""

    refusal = "This run gives no labels to texts."
    folder = "predictor"

    #: The classes, in the order of the predicted columns.
    classes: Sequence[str]
    #: Words of a text that are read; what comes after them has no say.
    sequence_length: int

    @abstractmethod
    def predict(self, documents: Sequence[Sequence[str]]) -> npt.NDArray[np.float32]:
        """Return `(n_documents, n_classes)` float32 probabilities of documents given as words."""

    @abstractmethod
    def knows(self, word: str) -> bool:
        """Return whether a word is in the vocabulary; all others are read as one and the same."""

    def check(self, dataset: TextDataset) -> None:
        """Classify one text."""
        del dataset
        answers = self.predict([["a", "b"]])
        if answers.shape != (1, len(self.classes)) or not np.isfinite(answers).all():
            raise damaged(self.folder)


class PlacesText(Ability["TextDataset"]):
    """Places new texts among a run's `documents`."""

    refusal = "This run cannot place new texts."
    #: Role of the embedding that it adds to.
    role: ClassVar[str] = "documents"

    @abstractmethod
    def vector(self, words: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the `(vector_size,)` vector of a text of these words; zero when none is known."""

    @abstractmethod
    def n_known(self, words: Sequence[str]) -> int:
        """Return how many of the words the training has seen."""

    def check(self, dataset: TextDataset) -> None:
        """Place one text."""
        del dataset
        self.vector(["a", "b"])


class PlacesWord(Ability["TextDataset"]):
    """Places words outside the vocabulary among a run's `words`, by their parts."""

    refusal = "This run knows no parts of words."
    #: Role of the embedding that it adds to.
    role: ClassVar[str] = "words"

    @abstractmethod
    def vector(self, word: str) -> npt.NDArray[np.float32] | None:
        """Return the `(vector_size,)` vector of a word, or None when none of its parts is known."""

    def check(self, dataset: TextDataset) -> None:
        """Place one word."""
        del dataset
        self.vector("word")

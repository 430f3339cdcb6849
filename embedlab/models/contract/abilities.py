"""What a trained run can do: one class per ability, NumPy only, loaded from the run's files.

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
    """Something a trained run can do. `D` is the kind of dataset the run was trained on."""

    #: The error message for a run that does not have it.
    refusal: ClassVar[str]
    #: The folder of a run to load it from: `STATE_FOLDER`, or the one that `state()` is written to (its name has
    #: lowercase letters and underscores only).
    folder: ClassVar[str] = STATE_FOLDER
    #: Whether its arrays may be memory-mapped.
    mapped: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """Load the ability from its state; raises `StorageError` when the state belongs to another class."""

    def state(self) -> State:
        """Return everything `from_state` needs; only for abilities with their own folder."""
        raise NotImplementedError(f"{type(self).__name__} is loaded from the state of the run")

    @abstractmethod
    def check(self, dataset: D) -> None:
        """Run once, so that arrays that do not fit each other or the dataset raise `StorageError` or another error."""


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
            `(n,)` int32 rows of the dataset's users and items; -1 for one that was not in the training data.

        Returns
        -------
        `(n,)` float32, clipped to the rating scale.
        """

    def knows_items(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Return for each item row whether it had ratings in training; nothing is known about the others."""
        return items >= 0

    def check(self, dataset: RatingsDataset) -> None:
        """Predict for the last user and item, which fails if a table is too short."""
        last = (np.array([len(each) - 1, -1], np.int32) for each in (dataset.users, dataset.items))
        if not np.isfinite(self.predict(*last)).all():
            raise damaged(self.folder)


class Classifies(Ability["TextDataset"]):
    """Predicts the labels of texts, equal to the trained model within 1e-5."""

    refusal = "This run cannot classify texts."
    folder = "predictor"

    #: The classes, in the order of the predicted columns.
    classes: Sequence[str]
    #: Maximum number of words read from a text; the rest is ignored.
    sequence_length: int

    @abstractmethod
    def predict(self, documents: Sequence[Sequence[str]]) -> npt.NDArray[np.float32]:
        """Return `(n_documents, n_classes)` float32 probabilities for documents given as words."""

    @abstractmethod
    def knows(self, word: str) -> bool:
        """Return whether a word is in the vocabulary; all others are treated as one unknown word."""

    def check(self, dataset: TextDataset) -> None:
        """Classify one text."""
        del dataset
        answers = self.predict([["a", "b"]])
        if answers.shape != (1, len(self.classes)) or not np.isfinite(answers).all():
            raise damaged(self.folder)


class PlacesText(Ability["TextDataset"]):
    """Places new texts among a run's `documents`."""

    refusal = "This run cannot place new texts."
    #: Role of the embedding it adds to.
    role: ClassVar[str] = "documents"

    @abstractmethod
    def vector(self, words: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the `(vector_size,)` vector of a text with these words; zero if all are out of vocabulary."""

    @abstractmethod
    def n_known(self, words: Sequence[str]) -> int:
        """Return how many of the words are in the vocabulary."""

    def check(self, dataset: TextDataset) -> None:
        """Place one text."""
        del dataset
        self.vector(["a", "b"])


class PlacesWord(Ability["TextDataset"]):
    """Places out-of-vocabulary words among a run's `words`, by their subwords."""

    refusal = "This model has no subword vectors."
    #: Role of the embedding it adds to.
    role: ClassVar[str] = "words"

    @abstractmethod
    def vector(self, word: str) -> npt.NDArray[np.float32] | None:
        """Return the `(vector_size,)` vector of a word, or None if none of its subwords is known."""

    def check(self, dataset: TextDataset) -> None:
        """Place one word."""
        del dataset
        self.vector("word")

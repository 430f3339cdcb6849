"""What a trained run can do: one class per ability, NumPy only, loaded from the run's files.

A page or a command asks which runs have an ability and opens it; it never asks which model trained them. A new kind of
ability is a subclass of `Ability` with one method of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.state import State

if TYPE_CHECKING:
    from embedlab.kinds.graph.dataset import GraphDataset
    from embedlab.kinds.images.dataset import ImagesDataset
    from embedlab.kinds.ratings.dataset import RatingsDataset
    from embedlab.kinds.table.dataset import TableDataset
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

    def predict_at(
        self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32], times: npt.NDArray[np.float64] | None
    ) -> npt.NDArray[np.float32]:
        """Predict ratings of pairs at their times, as `Ratings.times`; a model that knows no times ignores them.

        `predict` is the prediction at the latest time.
        """
        del times
        return self.predict(users, items)

    def knows_items(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Return for each item row whether it had ratings in training; nothing is known about the others."""
        return items >= 0

    def rank_by_rating(self, users: npt.NDArray[np.int32], n_items: int) -> npt.NDArray[np.float32]:
        """Return `(n, n_items)` float32 predicted ratings of all items; -inf for items without ratings in training."""
        items = np.arange(n_items, dtype=np.int32)
        pairs = np.repeat(users, n_items).astype(np.int32), np.tile(items, len(users))
        predicted = self.predict(*pairs).reshape(len(users), n_items)
        predicted[:, ~self.knows_items(items)] = -np.inf
        return predicted

    @property
    def table_sizes(self) -> tuple[int, int] | None:
        """Number of users and items that the stored tables are for; None if it cannot be told from them."""
        return None

    def check(self, dataset: RatingsDataset) -> None:
        """Predict for the last user and item, which fails if a table is too short."""
        _check_sizes(self, self.table_sizes, dataset)
        last = (np.array([len(each) - 1, -1], np.int32) for each in (dataset.users, dataset.items))
        if not np.isfinite(self.predict(*last)).all():
            raise damaged(self.folder)
        ranked = self.rank_by_rating(np.array([len(dataset.users) - 1, -1], np.int32), len(dataset.items))
        _check_scores(self, ranked, (2, len(dataset.items)))
        _check_newcomers(self, dataset)


class Ranks(Ability["RatingsDataset"]):
    """Ranks all items for the users it was trained with."""

    refusal = "This run does not rank items."
    folder = "ranker"

    @abstractmethod
    def scores(self, users: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Return `(n, n_items)` float32 scores of all items for `(n,)` rows of users, higher is better.

        -inf for items that cannot be recommended, such as those without interactions in training; the items of a user
        are scored like all others, and the caller leaves them out. Users the model does not know get scores too, equal
        for all of them.
        """

    @property
    def table_sizes(self) -> tuple[int, int] | None:
        """Number of users and items that the stored tables are for; None if it cannot be told from them."""
        return None

    def check(self, dataset: RatingsDataset) -> None:
        """Score the items for the last user and an unknown one, which fails if a table is too short."""
        _check_sizes(self, self.table_sizes, dataset)
        found = self.scores(np.array([len(dataset.users) - 1, -1], np.int32))
        _check_scores(self, found, (2, len(dataset.items)))
        _check_newcomers(self, dataset)


@dataclass(frozen=True)
class FoldedIn:
    """Someone new among the users of a model.

    Parameters
    ----------
    scores
        `(n_items,)` float32 scores of all items, higher is better; -inf for items that cannot be recommended. On the
        rating scale if the model folds in ratings.
    vector
        `(vector_size,)` float32 in the space of the `users` embedding; None if the model has no vectors of users.
    """

    scores: npt.NDArray[np.float32]
    vector: npt.NDArray[np.float32] | None = None


class FoldsIn(Ability["RatingsDataset"]):
    """Places a new user by a few ratings or choices, in closed form: nothing is trained again."""

    refusal = "This run cannot place new users."
    folder = "ranker"
    #: What it folds in: `ratings` on the scale of the dataset, or the weights of chosen items.
    folds_in: ClassVar[Literal["ratings", "interactions"]] = "interactions"

    @abstractmethod
    def fold_in(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> FoldedIn:
        """Place a user.

        Parameters
        ----------
        items
            `(n,)` int32 rows of items, each once; those unknown in training are ignored. May be empty.
        values
            `(n,)` float32 ratings, or weights (1 for a plain choice).
        """


@dataclass(frozen=True)
class Reasons:
    """Why an item has its score: numbers that add up to it.

    Parameters
    ----------
    base
        What does not depend on the user's items, such as biases.
    contributions
        `(n,)` float32: the contribution of each of the user's items.
    """

    base: float
    contributions: npt.NDArray[np.float32]

    @property
    def score(self) -> float:
        """The score that they add up to."""
        return self.base + float(self.contributions.sum(dtype=np.float64))


class ExplainsScores(Ability["RatingsDataset"]):
    """Says exactly how much each of a user's items contributes to the score of another item."""

    refusal = "This run cannot explain its recommendations."
    folder = "ranker"

    @abstractmethod
    def reasons(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32], target: int) -> Reasons:
        """Explain the score of an item for a user who is folded in with these items and values.

        Parameters
        ----------
        items, values
            As for `FoldsIn.fold_in`.
        target
            Row of the item whose score is explained. `reasons(...).score` is its score in `fold_in(...)`, up to
            rounding, before any clipping to a rating scale.
        """


def _check_sizes(ability: Ability[Any], sizes: tuple[int, int] | None, dataset: RatingsDataset) -> None:
    # Before anything is computed: a wrong size could ask for more memory than there is.
    if sizes is not None and sizes != (len(dataset.users), len(dataset.items)):
        raise damaged(ability.folder)


def _check_scores(ability: Ability[Any], scores: npt.NDArray[np.float32], shape: tuple[int, ...]) -> None:
    if scores.shape != shape or np.isnan(scores).any() or np.isposinf(scores).any():
        raise damaged(ability.folder)


def _check_newcomers(ability: Ability[Any], dataset: RatingsDataset) -> None:
    """Place someone without items, and someone with the first and the last one, and explain their scores."""
    n_items = len(dataset.items)
    both = np.unique(np.array([0, n_items - 1], np.int32))
    for items in (both[:0], both):
        values = np.ones(len(items), np.float32)
        if isinstance(ability, FoldsIn):
            folded = ability.fold_in(items, values)
            _check_scores(ability, folded.scores, (n_items,))
            if folded.vector is not None and not (folded.vector.ndim == 1 and np.isfinite(folded.vector).all()):
                raise damaged(ability.folder)
        if isinstance(ability, ExplainsScores):
            reasons = ability.reasons(items, values, n_items - 1)
            if np.isnan(reasons.base) or not np.isfinite(reasons.contributions).all():
                raise damaged(ability.folder)


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


class ClassifiesImages(Ability["ImagesDataset"]):
    """Predicts the labels of images and places them among a run's `images`, equal to the trained model within 1e-5."""

    refusal = "This run cannot classify images."
    folder = "predictor"
    #: Role of the embedding it adds to.
    role: ClassVar[str] = "images"

    #: The classes, in the order of the predicted columns.
    classes: Sequence[str]
    #: Height, width and channels (1 or 3) of an image.
    shape: tuple[int, int, int]

    @abstractmethod
    def predict(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return `(n, n_classes)` float32 probabilities of images `(n, height, width)` or `(n, height, width, 3)`."""

    @abstractmethod
    def vectors(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return the `(n, vector_size)` float32 vectors of images."""

    def check(self, dataset: ImagesDataset) -> None:
        """Classify the first image of the dataset."""
        if self.shape != (dataset.shape.height, dataset.shape.width, dataset.shape.n_channels):
            raise damaged(self.folder)
        answers = self.predict(dataset.pixels[:1])
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


class PlacesRows(Ability["TableDataset"]):
    """Places new rows of numbers among a run's `rows`, and reconstructs them from their vectors."""

    refusal = "This run cannot place new rows."
    folder = "predictor"
    #: Role of the embedding it adds to.
    role: ClassVar[str] = "rows"

    @property
    @abstractmethod
    def columns(self) -> Sequence[str]:
        """Names of the numeric columns, in the order of the values."""

    @property
    @abstractmethod
    def centers(self) -> npt.NDArray[np.float64]:
        """`(n_columns,)` float64: the number that stands for a missing value of each column."""

    @property
    @abstractmethod
    def vector_size(self) -> int:
        """Number of dimensions of a vector."""

    @abstractmethod
    def vectors(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return the `(n, vector_size)` vectors of rows.

        Parameters
        ----------
        values
            `(n, n_columns)` numbers in the units of the columns; NaN for a missing value.
        """

    @abstractmethod
    def reconstruct(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return `(n, n_columns)` float64 rows as reconstructed from their vectors, in the units of the columns."""

    def check(self, dataset: TableDataset) -> None:
        """Place one row, which fails if the arrays do not fit each other."""
        del dataset
        values = np.full((1, len(self.columns)), np.nan)
        vectors, restored = self.vectors(values), self.reconstruct(values)
        if vectors.shape != (1, self.vector_size) or restored.shape != values.shape:
            raise damaged(self.folder)
        if not (np.isfinite(vectors).all() and np.isfinite(restored).all()):
            raise damaged(self.folder)


class PredictsLinks(Ability["GraphDataset"]):
    """Scores pairs of nodes: higher means that a link between them is more likely."""

    refusal = "This run does not predict links."
    folder = "links"

    @abstractmethod
    def pair_scores(self, first: npt.NDArray[np.int32], second: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Return `(n,)` float32 scores of pairs of rows of the dataset's nodes."""

    @abstractmethod
    def scores(self, nodes: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Return `(n, n_nodes)` float32 scores of all nodes for `(n,)` rows of nodes."""

    def check(self, dataset: GraphDataset) -> None:
        """Score the pair of the first and the last node, which fails if a table is too short."""
        last = np.array([dataset.n_nodes - 1], np.int32)
        if self.scores(last).shape != (1, dataset.n_nodes) or not np.isfinite(self.pair_scores(last * 0, last)).all():
            raise damaged(self.folder)

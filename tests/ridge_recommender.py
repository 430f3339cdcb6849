"""A rating model with every ability of a recommender: ridge regression on fixed item vectors, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.kind import Counts
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings
from embedlab.kinds.ratings.splits import RatingsSplit
from embedlab.models.contract.abilities import ExplainsScores, FoldedIn, FoldsIn, Ranks, Rates, Reasons
from embedlab.models.contract.base import Context, Estimate, Model, Parameters, State, TrainingResult
from embedlab.models.registry import MODELS


@dataclass(frozen=True)
class Ridge(Rates, FoldsIn, ExplainsScores):
    """The score of item i is ``mean + b_i + q_i . p``, where p is the ridge solution for the ratings."""

    refusal = "This run does not predict ratings."
    folder = "predictor"
    mapped = False
    folds_in = "ratings"

    users: npt.NDArray[np.float32]
    items: npt.NDArray[np.float32]
    biases: npt.NDArray[np.float32]
    mean: float = 3.0
    l2: float = 0.5

    def predict(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Predict; unknown users have a zero vector, unknown items the mean."""
        taste = np.where((users >= 0)[:, None], self.users[users], 0)
        known = (items >= 0)[:, None]
        product = (taste * np.where(known, self.items[items], 0)).sum(axis=1)
        rating = self.mean + np.where(items >= 0, self.biases[items], 0) + product
        return np.clip(rating, 1, 5).astype(np.float32)

    def _inverse(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        q = self.items[items].astype(np.float64)
        return np.linalg.inv(q.T @ q + self.l2 * np.eye(q.shape[1]))

    def fold_in(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> FoldedIn:
        """Solve for one vector."""
        rest = values - self.mean - self.biases[items]
        vector = self._inverse(items) @ (self.items[items].T.astype(np.float64) @ rest)
        scores = np.clip(self.mean + self.biases + self.items @ vector, 1, 5)
        return FoldedIn(scores.astype(np.float32), vector.astype(np.float32))

    def reasons(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32], target: int) -> Reasons:
        """Return the part of each rating."""
        rest = values - self.mean - self.biases[items]
        parts = (self.items[items] @ self._inverse(items) @ self.items[target]) * rest
        return Reasons(float(self.mean + self.biases[target]), parts.astype(np.float32))

    def state(self) -> State:
        """Return the arrays."""
        return State({"users": self.users, "items": self.items, "biases": self.biases}, {"mean": self.mean})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Read them back."""
        arrays = (np.asarray(state.arrays[name]) for name in ("users", "items", "biases"))
        return cls(*arrays, mean=float(state.config["mean"]))


@dataclass(frozen=True)
class RatesOnly(Rates):
    """Predicts one rating per item, and can do nothing else."""

    ratings: npt.NDArray[np.float32]

    def predict(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Return the rating of each item."""
        return np.asarray(self.ratings[items], np.float32)

    def state(self) -> State:
        """Return the ratings."""
        return State({"ratings": self.ratings})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Read them back."""
        return cls(np.asarray(state.arrays["ratings"]))


class RidgeModel(Model[Parameters, RatingsSplit]):
    """Registers `Ridge` for runs that a test keeps; it is never trained."""

    name: ClassVar[str] = "test-ridge"
    title: ClassVar[str] = "Ridge for tests"
    summary: ClassVar[str] = "Fixed item vectors."
    task: ClassVar[str] = "rating"
    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    parameters_class = Parameters
    abilities = (Ridge,)

    def defaults(self, counts: Counts) -> Parameters:
        """Return the only parameters."""
        return Parameters()

    def estimate(self, counts: Counts, parameters: Parameters, n_threads: int) -> Estimate:
        """Return next to nothing."""
        return Estimate(0.1, 50.0)

    def train(self, data: RatingsSplit, parameters: Parameters, context: Context) -> TrainingResult:
        """Never called."""
        raise NotImplementedError

    def script(self, parameters: Parameters, data_file: str) -> str:
        """Never called."""
        raise NotImplementedError


class RatesOnlyModel(RidgeModel):
    """Registers `RatesOnly`."""

    name: ClassVar[str] = "test-rates-only"
    title: ClassVar[str] = "Ratings for tests"
    abilities = (RatesOnly,)


def item_weights_ranker(*parts: Any) -> Any:
    """Return the ranker of EASE with these items, weights, histories and number of items."""
    ranker: Any = MODELS["ease"].ability(Ranks)
    return ranker(*parts)


def dataset_of(folder: Path, ratings: str, items: str | None = None) -> RatingsDataset:
    """Import ratings written as CSV, with a header of user, item and rating."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ratings.csv").write_text(ratings, encoding="utf-8")
    if items is not None:
        (folder / "items.csv").write_text(items, encoding="utf-8")
    built = folder / "dataset"
    built.mkdir()
    imported = import_ratings(
        folder / "ratings.csv", RatingsOptions(), built, items_path=None if items is None else folder / "items.csv"
    )
    imported.save(built)
    return RatingsDataset.open(built)


def item_embedding(dataset: RatingsDataset, vectors: npt.NDArray[np.float32], keys: Sequence[str] = ()) -> Embedding:
    """Return the items with these vectors; with `keys` only those."""
    table = dataset.items if not keys else dataset.items[dataset.items["key"].isin(keys)]
    rows = table.index.to_numpy()
    return Embedding(
        np.ascontiguousarray(vectors[rows]),
        table["key"].tolist(),
        table["label"].tolist(),
        table.drop(columns=["key", "label"]).reset_index(drop=True),
    )

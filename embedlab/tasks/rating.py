"""Ratings of items by users: predicted, and evaluated on held-out ratings."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from embedlab.core.kind import Kind
from embedlab.evaluation.ratings import join_ratings, score_predictions
from embedlab.evaluation.score import Score
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.ratings import RatingsDataset
from embedlab.kinds.ratings.splits import RatingsSplit, ratings_split
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.tasks.base import Parts, PartSizes, Task, required

#: A table of user, item, rating and part.
RATINGS_FILE = "ratings.csv"


class Rating(Task[RatingsDataset]):
    """Predict the rating of an item by a user."""

    name: ClassVar[str] = "rating"
    title: ClassVar[str] = "Predict ratings"
    goal: ClassVar[str] = "Recommend items"
    kind: ClassVar[Kind] = Kind.RATINGS
    cases: ClassVar[str] = "Ratings"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = "test_rmse"
    baselines: ClassVar[tuple[str, ...]] = ("global_mean", "item_mean", "user_item_bias")

    def split(self, dataset: RatingsDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Split the ratings."""
        del scratch
        split = ratings_split(dataset, required(protocol))
        return Parts(split.without_test(), split)

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return the errors on the test part; empty if the result has no predictor."""
        predictor, split = result.ability(Rates), parts.held_out
        if predictor is None:
            return {}
        return score_predictions(
            predictor.predict, split.test, join_ratings(split.train, split.validation), split.scale
        )

    def headline_sentence(self, score: Score) -> str:
        """Return the typical error of a predicted rating."""
        if score.name != self.headline:
            return super().headline_sentence(score)
        of = f" {score.n_cases:,}" if score.n_cases else ""
        return f"Predictions of{of} held-out ratings are typically off by {score.value or 0.0:.2f} (RMSE)"

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Count the ratings."""
        split = parts.held_out
        return PartSizes(len(split.train), len(split.validation), len(split.test))

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the table of ratings."""
        del model
        return RATINGS_FILE

    def write_data(
        self, dataset: RatingsDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path
    ) -> Path:
        """Write all ratings with their part."""
        path = folder / self.data_file(model)
        split_table(ratings_split(dataset, required(protocol))).to_csv(path, index=False)
        return path


def split_table(split: RatingsSplit) -> pd.DataFrame:
    """Return all ratings as a table `user, item, rating, part`; users and items as the dataset's keys."""
    users = np.asarray(split.dataset.user_keys, dtype=object)
    items = split.dataset.items["key"].to_numpy(dtype=object)
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    return pd.concat(
        [
            pd.DataFrame({"user": users[part.users], "item": items[part.items], "rating": part.ratings, "part": name})
            for name, part in parts.items()
        ],
        ignore_index=True,
    )

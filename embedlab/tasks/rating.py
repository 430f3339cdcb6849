"""Ratings of items by users: predicted, and evaluated on held-out ratings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.kind import Kind
from embedlab.evaluation.recommendation.ratings import score_predictions
from embedlab.evaluation.score import Score
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.ratings import RatingsDataset
from embedlab.kinds.ratings.interactions import interactions_split
from embedlab.kinds.ratings.parts import ratings_split
from embedlab.kinds.ratings.splits import RatingsSplit, split_table
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.tasks import ranking_scores
from embedlab.tasks.base import Parts, PartSizes, RatingScale, Task, required
from embedlab.tasks.rating_parts import rating_part_sizes, scale_of, unseen_counts, unseen_note
from embedlab.workspace.rows import DatasetRow

#: A table of user, item, rating and part.
RATINGS_FILE = "ratings.csv"


class Rating(Task[RatingsDataset]):
    """Predict the rating of an item by a user."""

    name: ClassVar[str] = "rating"
    title: ClassVar[str] = "Predict ratings"
    goal: ClassVar[str] = "Predict ratings"
    kind: ClassVar[Kind] = Kind.RATINGS
    cases: ClassVar[str] = "Ratings"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = "test_rmse"
    baselines: ClassVar[tuple[str, ...]] = (
        "global_mean",
        "item_mean",
        "user_item_bias",
        *ranking_scores.BASELINES,
    )

    def refusal(self, dataset: DatasetRow) -> EmbedLabError | None:
        """Refuse implicit feedback."""
        if dataset.details.get("feedback") != "implicit":
            return None
        return InputError(
            "This dataset has no ratings to predict, only which items users chose.",
            received=dataset.name,
            remedy="Train a model that ranks items, such as iALS or EASE.",
        )

    def split(self, dataset: RatingsDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Split the ratings."""
        del scratch
        chosen = required(protocol)
        split = ratings_split(dataset, chosen)
        return Parts(split.without_test(), (split, chosen))

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return the errors on the test part, and how well the predicted ratings rank all items.

        Empty if the result has no predictor.
        """
        predictor, (split, protocol) = result.ability(Rates), parts.held_out
        if predictor is None:
            return {}

        def predict(users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
            return predictor.predict_at(users, items, split.test.times)

        errors = {
            **score_predictions(predict, split.test, split.known, split.scale),
            **unseen_counts(split.test.users, split.test.items, split),
        }
        return merged_scores(errors, self._ranking(result, split, protocol))

    def _ranking(self, result: TrainingResult, split: RatingsSplit, protocol: Protocol) -> dict[str, Any]:
        try:
            interactions = interactions_split(split, protocol.positive_from)
        except InputError as error:
            return ranking_scores.not_computed(str(error))
        return ranking_scores.ranking_scores(result, interactions, seed=protocol.seed)

    def headline_sentence(self, score: Score) -> str:
        """Return the typical error of a predicted rating."""
        if score.name != self.headline:
            return super().headline_sentence(score)
        of = f" {score.n_cases:,}" if score.n_cases else ""
        return f"Predictions of{of} held-out ratings are typically off by {score.value or 0.0:.2f} (RMSE)"

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Count the ratings."""
        split, protocol = parts.held_out
        return rating_part_sizes(split, protocol.positive_from)

    def rating_scale(self, dataset: DatasetRow) -> RatingScale | None:
        """Return the scale of the ratings."""
        return scale_of(dataset)

    def notes(self, scores: Mapping[str, Any]) -> list[str]:
        """Say how many test ratings are of users or items without ratings in training."""
        note = unseen_note(scores, ranks=False)
        return [note] if note else []

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the table of ratings."""
        del model
        return RATINGS_FILE

    def write_data(
        self, dataset: RatingsDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path
    ) -> Path:
        """Write all ratings with their part."""
        path = folder / self.data_file(model)
        split_table(ratings_split(dataset, required(protocol)), times=model.reads_times).to_csv(path, index=False)
        return path


def merged_scores(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scores of two evaluations of one training as one; entries with several values are joined."""
    merged = {**first, **second}
    for name in first.keys() & second.keys():
        if isinstance(first[name], Mapping) and isinstance(second[name], Mapping):
            merged[name] = {**first[name], **second[name]}
    return merged

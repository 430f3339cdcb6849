"""Items for users: all items are ranked, and evaluated by held-out choices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from embedlab.core.kind import Kind
from embedlab.evaluation.differences import read_differences
from embedlab.evaluation.recommendation.ranking import NDCG
from embedlab.evaluation.score import Score
from embedlab.evaluation.scores import main_score
from embedlab.evaluation.verdicts import Verdict, verdict_by_each_baseline
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.ratings import RatingsDataset
from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit, interactions_split
from embedlab.kinds.ratings.parts import ratings_split
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.tasks import ranking_scores
from embedlab.tasks.base import Parts, PartSizes, RatingScale, Task, required
from embedlab.tasks.rating_parts import rating_part_sizes, scale_of, unseen_counts, unseen_note
from embedlab.workspace.rows import DatasetRow

#: A table of user, item, weight and part; weight 0 is a rating that does not count as positive.
INTERACTIONS_FILE = "interactions.csv"


class Ranking(Task[RatingsDataset]):
    """Rank items for each user by their choices: implicit feedback, or ratings that count as positive."""

    name: ClassVar[str] = "ranking"
    title: ClassVar[str] = "Rank items"
    goal: ClassVar[str] = "Recommend items"
    kind: ClassVar[Kind] = Kind.RATINGS
    cases: ClassVar[str] = "Ratings"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = NDCG
    baselines: ClassVar[tuple[str, ...]] = ranking_scores.BASELINES

    def split(self, dataset: RatingsDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Split the ratings, and take the positive ones as interactions."""
        del scratch
        chosen = required(protocol)
        split = interactions_split(ratings_split(dataset, chosen), chosen.positive_from)
        return Parts(split.without_test(), (split, chosen))

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return recall and NDCG on the test part, or why they could not be computed."""
        split, protocol = parts.held_out
        scores = ranking_scores.ranking_scores(result, split, seed=protocol.seed)
        unseen = unseen_counts(split.test.users, split.test.items, split.rated)
        return {"n_test": len(split.test), **unseen, **scores}

    def headline_sentence(self, score: Score) -> str:
        """Return what the lists of recommendations contain."""
        if score.name != self.headline:
            return super().headline_sentence(score)
        of = f" of {score.n_cases:,} users" if score.n_cases else ""
        return f"NDCG@10 is {score.value or 0.0:.3f} on the held-out choices{of}"

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Count the ratings, positive or not."""
        split, protocol = parts.held_out
        return rating_part_sizes(split.rated, protocol.positive_from)

    def rating_scale(self, dataset: DatasetRow) -> RatingScale | None:
        """Return the scale of the ratings; None for implicit feedback."""
        return scale_of(dataset)

    def notes(self, scores: Mapping[str, Any]) -> list[str]:
        """Say how many held-out choices are of users or items without ratings in training."""
        note = unseen_note(scores, ranks=True)
        return [note] if note else []

    def verdict(self, scores: Mapping[str, Any], counts: Mapping[str, int | float]) -> Verdict:
        """Judge the lists by those of every baseline: popularity, and EASE."""
        main = main_score(scores, self.headline)
        if main is None or main.value is None or main.name != self.headline:
            return super().verdict(scores, counts)
        differences = [of_run[main.name] for of_run in read_differences(scores).values() if main.name in of_run]
        return verdict_by_each_baseline(self.headline_sentence(main), main, differences)

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the table of interactions."""
        del model
        return INTERACTIONS_FILE

    def write_data(
        self, dataset: RatingsDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path
    ) -> Path:
        """Write all ratings with their weight and part."""
        chosen = required(protocol)
        path = folder / self.data_file(model)
        table = interactions_table(interactions_split(ratings_split(dataset, chosen), chosen.positive_from))
        if model.reads_items:
            table = with_item_columns(table, dataset.items)
        table.to_csv(path, index=False)
        return path


def interactions_table(split: InteractionsSplit) -> pd.DataFrame:
    """Return all ratings as a table `user, item, weight, part`; the weight of those that are not positive is 0."""
    users = np.asarray(split.dataset.user_keys, dtype=object)
    items = np.asarray(split.dataset.item_keys, dtype=object)
    tables = []
    for name in ("train", "validation_history", "validation", "test_history", "test"):
        rated, chosen = getattr(split.rated, name), getattr(split, name)
        if not len(rated):
            continue
        weights = _weights(rated.users, rated.items, chosen, len(items))
        tables.append(
            pd.DataFrame({"user": users[rated.users], "item": items[rated.items], "weight": weights, "part": name})
        )
    return pd.concat(tables, ignore_index=True)


def with_item_columns(table: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that describe the items, as `item_NAME`, to the first row of each item; other rows stay empty."""
    computed = {"key", "count", "mean_rating", "mean_count"}
    described = items.set_index("key").drop(columns=list(computed), errors="ignore").add_prefix("item_")
    first = table["item"].drop_duplicates()
    of_first = described.reindex(first).set_axis(first.index)
    return table.join(of_first)


def _weights(users: Any, items: Any, chosen: Interactions, n_items: int) -> Any:
    """Return the weight of each rated pair, 0 if it is not among the chosen ones, which are in the same order."""
    pairs = users.astype(np.int64) * n_items + items
    is_chosen = np.isin(pairs, chosen.users.astype(np.int64) * n_items + chosen.items)
    weights = np.zeros(len(pairs), np.float32)
    weights[is_chosen] = chosen.weights
    return weights

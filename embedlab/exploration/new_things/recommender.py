"""Recommendations of a trained run, whatever abilities it has: for a user, for somebody new, and for all users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.counts import counted_noun
from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN, Embedding
from embedlab.core.errors import InputError
from embedlab.core.similarity import checked_topn
from embedlab.exploration.asking.spelling import closest_names, unknown
from embedlab.exploration.new_things.histories import PARTS, Histories, History
from embedlab.exploration.new_things.item_filter import ItemColumns, ItemFilter
from embedlab.exploration.new_things.own_ratings import OwnRatings
from embedlab.exploration.new_things.without_popularity import without_popularity
from embedlab.kinds.ratings.dataset import RatingsDataset
from embedlab.kinds.ratings.interactions import (
    CountScaling,
    count_scaling_of,
    default_positive_from,
    scaled_counts,
)
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from embedlab.models.contract.abilities import Ability, AnAbility, ExplainsScores, FoldedIn, FoldsIn, Ranks, Rates

#: With more different ratings, people type a number instead of choosing one.
MOST_RATING_VALUES: Final = 21
Scores = npt.NDArray[np.float32]
#: Scores computed at a time for all users, 16 MB.
_SCORES_PER_BATCH: Final = 4_000_000


class Recommended(NamedTuple):
    """A recommended item.

    Parameters
    ----------
    row, key, label
        The item.
    score
        Its score by the model: a predicted rating if `Recommender.rates_users`.
    n_ratings
        Number of ratings of the item.
    adjusted
        Its score minus its popularity, which orders the list; None if the order is that of the scores.
    held_out
        The rating of this user in the test part; None if there is none.
    """

    row: int
    key: str
    label: str
    score: float
    n_ratings: int
    adjusted: float | None = None
    held_out: float | None = None


@dataclass(frozen=True)
class Wish:
    """What to recommend.

    Parameters
    ----------
    topn
        Number of items, 1 to `similarity.MOST_ANSWERS`.
    items
        Which items may be recommended.
    popularity_weight
        How much popularity is subtracted, 0 to 1; see `without_popularity`.
    with_test_items
        Include items that the user rated in the test part, to compare with these ratings.
    """

    topn: int = 10
    items: ItemFilter = field(default_factory=ItemFilter)
    popularity_weight: float = 0.0
    with_test_items: bool = False


class Batch(NamedTuple):
    """Recommendations for some users: arrays of the same length, in the order of the users and of the ranks."""

    users: npt.NDArray[np.int32]
    ranks: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    scores: Scores


@dataclass(frozen=True)
class ModelInput:
    """What a model reads of somebody's ratings.

    Parameters
    ----------
    items, values
        `(n_used,)` int32 items and float32 ratings or weights.
    is_used
        `(n,)` bool over all ratings: an interactions model uses positive ratings only.
    """

    items: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    is_used: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Recommender:
    """A trained run on ratings, opened for recommendations.

    Parameters
    ----------
    dataset
        Its dataset.
    histories
        What the users rated, by the parts of the run's split.
    scale
        Lowest and highest rating outside the test part.
    positive_from
        The lowest rating that counts as positive; None for implicit feedback.
    count_scaling
        How counts of implicit feedback become weights.
    abilities
        What the run can do; it ranks or rates.
    """

    dataset: RatingsDataset
    histories: Histories
    scale: tuple[float, float]
    positive_from: float | None
    count_scaling: CountScaling
    abilities: tuple[Ability[Any], ...]

    @classmethod
    def of(cls, split: RatingsSplit, positive_from: float | None, abilities: Iterable[Ability[Any]]) -> Self:
        """Prepare the recommendations of a run.

        Parameters
        ----------
        split
            The run's split, with its test part.
        positive_from
            As in the protocol: None for the default of the scale. Ignored for implicit feedback.
        """
        dataset = split.dataset
        lowest = default_positive_from(split.scale) if positive_from is None else positive_from
        return cls(
            dataset,
            Histories.of(split),
            split.scale,
            None if dataset.feedback == "implicit" else lowest,
            count_scaling_of(dataset.imported.options.get("count_scaling")),
            tuple(abilities),
        )

    def ability(self, wanted: type[AnAbility]) -> AnAbility | None:
        """Return an ability of the run; None if it does not have it."""
        return next((each for each in self.abilities if isinstance(each, wanted)), None)

    @property
    def n_items(self) -> int:
        """Number of items in the dataset."""
        return len(self.dataset.items)

    @property
    def rates_users(self) -> bool:
        """Whether the scores for users of the dataset are predicted ratings: models that also rank are ranked by."""
        return self.ability(Ranks) is None

    @property
    def folds_in_ratings(self) -> bool:
        """Whether somebody new is placed by ratings, and scored on the rating scale."""
        folds = self.ability(FoldsIn)
        return folds is not None and folds.folds_in != "interactions"

    @property
    def reads_ratings(self) -> bool:
        """Whether the model learns from the values of ratings, and not only from which items were chosen."""
        return self.folds_in_ratings if self.ability(FoldsIn) is not None else self.rates_users

    @property
    def rating_scale(self) -> tuple[float, float] | None:
        """The scale on which somebody new rates items; None if items are only chosen."""
        return None if self.positive_from is None else self.scale

    @cached_property
    def rating_values(self) -> tuple[float, ...]:
        """The different ratings outside the test part, ascending; empty if there are more than `MOST_RATING_VALUES`."""
        values = pd.unique(self.histories.ratings[self.histories.parts < PARTS.index("test")])
        return tuple(np.sort(values).tolist()) if len(values) <= MOST_RATING_VALUES else ()

    @property
    def counted(self) -> str:
        """Plural noun for what the counts of items and users count."""
        return counted_noun(self.catalog, "items")

    @cached_property
    def columns(self) -> ItemColumns:
        """The columns of the items that filters compare."""
        return ItemColumns(self.dataset.items)

    @cached_property
    def catalog(self) -> Embedding:
        """Keys, titles and metadata of all items for searches and lists; the vectors are zero and mean nothing."""
        return _catalog(self.dataset.items)

    @cached_property
    def full_catalog(self) -> Embedding:
        """As `catalog`, and after these the items that nobody rated, which some models place by descriptions."""
        return _catalog(self.dataset.all_items) if len(self.dataset.unrated_items) else self.catalog

    @cached_property
    def _row_of_user(self) -> dict[str, int]:
        return {key: row for row, key in enumerate(self.dataset.user_keys)}

    def user_row(self, key: str) -> int:
        """Return the row of a user; raises `NotFoundError`, which suggests the closest spellings."""
        row = self._row_of_user.get(key)
        if row is None:
            keys = self.dataset.user_keys
            raise unknown("There is no such user.", key, closest_names(key, keys))
        return row

    def history(self, user: int) -> History:
        """Return what a user rated, in all parts."""
        return self.histories.of_user(user)

    # Scores

    def scores(self, users: npt.NDArray[np.int32]) -> Scores:
        """Return `(n, n_items)` float32 scores of all items for users; -inf for items that cannot be recommended.

        Users that are held out as a whole are folded in by the given part of their ratings, if the run can place new
        users.
        """
        ranks, rates = self.ability(Ranks), self.ability(Rates)
        if ranks is not None:
            found = ranks.scores(users)
        elif rates is not None:
            found = rates.rank_by_rating(users, self.n_items)
        else:
            raise InputError("This run does not recommend items.", remedy="Choose a run that predicts or ranks.")
        found = np.array(found, np.float32)
        for place in np.flatnonzero([self.is_folded(int(user)) for user in users]):
            found[place] = self._fold(self._given(int(users[place]))).scores
        found[~np.isfinite(found)] = -np.inf
        return found

    def is_folded(self, user: int) -> bool:
        """Return whether a user was held out of the training, and is placed by the ratings that are given."""
        return self.ability(FoldsIn) is not None and self.histories.is_test_only(user)

    def model_input(self, items: npt.NDArray[np.int32], ratings: npt.NDArray[np.float32]) -> ModelInput:
        """Return what the model reads of ratings: their values, or the weights of those that count as positive."""
        if self.reads_ratings:
            return ModelInput(items, ratings, np.ones(len(items), bool))
        if self.positive_from is None:
            is_used = ratings > 0
            weights = scaled_counts(ratings[is_used], self.count_scaling)
        else:
            is_used = ratings >= self.positive_from
            weights = np.ones(int(is_used.sum()), np.float32)
        return ModelInput(items[is_used], weights, is_used)

    def fold_in(self, own: OwnRatings) -> FoldedIn:
        """Place somebody new by ratings or choices, in closed form: nothing is trained.

        Raises
        ------
        InputError
            The run cannot place new users.
        """
        folded = self._fold(self.model_input(*own.arrays))
        scores = np.where(np.isfinite(folded.scores), folded.scores, np.float32(-np.inf))
        return FoldedIn(scores, folded.vector)

    def _fold(self, given: ModelInput) -> FoldedIn:
        folds = self.ability(FoldsIn)
        if folds is None:
            raise InputError(FoldsIn.refusal, remedy="Choose a run of a model that places new users, such as EASE.")
        return folds.fold_in(given.items, given.values)

    def _given(self, user: int) -> ModelInput:
        history = self.history(user)
        return self.model_input(history.items[history.is_given], history.ratings[history.is_given])

    # Lists

    def recommend(self, user_key: str, wish: Wish | None = None) -> list[Recommended]:
        """Return the best items that a user has not rated in any part, the best first.

        Parameters
        ----------
        wish
            How many, and which.

        Returns
        -------
        Among equal scores (ratings are clipped to the scale) the item with more ratings comes first, then the one that
        is first in the dataset. Empty if nothing is left.

        Raises
        ------
        NotFoundError
            There is no such user or genre; the remedy suggests the closest spellings.
        InputError
            The wish cannot be fulfilled; see `ItemColumns.matches`.
        """
        wish = wish or Wish()
        checked_topn(wish.topn)
        user = self.user_row(user_key)
        history = self.history(user)
        rated = history.items[~history.is_test] if wish.with_test_items else history.items
        found = self._select(self.scores(np.array([user], np.int32))[0], rated, wish)
        held_out = dict(zip(history.items[history.is_test].tolist(), history.ratings[history.is_test], strict=True))
        return [each._replace(held_out=float(held_out[each.row])) if each.row in held_out else each for each in found]

    def recommend_for(self, own: OwnRatings, wish: Wish | None = None) -> list[Recommended]:
        """Return the best items for somebody new, without the rated ones; raises as `fold_in` and `recommend` do."""
        wish = wish or Wish()
        checked_topn(wish.topn)
        return self._select(self.fold_in(own).scores, own.arrays[0], wish)

    def _select(self, scores: Scores, rated: npt.NDArray[np.int32], wish: Wish) -> list[Recommended]:
        counts = self.columns.counts
        ranked = without_popularity(scores, counts, wish.popularity_weight) if wish.popularity_weight else scores
        may = np.isfinite(scores)
        if not wish.items.is_empty:
            may &= self.columns.matches(wish.items)
        may[rated] = False
        rows = _best(ranked, np.flatnonzero(may), counts, wish.topn)
        keys, labels = self.catalog.keys, self.catalog.labels
        return [
            Recommended(
                row,
                keys[row],
                labels[row],
                float(scores[row]),
                int(counts[row]),
                float(ranked[row]) if wish.popularity_weight else None,
            )
            for row in rows.tolist()
        ]

    def recommend_all(self, wish: Wish | None = None, users: npt.NDArray[np.int32] | None = None) -> Iterator[Batch]:
        """Yield the recommendations of all users, in batches of bounded memory; as `recommend` for each.

        Parameters
        ----------
        users
            Rows of users, in the order of the result; by default all.
        """
        wish = wish or Wish()
        checked_topn(wish.topn)
        counts = self.columns.counts
        may = np.ones(self.n_items, bool) if wish.items.is_empty else self.columns.matches(wish.items)
        chosen = np.arange(len(self.dataset.users), dtype=np.int32) if users is None else users
        size = max(1, _SCORES_PER_BATCH // max(1, self.n_items))
        for start in range(0, len(chosen), size):
            batch = chosen[start : start + size]
            found = [
                self._best_of_user(int(user), of_user, counts, may, wish)
                for user, of_user in zip(batch, self.scores(batch), strict=True)
            ]
            lengths = [len(rows) for rows, _ in found]
            yield Batch(
                np.repeat(batch, lengths),
                np.concatenate([np.arange(1, length + 1, dtype=np.int32) for length in lengths]),
                np.concatenate([rows for rows, _ in found]).astype(np.int32),
                np.concatenate([scores for _, scores in found]),
            )

    def _best_of_user(
        self, user: int, scores: Scores, counts: npt.NDArray[np.float64], may: npt.NDArray[np.bool_], wish: Wish
    ) -> tuple[npt.NDArray[np.intp], Scores]:
        history = self.history(user)
        left = may & np.isfinite(scores)
        left[history.items[~history.is_test] if wish.with_test_items else history.items] = False
        ranked = without_popularity(scores, counts, wish.popularity_weight) if wish.popularity_weight else scores
        rows = _best(ranked, np.flatnonzero(left), counts, wish.topn)
        return rows, scores[rows]

    # Single pairs

    def predict(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> Scores:
        """Return predicted ratings, or the scores of a run that only ranks, of pairs.

        Parameters
        ----------
        users, items
            `(n,)` int32 rows; -1 where unknown. A rating model predicts for unknown users and items too (by means and
            biases); the score of an unknown user or item is NaN.

        Returns
        -------
        `(n,)` float32.
        """
        rates = self.ability(Rates)
        if rates is not None:
            return rates.predict(users, items)
        found = np.full(len(users), np.nan, np.float32)
        rows = np.flatnonzero((users >= 0) & (items >= 0))
        different, places = np.unique(users[rows], return_inverse=True)
        size = max(1, _SCORES_PER_BATCH // max(1, self.n_items))
        order = np.argsort(places, kind="stable")
        ends = np.searchsorted(places[order], np.arange(0, len(different) + size, size))
        for number, start in enumerate(range(0, len(different), size)):
            of_batch = order[ends[number] : ends[number + 1]]
            scores = self.scores(different[start : start + size].astype(np.int32))
            found[rows[of_batch]] = scores[places[of_batch] - start, items[rows[of_batch]]]
        found[~np.isfinite(found)] = np.nan
        return found

    @property
    def explains(self) -> bool:
        """Whether scores can be explained by a user's items."""
        return self.ability(ExplainsScores) is not None


def split_without_test(dataset: RatingsDataset) -> RatingsSplit:
    """Return the split of a run that uses none: all ratings are for training."""
    return RatingsSplit(dataset, dataset.ratings, Ratings.empty(), Ratings.empty())


def _best(
    ranked: npt.NDArray[np.floating], rows: npt.NDArray[np.intp], counts: npt.NDArray[np.float64], topn: int
) -> npt.NDArray[np.intp]:
    """Return the best `topn` of some rows: by score, then by count, then by row."""
    values = ranked[rows]
    if len(rows) > topn:
        bound = np.partition(values, len(rows) - topn)[len(rows) - topn]
        # All rows equal to the last one that fits are candidates, so that ties are broken by the count.
        rows = rows[values >= bound]
        values = ranked[rows]
    best: npt.NDArray[np.intp] = rows[np.lexsort((rows, -counts[rows], -values))[:topn]]
    return best


def _catalog(items: pd.DataFrame) -> Embedding:
    metadata = items.drop(columns=[KEY_COLUMN, LABEL_COLUMN]).reset_index(drop=True)
    vectors = np.zeros((len(items), 1), np.float32)
    return Embedding(vectors, items[KEY_COLUMN].tolist(), items[LABEL_COLUMN].tolist(), metadata)

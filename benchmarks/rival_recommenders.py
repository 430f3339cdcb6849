"""Recommenders of other libraries, trained on the same parts as ours and wrapped in the abilities that are evaluated.

Their settings are the best that are known for MovieLens small; where a number is chosen on the validation part, it is
chosen from the same candidates for all rivals of a kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit
from embedlab.kinds.ratings.splits import RatingsSplit
from embedlab.models.contract.abilities import Ability, Ranks, Rates
from embedlab.models.contract.base import State
from embedlab.models.shared.recommenders.validation import VALIDATION_NDCG, ValidationRanking

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TableRanker(Ranks):
    """Scores of all items for all users as one table; of unknown users and items -inf is never the best."""

    table: Floats
    seen_items: npt.NDArray[np.bool_]

    def scores(self, users: npt.NDArray[np.int32]) -> Floats:
        """Return rows of the table; see `Ranks.scores`."""
        found = np.where(users[:, np.newaxis] >= 0, self.table[np.maximum(users, 0)], np.float32(0))
        found[:, ~self.seen_items] = -np.inf
        return found.astype(np.float32)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rivals are never stored."""
        raise NotImplementedError


@dataclass(frozen=True)
class FunctionRater(Rates):
    """Ratings predicted by a function of users and items."""

    function: Callable[[npt.NDArray[np.int32], npt.NDArray[np.int32]], Any]
    seen_items: npt.NDArray[np.bool_]

    def predict(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> Floats:
        """Return the predictions; see `Rates.predict`."""
        return np.asarray(self.function(users, items), dtype=np.float32)

    def knows_items(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Return whether items had ratings in training."""
        known: npt.NDArray[np.bool_] = (items >= 0) & self.seen_items[items]
        return known

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rivals are never stored."""
        raise NotImplementedError


@dataclass(frozen=True)
class Rival:
    """A recommender of another library.

    Parameters
    ----------
    library
        Name of the package.
    task
        Name of the task it is evaluated by.
    train
        Trains it on the parts without the test part.
    """

    library: str
    task: str
    train: Callable[[Any], Ability[Any]]

    def is_installed(self) -> bool:
        """Return whether the package is there."""
        return find_spec(self.library) is not None


def _best(
    split: InteractionsSplit, candidates: list[dict[str, Any]], fit: Callable[[Interactions, dict[str, Any]], Ranks]
) -> Ranks:
    """Choose on the validation part, then fit on training and validation."""
    validation = ValidationRanking.of(split)
    scores = [validation.scores(fit(split.train, each)).get(VALIDATION_NDCG, 0.0) for each in candidates]
    return fit(split.known, candidates[int(np.argmax(scores))])


def _table(split: InteractionsSplit, part: Interactions, users: Any, items: Any) -> TableRanker:
    seen = np.bincount(part.items, minlength=split.shape[1]) > 0
    return TableRanker(np.asarray(users @ items.T, dtype=np.float32), seen)


def implicit_als(split: InteractionsSplit) -> Ranks:
    """ALS of the package implicit with its exact solver."""

    def fit(part: Interactions, settings: dict[str, Any]) -> Ranks:
        from implicit.als import AlternatingLeastSquares

        made = AlternatingLeastSquares(
            factors=64, iterations=16, use_cg=False, random_state=0, num_threads=2, **settings
        )
        made.fit(_csr(part, split.shape), show_progress=False)
        return _table(split, part, made.user_factors, made.item_factors)

    grid = [{"alpha": alpha, "regularization": reg} for alpha in (5.0, 10.0) for reg in (10.0, 30.0)]
    return _best(split, grid, fit)


def implicit_bpr(split: InteractionsSplit) -> Ranks:
    """BPR of the package implicit."""

    def fit(part: Interactions, settings: dict[str, Any]) -> Ranks:
        from implicit.bpr import BayesianPersonalizedRanking

        made = BayesianPersonalizedRanking(factors=64, iterations=200, random_state=0, num_threads=2, **settings)
        made.fit(_csr(part, split.shape), show_progress=False)
        return _table(split, part, made.user_factors, made.item_factors)

    grid = [{"learning_rate": 0.05, "regularization": reg} for reg in (0.01, 0.03)]
    return _best(split, grid, fit)


def irspack_ials(split: InteractionsSplit) -> Ranks:
    """The iALS of irspack with frequency-scaled regularization."""

    def fit(part: Interactions, settings: dict[str, Any]) -> Ranks:
        from irspack import IALSRecommender

        made = IALSRecommender(
            _csr(part, split.shape), n_components=64, train_epochs=16, solver_type="CHOLESKY", n_threads=2, **settings
        ).learn()
        return _table(split, part, made.get_user_embedding(), made.get_item_embedding())

    grid = [{"alpha0": alpha0, "reg": reg} for alpha0 in (0.3, 0.1) for reg in (0.03, 0.01)]
    return _best(split, grid, fit)


def myfm_gibbs(split: RatingsSplit) -> Rates:
    """The Bayesian factorization machine of myfm on users and items alone."""
    from myfm import MyFMGibbsRegressor
    from scipy.sparse import csr_matrix, hstack

    known = split.known
    n_users, n_items = len(split.dataset.users), len(split.dataset.items)

    def columns(users: Any, items: Any) -> Any:
        parts = []
        for rows, size in ((users, n_users), (items, n_items)):
            is_known = rows >= 0
            places = np.flatnonzero(is_known), rows[is_known]
            parts.append(csr_matrix((np.ones(int(is_known.sum())), places), shape=(len(rows), size)))
        return hstack(parts, format="csr")

    made = MyFMGibbsRegressor(rank=10, random_seed=0)
    groups = [0] * n_users + [1] * n_items
    made.fit(columns(known.users, known.items), known.ratings, n_iter=300, n_kept_samples=250, grouping=groups)
    seen = np.bincount(known.items, minlength=n_items) > 0

    def predict(users: Any, items: Any) -> Any:
        # All users and items of a ranking at once would not fit into memory.
        blocks: Iterator[Any] = (
            made.predict(columns(users[start : start + 200_000], items[start : start + 200_000]))
            for start in range(0, len(users), 200_000)
        )
        return np.clip(np.concatenate(list(blocks)), *split.scale)

    return FunctionRater(predict, seen)


def _csr(part: Interactions, shape: tuple[int, int]) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix(part.matrix(*shape))


#: Rivals by the name in the table.
RIVALS: Mapping[str, Rival] = {
    "implicit ALS": Rival("implicit", "ranking", implicit_als),
    "implicit BPR": Rival("implicit", "ranking", implicit_bpr),
    "irspack iALS": Rival("irspack", "ranking", irspack_ials),
    "myfm Gibbs": Rival("myfm", "rating", myfm_gibbs),
}

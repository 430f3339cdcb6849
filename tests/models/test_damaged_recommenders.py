"""Stored recommenders that somebody damaged: opening them fails with our own error, and never later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from embedlab.core.errors import StorageError
from embedlab.core.stored import damage_errors
from embedlab.models.bpr.ranker import BprRanker
from embedlab.models.content.ranker import ContentRanker
from embedlab.models.contract.abilities import Ability, ExplainsScores, FoldsIn, Ranks, Rates
from embedlab.models.contract.state import State
from embedlab.models.deep_ratings.predictor import DeepPredictor
from embedlab.models.matrix_factorization.predictor import FactorPredictor, UserL2
from embedlab.models.popularity.ranker import PopularityRanker
from embedlab.models.pure_svd.ranker import ProjectionRanker
from embedlab.models.shared.implicit_als.problem import Objective
from embedlab.models.shared.implicit_als.ranker import AlternatingRanker
from embedlab.models.shared.item_weights.ranker import ItemWeightsRanker
from embedlab.models.shared.rating_factors.rater import FactorRater, Prior
from embedlab.models.shared.rating_factors.time_bins import TimeBins
from embedlab.models.softmax_items.ranker import SoftmaxRanker

N_USERS, N_ITEMS, SIZE = 6, 5, 3
DATASET: Any = SimpleNamespace(
    users=pd.DataFrame({"key": [f"u{row}" for row in range(N_USERS)]}),
    items=pd.DataFrame({"key": [f"i{row}" for row in range(N_ITEMS)]}),
)


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0.1, 1, shape).astype(np.float32)


SEEN = np.ones(N_ITEMS, bool)
USERS, ITEMS = numbers(N_USERS, SIZE), numbers(N_ITEMS, SIZE)
BIASES = numbers(N_ITEMS)
HISTORIES = csr_array((np.arange(N_USERS * N_ITEMS).reshape(N_USERS, N_ITEMS) % 2).astype(np.float32))
KNOWN = np.arange(N_ITEMS, dtype=np.int32)
RECOMMENDERS: dict[str, Ability[Any]] = {
    "popularity": PopularityRanker(numbers(N_ITEMS)),
    "bpr": BprRanker(USERS, ITEMS, BIASES, SEEN),
    "projection": ProjectionRanker(USERS, ITEMS, SEEN),
    "content": ContentRanker(ITEMS, USERS),
    "softmax": SoftmaxRanker(ITEMS, (numbers(SIZE, SIZE),), (numbers(SIZE),), ITEMS, BIASES, USERS, SEEN),
    "alternating": AlternatingRanker(USERS, ITEMS, SEEN, numbers(SIZE), Objective(0.1, 1.0, 1.0), N_ITEMS),
    "dense-weights": ItemWeightsRanker(KNOWN, numbers(N_ITEMS, N_ITEMS), HISTORIES, N_ITEMS, ITEMS),
    "sparse-weights": ItemWeightsRanker(KNOWN, csr_array(numbers(N_ITEMS, N_ITEMS)), HISTORIES, N_ITEMS, ITEMS),
    "factors": FactorPredictor(
        USERS, ITEMS, numbers(N_USERS), BIASES, 3.0, 1.0, (1.0, 5.0), SEEN, UserL2(1.0, 0.0, 1.0)
    ),
    "deep": DeepPredictor(
        USERS,
        ITEMS,
        BIASES,
        (numbers(2 * SIZE, 4), numbers(4, 1)),
        (numbers(4), numbers(1)),
        SEEN,
        3.0,
        1.0,
        (1.0, 5.0),
    ),
    "sampled-factors": FactorRater(
        numbers(N_USERS + 1, 2, SIZE),
        numbers(N_ITEMS + 1, 2, SIZE),
        numbers(N_USERS + 1, 2),
        numbers(N_ITEMS + 1, 2),
        Prior(np.ones((2, SIZE + 1)), np.zeros((2, SIZE + 1)), np.ones(2)),
        3.0,
        1.0,
        (1.0, 5.0),
        SEEN,
        numbers(N_ITEMS + 1, 2, SIZE),
        TimeBins(np.array([1.0, 2.0]), numbers(N_ITEMS + 1, 3)),
    ),
}
EACH = pytest.mark.parametrize("name", RECOMMENDERS)
CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "shorter": lambda array: array[:-1],
    "longer": lambda array: np.concatenate([array, array[-1:]]),
    "empty": lambda array: array[:0],
    "transposed": lambda array: array.T,
    "one-more-dimension": lambda array: array[np.newaxis],
    "flat": lambda array: array.ravel(),
    "a-number": lambda array: array.ravel()[0],
    "narrower": lambda array: array[..., :-1],
    "negative": lambda array: (-1 - np.arange(array.size)).reshape(array.shape).astype(np.int64),
    "nan": lambda array: np.full(array.shape, np.nan, np.float32),
    "infinite": lambda array: np.full(array.shape, np.inf, np.float32),
    "halves": lambda array: np.full(array.shape, 0.5, np.float64),
    "huge-whole-numbers": lambda array: np.full(array.shape, 10**12, np.int64),
}
VALUES: dict[str, Any] = {
    "none": None,
    "text": "12",
    "list": [1, 2, 3],
    "nested": {"a": 1},
    "negative": -7,
    "zero": 0,
    "huge": 10**12,
    "larger-than-any-float": 10**400,
    "nan": float("nan"),
    "infinite": float("inf"),
    "true": True,
}


def opened(name: str, state: State) -> Ability[Any]:
    with damage_errors("run"):
        ability = type(RECOMMENDERS[name]).from_state(state)
        ability.check(DATASET)
    return ability


def answers(ability: Ability[Any]) -> Iterator[np.ndarray]:
    """Ask for everything that the Recommend page and the command line ask."""
    users, items = np.arange(-1, N_USERS, dtype=np.int32), np.array([0, 2, N_ITEMS - 1], np.int32)
    if isinstance(ability, Ranks):
        yield ability.scores(users)
        assert ability.scores(users).shape == (N_USERS + 1, N_ITEMS)
    if isinstance(ability, Rates):
        yield ability.predict(users, np.resize(np.arange(-1, N_ITEMS, dtype=np.int32), len(users)))
        yield ability.predict_at(users, np.resize(np.arange(N_ITEMS, dtype=np.int32), len(users)), 0.4 * (users + 1.0))
        yield ability.rank_by_rating(users, N_ITEMS)
    for rated in (items, items[:0]):
        values = np.ones(len(rated), np.float32)
        if isinstance(ability, FoldsIn):
            folded = ability.fold_in(rated, values)
            assert folded.scores.shape == (N_ITEMS,)
            yield folded.scores
        if isinstance(ability, ExplainsScores):
            for target in range(N_ITEMS):
                yield ability.reasons(rated, values, target).contributions


def changed_states(state: State) -> Iterator[tuple[str, State]]:
    for array_name, array in state.arrays.items():
        rest = {key: value for key, value in state.arrays.items() if key != array_name}
        yield f"{array_name} missing", State(rest, state.config)
        for change, changed in CHANGES.items():
            yield f"{array_name} {change}", State({**rest, array_name: np.asarray(changed(array))}, state.config)
    for key in state.config:
        others = {name: value for name, value in state.config.items() if name != key}
        yield f"{key} missing", State(state.arrays, others)
        for change, value in VALUES.items():
            yield f"{key} {change}", State(state.arrays, {**others, key: value})


@EACH
def test_an_unharmed_recommender_opens_and_answers(name: str) -> None:
    for answer in answers(opened(name, RECOMMENDERS[name].state())):
        assert not np.isnan(answer).any()


@EACH
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_damaged_recommender_is_refused_when_it_is_opened_or_answers(name: str) -> None:
    state = RECOMMENDERS[name].state()
    wrong = []
    for change, changed in changed_states(state):
        try:
            ability = opened(name, changed)
        except StorageError:
            continue
        except Exception as error:
            wrong.append(f"{change}: opening raises {type(error).__name__}: {error}")
            continue
        try:
            for answer in answers(ability):
                if np.isnan(answer).any():
                    wrong.append(f"{change}: opens, and answers NaN")
                    break
        except Exception as error:
            wrong.append(f"{change}: opens, and then raises {type(error).__name__}: {error}")
    assert not wrong, "\n".join(wrong)

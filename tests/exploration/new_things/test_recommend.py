from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import NotFoundError, ParameterError
from embedlab.exploration.new_things.recommend import recommend

N = 6


class Checkerboard:
    """Even users like even items, odd users odd ones; popular taste breaks nothing."""

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return np.where((users + items) % 2 == 0, 5, 1).astype(np.float32)

    def knows_items(self, items: np.ndarray) -> np.ndarray:
        return items >= 0


@pytest.fixture
def dataset() -> SimpleNamespace:
    """Everybody rated what they like, apart from the item of their own number."""
    pairs = [(user, item) for user in range(N) for item in range(N) if (user + item) % 2 == 0 and user != item]
    users, items = np.array(pairs, dtype=np.int32).T
    table = pd.DataFrame(
        {
            "key": [f"i{row}" for row in range(N)],
            "label": [f"Item {row}" for row in range(N)],
            "count": [1, 1, 1, 9, 9, 1],
        }
    )
    return SimpleNamespace(
        user_keys=[f"u{row}" for row in range(N)],
        items=table,
        ratings=SimpleNamespace(users=users, items=items),
        published_test=None,
    )


@pytest.mark.parametrize("user", range(N))
def test_the_withheld_item_comes_first(dataset: SimpleNamespace, user: int):
    first = recommend(Checkerboard(), dataset, f"u{user}", 1)
    assert first == [(f"i{user}", f"Item {user}", 5.0)]


def test_nothing_rated_is_recommended_and_ties_go_by_popularity_then_order(dataset: SimpleNamespace):
    assert [answer.key for answer in recommend(Checkerboard(), dataset, "u0")] == ["i0", "i3", "i1", "i5"]


def test_items_of_a_published_test_part_are_left_out_unless_asked_for(dataset: SimpleNamespace):
    dataset.published_test = SimpleNamespace(users=np.array([0, 1], np.int32), items=np.array([0, 3], np.int32))
    assert [answer.key for answer in recommend(Checkerboard(), dataset, "u0")] == ["i3", "i1", "i5"]
    with_them = recommend(Checkerboard(), dataset, "u0", with_test_items=True)
    assert [answer.key for answer in with_them] == ["i0", "i3", "i1", "i5"]


def test_a_user_who_rated_everything_gets_nothing(dataset: SimpleNamespace):
    dataset.ratings = SimpleNamespace(users=np.zeros(N, np.int32), items=np.arange(N, dtype=np.int32))
    assert recommend(Checkerboard(), dataset, "u0") == []


def test_an_unknown_user_gets_spellings(dataset: SimpleNamespace):
    with pytest.raises(NotFoundError, match="Closest spellings: u0"):
        recommend(Checkerboard(), dataset, "U0")


def test_topn_is_bounded(dataset: SimpleNamespace):
    with pytest.raises(ParameterError):
        recommend(Checkerboard(), dataset, "u0", 0)


def test_items_without_training_ratings_are_not_recommended(dataset: SimpleNamespace):
    class KnowsFew(Checkerboard):
        def knows_items(self, items: np.ndarray) -> np.ndarray:
            return (items != 0) & (items != 3)

    keys = [answer.key for answer in recommend(KnowsFew(), dataset, "u0", 10)]
    assert sorted(keys) == ["i1", "i5"]

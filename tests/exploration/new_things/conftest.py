"""A small dataset of ratings with known parts, genres and years."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.kinds.ratings import RatingsDataset
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from tests.ridge_recommender import dataset_of

TITLES = {
    "m1": ("Heat (1995)", "Action|Crime"),
    "m2": ("Ronin (1998)", "Action"),
    "m3": ("Emma (1996)", "Drama"),
    "m4": ("Amélie (2001)", "Comedy|Drama"),
    "m5": ("Untitled", ""),
    "m6": ("Good, the Bad and the Ugly, The (1966)", "Western"),
}
#: Most rated first: m1 by all five users, m2 by four, ... m5 and m6 by one.
RATINGS = [
    *((f"u{user}", "m1", 5 - user % 2) for user in range(5)),
    *((f"u{user}", "m2", 4) for user in range(4)),
    *((f"u{user}", "m3", user + 1) for user in range(3)),
    *((f"u{user}", "m4", 2) for user in range(2)),
    ("u0", "m5", 1),
    ("u4", "m6", 3),
]


@pytest.fixture(scope="session")
def rated(tmp_path_factory: pytest.TempPathFactory) -> RatingsDataset:
    """Users u0 to u4 (u0 rated most) and items m1 to m6."""
    ratings = "user,item,rating\n" + "".join(f"{user},{item},{rating}\n" for user, item, rating in RATINGS)
    items = "movieId,title,genres\n" + "".join(f'{key},"{title}",{genres}\n' for key, (title, genres) in TITLES.items())
    return dataset_of(tmp_path_factory.mktemp("rated"), ratings, items)


@pytest.fixture(scope="session")
def split(rated: RatingsDataset) -> RatingsSplit:
    """The rating of m3 by u0 is for the test, that of m2 by u0 for validation, all others for training."""
    keys, users = np.array(rated.item_keys), np.array(rated.user_keys)
    of_u0 = users[rated.ratings.users] == "u0"
    is_test = of_u0 & (keys[rated.ratings.items] == "m3")
    is_validation = of_u0 & (keys[rated.ratings.items] == "m2")

    def take(rows: np.ndarray) -> Ratings:
        return rated.ratings.take(np.flatnonzero(rows))

    return RatingsSplit(rated, take(~is_test & ~is_validation), take(is_validation), take(is_test))

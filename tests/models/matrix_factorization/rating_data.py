"""Small ratings with known structure, standing where an imported dataset would."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from embedlab.kinds.ratings.splits import Ratings, RatingsSplit, split_rows


def rating_split(users, items, ratings, *, n_users, n_items, scale=(0.5, 5.0), seed=0, shares=(0.1, 0.1), times=None):
    """Split triples as an imported dataset does."""
    dataset = SimpleNamespace(
        users=pd.DataFrame({"key": [f"u{row}" for row in range(n_users)]}),
        items=pd.DataFrame(
            {"key": [f"i{row}" for row in range(n_items)], "label": [f"Film {row}" for row in range(n_items)]}
        ).assign(count=np.bincount(items, minlength=n_items), genres="Drama"),
        user_keys=[f"u{row}" for row in range(n_users)],
        scale=scale,
    )
    everything = Ratings(
        np.asarray(users, np.int32), np.asarray(items, np.int32), np.asarray(ratings, np.float32), times
    )
    train, validation, test = split_rows(len(everything), seed, *shares)
    return RatingsSplit(dataset, everything.take(train), everything.take(validation), everything.take(test))


def planted_split(*, n_users=80, n_items=60, share=0.6, noise=0.1, seed=0):
    """Ratings of planted rank 2: mean + two tastes + noise of a known size."""
    rng = np.random.default_rng(seed)
    tastes, traits = rng.normal(size=(n_users, 2)), rng.normal(size=(n_items, 2))
    users, items = np.nonzero(rng.random((n_users, n_items)) < share)
    ratings = 3 + np.einsum("nk,nk->n", tastes[users], traits[items]) + rng.normal(scale=noise, size=len(users))
    return rating_split(users, items, ratings, n_users=n_users, n_items=n_items, scale=(-12.0, 18.0))


def sparse_split(
    *, n_users=3000, n_items=1500, n_ratings=9000, user_deviation=0.4, item_deviation=0.9, noise=1.3, seed=0
):
    """Ratings as of books or reviews: most users rate once or twice, a few items often; high mean, weak factors."""
    rng = np.random.default_rng(seed)
    activity = rng.zipf(1.6, n_users).clip(1, 400).astype(float)
    popularity = (1 + np.arange(n_items)) ** -0.8
    users = np.concatenate([np.arange(n_users), rng.choice(n_users, n_ratings - n_users, p=activity / activity.sum())])
    items = rng.choice(n_items, n_ratings, p=popularity / popularity.sum())
    users, items = np.unique(np.stack([users, items], axis=1), axis=0).T
    tastes, traits = rng.normal(size=(n_users, 2)), rng.normal(size=(n_items, 2))
    ratings = (
        7.6
        + rng.normal(0, user_deviation, n_users)[users]
        + rng.normal(0, item_deviation, n_items)[items]
        + 0.25 * np.einsum("nk,nk->n", tastes[users], traits[items])
        + rng.normal(0, noise, len(users))
    )
    ratings = ratings.round().clip(1, 10)
    return rating_split(users, items, ratings, n_users=n_users, n_items=n_items, scale=(1.0, 10.0), seed=seed)


def rmse(predicted, expected):
    """Root of the mean squared error."""
    return float(np.sqrt(np.mean((np.asarray(predicted) - expected) ** 2)))

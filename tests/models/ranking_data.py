"""Small implicit feedback with known structure, standing where an imported dataset would."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from embedlab.kinds.ratings.interactions import InteractionsSplit, interactions_split
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit, split_rows


def rating_dataset(n_users, n_items, *, feedback="implicit", scale=(1.0, 1.0), count_scaling="linear", genres=None):
    """Return what models need of a dataset; with genres if given, one text for each item."""
    described = {} if genres is None else {"genres": genres}
    items = pd.DataFrame({"key": [f"i{row}" for row in range(n_items)], **described})
    return SimpleNamespace(
        users=pd.DataFrame({"key": [f"u{row}" for row in range(n_users)]}),
        items=items,
        unrated_items=items[:0],
        all_items=items,
        feedback=feedback,
        scale=scale,
        imported=SimpleNamespace(options={"count_scaling": count_scaling}),
    )


def rated_split(
    users, items, values, shape, *, feedback="implicit", shares=(0.1, 0.1), seed=0, genres=None
) -> RatingsSplit:
    """Split triples at random as an imported dataset does."""
    values = np.asarray(values, np.float32)
    scale = float(values.min()), float(values.max())
    dataset = rating_dataset(*shape, feedback=feedback, scale=scale, genres=genres)
    whole = Ratings(np.asarray(users, np.int32), np.asarray(items, np.int32), values)
    train, validation, test = split_rows(len(whole), seed, *shares)
    return RatingsSplit(dataset, whole.take(train), whole.take(validation), whole.take(test))


def choices_split(matrix, *, shares=(0.1, 0.1), seed=0) -> InteractionsSplit:
    """Split the non-zero entries of a matrix of users and items, with these weights."""
    users, items = np.nonzero(matrix)
    split = rated_split(users, items, np.asarray(matrix)[users, items], np.shape(matrix), shares=shares, seed=seed)
    return interactions_split(split)


def random_choices(n_users=30, n_items=12, share=0.3, seed=0):
    """Return `(n_users, n_items)` float32 zeros and ones; each user and item has at least one."""
    rng = np.random.default_rng(seed)
    matrix = (rng.random((n_users, n_items)) < share).astype(np.float32)
    matrix[np.arange(n_users), np.arange(n_users) % n_items] = 1
    return matrix

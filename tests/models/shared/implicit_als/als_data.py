"""Small interactions with known structure, standing where an imported dataset would."""

from __future__ import annotations

import numpy as np
import pandas as pd

from embedlab.kinds.ratings.interactions import Interactions, interactions_split
from tests.models.matrix_factorization.rating_data import rating_split


def random_interactions(n_users=40, n_items=30, share=0.2, *, weighted=False, seed=0):
    """Draw pairs at random."""
    rng = np.random.default_rng(seed)
    users, items = np.nonzero(rng.random((n_users, n_items)) < share)
    weights = rng.uniform(0.5, 3, len(users)) if weighted else np.ones(len(users))
    return Interactions(users.astype(np.int32), items.astype(np.int32), weights.astype(np.float32))


def two_groups(n_users=40, n_items=30, share=0.5, seed=0, unrated=None, **columns):
    """Return a split of positive ratings of two groups of users and items that never meet: even rows and odd rows."""
    rng = np.random.default_rng(seed)
    meets = (np.arange(n_users)[:, None] + np.arange(n_items)) % 2 == 0
    users, items = np.nonzero(meets & (rng.random((n_users, n_items)) < share))
    ratings = np.full(len(users), 5.0)
    split = rating_split(users, items, ratings, n_users=n_users, n_items=n_items)
    split.dataset.feedback = "explicit"
    split.dataset.user_keys = split.dataset.users["key"].tolist()
    split.dataset.item_keys = split.dataset.items["key"].tolist()
    split.dataset.items = split.dataset.items.assign(**columns)
    split.dataset.unrated_items = split.dataset.items.iloc[:0] if unrated is None else unrated
    split.dataset.all_items = pd.concat([split.dataset.items, split.dataset.unrated_items], ignore_index=True)
    return interactions_split(split, 4.0).without_test()

"""Vectors of users and items from item-to-item weights, by a truncated singular value decomposition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.kinds.ratings.interactions import InteractionsSplit
from embedlab.models.shared.item_weights.ranker import ItemWeightsRanker
from embedlab.models.shared.item_weights.stepwise_svd import stepwise_svd
from embedlab.models.shared.recommenders.embeddings import side_embedding

#: What forms say about the number of dimensions.
VECTOR_SIZE_HELP = (
    "Vector size of the users and items on the map: the largest singular vectors of the item-to-item weights. "
    "Recommendations use the weights themselves."
)


def with_vectors(
    data: InteractionsSplit,
    ranker: ItemWeightsRanker,
    vector_size: int,
    seed: int,
    report: Callable[[float], None] = lambda _: None,
) -> tuple[ItemWeightsRanker, dict[str, Embedding]]:
    """Add vectors to a ranker, and return the embeddings of the users and the items it knows.

    With ``weights = U S V'``, the vector of an item is its row of ``V sqrt(S)``, and that of a user is the sum of the
    rows of ``U sqrt(S)`` of the chosen items: their dot product approximates the score of the item for the user.

    Parameters
    ----------
    data
        What the ranker was trained on.
    ranker
        A trained ranker.
    vector_size
        Number of singular vectors; less if there are fewer items.
    seed
        Of the randomized decomposition.
    report
        Called with the completed share; may raise to stop.
    """
    size = min(vector_size, len(ranker.items))
    left, values, right = stepwise_svd(ranker.weights, size, seed, report)
    roots = np.sqrt(values)
    placing = replace(ranker, vectors=np.ascontiguousarray(left * roots, dtype=np.float32))
    n_users, n_items = data.shape
    vectors: npt.NDArray[np.float32] = np.zeros((n_items, size), np.float32)
    vectors[ranker.items] = right.T * roots
    is_known = np.zeros(n_items, bool)
    is_known[ranker.items] = True
    user_vectors = np.asarray(ranker.histories @ placing.vectors, dtype=np.float32).reshape(n_users, size)
    return placing, {
        "users": side_embedding(data.dataset.users, user_vectors, np.diff(ranker.histories.indptr) > 0),
        "items": side_embedding(data.dataset.items, vectors, is_known),
    }

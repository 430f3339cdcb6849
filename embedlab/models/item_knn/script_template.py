"""Item nearest neighbors with NumPy and SciPy, as trained by EmbedLab.

Needs: pip install pandas scipy
Reads DATA_FILE: columns user, item, weight, part; weight 0 is a rating that does not count as positive.
"""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

# parameters
DATA_FILE = "interactions.csv"
N_NEIGHBORS = 100
WEIGHTING = "tf-idf"
SHRINKAGE = 10.0
ASYMMETRY = 0.5
WEIGHTINGS = ["none", "tf-idf", "bm25"]
NEIGHBORS = [20, 50, 100, 200]
BM25_K1 = 1.2
BM25_B = 0.75
# end of parameters

interactions = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str})
users = {key: row for row, key in enumerate(interactions["user"].unique())}
items = {key: row for row, key in enumerate(interactions["item"].unique())}
keys = np.array(list(items))


def matrix(*parts):
    rows = interactions[interactions["part"].isin(parts) & (interactions["weight"] > 0)]
    places = rows["user"].map(users), rows["item"].map(items)
    return csr_array((rows["weight"].astype(np.float32), places), shape=(len(users), len(items)))


def weighted(chosen, weighting):
    per_user = np.diff(chosen.indptr)
    n_known = np.count_nonzero(np.bincount(chosen.indices))
    idf = np.repeat(np.log1p(n_known / per_user.clip(1)), per_user)
    sums = np.bincount(chosen.indices, chosen.data, minlength=len(items))
    lengths = (1 - BM25_B + BM25_B * sums / sums[sums > 0].mean())[chosen.indices]
    values = {
        "none": chosen.data,
        "tf-idf": np.sqrt(chosen.data) * idf,
        "bm25": chosen.data * (BM25_K1 + 1) / (BM25_K1 * lengths + chosen.data) * idf,
    }[weighting]
    return csr_array((values.astype(np.float32), chosen.indices, chosen.indptr), shape=chosen.shape)


def largest_in_rows(matrix, k):
    matrix = csr_array(matrix)
    for row in range(matrix.shape[0]):
        values = matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]]
        values[np.argsort(-values, kind="stable")[k:]] = 0
    matrix.eliminate_zeros()
    return matrix


def weights(chosen, weighting, n_neighbors):
    compared = weighted(chosen, weighting)
    similar = (compared.T @ compared).tocoo()
    similar.setdiag(0)
    squares = np.bincount(compared.indices, compared.data.astype(np.float64) ** 2, minlength=len(items))
    # Rows are the scored items until the end.
    targets, neighbors = similar.coords
    norms = squares[targets] ** (1 - ASYMMETRY) * squares[neighbors] ** ASYMMETRY + SHRINKAGE
    similar.data = (similar.data / norms).astype(np.float32)
    return largest_in_rows(similar, n_neighbors).T.tocsr()


# section chosen
def ndcg(weighting, n_neighbors):
    train, history, relevant = matrix("train"), matrix("train", "validation_history"), matrix("validation")
    scores = (history @ weights(train, weighting, n_neighbors)).toarray()
    scores[:, np.bincount(train.indices, minlength=len(items)) == 0] = -np.inf
    rated = interactions[interactions["part"].isin(["train", "validation_history"])]
    scores[rated["user"].map(users), rated["item"].map(items)] = -np.inf
    relevant = relevant.toarray() > 0
    discounts = 1 / np.log2(np.arange(2, 12))
    values = []
    for user in np.flatnonzero(relevant.any(axis=1)):
        hits = relevant[user, np.argsort(-scores[user], kind="stable")[:10]]
        values.append(hits @ discounts[: len(hits)] / discounts[: relevant[user].sum()].sum())
    return np.mean(values)


weightings = WEIGHTINGS if WEIGHTING is None else [WEIGHTING]
neighbors = NEIGHBORS if N_NEIGHBORS is None else [N_NEIGHBORS]
pairs = [(weighting, k) for weighting in weightings for k in neighbors]
WEIGHTING, N_NEIGHBORS = max(pairs, key=lambda pair: ndcg(*pair))
print("Weighting:", WEIGHTING, "neighbors:", N_NEIGHBORS)
# end of section

known = matrix("train", "validation_history", "validation")
item_weights = weights(known, WEIGHTING, N_NEIGHBORS).tocoo()
names = {"item": keys[item_weights.coords[0]], "scored_item": keys[item_weights.coords[1]]}
pd.DataFrame({**names, "weight": item_weights.data}).to_csv("item_weights.csv", index=False)
scores = (known[:1] @ item_weights.tocsr()).toarray()
scores[known[:1].toarray() > 0] = -np.inf
print("Recommended to", next(iter(users)), ":", ", ".join(keys[np.argsort(-scores[0])[:10]]))

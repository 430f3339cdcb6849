"""RP3beta with NumPy and SciPy, as trained by EmbedLab.

Needs: pip install pandas scipy
Reads DATA_FILE: columns user, item, weight, part; weight 0 is a rating that does not count as positive.
"""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

# parameters
DATA_FILE = "interactions.csv"
ALPHA = 0.8
BETA = 0.35
N_NEIGHBORS = 200
ALPHAS = [0.6, 0.8, 1.0, 1.4]
BETAS = [0.2, 0.35, 0.5]
NEIGHBORS = [100, 200, 400]
# end of parameters

interactions = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str})
users = {key: row for row, key in enumerate(interactions["user"].unique())}
items = {key: row for row, key in enumerate(interactions["item"].unique())}
keys = np.array(list(items))


def matrix(*parts):
    rows = interactions[interactions["part"].isin(parts) & (interactions["weight"] > 0)]
    places = rows["user"].map(users), rows["item"].map(items)
    return csr_array((rows["weight"].astype(np.float32), places), shape=(len(users), len(items)))


def probabilities(matrix, exponent):
    sums = np.asarray(matrix.sum(axis=1, dtype=np.float64))
    shares = matrix.data / np.repeat(sums, np.diff(matrix.indptr))
    return csr_array(((shares**exponent).astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)


def largest_in_rows(matrix, k):
    matrix = csr_array(matrix)
    for row in range(matrix.shape[0]):
        values = matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]]
        values[np.argsort(-values, kind="stable")[k:]] = 0
    matrix.eliminate_zeros()
    return matrix


def weights(chosen, alpha, beta, n_neighbors):
    walks = probabilities(chosen.T.tocsr(), alpha) @ probabilities(chosen, alpha)
    walks.setdiag(0)
    popularity = np.bincount(chosen.indices, minlength=len(items)).clip(1)
    return largest_in_rows(walks * (popularity**-beta).astype(np.float32), n_neighbors)


# section chosen
def ndcg(alpha, beta, n_neighbors):
    train, history, relevant = matrix("train"), matrix("train", "validation_history"), matrix("validation")
    scores = (history @ weights(train, alpha, beta, n_neighbors)).toarray()
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


alphas = ALPHAS if ALPHA is None else [ALPHA]
betas = BETAS if BETA is None else [BETA]
pairs = [(alpha, beta) for alpha in alphas for beta in betas]
ALPHA, BETA = max(pairs, key=lambda pair: ndcg(*pair, N_NEIGHBORS or 200))
if N_NEIGHBORS is None:
    N_NEIGHBORS = max(NEIGHBORS, key=lambda k: ndcg(ALPHA, BETA, k))
print("Alpha:", ALPHA, "beta:", BETA, "neighbors:", N_NEIGHBORS)
# end of section

known = matrix("train", "validation_history", "validation")
item_weights = weights(known, ALPHA, BETA, N_NEIGHBORS).tocoo()
names = {"item": keys[item_weights.coords[0]], "scored_item": keys[item_weights.coords[1]]}
pd.DataFrame({**names, "weight": item_weights.data}).to_csv("item_weights.csv", index=False)
scores = (known[:1] @ item_weights.tocsr()).toarray()
scores[known[:1].toarray() > 0] = -np.inf
print("Recommended to", next(iter(users)), ":", ", ".join(keys[np.argsort(-scores[0])[:10]]))

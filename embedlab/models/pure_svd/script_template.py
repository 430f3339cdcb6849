"""PureSVD with scikit-learn, as trained by EmbedLab.

Needs: pip install pandas scipy scikit-learn
Reads DATA_FILE: columns user, item, weight, part; weight 0 is a rating that does not count as positive.
"""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.utils.extmath import randomized_svd

# parameters
DATA_FILE = "interactions.csv"
N_FACTORS = 32
CANDIDATES = [2, 4, 8, 16, 32, 64, 128]
SEED = 0
# end of parameters

interactions = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str})
users = {key: row for row, key in enumerate(interactions["user"].unique())}
items = {key: row for row, key in enumerate(interactions["item"].unique())}
keys = np.array(list(items))


def matrix(*parts):
    rows = interactions[interactions["part"].isin(parts) & (interactions["weight"] > 0)]
    places = rows["user"].map(users), rows["item"].map(items)
    return csr_array((rows["weight"].astype(np.float32), places), shape=(len(users), len(items)))


def item_vectors(chosen, n_factors):
    columns = np.flatnonzero(np.bincount(chosen.indices, minlength=len(items)))
    known = chosen[:, columns]
    # All singular vectors would give back the matrix, and score everything else by rounding errors.
    vectors = np.zeros((len(items), min(n_factors, max(1, min(known.shape) - 1))), np.float32)
    vectors[columns] = randomized_svd(known, vectors.shape[1], random_state=SEED)[2].T
    return columns, vectors


# section not n_factors
def ndcg(history, seen, relevant, columns, vectors):
    scores = np.full(relevant.shape, -np.inf, np.float32)
    scores[:, columns] = (history @ vectors) @ vectors[columns].T
    scores[seen] = -np.inf
    discounts = 1 / np.log2(np.arange(2, 12))
    values = []
    for user in np.flatnonzero(relevant.any(axis=1)):
        hits = relevant[user, np.argsort(-scores[user], kind="stable")[:10]]
        values.append(hits @ discounts[: len(hits)] / discounts[: relevant[user].sum()].sum())
    return np.mean(values)


train, history = matrix("train"), matrix("train", "validation_history")
rated = interactions[interactions["part"].isin(["train", "validation_history"])]
seen = rated["user"].map(users), rated["item"].map(items)
relevant = matrix("validation").toarray() > 0
columns, vectors = item_vectors(train, max(CANDIDATES))
N_FACTORS = max(CANDIDATES, key=lambda k: ndcg(history, seen, relevant, columns, vectors[:, :k]))
print("Dimensions:", N_FACTORS)
# end of section

known = matrix("train", "validation_history", "validation")
columns, vectors = item_vectors(known, N_FACTORS)
np.savez("vectors.npz", items=keys[columns], vectors=vectors[columns], users=list(users), user_vectors=known @ vectors)
scores = (known[:1] @ vectors) @ vectors[columns].T
scores[known[:1, columns].toarray() > 0] = -np.inf
print("Recommended to", next(iter(users)), ":", ", ".join(keys[columns][np.argsort(-scores[0])[:10]]))

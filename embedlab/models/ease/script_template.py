"""EASE with NumPy and SciPy, as trained by EmbedLab.

Needs: pip install pandas scipy
Reads DATA_FILE: columns user, item, weight, part; weight 0 is a rating that does not count as positive.
"""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

# parameters
DATA_FILE = "interactions.csv"
L2 = 100.0
CANDIDATES = [50.0, 100.0, 200.0, 400.0, 800.0]
MOST_ITEMS = 10000
DROPOUT = 0.0
# end of parameters

interactions = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str})
users = {key: row for row, key in enumerate(interactions["user"].unique())}
items = {key: row for row, key in enumerate(interactions["item"].unique())}
keys = np.array(list(items))


def matrix(*parts):
    rows = interactions[interactions["part"].isin(parts) & (interactions["weight"] > 0)]
    places = rows["user"].map(users), rows["item"].map(items)
    return csr_array((rows["weight"].astype(np.float32), places), shape=(len(users), len(items)))


def ease(chosen, l2):
    gram = (chosen.T @ chosen).toarray()
    diagonal = np.diag_indices(len(gram))
    gram[diagonal] += l2 + DROPOUT / (1 - DROPOUT) * gram[diagonal]
    inverse = np.linalg.inv(gram)
    weights = inverse / -inverse[diagonal]
    weights[diagonal] = 0
    return weights


def popular(chosen, most):
    counts = np.bincount(chosen.indices, minlength=chosen.shape[1])
    best = np.sort(np.argsort(-counts, kind="stable")[:most])
    return best[counts[best] > 0]


# section not l2
def ndcg(train, history, validation, l2):
    columns = popular(train, min(MOST_ITEMS, 3000))
    scores = np.full(train.shape, -np.inf, np.float32)
    scores[:, columns] = history[:, columns] @ ease(train[:, columns], l2)
    rated = interactions[interactions["part"].isin(["train", "validation_history"])]
    scores[rated["user"].map(users), rated["item"].map(items)] = -np.inf
    relevant = validation.toarray() > 0
    discounts = 1 / np.log2(np.arange(2, 12))
    values = []
    for user in np.flatnonzero(relevant.any(axis=1)):
        hits = relevant[user, np.argsort(-scores[user], kind="stable")[:10]]
        values.append(hits @ discounts[: len(hits)] / discounts[: relevant[user].sum()].sum())
    return np.mean(values)


train, history, validation = matrix("train"), matrix("train", "validation_history"), matrix("validation")
L2 = max(CANDIDATES, key=lambda l2: ndcg(train, history, validation, l2))
print("L2 regularization:", L2)
# end of section

known = matrix("train", "validation_history", "validation")
columns = popular(known, MOST_ITEMS)
weights = ease(known[:, columns], L2)
np.savez("item_weights.npz", items=keys[columns], weights=weights.astype(np.float32))
scores = known[:1, columns] @ weights
scores[known[:1, columns].toarray() > 0] = -np.inf
print("Recommended to", next(iter(users)), ":", ", ".join(keys[columns][np.argsort(-scores[0])[:10]]))

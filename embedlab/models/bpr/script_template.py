"""BPR with the solver of EmbedLab, as trained by EmbedLab.

Needs: EmbedLab and its requirements on the Python path
Reads DATA_FILE: columns user, item, weight, part; weight 0 is a rating that does not count as positive.
"""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from embedlab.models.bpr.solver import BprSettings, BprSolver

# parameters
DATA_FILE = "interactions.csv"
N_FACTORS = 64
EPOCHS = 200
PATIENCE = 25
REFIT = True
LEARNING_RATE = 0.1
L2_USER = 0.01
L2_POSITIVE = 0.01
L2_NEGATIVE = 0.01
ADAPTIVE_SAMPLING = False
WORKERS = 1
SEED = 0
# end of parameters

interactions = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str})
users = {key: row for row, key in enumerate(interactions["user"].unique())}
items = {key: row for row, key in enumerate(interactions["item"].unique())}
keys = np.array(list(items))
settings = BprSettings(N_FACTORS, LEARNING_RATE, L2_USER, L2_POSITIVE, L2_NEGATIVE, ADAPTIVE_SAMPLING, SEED)


def matrix(*parts):
    rows = interactions[interactions["part"].isin(parts) & (interactions["weight"] > 0)]
    places = rows["user"].map(users), rows["item"].map(items)
    found = csr_array((rows["weight"].astype(np.float32), places), shape=(len(users), len(items)))
    found.sort_indices()
    return found


def solver_of(chosen):
    columns = np.flatnonzero(np.bincount(chosen.indices, minlength=len(items)))
    return columns, BprSolver(chosen[:, columns], settings, WORKERS)


def ndcg(solver, columns):
    relevant = matrix("validation").toarray()[:, columns] > 0
    scores = solver.users @ solver.items.T + solver.biases
    rated = interactions[interactions["part"] == "train"]
    seen = np.zeros((len(users), len(items)), bool)
    seen[rated["user"].map(users), rated["item"].map(items)] = True
    scores[seen[:, columns]] = -np.inf
    discounts = 1 / np.log2(np.arange(2, 12))
    values = []
    for user in np.flatnonzero(relevant.any(axis=1)):
        hits = relevant[user, np.argsort(-scores[user], kind="stable")[:10]]
        values.append(hits @ discounts[: len(hits)] / discounts[: relevant[user].sum()].sum())
    return np.mean(values) if values else 0.0


columns, solver = solver_of(matrix("train"))
best_epoch, best_ndcg, best = 0, -1.0, ()
for epoch in range(EPOCHS):
    loss = solver.train_epoch(epoch)
    value = ndcg(solver, columns)
    print(f"epoch {epoch + 1}: loss {loss:.4f}, validation NDCG@10 {value:.4f}")
    if not PATIENCE or value > best_ndcg:
        best_epoch, best_ndcg = epoch + 1, value
        best = solver.users.copy(), solver.items.copy(), solver.biases.copy()
    if PATIENCE and epoch + 1 - best_epoch >= PATIENCE:
        break

# section refit
columns, solver = solver_of(matrix("train", "validation_history", "validation"))
for epoch in range(best_epoch):
    solver.train_epoch(epoch)
best = solver.users, solver.items, solver.biases
# end of section
user_vectors, item_vectors, item_biases = best
names = {"users": list(users), "items": keys[columns]}
np.savez("vectors.npz", **names, user_vectors=user_vectors, item_vectors=item_vectors, item_biases=item_biases)
print(len(users), "users and", len(columns), "items in vectors.npz")

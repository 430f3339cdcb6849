"""Implicit alternating least squares (iALS) with EmbedLab's solver.

Needs: EmbedLab, pandas
Reads DATA_FILE: columns user, item, weight, part; weight 0 is a rating that does not count as positive.
"""

import numpy as np
import pandas as pd

from embedlab.kinds.ratings.interactions import Interactions
from embedlab.models.shared.implicit_als.problem import Objective, Problem
from embedlab.models.shared.implicit_als.solver import AlternatingSolver, one_blas_thread

# parameters
DATA_FILE = "interactions.csv"
N_FACTORS = 64
EPOCHS = 16
L2 = 0.01
ALPHA0 = 0.1
NU = 1.0
BLOCK = 64
REFIT = True
SEED = 0
L2_CANDIDATES = (0.03, 0.01, 0.003, 0.001)
ALPHA0_CANDIDATES = (1.0, 0.3, 0.1, 0.03, 0.01)
# end of parameters

table = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str}, keep_default_na=False)
users, items = (np.array(table[name].unique(), dtype=str) for name in ("user", "item"))
table["u"] = pd.Categorical(table["user"], users).codes
table["i"] = pd.Categorical(table["item"], items).codes


def chosen(*parts):
    rows = table[table["part"].isin(parts) & (table["weight"] > 0)]
    return Interactions(*(rows[name].to_numpy(dtype) for name, dtype in (("u", "i4"), ("i", "i4"), ("weight", "f4"))))


def train(interactions, l2, alpha0, n_factors, epochs, block=None):
    problem = Problem.of(interactions, (len(users), len(items)))
    solver = AlternatingSolver(problem, Objective(alpha0, l2, NU), n_factors, block_size=block, seed=SEED)
    with one_blas_thread():
        for _ in range(epochs):
            solver.epoch()
        solver.finish()
    return problem, solver


# section choose
def ndcg(l2, alpha0):
    """NDCG@10 on the validation part; items that a user chose in training are not ranked."""
    known, held_out = chosen("train"), chosen("validation").matrix(len(users), len(items)).toarray() > 0
    problem, solver = train(known, l2, alpha0, min(N_FACTORS, 64), 8)
    scores = np.full((len(users), len(items)), -np.inf, np.float32)
    vectors = solver.vectors
    scores[np.ix_(problem.users.rows, problem.items.rows)] = vectors["users"] @ vectors["items"].T
    scores[known.users, known.items] = -np.inf
    discounts = 1 / np.log2(np.arange(2, 12))
    values = []
    for user in np.intersect1d(problem.users.rows, np.flatnonzero(held_out.any(axis=1))):
        hits = held_out[user, np.argsort(-scores[user])[:10]]
        values.append(hits @ discounts[: len(hits)] / discounts[: held_out[user].sum()].sum())
    return np.mean(values) if values else 0.0


pairs = [
    (l2, alpha0)
    for l2 in ([L2] if L2 is not None else L2_CANDIDATES)
    for alpha0 in ([ALPHA0] if ALPHA0 is not None else ALPHA0_CANDIDATES)
]
L2, ALPHA0 = max(pairs, key=lambda pair: ndcg(*pair))
print("l2", L2, "alpha0", ALPHA0)
# end of section
parts = ["train", "validation_history", "validation"] if REFIT else ["train"]
problem, solver = train(chosen(*parts), L2, ALPHA0, N_FACTORS, EPOCHS, BLOCK)
np.savez(
    "vectors.npz",
    users=users[problem.users.rows],
    user_vectors=solver.vectors["users"],
    items=items[problem.items.rows],
    item_vectors=solver.vectors["items"],
)
print(len(problem.users), "users and", len(problem.items), "items in vectors.npz")

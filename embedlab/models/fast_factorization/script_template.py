"""Fast factorization with EmbedLab's compiled solvers, as trained by EmbedLab.

Needs: EmbedLab and pandas
Reads DATA_FILE with the columns user, item, rating, part (train, validation or test) and, if there are times, time.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import QuietContext
from embedlab.models.fast_factorization.model import FastFactorization, FastFactorizationParameters
from embedlab.models.shared.rating_factors.table_split import split_from_table

# parameters
DATA_FILE = "ratings.csv"
N_FACTORS = 8
EPOCHS = 40
NU = 0.5
L2_USERS = None
L2_ITEMS = None
L2_BIASES = 8.0
SOLVER = "als"
IMPLICIT = False
TIME_BINS = 0
L2_TIME_BINS = 50.0
LEARNING_RATE = 0.1
PATIENCE = 3
REFIT = True
SEED = 0
# end of parameters

ratings = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str}, keep_default_na=False)
split = split_from_table(ratings)
parameters = FastFactorizationParameters(
    n_factors=N_FACTORS,
    epochs=EPOCHS,
    nu=NU,
    l2_users=L2_USERS,
    l2_items=L2_ITEMS,
    l2_biases=L2_BIASES,
    solver=SOLVER,
    implicit=IMPLICIT,
    time_bins=TIME_BINS,
    l2_time_bins=L2_TIME_BINS,
    learning_rate=LEARNING_RATE,
    patience=PATIENCE,
    refit=REFIT,
    seed=SEED,
)
with tempfile.TemporaryDirectory() as scratch:
    context = QuietContext(Path(scratch), n_threads=2)
    result = FastFactorization().train(split.without_test(), parameters, context)
pd.DataFrame(context.history).to_csv("history.csv", index=False)
print("\n".join(context.lines))
for name, embedding in result.embeddings.items():
    pd.DataFrame(embedding.vectors, index=pd.Index(embedding.keys, name="key")).to_csv(f"{name}.csv")
test = split.test
if len(test):
    predicted = result.ability(Rates).predict_at(test.users, test.items, test.times)
    print("test RMSE", float(np.sqrt(np.mean((predicted - test.ratings) ** 2))))

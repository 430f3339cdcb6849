"""Bayesian matrix factorization with EmbedLab's sampler, as trained by EmbedLab.

Needs: EmbedLab and pandas
Reads DATA_FILE with the columns user, item, rating and part (train, validation or test).
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from embedlab.models.bayesian_factorization.model import BayesianFactorization, BayesianFactorizationParameters
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import QuietContext
from embedlab.models.shared.rating_factors.table_split import split_from_table

# parameters
DATA_FILE = "ratings.csv"
N_FACTORS = 10
SAMPLES = 250
BURN_IN = 30
IMPLICIT = False
REFIT = True
STORED_SAMPLES = 30
SEED = 0
# end of parameters

ratings = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str}, keep_default_na=False)
split = split_from_table(ratings)
parameters = BayesianFactorizationParameters(
    n_factors=N_FACTORS,
    samples=SAMPLES,
    burn_in=BURN_IN,
    implicit=IMPLICIT,
    refit=REFIT,
    stored_samples=STORED_SAMPLES,
    seed=SEED,
)
with tempfile.TemporaryDirectory() as scratch:
    context = QuietContext(Path(scratch), n_threads=2)
    result = BayesianFactorization().train(split.without_test(), parameters, context)
pd.DataFrame(context.history).to_csv("history.csv", index=False)

# The vectors are those of the last sample; predictions are averaged over the stored samples.
for name, embedding in result.embeddings.items():
    pd.DataFrame(embedding.vectors, index=pd.Index(embedding.keys, name="key")).to_csv(f"{name}.csv")
test = split.test
if len(test):
    predicted = result.ability(Rates).predict(test.users, test.items)
    print("test RMSE", float(np.sqrt(np.mean((predicted - test.ratings) ** 2))))

"""PCA whitening with scikit-learn, as in EmbedLab.

Needs: pip install scikit-learn pandas
Reads DATA_FILE with the columns key, part (train, validation or test), and the columns of numbers.
"""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.preprocessing import RobustScaler, StandardScaler

# parameters
DATA_FILE = "rows.csv"
VECTOR_SIZE = 16
EXPLAINED_SHARE = None
WHITEN = True
SCALING = "mean_std"
# end of parameters

table = pd.read_csv(DATA_FILE, dtype={0: str, 1: str}, keep_default_na=False, na_values=[""])
keys, part = table.iloc[:, 0], table.iloc[:, 1]
values = table.iloc[:, 2:].to_numpy(np.float64)
values[~np.isfinite(values)] = np.nan
known = (part != "test").to_numpy()
scaler = StandardScaler() if SCALING == "mean_std" else RobustScaler(unit_variance=True)
scaler.fit(values[known])
# A missing value counts as the center of its column.
rows = np.nan_to_num(scaler.transform(values), nan=0.0)

rank = int(np.linalg.matrix_rank(rows[known] - rows[known].mean(axis=0)))
pca = PCA(rank, svd_solver="full").fit(rows[known])
size = min(VECTOR_SIZE, rank)
# section explained_share
size = min(rank, int(np.searchsorted(np.cumsum(pca.explained_variance_ratio_), EXPLAINED_SHARE - 1e-9)) + 1)
# end of section
vectors = pca.transform(rows)[:, :size]
# section whiten
vectors /= np.sqrt(pca.explained_variance_[:size] * (known.sum() - 1) / known.sum())
# end of section
print(f"{size} components explain {pca.explained_variance_ratio_[:size].sum():.1%} of the variance")
np.savez("vectors.npz", keys=keys.to_numpy(str), vectors=vectors)
print(len(vectors), "rows in vectors.npz")

"""Standardized columns with scikit-learn, as in EmbedLab.

Needs: pip install scikit-learn pandas
Reads DATA_FILE with the columns key, part (train, validation or test), and the columns of numbers.
"""

import numpy as np
import pandas as pd
from sklearn.preprocessing import RobustScaler, StandardScaler

# parameters
DATA_FILE = "rows.csv"
SCALING = "mean_std"
# end of parameters

table = pd.read_csv(DATA_FILE, dtype={0: str, 1: str}, keep_default_na=False, na_values=[""])
keys, part = table.iloc[:, 0], table.iloc[:, 1]
values = table.iloc[:, 2:].to_numpy(np.float64)
values[~np.isfinite(values)] = np.nan
scaler = StandardScaler() if SCALING == "mean_std" else RobustScaler(unit_variance=True)
known = (part != "test").to_numpy()
scaler.fit(values[known])
# A missing value counts as the center of its column.
vectors = np.nan_to_num(scaler.transform(values), nan=0.0)
np.savez("vectors.npz", keys=keys.to_numpy(str), vectors=vectors)
print(len(vectors), "rows in vectors.npz")

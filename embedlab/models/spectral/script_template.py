"""Spectral embedding with SciPy, as trained by EmbedLab.

Needs: pip install numpy pandas scipy
Reads DATA_FILE: columns source, target, weight and part; only edges of the part "train" are used.
"""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import eigsh

# parameters
DATA_FILE = "edges.csv"
VECTOR_SIZE = 32
MATRIX = "adjacency"
SEED = 0
# end of parameters

edges = pd.read_csv(DATA_FILE, dtype={"source": str, "target": str}, keep_default_na=False)
names = list(dict.fromkeys([*edges["source"], *edges["target"]]))
row_of = {name: row for row, name in enumerate(names)}
edges = edges[edges["part"] == "train"]
sources, targets = (edges[name].map(row_of).to_numpy() for name in ("source", "target"))
weights = edges["weight"].to_numpy(float)
half = coo_array((weights, (sources, targets)), shape=(len(names), len(names)))
adjacency = (half + half.T).tocsr()
degrees = np.asarray(adjacency.sum(axis=1)).ravel()
roots = 1 / np.sqrt(np.where(degrees > 0, degrees, 1))
normalized = (diags_array(roots) @ adjacency @ diags_array(roots)).tocsr()

n_trivial = 1 if MATRIX == "laplacian" else 0
n_vectors = min(VECTOR_SIZE + n_trivial, len(names))
if len(names) <= 600 or n_vectors >= len(names) - 1:
    values, vectors = np.linalg.eigh(normalized.toarray())
else:
    start = np.random.default_rng(SEED).random(len(names))
    values, vectors = eigsh(normalized, k=n_vectors, which="LA", v0=start, tol=1e-4)
order = np.argsort(-values, kind="stable")[:n_vectors]
values, vectors = values[order], vectors[:, order]
found = (vectors * roots[:, None])[:, 1:] if n_trivial else vectors * np.sqrt(np.maximum(values, 0))
np.savez("vectors.npz", nodes=np.array(names), vectors=found.astype(np.float32))
print(len(names), "nodes in vectors.npz")

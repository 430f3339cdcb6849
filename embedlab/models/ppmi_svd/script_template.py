"""PPMI + SVD with SciPy and NumPy, as trained by EmbedLab.

Needs: pip install scipy numpy
Reads DATA_FILE: UTF-8, one document per line, words separated by one space. Keeps the whole text in memory.
"""

from collections import Counter

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import svds

# parameters
DATA_FILE = "documents.txt"
VECTOR_SIZE = 100
WINDOW = 5
MIN_COUNT = 5
CONTEXT_SMOOTHING = 0.75
SHIFT = 1
EIGENVALUE_WEIGHTING = 0.5
MOST_DENSE = 1000
SEED = 0
# end of parameters

with open(DATA_FILE, encoding="utf-8") as text:
    documents = [line.split() for line in text]
counts = Counter(word for document in documents for word in document)
words = [word for word, count in counts.most_common() if count >= MIN_COUNT]
row_of = {word: row for row, word in enumerate(words)}

# Remove rare words before measuring distances.
known = [[row_of[word] for word in document if word in row_of] for document in documents]
rows = np.array([row for document in known for row in document], dtype=np.int32)
document_of = np.repeat(np.arange(len(known)), [len(document) for document in known])
table = scipy.sparse.csr_array((len(words), len(words)))
for distance in range(1, WINDOW + 1):
    same = document_of[:-distance] == document_of[distance:]
    pairs = rows[:-distance][same], rows[distance:][same]
    # section flat
    weight = 1.0
    # end of section
    # section linear
    weight = (WINDOW + 1 - distance) / WINDOW
    # end of section
    # section harmonic
    weight = 1 / distance
    # end of section
    table += scipy.sparse.csr_array((np.full(len(pairs[0]), weight), pairs), shape=table.shape)

table = (table + table.T).tocoo()
sums = np.asarray(table.sum(axis=1))
smoothed = sums**CONTEXT_SMOOTHING
information = np.log(table.data * smoothed.sum() / SHIFT / (sums[table.row] * smoothed[table.col]))
keep = information > 0
matrix = scipy.sparse.csr_array((information[keep], (table.row[keep], table.col[keep])), shape=table.shape)
size = min(VECTOR_SIZE, len(words))
if len(words) <= max(MOST_DENSE, 2 * size):
    left, values, _ = np.linalg.svd(matrix.toarray())
else:
    left, values, _ = svds(matrix, size, v0=np.random.default_rng(SEED).uniform(-1, 1, len(words)))
strongest = np.argsort(-values, kind="stable")[:size]
left, values = left[:, strongest], np.maximum(values[strongest], 0)
left *= np.where(left[np.abs(left).argmax(axis=0), np.arange(size)] < 0, -1, 1)
vectors = left * values**EIGENVALUE_WEIGHTING

with open("vectors.txt", "w", encoding="utf-8") as out:
    print(len(words), vectors.shape[1], file=out)
    for word, vector in zip(words, vectors):
        print(word, *(f"{number:.8g}" for number in vector), file=out)
print(len(words), "words in vectors.txt")

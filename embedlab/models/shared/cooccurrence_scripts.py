"""The scripts that repeat what models of co-occurrences learn, with public libraries alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Up to so many words the matrix is decomposed as a dense one, which takes below a second.
MOST_DENSE = 1000

_READING = """
from collections import Counter

import numpy as np
import scipy.sparse

WINDOW = {window}

with open({data_file!r}, encoding="utf-8") as text:
    documents = [line.split() for line in text]
counts = Counter(word for document in documents for word in document)
words = [word for word, count in counts.most_common() if count >= {min_count}]
row_of = {{word: row for row, word in enumerate(words)}}

# Rare words are left out before distances are taken.
known = [[row_of[word] for word in document if word in row_of] for document in documents]
rows = np.array([row for document in known for row in document], dtype=np.int32)
document_of = np.repeat(np.arange(len(known)), [len(document) for document in known])
table = scipy.sparse.csr_array((len(words), len(words)))
for distance in range(1, WINDOW + 1):
    same = document_of[:-distance] == document_of[distance:]
    pairs = rows[:-distance][same], rows[distance:][same]
    table += scipy.sparse.csr_array((np.full(len(pairs[0]), {weight}), pairs), shape=table.shape)
"""

_PPMI_SVD = (
    '''"""PPMI + SVD with SciPy and NumPy, as trained by EmbedLab.

Needs: pip install scipy numpy
Reads {data_file!r}: UTF-8, one document a line, words separated by one space. Holds the whole text in memory.
"""
'''
    + _READING
    + """
from scipy.sparse.linalg import svds

table = (table + table.T).tocoo()
sums = np.asarray(table.sum(axis=1))
smoothed = sums**{context_smoothing}
information = np.log(table.data * smoothed.sum() / {shift} / (sums[table.row] * smoothed[table.col]))
keep = information > 0
matrix = scipy.sparse.csr_array((information[keep], (table.row[keep], table.col[keep])), shape=table.shape)
size = min({vector_size}, len(words))
if len(words) <= max({most_dense}, 2 * size):
    left, values, _ = np.linalg.svd(matrix.toarray())
else:
    left, values, _ = svds(matrix, size, v0=np.random.default_rng({seed}).uniform(-1, 1, len(words)))
strongest = np.argsort(-values, kind="stable")[:size]
left, values = left[:, strongest], np.maximum(values[strongest], 0)
left *= np.where(left[np.abs(left).argmax(axis=0), np.arange(size)] < 0, -1, 1)
vectors = left * values**{eigenvalue_weighting}
"""
)

_GLOVE = (
    '''"""GloVe with Numba, as trained by EmbedLab.

Needs: pip install numpy scipy numba
Reads {data_file!r}: UTF-8, one document a line, words separated by one space.
There is no trainer of GloVe to call, so this is its own loop over the published objective, on one thread and wholly
in memory: meant for texts of up to some million words. With one worker, and up to two million pairs of words, the
vectors are the same as EmbedLab's; else they are as good, but not the same.
"""
'''
    + _READING
    + """
from numba import njit

# The upper triangle, then the lower; a word with itself counts in both directions.
table = scipy.sparse.triu(table + table.T, format="csr")
table.sort_indices()
table = table.tocoo()
below = table.row != table.col
pairs = np.empty(len(table.data) + below.sum(), [("row", "i4"), ("column", "i4"), ("log_count", "f4")])
pairs["row"] = np.concatenate([table.row, table.col[below]])
pairs["column"] = np.concatenate([table.col, table.row[below]])
pairs["log_count"] = np.log(np.concatenate([table.data, table.data[below]]))
np.random.default_rng({seed}).shuffle(pairs)


@njit(fastmath=True, error_model="numpy")
def train_epoch(pairs, words, contexts, word_gradsq, context_gradsq, learning_rate, log_x_max, alpha):
    size = words.shape[1] - 1
    loss = 0.0
    rate = np.float32(learning_rate)
    for index in range(len(pairs)):
        log_count = pairs[index].log_count
        word, context = words[pairs[index].row], contexts[pairs[index].column]
        word_sum, context_sum = word_gradsq[pairs[index].row], context_gradsq[pairs[index].column]
        error = word[size] + context[size] - log_count
        for k in range(size):
            error += word[k] * context[k]
        weight = np.float32(1.0)
        if log_count < log_x_max:
            weight = np.float32(np.exp(alpha * (log_count - log_x_max)))
        weighted = weight * error
        loss += weighted * error
        # As in the published program, biases take steps of their full gradient. The last column is the bias.
        word[size] -= weighted / np.sqrt(word_sum[size])
        context[size] -= weighted / np.sqrt(context_sum[size])
        word_sum[size] += weighted * weighted
        context_sum[size] += weighted * weighted
        weighted *= rate
        for k in range(size):
            word_step, context_step = weighted * context[k], weighted * word[k]
            word[k] -= word_step / np.sqrt(word_sum[k])
            context[k] -= context_step / np.sqrt(context_sum[k])
            word_sum[k] += word_step * word_step
            context_sum[k] += context_step * context_step
    return loss


rng = np.random.default_rng({seed})
shape = len(words), {vector_size} + 1
tables = [((rng.random(shape) - 0.5) / shape[1]).astype(np.float32) for _ in range(2)]
sums = [np.ones(shape, np.float32) for _ in range(2)]
for epoch in range({epochs}):
    loss = train_epoch(pairs, *tables, *sums, {learning_rate}, np.log({x_max}), {alpha})
    print("epoch", epoch + 1, "loss", loss / 2 / len(pairs))
vectors = tables[0][:, :-1] + tables[1][:, :-1]
"""
)

_WRITING = """
with open("vectors.txt", "w", encoding="utf-8") as out:
    print(len(words), vectors.shape[1], file=out)
    for word, vector in zip(words, vectors):
        print(word, *(f"{{number:.8g}}" for number in vector), file=out)
print(len(words), "words in vectors.txt")
"""

_WEIGHTS = {
    "flat": "1.0",
    "linear": "(WINDOW + 1 - distance) / WINDOW",
    "harmonic": "1 / distance",
}


def ppmi_svd_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `PpmiSvdParameters`."""
    weight = _WEIGHTS[values["window_weighting"]]
    return (_PPMI_SVD + _WRITING).format(**values, weight=weight, most_dense=MOST_DENSE, data_file=data_file)


def glove_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `GloveParameters`."""
    return (_GLOVE + _WRITING).format(**values, weight=_WEIGHTS["harmonic"], data_file=data_file)

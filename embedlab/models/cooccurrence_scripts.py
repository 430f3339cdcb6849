"""The scripts that repeat what models of co-occurrences learn, with public libraries alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
table = (table + table.T).tocoo()
"""

_PPMI_SVD = (
    '''"""PPMI + SVD with scikit-learn, SciPy and NumPy, as trained by EmbedLab.

Needs: pip install scikit-learn scipy numpy
Reads {data_file!r}: UTF-8, one document a line, words separated by one space. Holds the whole text in memory.
"""
'''
    + _READING
    + """
from sklearn.utils.extmath import randomized_svd

sums = np.asarray(table.sum(axis=1))
smoothed = sums**{context_smoothing}
information = np.log(table.data * smoothed.sum() / {shift} / (sums[table.row] * smoothed[table.col]))
keep = information > 0
matrix = scipy.sparse.csr_array((information[keep], (table.row[keep], table.col[keep])), shape=table.shape)
left, values, _ = randomized_svd(
    matrix,
    min({vector_size}, len(words)),
    n_iter={power_iterations},
    power_iteration_normalizer="LU",
    random_state={seed},
)
vectors = left * values**{eigenvalue_weighting}
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
    return (_PPMI_SVD + _WRITING).format(**values, weight=weight, data_file=data_file)

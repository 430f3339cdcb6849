"""The scripts that repeat trainings on documents with public libraries alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LSA = '''"""LSA with scikit-learn, as trained by EmbedLab.

Needs: pip install scikit-learn
Reads {data_file!r}: UTF-8, one document a line, words separated by one space.
"""

from collections import Counter

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

with open({data_file!r}, encoding="utf-8") as lines:
    documents = [line.rstrip("\\n").split(" ") if line.strip() else [] for line in lines]

counts = Counter(word for words in documents for word in words)
n_holding = Counter(word for words in documents for word in set(words))
words = [
    word
    for word, count in counts.most_common()
    if count >= {min_count} and n_holding[word] <= {max_share} * len(documents)
]
tfidf = TfidfVectorizer(
    analyzer=list, vocabulary=words, sublinear_tf={sublinear_tf}, norm=None, dtype=np.float32
)
weights = normalize(tfidf.fit_transform(documents))
numbers = np.flatnonzero(np.diff(weights.indptr))
weights = weights[numbers]

svd = TruncatedSVD(min({vector_size}, *weights.shape), n_iter={n_iter}, random_state={seed})
vectors = svd.fit_transform(weights)
word_vectors = svd.components_.T * svd.singular_values_
np.savez("vectors.npz", documents=vectors, numbers=numbers, words=np.array(words), word_vectors=word_vectors)
print(len(vectors), "documents and", len(words), "words in vectors.npz")
'''


def lsa_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `LSAParameters`."""
    return _LSA.format(**values, data_file=data_file)

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


_DOC2VEC = '''"""Doc2Vec with gensim, as trained by EmbedLab.

Needs: pip install gensim
Reads {data_file!r}: UTF-8, one document a line, words separated by one space.
"""

from collections import Counter

import numpy as np
from gensim.models.doc2vec import Doc2Vec, TaggedDocument

with open({data_file!r}, encoding="utf-8") as lines:
    documents = [line.rstrip("\\n").split(" ") if line.strip() else [] for line in lines]

counts = Counter(word for words in documents for word in words)
counts = {{word: count for word, count in counts.most_common() if count >= {min_count}}}
numbers = [number for number, words in enumerate(documents) if not counts.keys().isdisjoint(words)]
# gensim reads {piece:_} words of a document at once: longer ones go in pieces that share their tag.
tagged = [
    TaggedDocument(documents[number][start : start + {piece}], [tag])
    for tag, number in enumerate(numbers)
    for start in range(0, len(documents[number]), {piece})
]

model = Doc2Vec(
    dm={dm:d},
    dbow_words={dbow_words:d},
    vector_size={vector_size},
    window={window},
    min_count={min_count},
    negative={negative},
    sample={sample},
    alpha={alpha},
    seed={seed},
    workers={workers},
    sorted_vocab=0,
)
model.dv.index_to_key = list(range(len(numbers)))
model.build_vocab_from_freq(counts, corpus_count=len(numbers))
model.train(tagged, total_examples=len(tagged), total_words=sum(len(each.words) for each in tagged), epochs={epochs})
np.savez("vectors.npz", documents=model.dv.vectors, numbers=numbers)
print(len(numbers), "documents in vectors.npz")
'''


def lsa_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `LSAParameters`."""
    return _LSA.format(**values, data_file=data_file)


def doc2vec_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `Doc2VecParameters`."""
    return _DOC2VEC.format(**values, data_file=data_file, piece=10_000)

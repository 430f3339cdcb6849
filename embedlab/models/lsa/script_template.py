"""LSA with scikit-learn, as trained by EmbedLab.

Needs: pip install scikit-learn
Reads DATA_FILE: UTF-8, one document per line, words separated by one space.
"""

from collections import Counter

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

# parameters
DATA_FILE = "documents.txt"
VECTOR_SIZE = 100
MIN_COUNT = 2
MAX_SHARE = 0.5
SUBLINEAR_TF = True
N_ITER = 5
SEED = 0
# end of parameters

with open(DATA_FILE, encoding="utf-8") as lines:
    documents = [line.rstrip("\n").split(" ") if line.strip() else [] for line in lines]

counts = Counter(word for words in documents for word in words)
document_frequency = Counter(word for words in documents for word in set(words))
words = [
    word
    for word, count in counts.most_common()
    if count >= MIN_COUNT and document_frequency[word] <= MAX_SHARE * len(documents)
]
tfidf = TfidfVectorizer(analyzer=list, vocabulary=words, sublinear_tf=SUBLINEAR_TF, norm=None, dtype=np.float32)
weights = normalize(tfidf.fit_transform(documents))
numbers = np.flatnonzero(np.diff(weights.indptr))
weights = weights[numbers]

svd = TruncatedSVD(min(VECTOR_SIZE, *weights.shape), n_iter=N_ITER, random_state=SEED)
vectors = svd.fit_transform(weights)
word_vectors = svd.components_.T * svd.singular_values_
np.savez("vectors.npz", documents=vectors, numbers=numbers, words=np.array(words), word_vectors=word_vectors)
print(len(vectors), "documents and", len(words), "words in vectors.npz")

"""Doc2Vec with gensim, as trained by EmbedLab.

Needs: pip install gensim
Reads DATA_FILE: UTF-8, one document per line, words separated by one space.
"""

from collections import Counter

import numpy as np
from gensim.models.doc2vec import Doc2Vec, TaggedDocument

# parameters
DATA_FILE = "documents.txt"
DM = 0
DBOW_WORDS = 1
VECTOR_SIZE = 100
WINDOW = 5
MIN_COUNT = 2
NEGATIVE = 5
SAMPLE = 1e-3
ALPHA = 0.025
EPOCHS = 20
SEED = 0
WORKERS = 1
# end of parameters

with open(DATA_FILE, encoding="utf-8") as lines:
    documents = [line.rstrip("\n").split(" ") if line.strip() else [] for line in lines]

counts = Counter(word for words in documents for word in words)
counts = {word: count for word, count in counts.most_common() if count >= MIN_COUNT}
numbers = [number for number, words in enumerate(documents) if not counts.keys().isdisjoint(words)]
# gensim reads at most 10,000 words of a document: longer documents are split into pieces that share a tag.
tagged = [
    TaggedDocument(documents[number][start : start + 10_000], [tag])
    for tag, number in enumerate(numbers)
    for start in range(0, len(documents[number]), 10_000)
]

model = Doc2Vec(
    dm=DM,
    dbow_words=DBOW_WORDS,
    vector_size=VECTOR_SIZE,
    window=WINDOW,
    min_count=MIN_COUNT,
    negative=NEGATIVE,
    sample=SAMPLE,
    alpha=ALPHA,
    seed=SEED,
    workers=WORKERS,
    sorted_vocab=0,
)
model.dv.index_to_key = list(range(len(numbers)))
model.build_vocab_from_freq(counts, corpus_count=len(numbers))
model.train(tagged, total_examples=len(tagged), total_words=sum(len(each.words) for each in tagged), epochs=EPOCHS)
np.savez("vectors.npz", documents=model.dv.vectors, numbers=numbers)
print(len(numbers), "documents in vectors.npz")

"""Word2Vec with gensim, as trained by EmbedLab.

Needs: pip install gensim
Reads DATA_FILE: UTF-8, words separated by one space, at most 100 words per line.
# section start_from
Reads 'start.txt': the initial word vectors, in word2vec text format.
# end of section
# section own_loop

The run was trained with EmbedLab's own loop (backend numba). gensim minimizes the same objective, with other random
numbers and one set of negative samples for each pair instead of each window: equal quality, but different numbers.
# end of section
"""

from collections import Counter

from gensim.models import Word2Vec

# section start_from
from gensim.models.keyedvectors import KeyedVectors

# end of section
# parameters
DATA_FILE = "corpus.txt"
VECTOR_SIZE = 100
WINDOW = 5
MIN_COUNT = 5
SAMPLE = 1e-3
SG = 1
HS = 0
NEGATIVE = 5
ALPHA = 0.025
EPOCHS = 5
SEED = 0
WORKERS = 1
# end of parameters

with open(DATA_FILE, encoding="utf-8") as corpus:
    counts = Counter(word for line in corpus for word in line.rstrip("\n").split(" ") if word)

model = Word2Vec(
    vector_size=VECTOR_SIZE,
    window=WINDOW,
    min_count=MIN_COUNT,
    sample=SAMPLE,
    sg=SG,
    hs=HS,
    negative=NEGATIVE,
    alpha=ALPHA,
    seed=SEED,
    workers=WORKERS,
    sorted_vocab=0,
)
model.build_vocab_from_freq(dict(counts.most_common()))
# section start_from
start = KeyedVectors.load_word2vec_format("start.txt")
known = [word for word in model.wv.index_to_key if word in start]
model.wv.vectors[[model.wv.key_to_index[word] for word in known]] = start[known]
# end of section
model.train(corpus_file=DATA_FILE, total_words=sum(counts.values()), epochs=EPOCHS)
model.wv.save_word2vec_format("vectors.txt")
print(len(model.wv), "words in vectors.txt")

"""fastText with gensim, as trained by EmbedLab.

Needs: pip install gensim
Reads DATA_FILE: UTF-8, words separated by one space, at most 100 words per line.
"""

from collections import Counter

from gensim.models import FastText

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
MIN_N = 3
MAX_N = 6
BUCKET = 200_000
EPOCHS = 5
SEED = 0
WORKERS = 1
# end of parameters

with open(DATA_FILE, encoding="utf-8") as corpus:
    counts = Counter(word for line in corpus for word in line.rstrip("\n").split(" ") if word)

model = FastText(
    vector_size=VECTOR_SIZE,
    window=WINDOW,
    min_count=MIN_COUNT,
    sample=SAMPLE,
    sg=SG,
    hs=HS,
    negative=NEGATIVE,
    alpha=ALPHA,
    min_n=MIN_N,
    max_n=MAX_N,
    bucket=BUCKET,
    seed=SEED,
    workers=WORKERS,
    sorted_vocab=0,
)
model.build_vocab_from_freq(dict(counts.most_common()))
model.train(corpus_file=DATA_FILE, total_words=sum(counts.values()), epochs=EPOCHS)
model.wv.save_word2vec_format("vectors.txt")
print(len(model.wv), "words in vectors.txt")

"""GloVe with Numba, as trained by EmbedLab.

Needs: pip install numpy scipy numba
Reads DATA_FILE: UTF-8, one document per line, words separated by one space.
No public library trains GloVe, so this script has its own loop over the published objective. It uses one thread and
keeps everything in memory: suitable for texts of up to a few million words. With one worker and up to two million word
pairs, the vectors are the same as EmbedLab's; otherwise they are as good, but not the same.
"""

from collections import Counter

import numpy as np
import scipy.sparse
from numba import njit

# parameters
DATA_FILE = "documents.txt"
VECTOR_SIZE = 100
WINDOW = 15
MIN_COUNT = 5
X_MAX = 100.0
ALPHA = 0.75
LEARNING_RATE = 0.05
EPOCHS = 15
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
    table += scipy.sparse.csr_array((np.full(len(pairs[0]), 1 / distance), pairs), shape=table.shape)

# The upper triangle, then the lower; a word with itself counts in both directions.
table = scipy.sparse.triu(table + table.T, format="csr")
table.sort_indices()
table = table.tocoo()
below = table.row != table.col
pairs = np.empty(len(table.data) + below.sum(), [("row", "i4"), ("column", "i4"), ("log_count", "f4")])
pairs["row"] = np.concatenate([table.row, table.col[below]])
pairs["column"] = np.concatenate([table.col, table.row[below]])
pairs["log_count"] = np.log(np.concatenate([table.data, table.data[below]]))
np.random.default_rng(SEED).shuffle(pairs)


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
        # As in the published program, the learning rate does not apply to the biases (the last column).
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


rng = np.random.default_rng(SEED)
shape = len(words), VECTOR_SIZE + 1
tables = [((rng.random(shape) - 0.5) / shape[1]).astype(np.float32) for _ in range(2)]
sums = [np.ones(shape, np.float32) for _ in range(2)]
for epoch in range(EPOCHS):
    loss = train_epoch(pairs, *tables, *sums, LEARNING_RATE, np.log(X_MAX), ALPHA)
    print("epoch", epoch + 1, "loss", loss / 2 / len(pairs))
vectors = tables[0][:, :-1] + tables[1][:, :-1]

with open("vectors.txt", "w", encoding="utf-8") as out:
    print(len(words), vectors.shape[1], file=out)
    for word, vector in zip(words, vectors):
        print(word, *(f"{number:.8g}" for number in vector), file=out)
print(len(words), "words in vectors.txt")

"""Skip-gram with negative sampling in Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu numpy
Reads DATA_FILE: UTF-8, words separated by one space, at most 100 words per line.
# section start_from
Also needs gensim, and reads 'start.txt': the initial word vectors, in word2vec text format.
# end of section
The optimizer is Keras' own Adagrad, whereas EmbedLab sums a word's gradients first: vectors are similar, not equal.
"""

from collections import Counter

import keras
import numpy as np

# section start_from
from gensim.models import KeyedVectors

# end of section
# parameters
DATA_FILE = "corpus.txt"
VECTOR_SIZE = 100
WINDOW = 5
MIN_COUNT = 5
SAMPLE = 1e-3
NEGATIVE = 5
LEARNING_RATE = 0.05
BATCH_SIZE = 1024
EPOCHS = 5
SEED = 0
# end of parameters

with open(DATA_FILE, encoding="utf-8") as corpus:
    lines = [line.split() for line in corpus]
counts = Counter(word for line in lines for word in line)
words = [word for word, count in counts.most_common() if count >= MIN_COUNT]
rows = {word: row for row, word in enumerate(words)}
frequency = np.array([counts[word] for word in words], np.float64)
keep = np.ones(len(words))
if SAMPLE > 0:
    relative = SAMPLE * frequency.sum() / frequency
    keep = np.minimum(1, np.sqrt(relative) + relative)
noise = np.cumsum(frequency**0.75)
noise /= noise[-1]

keras.utils.set_random_seed(SEED)
rng = np.random.default_rng(SEED)
reach = 0.5 / VECTOR_SIZE
target = keras.Input((1,), dtype="int32")
context = keras.Input((1 + NEGATIVE,), dtype="int32")
words_layer = keras.layers.Embedding(
    len(words), VECTOR_SIZE, embeddings_initializer=keras.initializers.RandomUniform(-reach, reach), name="words"
)
contexts_layer = keras.layers.Embedding(len(words), VECTOR_SIZE, embeddings_initializer="zeros", name="contexts")
dots = keras.layers.Dot(axes=2)([words_layer(target), contexts_layer(context)])
model = keras.Model([target, context], keras.layers.Flatten()(dots))
model.summary()
# section start_from
start = KeyedVectors.load_word2vec_format("start.txt")
table = words_layer.get_weights()[0]
for word, row in rows.items():
    if word in start:
        table[row] = start[word]
words_layer.set_weights([table])
# end of section


def loss(truth, logits):
    entropy = keras.ops.binary_crossentropy(truth, logits, from_logits=True)
    return keras.ops.sum(entropy)


model.compile(keras.optimizers.Adagrad(LEARNING_RATE), loss=loss)


def pairs():
    for line in lines:
        known = [rows[word] for word in line if word in rows]
        kept = [row for row in known if rng.random() < keep[row]]
        for place, row in enumerate(kept):
            near = rng.integers(1, WINDOW + 1)
            for other in kept[max(0, place - near) : place] + kept[place + 1 : place + 1 + near]:
                yield row, other


for epoch in range(EPOCHS):
    drawn = np.array(list(pairs()), np.int32).reshape(-1, 2)
    rng.shuffle(drawn)
    model.reset_metrics()
    for start in range(0, len(drawn), BATCH_SIZE):
        batch = drawn[start : start + BATCH_SIZE]
        wrong = np.searchsorted(noise, rng.random((len(batch), NEGATIVE)))
        near = np.concatenate([batch[:, 1:], wrong], axis=1).astype(np.int32)
        truth = np.zeros(near.shape, np.float32)
        truth[:, 0] = 1
        model.train_on_batch([batch[:, :1], near], truth)
    print("epoch", epoch + 1, "of", EPOCHS)

vectors = words_layer.get_weights()[0]
with open("vectors.txt", "w", encoding="utf-8") as out:
    out.write(f"{len(words)} {VECTOR_SIZE}\n")
    out.writelines(word + " " + " ".join(map(str, row)) + "\n" for word, row in zip(words, vectors))
model.save("skipgram.keras")
print(len(words), "words in vectors.txt")

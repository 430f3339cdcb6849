"""The script that repeats the skip-gram network with Keras and gensim's file format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.models.shared.starting import START_READS

_SCRIPT = '''"""Skip-gram with negative sampling in Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu numpy{start_needs}
Reads {data_file!r}: UTF-8, words separated by one space, at most 100 words a line.{start_reads}
The optimizer is Keras' own Adagrad, where EmbedLab adds up a word's gradients first: vectors are alike, not equal.
"""

from collections import Counter

import keras
import numpy as np

with open({data_file!r}, encoding="utf-8") as corpus:
    lines = [line.split() for line in corpus]
counts = Counter(word for line in lines for word in line)
words = [word for word, count in counts.most_common() if count >= {min_count}]
rows = {{word: row for row, word in enumerate(words)}}
frequency = np.array([counts[word] for word in words], np.float64)
keep = np.ones(len(words))
if {sample} > 0:
    relative = {sample} * frequency.sum() / frequency
    keep = np.minimum(1, np.sqrt(relative) + relative)
noise = np.cumsum(frequency**0.75)
noise /= noise[-1]

keras.utils.set_random_seed({seed})
rng = np.random.default_rng({seed})
reach = 0.5 / {vector_size}
target = keras.Input((1,), dtype="int32")
context = keras.Input((1 + {negative},), dtype="int32")
words_layer = keras.layers.Embedding(
    len(words), {vector_size}, embeddings_initializer=keras.initializers.RandomUniform(-reach, reach), name="words"
)
contexts_layer = keras.layers.Embedding(len(words), {vector_size}, embeddings_initializer="zeros", name="contexts")
dots = keras.layers.Dot(axes=2)([words_layer(target), contexts_layer(context)])
model = keras.Model([target, context], keras.layers.Flatten()(dots))
model.summary()
{start_lines}

def loss(truth, logits):
    entropy = keras.ops.binary_crossentropy(truth, logits, from_logits=True)
    return keras.ops.sum(entropy)


model.compile(keras.optimizers.Adagrad({learning_rate}), loss=loss)


def pairs():
    for line in lines:
        known = [rows[word] for word in line if word in rows]
        kept = [row for row in known if rng.random() < keep[row]]
        for place, row in enumerate(kept):
            near = rng.integers(1, {window} + 1)
            for other in kept[max(0, place - near) : place] + kept[place + 1 : place + 1 + near]:
                yield row, other


for epoch in range({epochs}):
    drawn = np.array(list(pairs()), np.int32).reshape(-1, 2)
    rng.shuffle(drawn)
    model.reset_metrics()
    for start in range(0, len(drawn), {batch_size}):
        batch = drawn[start : start + {batch_size}]
        wrong = np.searchsorted(noise, rng.random((len(batch), {negative})))
        near = np.concatenate([batch[:, 1:], wrong], axis=1).astype(np.int32)
        truth = np.zeros(near.shape, np.float32)
        truth[:, 0] = 1
        model.train_on_batch([batch[:, :1], near], truth)
    print("epoch", epoch + 1, "of", {epochs})

vectors = words_layer.get_weights()[0]
with open("vectors.txt", "w", encoding="utf-8") as out:
    out.write(f"{{len(words)}} {vector_size}\\n")
    out.writelines(word + " " + " ".join(map(str, row)) + "\\n" for word, row in zip(words, vectors))
model.save("skipgram.keras")
print(len(words), "words in vectors.txt")
'''

_START = """
from gensim.models import KeyedVectors

start = KeyedVectors.load_word2vec_format("start.txt")
table = words_layer.get_weights()[0]
for word, row in rows.items():
    if word in start:
        table[row] = start[word]
words_layer.set_weights([table])
"""


def skipgram_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `KerasSkipgramParameters`."""
    starts = bool(values["start_from"])
    return _SCRIPT.format(
        **values,
        data_file=data_file,
        start_needs=" gensim" if starts else "",
        start_reads=START_READS if starts else "",
        start_lines=_START if starts else "",
    )

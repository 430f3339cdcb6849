"""The script that repeats a text classifier with Keras alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.models.starting import START_READS

_SCRIPT = '''"""A text classifier with Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu pandas{start_needs}
Reads {data_file!r} with the columns text (words parted by one blank), label and part (train, validation or test;
empty for documents that only count for the vocabulary).{start_reads}
"""

from collections import Counter

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

documents = pd.read_csv({data_file!r}, dtype=str, keep_default_na=False)
counts = Counter(word for text in documents["text"] for word in text.split(" ") if word)
words = [word for word, count in counts.most_common() if count >= {min_count}][:{max_words}]
parts = {{part: documents[documents["part"] == part] for part in ("train", "validation", "test")}}
classes = sorted(set(documents["label"][documents["part"] != ""]))

keras.utils.set_random_seed({seed})
layers = keras.layers
encoding = layers.TextVectorization(
    standardize=None, split="whitespace", output_sequence_length={sequence_length}, vocabulary=["", "[UNK]", *words]
)


def texts(part):
    return tf.constant(part["text"].tolist())


def targets(part):
    return np.array([classes.index(label) for label in part["label"]])


{start_lines}text = keras.Input((), dtype="string")
embedding = layers.Embedding(len(words) + 2, {vector_size}, mask_zero={mask_zero}{embedding_options})
found = embedding(encoding(text))
{pooling_lines}{hidden_line}{dropout_line}found = layers.Dense(len(classes), activation="softmax")(found)
model = keras.Model(text, found)
model.summary()
model.compile(
    optimizer=keras.optimizers.Adam({learning_rate}), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
)
model.fit(
    texts(parts["train"]),
    targets(parts["train"]),
    batch_size={batch_size},
    epochs={epochs},
    validation_data=(texts(parts["validation"]), targets(parts["validation"])),
    callbacks=[{callbacks}],
    verbose=2,
)

predicted = model.predict(texts(parts["test"]), verbose=0).argmax(axis=1)
print("test accuracy", float((predicted == targets(parts["test"])).mean()))
vectors = pd.DataFrame(embedding.get_weights()[0][2:], index=pd.Index(words, name="word"))
vectors.to_csv("words.csv")
model.save("classifier.keras")
'''
_START = """from gensim.models import KeyedVectors

start = KeyedVectors.load_word2vec_format("start.txt")
known = [word in start for word in words]
rows = start[[word for word in words if word in start]]
table = np.random.default_rng({seed}).normal(0, {spread}, (len(words) + 2, {vector_size})).astype(np.float32)
table[2:][known] = rows
table[0] = 0

"""
_POOLING = {
    "average": "found = layers.GlobalAveragePooling1D()(found)\n",
    "flatten": "found = layers.Flatten()(found)\n",
    "convolution": 'found = layers.Conv1D({filters}, {kernel_size}, activation="relu")(found)\n'
    "found = layers.GlobalMaxPooling1D()(found)\n",
}
_STOPPING = 'keras.callbacks.EarlyStopping("val_loss", patience={patience}, restore_best_weights=True)'


def classifier_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `TextClassifierParameters`."""
    options, start_lines = "", ""
    if values["start_from"]:
        options = f", embeddings_initializer=keras.initializers.Constant(table), trainable={values['fine_tune']}"
        spread = "0.5 * rows.std()" if values["fine_tune"] else "0"
        start_lines = _START.format(**values, spread=spread)
    return _SCRIPT.format(
        **values,
        data_file=data_file,
        start_needs=" gensim" if start_lines else "",
        start_reads=START_READS if start_lines else "",
        start_lines=start_lines,
        mask_zero=values["pooling"] == "average",
        embedding_options=options,
        pooling_lines=_POOLING[values["pooling"]].format(**values),
        hidden_line='found = layers.Dense({hidden_units}, activation="relu")(found)\n'.format(**values)
        if values["hidden_units"]
        else "",
        dropout_line="found = layers.Dropout({dropout})(found)\n".format(**values) if values["dropout"] else "",
        callbacks=_STOPPING.format(**values) if values["patience"] else "",
    )

"""The script that repeats a text classifier with Keras alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.models.shared.starting import START_READS

_SCRIPT = '''"""A text classifier with Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu pandas{start_needs}
Reads {data_file!r} with the columns text (words separated by one space), label and part (train, validation or test;
empty for documents that belong to no part).{start_reads}
"""

from collections import Counter

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

documents = pd.read_csv({data_file!r}, dtype=str, keep_default_na=False)
parts = {{part: documents[documents["part"] == part] for part in ("train", "validation", "test")}}
classes = sorted(set(documents["label"][documents["part"] != ""]))
layers = keras.layers
{start_lines}

def texts(part):
    return tf.constant(part["text"].tolist())


def targets(part):
    return np.array([classes.index(label) for label in part["label"]])


class Training:
    """Vocabulary and network for the documents of `learned`."""

    def __init__(self, learned):
        self.learned = learned
        counts = Counter(word for text in learned["text"] for word in text.split(" ")[:{sequence_length}] if word)
        self.words = [word for word, count in counts.most_common() if count >= {min_count}][:{max_words}]
{frozen_words}        self.encoding = layers.TextVectorization(
            standardize=None,
            split="whitespace",
            output_sequence_length={sequence_length},
            vocabulary=["", "[UNK]", *self.words],
        )
        keras.utils.set_random_seed({seed})
        indices = keras.Input(({sequence_length},), dtype="int64")
{embedding_lines}        found = self.embedding(indices)
{pooling_lines}{hidden_line}{dropout_line}        found = layers.Dense(len(classes), name="deep")(found)
        outputs = {{"deep": found}}
{bag_lines}        self.names = list(outputs)
        self.model = keras.Model(indices, outputs)
        self.model.compile(
            optimizer=keras.optimizers.Adam({learning_rate}),
            loss={{name: keras.losses.SparseCategoricalCrossentropy(from_logits=True) for name in outputs}},
            loss_weights={loss_weights},
            metrics={{{output!r}: ["accuracy"]}},
        )

{pair_functions}    def fit(self, epochs, **more):
        return self.model.fit(
            self.encoding(texts(self.learned)),
            self.goals(self.learned),
            batch_size={batch_size},
            epochs=epochs,
            verbose=2,
            **more,
        )

    def goals(self, part):
        return {{name: targets(part) for name in self.names}}

    def whole(self):
        """Return the network from text to probabilities."""
        text = keras.Input((), dtype="string")
        log_odds = self.model(self.encoding(text))[{output!r}]
        return keras.Model(text, layers.Softmax()(log_odds))


validation = parts["validation"]
training = Training(parts["train"])
training.model.summary()
history = training.fit(
    {epochs},
    validation_data=(training.encoding(texts(validation)), training.goals(validation)),
    callbacks=[{callbacks}],
)
{again}model = training.whole()
predicted = model.predict(texts(parts["test"]), verbose=0).argmax(axis=1)
print("test accuracy", float((predicted == targets(parts["test"])).mean()))
vectors = pd.DataFrame(training.embedding.get_weights()[0][2:], index=pd.Index(training.words, name="word"))
vectors.to_csv("words.csv")
model.save("classifier.keras")
'''
_START = """
from gensim.models import KeyedVectors

start = KeyedVectors.load_word2vec_format("start.txt")
"""
_FROZEN_WORDS = """        more = [word for word in start.index_to_key if word not in set(self.words)]
        self.words += more[: {max_words} - len(self.words)]
"""
_EMBEDDING = """        self.embedding = layers.Embedding(len(self.words) + 2, {vector_size}, mask_zero={mask_zero})
"""
_STARTED_EMBEDDING = """        known = [word in start for word in self.words]
        rows = start[[word for word in self.words if word in start]]
        shape = (len(self.words) + 2, {vector_size})
        table = np.random.default_rng({seed}).normal(0, {spread}, shape).astype(np.float32)
        table[2:][known] = rows
        table[0] = 0
        self.embedding = layers.Embedding(
            *shape,
            mask_zero={mask_zero},
            embeddings_initializer=keras.initializers.Constant(table),
            trainable={fine_tune},
        )
"""
_POOLING = {
    "average": "        found = layers.GlobalAveragePooling1D()(found)\n",
    "flatten": "        found = layers.Flatten()(found)\n",
    "convolution": '        found = layers.Conv1D({filters}, {kernel_size}, activation="relu")(found)\n'
    "        found = layers.GlobalMaxPooling1D()(found)\n",
}
_BAG = """        # Wide and deep: which words and pairs of neighboring words a document contains.
        n = len(self.words) + 2
        counts = layers.CategoryEncoding(n, output_mode="count")(indices)[:, 2:]
        codes = self.pair_codes()
        if len(codes):
            pairs = indices[:, :-1] * n + indices[:, 1:]
            pair_counts = layers.IntegerLookup(vocabulary=codes, output_mode="count")(pairs)[:, 1:]
            counts = layers.Concatenate()([counts, pair_counts])
        scale = self.scale(keras.Model(indices, counts))
        scaled = layers.Normalization(mean=0 * scale, variance=1 / scale**2)(keras.ops.log1p(counts))
        present = layers.UnitNormalization()(scaled)
        outputs["bag"] = layers.Dense(len(classes), kernel_initializer="zeros", name="bag")(present)
        outputs["both"] = layers.Add(name="both")([found, outputs["bag"]])
"""
_PAIRS = '''    def pair_codes(self):
        """Return the pairs of known words that follow each other in most documents, one number each."""
        n, counts = len(self.words) + 2, Counter()
        for row in self.encoding(texts(self.learned)).numpy().tolist():
            counts.update({{a * n + b for a, b in zip(row, row[1:]) if a > 1 and b > 1}})
        frequent = [code for code in counts if counts[code] > 1]
        return np.array(sorted(sorted(frequent, key=lambda code: (-counts[code], code))[:{max_pairs}]), np.int64)

    def scale(self, terms):
        """Return how much each term counts: the largest smoothed log-ratio between a class and the others."""
        codes, n_documents, of_class = targets(self.learned), 0, 0
        for start in range(0, len(codes), 256):
            part = slice(start, start + 256)
            has = terms.predict(self.encoding(texts(self.learned.iloc[part])), verbose=0) > 0
            n_documents = n_documents + has.sum(axis=0)
            of_class = of_class + np.eye(len(classes))[codes[part]].T @ has
        share = np.bincount(codes, minlength=len(classes))[:, None] / len(codes)
        inside = (of_class + 10 * share) / share
        others = (n_documents - of_class + 10 * (1 - share)) / (1 - share)
        return np.maximum(np.abs(np.log(inside / others)).max(axis=0), 1e-3)

'''
_STOPPING = 'keras.callbacks.EarlyStopping("{monitor}", mode="min", patience={patience}, restore_best_weights=True)'
_REFIT = """
# The validation part has done its work: learn from it too, for the chosen number of epochs.
best_epoch = {best_epoch}
training = Training(documents[documents["part"].isin(["train", "validation"])])
training.fit(best_epoch)
"""


def classifier_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `TextClassifierParameters`."""
    is_started = bool(values["start_from"])
    has_bag = values["bag_of_words"]
    output = "both" if has_bag else "deep"
    # Keras names the loss of an only output like that of the whole.
    monitor = "val_both_loss" if has_bag else "val_loss"
    names = {
        **values,
        "mask_zero": values["pooling"] == "average",
        "spread": "0.5 * rows.std()" if values["fine_tune"] else "0",
        "monitor": monitor,
    }
    best_epoch = f'int(np.argmin(history.history["{monitor}"])) + 1' if values["patience"] else str(values["epochs"])
    return _SCRIPT.format(
        **values,
        data_file=data_file,
        start_needs=" gensim" if is_started else "",
        start_reads=START_READS if is_started else "",
        start_lines=_START if is_started else "",
        frozen_words=_FROZEN_WORDS.format(**names) if is_started and not values["fine_tune"] else "",
        embedding_lines=(_STARTED_EMBEDDING if is_started else _EMBEDDING).format(**names),
        pooling_lines=_POOLING[values["pooling"]].format(**names),
        hidden_line='        found = layers.Dense({hidden_units}, activation="relu")(found)\n'.format(**values)
        if values["hidden_units"]
        else "",
        dropout_line="        found = layers.Dropout({dropout})(found)\n".format(**values) if values["dropout"] else "",
        bag_lines=_BAG if has_bag else "",
        pair_functions=_PAIRS.format(**values) if has_bag else "",
        loss_weights={"deep": 1.0, "bag": 1.0, "both": 0.0} if has_bag else {"deep": 1.0},
        output=output,
        callbacks=_STOPPING.format(**names) if values["patience"] else "",
        again=_REFIT.format(best_epoch=best_epoch) if values["refit"] else "",
    )

"""A text classifier with Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu pandas
Reads DATA_FILE with the columns text (words separated by one space), label and part (train, validation or test;
empty for documents that belong to no part).
# section start_from
Also needs gensim, and reads 'start.txt': the initial word vectors, in word2vec text format.
# end of section
"""

from collections import Counter

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

# section start_from
from gensim.models import KeyedVectors

# end of section
# parameters
DATA_FILE = "labelled.csv"
SEQUENCE_LENGTH = 200
MIN_COUNT = 2
MAX_WORDS = 20_000
MAX_PAIRS = 20_000
VECTOR_SIZE = 16
FINE_TUNE = True
MASK_ZERO = True
FILTERS = 64
KERNEL_SIZE = 5
HIDDEN_UNITS = 16
DROPOUT = 0.1
OUTPUT = "both"
LOSS_WEIGHTS = {"deep": 1.0, "bag": 1.0, "both": 0.0}
MONITOR = "val_both_loss"
LEARNING_RATE = 0.005
BATCH_SIZE = 32
EPOCHS = 60
PATIENCE = 3
SEED = 0
# end of parameters

documents = pd.read_csv(DATA_FILE, dtype=str, keep_default_na=False)
parts = {part: documents[documents["part"] == part] for part in ("train", "validation", "test")}
classes = sorted(set(documents["label"][documents["part"] != ""]))
layers = keras.layers
# section start_from
start = KeyedVectors.load_word2vec_format("start.txt")
# end of section


def texts(part):
    return tf.constant(part["text"].tolist())


def targets(part):
    return np.array([classes.index(label) for label in part["label"]])


class Training:
    """Vocabulary and network for the documents in `data`."""

    def __init__(self, data):
        self.data = data
        counts = Counter(word for text in data["text"] for word in text.split(" ")[:SEQUENCE_LENGTH] if word)
        self.words = [word for word, count in counts.most_common() if count >= MIN_COUNT][:MAX_WORDS]
        # section start_frozen
        more = [word for word in start.index_to_key if word not in set(self.words)]
        self.words += more[: MAX_WORDS - len(self.words)]
        # end of section
        self.encoding = layers.TextVectorization(
            standardize=None,
            split="whitespace",
            output_sequence_length=SEQUENCE_LENGTH,
            vocabulary=["", "[UNK]", *self.words],
        )
        keras.utils.set_random_seed(SEED)
        indices = keras.Input((SEQUENCE_LENGTH,), dtype="int64")
        # section not start_from
        self.embedding = layers.Embedding(len(self.words) + 2, VECTOR_SIZE, mask_zero=MASK_ZERO)
        # end of section
        # section start_from
        known = [word in start for word in self.words]
        rows = start[[word for word in self.words if word in start]]
        spread = 0.5 * rows.std() if FINE_TUNE else 0
        shape = (len(self.words) + 2, VECTOR_SIZE)
        table = np.random.default_rng(SEED).normal(0, spread, shape).astype(np.float32)
        table[2:][known] = rows
        table[0] = 0
        self.embedding = layers.Embedding(
            *shape,
            mask_zero=MASK_ZERO,
            embeddings_initializer=keras.initializers.Constant(table),
            trainable=FINE_TUNE,
        )
        # end of section
        hidden = self.embedding(indices)
        # section average
        hidden = layers.GlobalAveragePooling1D()(hidden)
        # end of section
        # section flatten
        hidden = layers.Flatten()(hidden)
        # end of section
        # section convolution
        hidden = layers.Conv1D(FILTERS, KERNEL_SIZE, activation="relu")(hidden)
        hidden = layers.GlobalMaxPooling1D()(hidden)
        # end of section
        # section hidden_units
        hidden = layers.Dense(HIDDEN_UNITS, activation="relu")(hidden)
        # end of section
        # section dropout
        hidden = layers.Dropout(DROPOUT)(hidden)
        # end of section
        deep = layers.Dense(len(classes), name="deep")(hidden)
        outputs = {"deep": deep}
        # section bag_of_words
        # Wide and deep: which words and pairs of neighboring words a document contains.
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
        outputs["both"] = layers.Add(name="both")([deep, outputs["bag"]])
        # end of section
        self.names = list(outputs)
        self.model = keras.Model(indices, outputs)
        self.model.compile(
            optimizer=keras.optimizers.Adam(LEARNING_RATE),
            loss={name: keras.losses.SparseCategoricalCrossentropy(from_logits=True) for name in outputs},
            loss_weights=LOSS_WEIGHTS,
            metrics={OUTPUT: ["accuracy"]},
        )

    # section bag_of_words
    def pair_codes(self):
        """Return the pairs of consecutive known words that occur in the most documents, one number each."""
        n, counts = len(self.words) + 2, Counter()
        for row in self.encoding(texts(self.data)).numpy().tolist():
            counts.update({a * n + b for a, b in zip(row, row[1:]) if a > 1 and b > 1})
        frequent = [code for code in counts if counts[code] > 1]
        return np.array(sorted(sorted(frequent, key=lambda code: (-counts[code], code))[:MAX_PAIRS]), np.int64)

    def scale(self, terms):
        """Return the weight of each term: the largest smoothed log-ratio between a class and the others."""
        codes, n_documents, of_class = targets(self.data), 0, 0
        for start in range(0, len(codes), 256):
            part = slice(start, start + 256)
            has = terms.predict(self.encoding(texts(self.data.iloc[part])), verbose=0) > 0
            n_documents = n_documents + has.sum(axis=0)
            of_class = of_class + np.eye(len(classes))[codes[part]].T @ has
        share = np.bincount(codes, minlength=len(classes))[:, None] / len(codes)
        inside = (of_class + 10 * share) / share
        others = (n_documents - of_class + 10 * (1 - share)) / (1 - share)
        return np.maximum(np.abs(np.log(inside / others)).max(axis=0), 1e-3)

    # end of section
    def fit(self, epochs, **more):
        return self.model.fit(
            self.encoding(texts(self.data)),
            self.targets(self.data),
            batch_size=BATCH_SIZE,
            epochs=epochs,
            verbose=2,
            **more,
        )

    def targets(self, part):
        return {name: targets(part) for name in self.names}

    def text_model(self):
        """Return the network from text to probabilities."""
        text = keras.Input((), dtype="string")
        log_odds = self.model(self.encoding(text))[OUTPUT]
        return keras.Model(text, layers.Softmax()(log_odds))


validation = parts["validation"]
training = Training(parts["train"])
training.model.summary()
history = training.fit(
    EPOCHS,
    validation_data=(training.encoding(texts(validation)), training.targets(validation)),
    # section patience
    callbacks=[keras.callbacks.EarlyStopping(MONITOR, mode="min", patience=PATIENCE, restore_best_weights=True)],
    # end of section
)

# section refit
# Train again on training + validation data, for the chosen number of epochs.
# section patience
best_epoch = int(np.argmin(history.history[MONITOR])) + 1
# end of section
# section not patience
best_epoch = EPOCHS
# end of section
training = Training(documents[documents["part"].isin(["train", "validation"])])
training.fit(best_epoch)
# end of section
model = training.text_model()
predicted = model.predict(texts(parts["test"]), verbose=0).argmax(axis=1)
print("test accuracy", float((predicted == targets(parts["test"])).mean()))
vectors = pd.DataFrame(training.embedding.get_weights()[0][2:], index=pd.Index(training.words, name="word"))
vectors.to_csv("words.csv")
model.save("classifier.keras")

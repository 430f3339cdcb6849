"""Entity embeddings with Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu pandas
Reads DATA_FILE, whose columns are named by what they hold: category:zipcode, number:size, text:advert, date:sold, the
target (target:price, perhaps its logarithm, or class:species), and part (train, validation or test).
# section start_from
Also needs gensim, and reads 'start.txt': the initial word vectors, in word2vec text format.
# end of section
"""

import re
from collections import Counter

import keras
import numpy as np
import pandas as pd

# section start_from
from gensim.models import KeyedVectors

# end of section
# parameters
DATA_FILE = "table.csv"
LEFT_OUT = []
SIZE_RULE = "fourth-root"
VECTOR_SIZE = 0
MIN_COUNT = 1
WORD_VECTOR_SIZE = 16
TEXT_LENGTH = 200
MAX_WORDS = 20000
MIN_WORD_COUNT = 5
HIDDEN_UNITS = [128, 64]
DROPOUT = 0.0
WORD_DROPOUT = 0.4
WEIGHT_AVERAGING = 0.8
EPOCHS = 60
PATIENCE = 6
LEARNING_RATE = 0.001
BATCH_SIZE = 256
SEED = 0
# end of parameters

table = pd.read_csv(DATA_FILE, dtype=str, keep_default_na=False)
names = [tuple(column.split(":", 1)) for column in table.columns if ":" in column]
names = [(kind, name) for kind, name in names if name not in LEFT_OUT]
target_kind, target = next(each for each in names if each[0] in {"target", "class"})
keras.utils.set_random_seed(SEED)
# section start_from
start = KeyedVectors.load_word2vec_format("start.txt")
# end of section
parts = {part: np.flatnonzero(table["part"] == part) for part in ("train", "validation", "test")}
if target_kind == "class":
    classes = sorted(table[f"class:{target}"].unique())
    truth = pd.Categorical(table[f"class:{target}"], classes).codes.astype(np.int32)
else:
    classes, truth = [], table[f"target:{target}"].astype(float).to_numpy()


def size_of(n_values):
    """Return the vector size of a column of n values."""
    if VECTOR_SIZE:
        return VECTOR_SIZE
    return min(600, max(1, round(1.6 * n_values**0.56))) if SIZE_RULE == "fast.ai" else max(2, round(n_values**0.25))


def words_of(text):
    """Return the words of a text."""
    return re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+", re.sub(r"<[^<>]{1,200}>", " ", text).lower())


def standardized(numbers, rows):
    """Return numbers with mean 0 and standard deviation 1 in `rows`, and a column that says which are missing."""
    known = numbers[rows][np.isfinite(numbers[rows])]
    if known.min() >= 0 and known.std() > 0 and np.mean(((known - known.mean()) / known.std()) ** 3) > 1:
        numbers, known = np.log1p(np.maximum(numbers, 0)), np.log1p(known)
    columns = [np.nan_to_num((numbers - known.mean()) / (known.std() or 1.0)).clip(-50, 50)]
    if len(known) < len(rows):
        columns.append(~np.isfinite(numbers))
    return np.column_stack(columns).astype(np.float32)


class Training:
    """The network for some rows: values and words that do not occur in them have row 0, or 1 for words."""

    def __init__(self, rows):
        layers, ops = keras.layers, keras.ops
        self.rows, self.inputs, self.tables = rows, [], {}
        keras_inputs, vectors = [], []
        for kind, name in names:
            cells = table.get(f"{kind}:{name}")
            if kind == "number":
                self.add_numbers(cells.replace("", "nan").astype(float).to_numpy(), keras_inputs, vectors)
            elif kind == "date":
                dates = pd.to_datetime(cells, errors="coerce")
                self.add_numbers(dates.dt.year.to_numpy(float), keras_inputs, vectors)
                self.add_category(f"{name} (month)", dates.dt.month_name().fillna(""), keras_inputs, vectors)
                self.add_category(f"{name} (weekday)", dates.dt.day_name().fillna(""), keras_inputs, vectors)
            elif kind == "category":
                self.add_category(name, cells, keras_inputs, vectors)
            elif (kind, name) != (target_kind, target):
                words = [words_of(cell)[:TEXT_LENGTH] for cell in cells]
                counts = Counter(word for row in rows for word in words[row])
                known = [word for word, count in counts.most_common(MAX_WORDS) if count >= MIN_WORD_COUNT]
                index = {word: row for row, word in enumerate(known, 2)}
                encoded = np.zeros((len(cells), TEXT_LENGTH), np.int32)
                for row, text in zip(encoded, words, strict=True):
                    row[: len(text)] = [index.get(word, 1) for word in text]
                given = keras.Input((TEXT_LENGTH,), dtype="int32")
                # section not start_from
                layer = layers.Embedding(len(known) + 2, WORD_VECTOR_SIZE)
                # end of section
                # section start_from
                layer = self.started(known)
                # end of section
                mask = ops.expand_dims(ops.cast(ops.not_equal(given, 0), "float32"), -1)
                # section word_dropout
                mask = layers.Dropout(WORD_DROPOUT)(mask)
                # end of section
                vectors.append(ops.sum(layer(given) * mask, axis=1) / ops.maximum(ops.sum(mask, axis=1), 1.0))
                self.add(given, encoded, keras_inputs)
                self.tables[f"{name} words"] = (layer, known, 2)
        joined = layers.Concatenate()(vectors) if len(vectors) > 1 else vectors[0]
        hidden = joined
        for units in HIDDEN_UNITS:
            hidden = layers.Dense(units, activation="relu")(hidden)
            # section dropout
            hidden = layers.Dropout(DROPOUT)(hidden)
            # end of section
        last = layers.Concatenate()([hidden, joined]) if HIDDEN_UNITS else joined
        self.model = keras.Model(keras_inputs, layers.Dense(max(1, len(classes)))(last))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if classes else "mse"
        self.model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=loss)
        self.mean, self.spread = (0.0, 1.0) if classes else (truth[rows].mean(), truth[rows].std() or 1.0)
        self.targets = truth if classes else ((truth - self.mean) / self.spread).astype(np.float32)

    # section start_from
    def started(self, known):
        """Return the vectors of words that start from those of the file; others are small random vectors."""
        spread = 0.5 * start.vectors.std()
        # section start_frozen
        spread = 0.0
        # end of section
        initial = np.random.default_rng(SEED).normal(0, spread, (len(known) + 2, start.vector_size))
        for row, word in enumerate(known, 2):
            if word in start:
                initial[row] = start[word]
        layer = keras.layers.Embedding(len(known) + 2, start.vector_size)
        # section start_frozen
        layer.trainable = False
        # end of section
        layer.build()
        layer.set_weights([initial.astype(np.float32)])
        return layer

    # end of section
    def add(self, given, values, keras_inputs):
        keras_inputs.append(given)
        self.inputs.append(values)

    def add_numbers(self, numbers, keras_inputs, vectors):
        values = standardized(numbers, self.rows)
        given = keras.Input((values.shape[1],))
        vectors.append(given)
        self.add(given, values, keras_inputs)

    def add_category(self, name, cells, keras_inputs, vectors):
        counts = Counter(cells.iloc[self.rows])
        known = [value for value, count in counts.most_common() if count >= MIN_COUNT]
        index = {value: row for row, value in enumerate(known, 1)}
        given = keras.Input((), dtype="int32")
        layer = keras.layers.Embedding(len(known) + 1, size_of(len(known)))
        vectors.append(layer(given))
        self.add(given, cells.map(lambda cell: index.get(cell, 0)).to_numpy(np.int32), keras_inputs)
        self.tables[name] = (layer, known, 1)

    def at(self, rows):
        return [values[rows] for values in self.inputs], self.targets[rows]

    def fit(self, epochs, callbacks=(), **more):
        callbacks = list(callbacks)
        # section weight_averaging
        callbacks.insert(0, Averaging())
        # end of section
        more |= {"batch_size": BATCH_SIZE, "epochs": epochs, "callbacks": callbacks, "verbose": 2}
        return self.model.fit(*self.at(self.rows), **more)

    def score(self, rows):
        """Return R2, or the share of right classes; unseen values have the mean vector of their column."""
        for layer, known, first in self.tables.values():
            vectors = layer.get_weights()[0]
            if first == 1 and known:
                vectors[0] = vectors[1:].mean(axis=0)
                layer.set_weights([vectors])
        outputs = self.model.predict(self.at(rows)[0], batch_size=8192, verbose=0)
        if classes:
            return float(np.mean(outputs.argmax(axis=1) == truth[rows]))
        errors = self.mean + self.spread * outputs[:, 0] - truth[rows]
        return float(1 - np.mean(errors**2) / np.var(truth[rows]))


# section weight_averaging
class Averaging(keras.callbacks.Callback):
    """Replace the weights after each epoch by their average over the epochs, and continue from the last ones."""

    trained, average, n_epochs = None, None, 0

    def on_epoch_begin(self, *_):
        if self.trained is not None:
            self.model.set_weights(self.trained)
        self.trained = None

    def on_test_begin(self, *_):
        self.update()

    def on_epoch_end(self, *_):
        if self.trained is None:
            self.update()

    def update(self):
        self.trained, self.n_epochs = self.model.get_weights(), self.n_epochs + 1
        share = min(WEIGHT_AVERAGING, self.n_epochs / (self.n_epochs + 3))
        earlier = self.trained if self.average is None else self.average
        self.average = [share * first + (1 - share) * last for first, last in zip(earlier, self.trained, strict=True)]
        self.model.set_weights(self.average)


# end of section
training = Training(parts["train"])
training.model.summary()
history = training.fit(
    EPOCHS,
    validation_data=training.at(parts["validation"]),
    # section patience
    callbacks=[keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE, restore_best_weights=True)],
    # end of section
)
# section refit
# Train again on training + validation data, for the chosen number of epochs.
# section patience
best_epoch = int(np.argmin(history.history["val_loss"])) + 1
# end of section
# section not patience
best_epoch = EPOCHS
# end of section
training = Training(np.sort(np.concatenate([parts["train"], parts["validation"]])))
training.fit(best_epoch)
# end of section
print("test accuracy" if classes else "test R2", training.score(parts["test"]))
for name, (layer, known, first) in training.tables.items():
    vectors = pd.DataFrame(layer.get_weights()[0][first:], index=pd.Index(known, name="key"))
    vectors.to_csv(re.sub(r"\W+", "_", name) + ".csv")

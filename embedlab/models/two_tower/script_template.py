"""Two towers with Keras, as trained by EmbedLab: things of several kinds in one space.

Needs: pip install keras tensorflow-cpu pandas
Reads DATA_FILE: one row for each pair, with the kind, form and value of both things and its part.
"""

import os
import re

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

# parameters
DATA_FILE = "pairs.csv"
VECTOR_SIZE = 32
EPOCHS = 40
PATIENCE = 5
TEMPERATURE = 0.1
LOG_Q = True
MIN_COUNT = 1
FILTERS = 16
LEARNING_RATE = 0.01
BATCH_SIZE = 256
SEED = 0
# end of parameters

pairs = pd.read_csv(DATA_FILE, dtype=str, keep_default_na=False)
is_train = (pairs["part"] == "train").to_numpy()
layers = keras.layers
keras.utils.set_random_seed(SEED)


def tokens_of(value, form):
    return {
        "text": re.findall(r"\w+(?:['\u2019]\w+)*", value.lower()),
        "tags": [part.strip() for part in value.split("|") if part.strip()],
    }.get(form, [value])


def pixels_of(value):
    shape, _, data = value.partition(":")
    return np.frombuffer(bytes.fromhex(data), np.uint8).reshape([int(side) for side in shape.split("x")])


class Kind:
    """The things of one kind and their tower: inputs are rows of a table (0 is padding), or images."""

    def __init__(self, form, values, learned):
        self.values = list(dict.fromkeys(values))
        self.row = {value: row for row, value in enumerate(self.values)}
        if form == "image":
            self.inputs = np.stack([pixels_of(value) for value in self.values]).astype(np.float32) / 255
            entry = hidden = keras.Input(self.inputs.shape[1:])
            for width in (FILTERS, 2 * FILTERS):
                hidden = layers.Conv2D(width, 3, padding="same", activation="relu")(hidden)
                hidden = layers.MaxPooling2D(2)(hidden)
            hidden = layers.Dense(VECTOR_SIZE)(layers.Flatten()(hidden))
        else:
            bags = [tokens_of(value, form) for value in self.values]
            counts = pd.Series([token for value in learned for token in bags[self.row[value]]]).value_counts()
            fewest = {"text": MIN_COUNT}.get(form, 1)
            # Row 0 pads, row 1 is everything unknown.
            known = {token: row for row, token in enumerate(counts.index[counts >= fewest], start=2)}
            lists = [[known.get(token, 1) for token in bag] or [1] for bag in bags]
            self.inputs = np.zeros((len(lists), max(map(len, lists))), np.int32)
            for row, numbers in enumerate(lists):
                self.inputs[row, : len(numbers)] = numbers
            entry = keras.Input((None,), dtype="int32")
            start = keras.initializers.RandomNormal(stddev=0.1, seed=SEED)
            table = layers.Embedding(len(known) + 2, VECTOR_SIZE, embeddings_initializer=start, mask_zero=True)
            hidden = layers.GlobalAveragePooling1D()(table(entry))
        self.tower = keras.Model(entry, layers.UnitNormalization()(hidden))

    def vectors(self):
        return np.concatenate(
            [np.asarray(self.tower(self.inputs[start : start + 1024])) for start in range(0, len(self.values), 1024)]
        )


class Pairs:
    """Pairs of the left kind with one right kind."""

    def __init__(self, table, left, right):
        self.left, self.right = left, right
        self.rows = np.stack([table["left"].map(left.row), table["right"].map(right.row)], axis=1)
        self.part = table["part"].to_numpy()
        self.train = self.rows[self.part == "train"]
        self.log_q = [
            np.log(np.maximum(np.bincount(column, minlength=n), 1) / max(1, len(self.train))).astype(np.float32)
            for column, n in zip(self.train.T, (len(left.values), len(right.values)))
        ]
        self.known = set(map(tuple, self.train.tolist()))

    def batch(self, chosen):
        left, right = self.train[chosen].T
        hits = np.array([[(x, y) in self.known for y in right.tolist()] for x in left.tolist()])
        np.fill_diagonal(hits, False)
        log_q = [q[rows] if LOG_Q else np.zeros(len(rows), np.float32) for q, rows in zip(self.log_q, (left, right))]
        return self.left.inputs[left], self.right.inputs[right], *log_q, hits

    def ranks(self, part):
        """The ranks of held-out partners in the whole catalog, without other known partners, both directions."""
        cases, scores, found = self.rows[self.part == part], self.left.vectors() @ self.right.vectors().T, []
        for matrix, queries, targets, known in (
            (scores, *cases.T, self.rows),
            (scores.T, *cases.T[::-1], self.rows[:, ::-1]),
        ):
            partners = pd.Series(known[:, 1]).groupby(known[:, 0]).apply(list)
            for query, target in zip(queries.tolist(), targets.tolist()):
                others = matrix[query].copy()
                others[partners[query]] = -np.inf
                own = matrix[query, target]
                found.append(1 + (others > own).sum() + (others == own).sum() / 2)
        return found


def loss_of(group, batch):
    left, right, log_q_left, log_q_right, hits = batch
    logits = group.left.tower(left, training=True) @ tf.transpose(group.right.tower(right, training=True)) / TEMPERATURE
    total = 0.0
    for scores, log_q, is_hit in ((logits, log_q_right, hits), (tf.transpose(logits), log_q_left, hits.T)):
        scores = tf.where(is_hit, -1e9, scores - log_q[None, :])
        total += tf.reduce_mean(tf.reduce_logsumexp(scores, axis=1) - tf.linalg.diag_part(scores))
    return total / 2


first = pairs.iloc[0]
left_kind = Kind(first["left_form"], pairs["left"], pairs.loc[is_train, "left"])
kinds, groups = {first["left_kind"]: left_kind}, []
for name, rows in pairs.groupby("right_kind", sort=False):
    learned = rows.loc[rows["part"] == "train", "right"]
    kinds[name] = Kind(rows["right_form"].iloc[0], rows["right"], learned)
    groups.append(Pairs(rows, left_kind, kinds[name]))

variables = [variable for kind in kinds.values() for variable in kind.tower.trainable_variables]
optimizer = keras.optimizers.Adam(LEARNING_RATE)
optimizer.build(variables)
best, best_mrr, since = None, -1.0, 0
for epoch in range(EPOCHS):
    random = np.random.default_rng([SEED, epoch])
    chunks = []
    for group in groups:
        n_batches = max(1, round(len(group.train) / BATCH_SIZE))
        # A kind with few pairs has at least a tenth of the steps of the largest one.
        for _ in range(max(1, round(0.1 * max(len(each.train) for each in groups) / BATCH_SIZE / n_batches))):
            order = random.permutation(len(group.train))
            chunks += [(group, part) for part in np.array_split(order, n_batches) if len(part)]
    losses = []
    for number in random.permutation(len(chunks)):
        group, part = chunks[number]
        with tf.GradientTape() as tape:
            loss = loss_of(group, group.batch(part))
        used = group.left.tower.trainable_variables + group.right.tower.trainable_variables
        optimizer.apply([tf.convert_to_tensor(each) for each in tape.gradient(loss, used)], used)
        losses.append(float(loss))
    ranks = [rank for group in groups for rank in group.ranks("validation")]
    mrr = float(np.mean(1 / np.array(ranks))) if ranks else -np.mean(losses)
    print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, validation MRR {mrr:.4f}")
    if mrr > best_mrr or not PATIENCE:
        best, best_mrr, since = [variable.numpy() for variable in variables], mrr, 0
    else:
        since += 1
    if PATIENCE and since >= PATIENCE:
        break
for variable, value in zip(variables, best):
    variable.assign(value)
ranks = np.array([rank for group in groups for rank in group.ranks("test")])
if len(ranks):
    print(
        f"test MRR {np.mean(1 / ranks):.4f}, recall@1 {np.mean(ranks <= 1):.4f}, recall@10 {np.mean(ranks <= 10):.4f}"
    )
np.savez(
    "vectors.npz",
    kinds=np.array([name for name, kind in kinds.items() for _ in kind.values]),
    values=np.array([value[:200] for kind in kinds.values() for value in kind.values]),
    vectors=np.concatenate([kind.vectors() for kind in kinds.values()]),
)

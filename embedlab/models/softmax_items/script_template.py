"""Softmax over items with Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu pandas scipy
Reads DATA_FILE: columns user, item, weight, part; weight 0 is a rating that does not count as positive.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.sparse import csr_array

# parameters
DATA_FILE = "interactions.csv"
VECTOR_SIZE = 64
HIDDEN_LAYERS = 1
EPOCHS = 100
PATIENCE = 10
REFIT = True
TARGET_SHARE = 0.5
L2 = 0.1
LEARNING_RATE = 0.003
BATCH_SIZE = 64
SOFTMAX = "auto"
MOST_FULL_ITEMS = 50000
N_CANDIDATES = 2000
SEED = 0
# end of parameters

interactions = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str}, keep_default_na=False)
users = interactions["user"].unique()
# Most frequent first, as the sampled softmax needs it.
items = interactions["item"].value_counts(sort=True).index.to_numpy()
interactions["u"] = pd.Categorical(interactions["user"], users).codes
interactions["i"] = pd.Categorical(interactions["item"], items).codes
n_items = len(items)
is_sampled = SOFTMAX == "sampled" or (SOFTMAX == "auto" and n_items > MOST_FULL_ITEMS)


def matrix(*parts):
    rows = interactions[interactions["part"].isin(parts) & (interactions["weight"] > 0)]
    return csr_array((rows["weight"].astype(np.float32), (rows["u"], rows["i"])), shape=(len(users), n_items))


def rated(*parts):
    rows = interactions[interactions["part"].isin(parts)]
    return rows["u"].to_numpy(), rows["i"].to_numpy()


class Network:
    """The items of a list (0 is padding) -> mean of their vectors -> hidden layers -> scores of all items."""

    def __init__(self, chosen):
        self.chosen = self.histories = chosen
        self.learners = np.flatnonzero(np.diff(chosen.indptr) >= 2)
        keras.utils.set_random_seed(SEED)
        layers, small = keras.layers, keras.initializers.RandomNormal(stddev=0.01, seed=SEED)
        lists = keras.Input((None,), dtype="int32")
        weights = keras.Input((None,), dtype="float32")
        self.inputs = layers.Embedding(n_items + 1, VECTOR_SIZE, embeddings_initializer=small)
        hidden = keras.ops.sum(self.inputs(lists) * weights[:, :, None], axis=1)
        for _ in range(HIDDEN_LAYERS):
            hidden = layers.Dense(VECTOR_SIZE, activation="tanh")(hidden)
        self.hidden = keras.Model([lists, weights], hidden)
        vectors = np.random.default_rng(SEED).normal(0, 0.01, (n_items, VECTOR_SIZE))
        self.outputs = keras.Variable(vectors, dtype="float32")
        counts = np.bincount(chosen.indices, minlength=n_items) + 0.5
        self.biases = keras.Variable(np.log(counts / counts.mean()), dtype="float32")
        self.optimizer = keras.optimizers.Adam(LEARNING_RATE)
        self.variables = [*self.hidden.trainable_variables, self.outputs, self.biases]
        self.optimizer.build(self.variables)
        self.l2 = L2 / max(1, len(self.learners))
        self.step = tf.function(self.step, reduce_retracing=True)

    def padded(self, lists, weights):
        """Lists of different lengths as one array, filled with zeros; weights add up to 1."""
        width = max(1, *map(len, lists))
        numbers, shares = np.zeros((len(lists), width), np.int32), np.zeros((len(lists), width), np.float32)
        for row, (one, weight) in enumerate(zip(lists, weights)):
            numbers[row, : len(one)] = one + 1
            shares[row, : len(one)] = weight / max(1e-9, weight.sum())
        return numbers, shares

    def step(self, lists, shares, targets, target_shares, candidates, log_expected, target_log_expected):
        with tf.GradientTape() as tape:
            users = self.hidden([lists, shares])
            outputs, biases = tf.convert_to_tensor(self.outputs), tf.convert_to_tensor(self.biases)
            columns = tf.maximum(targets - 1, 0)
            of_targets = tf.einsum("ud,utd->ut", users, tf.gather(outputs, columns)) + tf.gather(biases, columns)
            if is_sampled:
                of_targets -= target_log_expected
                logits = users @ tf.transpose(tf.gather(outputs, candidates)) + tf.gather(biases, candidates)
                sums = tf.reduce_logsumexp(logits - log_expected, axis=1)[:, None]
                # A target among the candidates is in the sum already.
                is_drawn = tf.reduce_any(columns[:, :, None] == candidates, axis=2)
                both = tf.maximum(sums, of_targets) + tf.math.softplus(-tf.abs(sums - of_targets))
                sums = tf.where(is_drawn, sums, both)
            else:
                sums = tf.reduce_logsumexp(users @ tf.transpose(outputs) + biases, axis=1)[:, None]
            loss = tf.reduce_mean(tf.reduce_sum(target_shares * (sums - of_targets), axis=1))
            tables = tf.reduce_sum(tf.square(self.inputs.embeddings)) + tf.reduce_sum(tf.square(outputs))
            penalized = loss + self.l2 * tables
        gradients = [tf.convert_to_tensor(each) for each in tape.gradient(penalized, self.variables)]
        self.optimizer.apply(gradients, self.variables)
        return loss

    def train_epoch(self, random):
        order, losses = random.permutation(self.learners), []
        for start in range(0, len(order), BATCH_SIZE):
            pairs = []
            for user in order[start : start + BATCH_SIZE]:
                part = slice(self.chosen.indptr[user], self.chosen.indptr[user + 1])
                shuffled = random.permutation(np.arange(part.start, part.stop))[:1000]
                n_targets = int(np.clip(np.round(TARGET_SHARE * len(shuffled)), 1, len(shuffled) - 1))
                pairs.append((shuffled[n_targets:], shuffled[:n_targets]))
            arrays = []
            for side in (0, 1):
                of_users = [pair[side] for pair in pairs]
                arrays += self.padded(
                    [self.chosen.indices[of] for of in of_users], [self.chosen.data[of] for of in of_users]
                )
            drawn = np.exp(random.random(N_CANDIDATES) * np.log(n_items + 1)).astype(np.int64) - 1
            drawn = np.unique(np.clip(drawn, 0, n_items - 1)).astype(np.int32)
            arrays += [drawn, log_expected(drawn), log_expected(np.maximum(arrays[2] - 1, 0))]
            losses.append(float(self.step(*map(tf.constant, arrays))))
        return np.mean(losses)

    def scores(self, rows):
        given = self.histories
        lists = [given.indices[given.indptr[row] : given.indptr[row + 1]] for row in rows]
        weights = [given.data[given.indptr[row] : given.indptr[row + 1]] for row in rows]
        vectors = np.concatenate(
            [
                np.asarray(self.hidden(list(self.padded(lists[start : start + 256], weights[start : start + 256]))))
                for start in range(0, len(rows), 256)
            ]
        )
        found = vectors @ self.outputs.numpy().T + self.biases.numpy()
        found[:, np.bincount(self.chosen.indices, minlength=n_items) == 0] = -np.inf
        return found, vectors


def log_expected(rows):
    share = np.log1p(1 / (rows.astype(np.float64) + 1)) / np.log(n_items + 1)
    return np.log(-np.expm1(N_CANDIDATES * np.log1p(-share))).astype(np.float32)


def ndcg(network, held_out, known):
    """NDCG@10 over the whole catalog, without what the users have rated."""
    rows = np.flatnonzero(np.diff(held_out.indptr))[:3000]
    scores, _ = network.scores(rows)
    place = np.full(len(users), -1)
    place[rows] = np.arange(len(rows))
    is_known = place[known[0]] >= 0
    scores[place[known[0][is_known]], known[1][is_known]] = -np.inf
    discounts, values = 1 / np.log2(np.arange(2, 12)), []
    for row, user in enumerate(rows):
        relevant = held_out.indices[held_out.indptr[user] : held_out.indptr[user + 1]]
        hits = np.isin(np.argsort(-scores[row], kind="stable")[:10], relevant)
        values.append(hits @ discounts[: len(hits)] / discounts[: len(relevant)].sum())
    return float(np.mean(values))


learned = ["train"]
network, random = Network(matrix(*learned)), np.random.default_rng(SEED)
network.histories = matrix("train", "validation_history")
network.hidden.summary()
validation = matrix("validation")
best_epoch, best, best_weights = 0, -1.0, []
for epoch in range(1, EPOCHS + 1):
    loss, found = network.train_epoch(random), 0.0
    if validation.nnz:
        found = ndcg(network, validation, rated("train", "validation_history"))
    print(f"epoch {epoch}: loss {loss:.4f}, validation NDCG@10 {found:.4f}")
    if found > best or not (PATIENCE and validation.nnz):
        best_epoch, best, best_weights = epoch, found, [each.numpy() for each in network.variables]
    elif epoch - best_epoch >= PATIENCE:
        break
if REFIT and validation.nnz:
    learned = ["train", "validation_history", "validation"]
    network = Network(matrix(*learned))
    for _ in range(best_epoch):
        network.train_epoch(random)
else:
    for variable, value in zip(network.variables, best_weights):
        variable.assign(value)
test = matrix("test")
network.histories = matrix(*learned, "test_history")
if test.nnz:
    print("test NDCG@10", ndcg(network, test, rated("train", "validation_history", "validation", "test_history")))
pd.DataFrame(network.outputs.numpy(), index=pd.Index(items, name="key")).to_csv("items.csv")
pd.DataFrame(network.scores(np.arange(len(users)))[1], index=pd.Index(users, name="key")).to_csv("users.csv")

"""The next item of a sequence with Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu pandas
Reads DATA_FILE: columns sequence, item, title, part; rows are in the order of the events.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

# parameters
DATA_FILE = "events.csv"
VECTOR_SIZE = 64
HIDDEN_LAYERS = 1
EPOCHS = 60
PATIENCE = 5
REFIT = True
MAX_LENGTH = 50
DROPOUT = 0.2
LEARNING_RATE = 0.003
BATCH_SIZE = 512
SOFTMAX = "auto"
MOST_FULL_ITEMS = 50000
N_CANDIDATES = 2000
SEED = 0
# end of parameters

events = pd.read_csv(DATA_FILE, dtype={"item": str}, keep_default_na=False)
learned = events[events["part"].isin(["train", "validation"])]
# Most frequent first.
keys = learned["item"].value_counts().index.to_numpy()
row_of = {key: row for row, key in enumerate(keys)}


def lists(*parts):
    chosen = events[events["part"].isin(parts)]
    rows = chosen["item"].map(row_of).fillna(-1).astype(int)
    return rows.groupby(chosen["sequence"]).apply(list).to_dict()


def cases(name):
    histories, targets = lists(f"{name}_history"), lists(f"{name}_target")
    return [(histories[number], target[0]) for number, target in targets.items()]


# Items of a history are left out, unless some come again in the held-out sequences.
held_out = cases("validation") + cases("test")
leave_out = not any(target in history for history, target in held_out)


def evaluate(name, score):
    ranks = []
    for history, target in cases(name):
        known = [item for item in history if item >= 0]
        if target < 0:
            ranks.append(len(keys))
            continue
        scores = score(known).astype(float)
        own = scores[target]
        if leave_out:
            scores[known] = -np.inf
        ranks.append((scores > own).sum() + ((scores == own).sum() - 1) / 2)
    ranks = np.array(ranks)
    means = {"recall@5": ranks < 5, "recall@10": ranks < 10, "mrr": 1 / (ranks + 1)}
    return {name: float(values.mean()) for name, values in means.items()}


is_sampled = SOFTMAX == "sampled" or (SOFTMAX == "auto" and len(keys) > MOST_FULL_ITEMS)
random = np.random.default_rng(SEED)


class Network:
    """The last item and the mean of the history -> context; scores are its products with the same item vectors."""

    def __init__(self, sequences):
        keras.utils.set_random_seed(SEED)
        counts = np.bincount(np.concatenate(list(sequences.values())), minlength=len(keys)) + 0.5
        # Row 0 is padding.
        self.items = keras.layers.Embedding(
            len(keys) + 1, VECTOR_SIZE, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.05)
        )
        self.items.build()
        self.biases = keras.Variable(np.log(counts / counts.mean()).astype("float32"))
        last, mean = keras.Input((VECTOR_SIZE,)), keras.Input((VECTOR_SIZE,))
        dropout, dense = keras.layers.Dropout, keras.layers.Dense
        context = dense(VECTOR_SIZE)(dropout(DROPOUT)(last))
        context = context + dense(VECTOR_SIZE, use_bias=False)(dropout(DROPOUT)(mean))
        hidden = context
        for _ in range(HIDDEN_LAYERS):
            hidden = dense(VECTOR_SIZE, activation="tanh")(dropout(DROPOUT)(hidden))
        if HIDDEN_LAYERS:
            context = context + dense(VECTOR_SIZE)(hidden)
        self.context = keras.Model([last, mean], context)
        self.optimizer = keras.optimizers.Adam(LEARNING_RATE)
        self.variables = [*self.items.trainable_variables, self.biases, *self.context.trainable_variables]
        self.optimizer.build(self.variables)
        self.step = tf.function(self.train_step, reduce_retracing=True)
        pieces = (
            items[start : start + MAX_LENGTH + 1]
            for items in sequences.values()
            for start in range(0, len(items) - 1, MAX_LENGTH)
        )
        self.examples = [(piece[:stop], piece[stop]) for piece in pieces for stop in range(1, len(piece))]

    def contexts(self, histories, training):
        vectors = self.items(histories)
        is_item = tf.cast(histories > 0, tf.float32)
        lengths = tf.maximum(tf.reduce_sum(is_item, axis=1), 1.0)
        mean = tf.reduce_sum(vectors * is_item[..., tf.newaxis], axis=1) / lengths[:, tf.newaxis]
        places = tf.cast(lengths, tf.int32) - 1
        return self.context([tf.gather(vectors, places, batch_dims=1), mean], training=training)

    def train_step(self, histories, targets, candidates, log_expected):
        with tf.GradientTape() as tape:
            contexts = self.contexts(histories, True)
            table, biases = self.items.embeddings[1:], tf.convert_to_tensor(self.biases)
            if is_sampled:
                others = tf.matmul(contexts, tf.gather(table, candidates), transpose_b=True)
                others += tf.gather(biases - log_expected, candidates)
                others = tf.where(targets[:, tf.newaxis] == candidates[tf.newaxis], -1e9, others)
                own = tf.reduce_sum(contexts * tf.gather(table, targets), axis=1)
                own += tf.gather(biases - log_expected, targets)
                logits, labels = tf.concat([own[:, tf.newaxis], others], axis=1), tf.zeros_like(targets)
            else:
                logits, labels = tf.matmul(contexts, table, transpose_b=True) + biases, targets
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        gradients = [tf.convert_to_tensor(each) for each in tape.gradient(loss, self.variables)]
        self.optimizer.apply(gradients, self.variables)
        return loss

    def train_epoch(self):
        share = np.log1p(1 / np.arange(1, len(keys) + 1)) / np.log(len(keys) + 1)
        log_expected = np.log(-np.expm1(N_CANDIDATES * np.log1p(-share))).astype("float32")
        losses, order = [], random.permutation(len(self.examples))
        for start in range(0, len(order), BATCH_SIZE):
            batch = [self.examples[row] for row in order[start : start + BATCH_SIZE]]
            drawn = np.exp(random.random(N_CANDIDATES) * np.log(len(keys) + 1)).astype(int) - 1
            candidates = np.unique(drawn.clip(0, len(keys) - 1)).astype("int32")
            targets = tf.constant([target for _, target in batch], tf.int32)
            losses.append(float(self.step(padded([each for each, _ in batch]), targets, candidates, log_expected)))
        return np.mean(losses)

    def score(self, history):
        context = self.contexts(padded([history[-MAX_LENGTH:]]), False).numpy()[0]
        return self.items.embeddings.numpy()[1:] @ context + self.biases.numpy()


def padded(histories):
    length = max(1, *(len(each) for each in histories))
    return tf.constant([[item + 1 for item in each] + [0] * (length - len(each)) for each in histories], tf.int32)


network = Network(lists("train"))
network.context.summary()
best_epoch, best, best_weights = 0, -1.0, []
for epoch in range(1, EPOCHS + 1):
    loss = network.train_epoch()
    found = evaluate("validation", network.score)["mrr"] if cases("validation") else 0.0
    print(f"epoch {epoch}: loss {loss:.4f}, validation MRR {found:.4f}", flush=True)
    if found > best or not (PATIENCE and cases("validation")):
        best_epoch, best, best_weights = epoch, found, [each.numpy() for each in network.variables]
    elif epoch - best_epoch >= PATIENCE:
        break
if REFIT and cases("validation"):
    network = Network(lists("train", "validation"))
    for _ in range(best_epoch):
        network.train_epoch()
else:
    for variable, value in zip(network.variables, best_weights):
        variable.assign(value)
if cases("test"):
    print("test", evaluate("test", network.score))
pd.DataFrame(network.items.embeddings.numpy()[1:], index=pd.Index(keys, name="key")).to_csv("sequence_items.csv")

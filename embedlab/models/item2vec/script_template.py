"""Item2vec with gensim, as trained by EmbedLab.

Needs: pip install gensim pandas
Reads DATA_FILE: columns sequence, item, title, part; rows are in the order of the events.

The run was trained with EmbedLab's own loop. gensim minimizes the same objective, with other random numbers and one set
of negative samples for each pair instead of each window: equal quality, but different numbers.
"""

import numpy as np
import pandas as pd
from gensim.models import Word2Vec

# parameters
DATA_FILE = "events.csv"
VECTOR_SIZE = 32
EPOCHS = 50
NS_EXPONENT = 0.0
WINDOW = 50
NEGATIVE = 10
SAMPLE = 0.0
ALPHA = 0.025
WORKERS = 1
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


sequences = [[str(item) for item in items] for items in lists("train", "validation").values() if len(items) > 1]
model = Word2Vec(
    sequences,
    vector_size=VECTOR_SIZE,
    epochs=EPOCHS,
    ns_exponent=NS_EXPONENT,
    window=WINDOW,
    negative=NEGATIVE,
    sample=SAMPLE,
    alpha=ALPHA,
    workers=WORKERS,
    seed=SEED,
    sg=1,
    min_count=1,
)
inputs, outputs = np.zeros((len(keys), VECTOR_SIZE)), np.zeros((len(keys), VECTOR_SIZE))
for word, place in model.wv.key_to_index.items():
    inputs[int(word)], outputs[int(word)] = model.wv.vectors[place], model.syn1neg[place]


def score(history):
    """Input times output vectors: the cosine of input vectors says what is similar, not what comes next."""
    return outputs @ inputs[history].mean(axis=0) if history else np.zeros(len(keys))


for name in ("validation", "test"):
    if cases(name):
        print(name, evaluate(name, score))
# One vector per item, for a map: eigenvectors of the symmetric part of the predictions.
orthogonal, triangle = np.linalg.qr(np.hstack([inputs, outputs]))
swapped = np.kron([[0, 0.5], [0.5, 0]], np.eye(VECTOR_SIZE))
values, vectors = np.linalg.eigh(triangle @ swapped @ triangle.T)
largest = np.argsort(-values)[:VECTOR_SIZE]
items = (orthogonal @ vectors[:, largest]) * np.sqrt(np.maximum(values[largest], 0))
pd.DataFrame(items, index=pd.Index(keys, name="key")).to_csv("sequence_items.csv")
pd.DataFrame(inputs, index=pd.Index(keys, name="key")).to_csv("inputs.csv")
pd.DataFrame(outputs, index=pd.Index(keys, name="key")).to_csv("next_items.csv")

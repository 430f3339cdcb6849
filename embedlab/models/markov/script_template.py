"""A Markov chain of items with NumPy, as trained by EmbedLab.

Needs: pip install numpy pandas
Reads DATA_FILE: columns sequence, item, title, part; rows are in the order of the events.
"""

import numpy as np
import pandas as pd

# parameters
DATA_FILE = "events.csv"
SMOOTHINGS = [0.1, 0.5, 2.0, 10.0]
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


def fit(smoothing, *parts):
    steps, counts = {}, np.zeros(len(keys))
    for items in lists(*parts).values():
        np.add.at(counts, items, 1)
        for before, after in zip(items, items[1:]):
            steps.setdefault(before, {}).setdefault(after, 0)
            steps[before][after] += 1
    popularity = counts / counts.sum()

    def score(history):
        following = steps.get(history[-1], {}) if history else {}
        row = np.zeros(len(keys))
        row[list(following)] = list(following.values())
        return (row + smoothing * popularity) / (row.sum() + smoothing)

    return score


best = SMOOTHINGS[0]
if cases("validation"):
    best = max(SMOOTHINGS, key=lambda each: evaluate("validation", fit(each, "train"))["mrr"])
model = fit(best, "train", "validation")
print("smoothing", best)
if cases("test"):
    print("test", evaluate("test", model))
table = pd.DataFrame([model([row]) for row in range(len(keys))], index=pd.Index(keys, name="last"), columns=keys)
table.to_csv("transitions.csv")

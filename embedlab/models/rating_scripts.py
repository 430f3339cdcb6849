"""The script that repeats a matrix factorisation with Keras alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FACTORIZATION = '''"""Matrix factorisation with Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu pandas
Reads {data_file!r} with the columns user, item, rating and part (train, validation or test).
"""

import keras
import numpy as np
import pandas as pd

ratings = pd.read_csv({data_file!r}, dtype={{"user": str, "item": str}}, keep_default_na=False)
users, items = ratings["user"].unique(), ratings["item"].unique()
ratings["u"] = pd.Categorical(ratings["user"], users).codes
ratings["i"] = pd.Categorical(ratings["item"], items).codes
parts = {{part: ratings[ratings["part"] == part] for part in ("train", "validation", "test")}}
train = parts["train"]
mean, spread = train["rating"].mean(), train["rating"].std(ddof=0) or 1.0


def inputs(part):
    return [part["u"].to_numpy(np.int32), part["i"].to_numpy(np.int32)]


def targets(part):
    return ((part["rating"] - mean) / spread).to_numpy(np.float32)


def normal(seed):
    return keras.initializers.RandomNormal(stddev=0.05, seed=seed)


def table(rows, columns, l2, name, initializer):
    regularizer = keras.regularizers.L2(l2 / len(train)) if l2 > 0 else None
    return keras.layers.Embedding(
        rows, columns, embeddings_initializer=initializer, embeddings_regularizer=regularizer, name=name
    )


keras.utils.set_random_seed({seed})
user, item = keras.Input((), dtype="int32", name="user"), keras.Input((), dtype="int32", name="item")
user_factors = table(len(users), {n_factors}, {l2}, "user_factors", normal({seed_users}))
item_factors = table(len(items), {n_factors}, {l2}, "item_factors", normal({seed_items}))
output = keras.layers.Dot(axes=1)([user_factors(user), item_factors(item)])
{bias_lines}model = keras.Model([user, item], output)
model.summary()
model.compile(optimizer=keras.optimizers.Adam({learning_rate}), loss="mse", metrics=["mse"])
model.fit(
    inputs(train),
    targets(train),
    batch_size={batch_size},
    epochs={epochs},
    validation_data=(inputs(parts["validation"]), targets(parts["validation"])),
    callbacks=[{callbacks}],
    verbose=2,
)

# What the training has not seen adds nothing to the mean.
for layer in model.layers:
    if layer.name.startswith(("user_", "item_")):
        seen = np.zeros(layer.input_dim, bool)
        seen[train["u" if layer.name.startswith("user_") else "i"]] = True
        layer.set_weights([layer.get_weights()[0] * seen[:, None]])

test = parts["test"]
if len(test):
    predicted = mean + spread * model.predict(inputs(test), batch_size=8192, verbose=0)[:, 0]
    known = ratings.loc[ratings["part"] != "test", "rating"]
    predicted = np.clip(predicted, known.min(), known.max())
    print("test RMSE", float(np.sqrt(np.mean((predicted - test["rating"]) ** 2))))

for name, keys, layer in (("users", users, user_factors), ("items", items, item_factors)):
    pd.DataFrame(layer.get_weights()[0], index=pd.Index(keys, name="key")).to_csv(f"{{name}}.csv")
'''

_BIASES = """output = keras.layers.Add()(
    [
        output,
        table(len(users), 1, {l2_biases}, "user_biases", "zeros")(user),
        table(len(items), 1, {l2_biases}, "item_biases", "zeros")(item),
    ]
)
"""
_STOPPING = 'keras.callbacks.EarlyStopping("val_mse", patience={patience}, restore_best_weights=True)'


def factorization_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `MatrixFactorizationParameters`."""
    return _FACTORIZATION.format(
        **values,
        data_file=data_file,
        seed_users=2 * values["seed"],
        seed_items=2 * values["seed"] + 1,
        bias_lines=_BIASES.format(**values) if values["biases"] else "",
        callbacks=_STOPPING.format(**values) if values["patience"] else "",
    )

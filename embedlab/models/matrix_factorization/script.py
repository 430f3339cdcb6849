"""The script that repeats a matrix factorization with Keras alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.models.shared.rating_biases import STRENGTHS

_FACTORIZATION = '''"""Matrix factorization with Keras, as trained by EmbedLab.

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
known = ratings.loc[ratings["part"] != "test", "rating"]
lowest, highest = known.min(), known.max()


def inputs(part):
    return [part["u"].to_numpy(np.int32), part["i"].to_numpy(np.int32)]


def squared_errors(predicted, part):
    return ((np.clip(predicted, lowest, highest) - part["rating"]) ** 2).to_numpy()


def normal(seed):
    return keras.initializers.RandomNormal(stddev=0.05, seed=seed)


def table(rows, columns, strength, name, initializer):
    regularizer = keras.regularizers.L2(strength) if strength > 0 else None
    return keras.layers.Embedding(
        rows, columns, embeddings_initializer=initializer, embeddings_regularizer=regularizer, name=name
    )

{bias_functions}
class Training:
    """The network for the ratings of `learned`, with biases in closed form to start from."""

    def __init__(self, learned{strength_arguments}):
        self.learned = learned
        self.mean, self.spread = learned["rating"].mean(), learned["rating"].std(ddof=0) or 1.0
        n = len(learned)
        keras.utils.set_random_seed({seed})
        user, item = keras.Input((), dtype="int32", name="user"), keras.Input((), dtype="int32", name="item")
        user_factors = table(len(users), {n_factors}, {l2} / n, "user_factors", normal({seed_users}))
        item_factors = table(len(items), {n_factors}, {l2} / n, "item_factors", normal({seed_items}))
        output = keras.layers.Dot(axes=1)([user_factors(user), item_factors(item)])
{bias_layers}        self.model = keras.Model([user, item], output)
        self.model.compile(optimizer=keras.optimizers.Adam({learning_rate}), loss="mse", metrics=["mse"])

    def targets(self, part):
        return ((part["rating"] - self.mean) / self.spread).to_numpy(np.float32)

    def fit(self, epochs, **more):
        return self.model.fit(
            inputs(self.learned),
            self.targets(self.learned),
            batch_size={batch_size},
            epochs=epochs,
            verbose=2,
            **more,
        )

    def forget_unseen(self, *also):
        """Zero the rows of users and items without ratings here: they add nothing to the mean."""
        for layer in self.model.layers:
            if layer.name.startswith(("user_", "item_")):
                seen = np.zeros(layer.input_dim, bool)
                seen[self.learned["u" if layer.name.startswith("user_") else "i"]] = layer.name not in also
                layer.set_weights([layer.get_weights()[0] * seen[:, None]])

    def predict(self, part):
        return self.mean + self.spread * self.model.predict(inputs(part), batch_size=8192, verbose=0)[:, 0]


{choice}training = Training(parts["train"]{strength_values})
training.model.summary()
validation = parts["validation"]
history = training.fit(
    {epochs},
    validation_data=(inputs(validation), training.targets(validation)),
    callbacks=[{callbacks}],
)
{best_epoch}
{again}training.forget_unseen()
for side, keys in (("user", users), ("item", items)):
    vectors = training.model.get_layer(f"{{side}}_factors").get_weights()[0]
    seen = np.isin(np.arange(len(keys)), training.learned["u" if side == "user" else "i"])
    pd.DataFrame(vectors[seen], index=pd.Index(keys[seen], name="key")).to_csv(f"{{side}}s.csv")
{biases_alone}
test = parts["test"]
if len(test):
    print("test RMSE", float(np.sqrt(squared_errors(training.predict(test), test).mean())))
'''

_BIAS_FUNCTIONS = '''
def fit_biases(part, targets, user_strength, item_strength):
    """Minimize sum (t - b_u - b_i)^2 + user_strength |b_u|^2 + item_strength |b_i|^2 by alternating least squares."""
    u, i, n_u, n_i = part["u"].to_numpy(), part["i"].to_numpy(), len(users), len(items)
    user_weight = np.maximum(np.bincount(u, minlength=n_u) + user_strength, 1e-12)
    item_weight = np.maximum(np.bincount(i, minlength=n_i) + item_strength, 1e-12)
    b_u, b_i = np.zeros(n_u), np.zeros(n_i)
    for _ in range(100):
        b_i = np.bincount(i, targets - b_u[u], n_i) / item_weight
        b_u, before = np.bincount(u, targets - b_i[i], n_u) / user_weight, b_u
        if np.abs(b_u - before).max() < 1e-6:
            break
    return b_u, b_i

'''

_BIAS_LAYERS = """        user_biases = table(len(users), 1, user_strength / n, "user_biases", "zeros")
        item_biases = table(len(items), 1, item_strength / n, "item_biases", "zeros")
        output = keras.layers.Add()([output, user_biases(user), item_biases(item)])
        self.biases = fit_biases(learned, self.targets(learned).astype(float), user_strength, item_strength)
        user_biases.set_weights([self.biases[0][:, None]])
        item_biases.set_weights([self.biases[1][:, None]])
"""

_CHOICE = """
def squared_error(learned, judged, user_strength, item_strength):
    mean = learned["rating"].mean()
    b_u, b_i = fit_biases(learned, (learned["rating"] - mean).to_numpy(), user_strength, item_strength)
    return float(((judged["rating"] - mean - b_u[judged["u"]] - b_i[judged["i"]]) ** 2).sum())


# Strengths of the biases: one side at a time, twice; where the validation part is small, held-out tenths help.
rng = np.random.default_rng({seed})
train, folds = parts["train"], []
if len(parts["validation"]):
    folds.append((train, parts["validation"]))
while len(folds) < 8 and sum(len(judged) for _, judged in folds) < 20_000:
    is_judged = rng.permutation(len(train)) < 0.1 * len(train)
    folds.append((train[~is_judged], train[is_judged]))
candidates = {strengths}
for_users, for_items = {for_users}, {for_items}
user_strength, item_strength = {first_user}, {first_item}
for _ in range(2):
    item_strength = min(for_items, key=lambda one: sum(squared_error(*fold, user_strength, one) for fold in folds))
    user_strength = min(for_users, key=lambda one: sum(squared_error(*fold, one, item_strength) for fold in folds))
print("L2 of biases: users", user_strength, "items", item_strength)

"""
_STOPPING = 'keras.callbacks.EarlyStopping("val_mse", patience={patience}, restore_best_weights=True)'
_BEST_EPOCH = """best_epoch = int(np.argmin(history.history["val_mse"])) + 1
training.forget_unseen()
best = squared_errors(training.predict(validation), validation)
"""
_LAST_EPOCH = "best_epoch = {epochs}\n"
_REFIT = """
# The validation part has done its work: learn from it too, for the chosen number of epochs.
if len(validation):
    learned = ratings[ratings["part"].isin(["train", "validation"])]
    training = Training(learned{strength_values})
    training.fit(best_epoch)
"""
_BIASES_ALONE = """
# Unless factors are better on the validation part than the biases alone, by one standard error, the biases predict.
first = Training(parts["train"]{strength_values})
first.forget_unseen("user_factors", "item_factors")
gain = squared_errors(first.predict(validation), validation) - best
if gain.mean() <= gain.std() / np.sqrt(len(gain)):
    training = Training(training.learned{strength_values})
    training.forget_unseen("user_factors", "item_factors")
"""


def factorization_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `MatrixFactorizationParameters`."""
    biases = values["biases"]
    strengths = [values["l2_biases_users"], values["l2_biases_items"]]
    is_chosen = biases and None in strengths
    names = ["user_strength", "item_strength"] if is_chosen else [repr(strength) for strength in strengths]
    strength_values = ", " + ", ".join(names) if biases else ""
    choice = _CHOICE.format(
        seed=values["seed"],
        strengths=STRENGTHS,
        for_users="candidates" if strengths[0] is None else f"[{strengths[0]}]",
        for_items="candidates" if strengths[1] is None else f"[{strengths[1]}]",
        first_user=5.0 if strengths[0] is None else strengths[0],
        first_item=5.0 if strengths[1] is None else strengths[1],
    )
    return _FACTORIZATION.format(
        **values,
        data_file=data_file,
        seed_users=2 * values["seed"],
        seed_items=2 * values["seed"] + 1,
        bias_functions=_BIAS_FUNCTIONS if biases else "",
        strength_arguments=", user_strength, item_strength" if biases else "",
        strength_values=strength_values,
        bias_layers=_BIAS_LAYERS if biases else "",
        choice=choice if is_chosen else "",
        callbacks=_STOPPING.format(**values) if values["patience"] else "",
        best_epoch=_BEST_EPOCH if values["patience"] else _LAST_EPOCH.format(**values),
        again=_REFIT.format(strength_values=strength_values) if values["refit"] else "",
        biases_alone=_BIASES_ALONE.format(strength_values=strength_values) if values["patience"] else "",
    )

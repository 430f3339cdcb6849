"""Matrix factorization with Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu pandas
Reads DATA_FILE with the columns user, item, rating and part (train, validation or test).
"""

import keras
import numpy as np
import pandas as pd

# parameters
DATA_FILE = "ratings.csv"
N_FACTORS = 16
EPOCHS = 40
PATIENCE = 3
L2_USERS = 5.0
L2_ITEMS = 5.0
L2_UNIT = "ratings"
NU = 0.0
INITIALIZER = "normal"
L2_BIASES_USERS = None
L2_BIASES_ITEMS = None
STRENGTHS = (0.5, 5.0, 50.0)
LEARNING_RATE = 0.005
BATCH_SIZE = 1000
SEED = 0
# end of parameters

ratings = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str}, keep_default_na=False)
users, items = ratings["user"].unique(), ratings["item"].unique()
ratings["u"] = pd.Categorical(ratings["user"], users).codes
ratings["i"] = pd.Categorical(ratings["item"], items).codes
parts = {part: ratings[ratings["part"] == part] for part in ("train", "validation", "test")}
known = ratings.loc[ratings["part"].isin(["train", "validation_history", "validation"]), "rating"]
lowest, highest = known.min(), known.max()


def inputs(part):
    return [part["u"].to_numpy(np.int32), part["i"].to_numpy(np.int32)]


def squared_errors(predicted, part):
    return ((np.clip(predicted, lowest, highest) - part["rating"]) ** 2).to_numpy()


def initial(seed):
    if INITIALIZER == "glorot_uniform":
        return keras.initializers.GlorotUniform(seed=seed)
    return keras.initializers.RandomNormal(stddev=0.05, seed=seed)


def table(rows, columns, strength, name, initializer, counts=None):
    """An Embedding whose L2 regularization grows with the number of ratings of a row to the power NU."""
    regularizer = keras.regularizers.L2(strength) if strength > 0 else None
    # section nu
    if counts is not None and strength > 0:
        weights = (strength * np.maximum(counts, 1.0) ** NU).astype(np.float32)[:, None]

        def regularizer(rows):
            return keras.ops.sum(weights * keras.ops.square(rows))

    # end of section
    return keras.layers.Embedding(
        rows, columns, embeddings_initializer=initializer, embeddings_regularizer=regularizer, name=name
    )


# section biases
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


user_strength, item_strength = L2_BIASES_USERS, L2_BIASES_ITEMS


# end of section
# section strengths_chosen
def squared_error(train, held_out, user_strength, item_strength):
    mean = train["rating"].mean()
    b_u, b_i = fit_biases(train, (train["rating"] - mean).to_numpy(), user_strength, item_strength)
    return float(((held_out["rating"] - mean - b_u[held_out["u"]] - b_i[held_out["i"]]) ** 2).sum())


# Regularization strengths of the biases, one side at a time, twice. A small validation part is supplemented by
# held-out tenths of the training part.
rng = np.random.default_rng(SEED)
train, folds = parts["train"], []
if len(parts["validation"]):
    folds.append((train, parts["validation"]))
while len(folds) < 8 and sum(len(held_out) for _, held_out in folds) < 20_000:
    is_held_out = rng.permutation(len(train)) < 0.1 * len(train)
    folds.append((train[~is_held_out], train[is_held_out]))
for_users = STRENGTHS if L2_BIASES_USERS is None else [L2_BIASES_USERS]
for_items = STRENGTHS if L2_BIASES_ITEMS is None else [L2_BIASES_ITEMS]
user_strength = 5.0 if L2_BIASES_USERS is None else L2_BIASES_USERS
item_strength = 5.0 if L2_BIASES_ITEMS is None else L2_BIASES_ITEMS
for _ in range(2):
    item_strength = min(for_items, key=lambda one: sum(squared_error(*fold, user_strength, one) for fold in folds))
    user_strength = min(for_users, key=lambda one: sum(squared_error(*fold, one, item_strength) for fold in folds))
print("L2 of biases: users", user_strength, "items", item_strength)


# end of section
class Training:
    """The network for the ratings in `data`; biases start from their closed-form solution."""

    def __init__(self, data):
        self.data = data
        self.mean, self.spread = data["rating"].mean(), data["rating"].std(ddof=0) or 1.0
        n = len(data)
        keras.utils.set_random_seed(SEED)
        user, item = keras.Input((), dtype="int32", name="user"), keras.Input((), dtype="int32", name="item")
        unit = 1 if L2_UNIT == "keras" else 1 / n
        n_u = np.bincount(data["u"], minlength=len(users))
        n_i = np.bincount(data["i"], minlength=len(items))
        user_factors = table(len(users), N_FACTORS, L2_USERS * unit, "user_factors", initial(2 * SEED), n_u)
        item_factors = table(len(items), N_FACTORS, L2_ITEMS * unit, "item_factors", initial(2 * SEED + 1), n_i)
        output = keras.layers.Dot(axes=1)([user_factors(user), item_factors(item)])
        # section biases
        user_biases = table(len(users), 1, user_strength / n, "user_biases", "zeros")
        item_biases = table(len(items), 1, item_strength / n, "item_biases", "zeros")
        output = keras.layers.Add()([output, user_biases(user), item_biases(item)])
        b_u, b_i = fit_biases(data, self.targets(data).astype(float), user_strength, item_strength)
        user_biases.set_weights([b_u[:, None]])
        item_biases.set_weights([b_i[:, None]])
        # end of section
        self.model = keras.Model([user, item], output)
        self.model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss="mse", metrics=["mse"])

    def targets(self, part):
        return ((part["rating"] - self.mean) / self.spread).to_numpy(np.float32)

    def fit(self, epochs, **more):
        return self.model.fit(
            inputs(self.data),
            self.targets(self.data),
            batch_size=BATCH_SIZE,
            epochs=epochs,
            verbose=2,
            **more,
        )

    def zero_unseen(self, *layers):
        """Zero the rows of users and items without ratings in the data, and whole layers by name."""
        for layer in self.model.layers:
            if layer.name.startswith(("user_", "item_")):
                seen = np.zeros(layer.input_dim, bool)
                seen[self.data["u" if layer.name.startswith("user_") else "i"]] = layer.name not in layers
                layer.set_weights([layer.get_weights()[0] * seen[:, None]])

    def predict(self, part):
        return self.mean + self.spread * self.model.predict(inputs(part), batch_size=8192, verbose=0)[:, 0]


training = Training(parts["train"])
training.model.summary()
validation = parts["validation"]
history = training.fit(
    EPOCHS,
    validation_data=(inputs(validation), training.targets(validation)),
    # section patience
    callbacks=[keras.callbacks.EarlyStopping("val_mse", patience=PATIENCE, restore_best_weights=True)],
    # end of section
)
# section patience
best_epoch = int(np.argmin(history.history["val_mse"])) + 1
training.zero_unseen()
best = squared_errors(training.predict(validation), validation)
# end of section
# section not patience
best_epoch = EPOCHS
# end of section

# section refit
# Train again on training + validation data, for the chosen number of epochs.
if len(validation):
    training = Training(ratings[ratings["part"].isin(["train", "validation_history", "validation"])])
    training.fit(best_epoch)
# end of section
training.zero_unseen()
for side, keys in (("user", users), ("item", items)):
    vectors = training.model.get_layer(f"{side}_factors").get_weights()[0]
    seen = np.isin(np.arange(len(keys)), training.data["u" if side == "user" else "i"])
    pd.DataFrame(vectors[seen], index=pd.Index(keys[seen], name="key")).to_csv(f"{side}s.csv")

# section patience
# Predict with the biases only, unless factors are better on the validation part by one standard error.
first = Training(parts["train"])
first.zero_unseen("user_factors", "item_factors")
gain = squared_errors(first.predict(validation), validation) - best
if gain.mean() <= gain.std() / np.sqrt(len(gain)):
    training = Training(training.data)
    training.zero_unseen("user_factors", "item_factors")

# end of section
test = parts["test"]
if len(test):
    print("test RMSE", float(np.sqrt(squared_errors(training.predict(test), test).mean())))

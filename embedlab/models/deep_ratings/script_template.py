"""Deep ratings with Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu pandas
Reads DATA_FILE with the columns user, item, rating and part (train, validation or test).
"""

import keras
import numpy as np
import pandas as pd

# parameters
DATA_FILE = "ratings.csv"
N_FACTORS = 8
HIDDEN_UNITS = [32, 4]
EPOCHS = 40
PATIENCE = 5
L2 = 5.0
L2_UNIT = "ratings"
L2_ITEM_BIASES = 3.0
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
keras.utils.set_random_seed(SEED)


def inputs(part):
    return [part["u"].to_numpy(np.int32), part["i"].to_numpy(np.int32)]


def table(rows, columns, strength, initializer, name):
    regularizer = keras.regularizers.L2(strength) if strength > 0 else None
    return keras.layers.Embedding(
        rows, columns, embeddings_initializer=initializer, embeddings_regularizer=regularizer, name=name
    )


# section fitted_biases
def fitted_biases(part, targets):
    """Minimize sum (t - b_u - b_i)^2 + 5 |b_u|^2 + L2_ITEM_BIASES |b_i|^2; return b_i."""
    u, i, n_u, n_i = part["u"].to_numpy(), part["i"].to_numpy(), len(users), len(items)
    user_weight = np.bincount(u, minlength=n_u) + 5.0
    item_weight = np.maximum(np.bincount(i, minlength=n_i) + L2_ITEM_BIASES, 1e-12)
    b_u, b_i = np.zeros(n_u), np.zeros(n_i)
    for _ in range(100):
        b_i = np.bincount(i, targets - b_u[u], n_i) / item_weight
        b_u = np.bincount(u, targets - b_i[i], n_u) / user_weight
    return b_i


# end of section
class Training:
    """The network for the ratings in `data`."""

    def __init__(self, data):
        self.data = data
        self.mean, self.spread = data["rating"].mean(), data["rating"].std(ddof=0) or 1.0
        l2 = L2 if L2_UNIT == "keras" else L2 / len(data)
        layers = keras.layers
        user, item = keras.Input((), dtype="int32"), keras.Input((), dtype="int32")
        p = table(len(users), N_FACTORS, l2, "uniform", "user_factors")(user)
        q = table(len(items), N_FACTORS, l2, "uniform", "item_factors")(item)
        hidden = layers.Concatenate()([p, q])
        for units in HIDDEN_UNITS:
            hidden = layers.Dense(units, activation="relu")(hidden)
        output = layers.Dense(1)(hidden)
        # section item_biases
        item_biases = table(len(items), 1, L2_ITEM_BIASES / len(data), "zeros", "item_biases")
        output = layers.Add()([output, item_biases(item)])
        # section fitted_biases
        item_biases.set_weights([fitted_biases(data, self.targets(data))[:, None]])
        # end of section
        # end of section
        self.model = keras.Model([user, item], output)
        self.model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss="mse", metrics=["mse"])

    def targets(self, part):
        return ((part["rating"] - self.mean) / self.spread).to_numpy(np.float32)

    def fit(self, epochs, **more):
        data, targets = inputs(self.data), self.targets(self.data)
        return self.model.fit(data, targets, batch_size=BATCH_SIZE, epochs=epochs, verbose=2, **more)

    def rmse(self, part):
        """Users and items without ratings in the data have zero vectors and no bias."""
        for layer in self.model.layers:
            if layer.name.startswith(("user_", "item_")):
                seen = np.zeros(layer.input_dim, bool)
                seen[self.data["u" if layer.name.startswith("user_") else "i"]] = True
                layer.set_weights([layer.get_weights()[0] * seen[:, None]])
        predicted = self.mean + self.spread * self.model.predict(inputs(part), batch_size=8192, verbose=0)[:, 0]
        return float(np.sqrt(np.mean((np.clip(predicted, lowest, highest) - part["rating"]) ** 2)))


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
if len(parts["test"]):
    print("test RMSE", training.rmse(parts["test"]))
for side, keys in (("user", users), ("item", items)):
    vectors = training.model.get_layer(f"{side}_factors").get_weights()[0]
    pd.DataFrame(vectors, index=pd.Index(keys, name="key")).to_csv(f"{side}s.csv")

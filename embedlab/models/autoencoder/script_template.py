"""An autoencoder with Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu scikit-learn pandas
Reads DATA_FILE with the columns key, part (train, validation or test), and the columns of numbers.
"""

import keras
import numpy as np
import pandas as pd
from sklearn.preprocessing import RobustScaler, StandardScaler

# parameters
DATA_FILE = "rows.csv"
VECTOR_SIZE = 8
HIDDEN_UNITS = [64]
ACTIVATION = "relu"
NOISE = 0.0
EPOCHS = 200
PATIENCE = 10
L2 = 0.0
LEARNING_RATE = 0.005
BATCH_SIZE = 128
SCALING = "mean_std"
SEED = 0
# end of parameters

table = pd.read_csv(DATA_FILE, dtype={0: str, 1: str}, keep_default_na=False, na_values=[""])
keys, part = table.iloc[:, 0], table.iloc[:, 1].to_numpy()
values = table.iloc[:, 2:].to_numpy(np.float64)
values[~np.isfinite(values)] = np.nan


class Training:
    """The network for the rows that `is_used` marks; missing values are not reconstructed."""

    def __init__(self, is_used):
        keras.utils.set_random_seed(SEED)
        self.is_used = is_used
        scaler = StandardScaler() if SCALING == "mean_std" else RobustScaler(unit_variance=True)
        scaler.fit(values[is_used])
        self.rows = np.nan_to_num(scaler.transform(values), nan=0.0).astype(np.float32)
        layers = keras.layers
        regularizer = keras.regularizers.L2(L2) if L2 > 0 else None
        row = keras.Input((self.rows.shape[1],))
        hidden = row
        # section noise
        hidden = layers.GaussianNoise(NOISE)(hidden)
        # end of section
        for units in HIDDEN_UNITS:
            hidden = layers.Dense(units, activation=ACTIVATION, kernel_regularizer=regularizer)(hidden)
        code = hidden = layers.Dense(VECTOR_SIZE, kernel_regularizer=regularizer)(hidden)
        for units in reversed(HIDDEN_UNITS):
            hidden = layers.Dense(units, activation=ACTIVATION, kernel_regularizer=regularizer)(hidden)
        output = layers.Dense(self.rows.shape[1], kernel_regularizer=regularizer)(hidden)
        self.model, self.encoder = keras.Model(row, output), keras.Model(row, code)
        self.model.compile(keras.optimizers.Adam(LEARNING_RATE), loss=known_squared_error)

    def targets(self, is_chosen):
        """NaN marks what is not reconstructed."""
        return np.where(np.isfinite(values[is_chosen]), self.rows[is_chosen], np.nan)

    def fit(self, epochs, callbacks, validation=None):
        rows, targets = self.rows[self.is_used], self.targets(self.is_used)
        more = {} if validation is None else {"validation_data": (self.rows[validation], self.targets(validation))}
        return self.model.fit(
            rows, targets, batch_size=BATCH_SIZE, epochs=epochs, callbacks=callbacks, verbose=2, **more
        )


def known_squared_error(targets, outputs):
    is_known = keras.ops.logical_not(keras.ops.isnan(targets))
    errors = keras.ops.where(is_known, outputs - keras.ops.where(is_known, targets, 0.0), 0.0)
    return keras.ops.sum(errors**2) / keras.ops.maximum(1.0, keras.ops.sum(keras.ops.cast(is_known, "float32")))


training, validation = Training(part == "train"), part == "validation"
callbacks = [keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=3, min_lr=LEARNING_RATE / 1000)]
# section patience
callbacks.append(keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE, restore_best_weights=True))
# end of section
history = training.fit(EPOCHS, callbacks, validation)
best_epoch = len(history.history["loss"])
# section patience
best_epoch = int(np.argmin(history.history["val_loss"])) + 1
# end of section
# section refit
# Train again on training + validation rows, with the same learning rates.
rates = history.history["learning_rate"]
training = Training(part != "test")
training.fit(best_epoch, [keras.callbacks.LearningRateScheduler(lambda epoch: float(rates[epoch]))])
# end of section

test = part == "test"
errors = training.model.predict(training.rows[test], verbose=0) - training.targets(test)
explained = 1 - np.nansum(errors**2) / np.nansum(training.targets(test) ** 2)
print(f"{explained:.1%} of the variance of {test.sum()} held-out rows explained")
vectors = training.encoder.predict(training.rows, verbose=0)
vectors -= vectors[part != "test"].mean(axis=0)
np.savez("vectors.npz", keys=keys.to_numpy(str), vectors=vectors)
print(len(vectors), "rows in vectors.npz")

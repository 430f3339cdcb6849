"""An image classifier with Keras, as trained by EmbedLab.

Needs: pip install keras tensorflow-cpu pandas
Reads DATA_FILE: an .npz file with the arrays pixels (n, height, width, channels), labels (text) and parts (train,
validation or test; empty for images that belong to no part).
"""

import keras
import numpy as np
import pandas as pd

# parameters
DATA_FILE = "images.npz"
VECTOR_SIZE = 2
FILTERS = 16
KERNEL_SIZE = 3
HIDDEN_UNITS = 128
DROPOUT = 0.1
LEARNING_RATE = 0.002
BATCH_SIZE = 32
EPOCHS = 100
PATIENCE = 8
SEED = 0
# end of parameters

data = np.load(DATA_FILE, allow_pickle=False)
pixels, labels, parts = data["pixels"], data["labels"], data["parts"]
classes = data["classes"]
targets = np.array([np.flatnonzero(classes == label)[0] if label else -1 for label in labels])
layers = keras.layers
keras.utils.set_random_seed(SEED)


def part(name):
    return pixels[parts == name], targets[parts == name]


inputs = keras.Input(pixels.shape[1:])
hidden = layers.Rescaling(1 / 255)(inputs)
# section convolution
hidden = layers.Conv2D(FILTERS, KERNEL_SIZE, activation="relu", padding="same")(hidden)
hidden = layers.MaxPooling2D(2, padding="same")(hidden)
# end of section
hidden = layers.Flatten()(hidden)
# section hidden_units
hidden = layers.Dense(HIDDEN_UNITS, activation="relu")(hidden)
# end of section
# section dropout
hidden = layers.Dropout(DROPOUT)(hidden)
# end of section
vectors = layers.Dense(VECTOR_SIZE)(hidden)
log_odds = layers.Dense(len(classes), use_bias=False)(vectors)
model = keras.Model(inputs, log_odds)
model.compile(
    optimizer=keras.optimizers.Adam(LEARNING_RATE),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.summary()
model.fit(
    *part("train"),
    batch_size=BATCH_SIZE,
    epochs=EPOCHS,
    validation_data=part("validation"),
    # section patience
    callbacks=[keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE, restore_best_weights=True)],
    # end of section
    verbose=2,
)
test_pixels, test_targets = part("test")
predicted = model.predict(test_pixels, verbose=0).argmax(axis=1)
print("test accuracy", float((predicted == test_targets).mean()))
embedding = keras.Model(inputs, vectors).predict(pixels, verbose=0)
pd.DataFrame(embedding, index=pd.Index(data["keys"], name="image")).to_csv("images.csv")
model.save("classifier.keras")

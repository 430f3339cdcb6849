"""The network in Keras: an `Embedding` for each category and text, numbers, and dense layers to the target.

TensorFlow is imported only inside functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.models.entity_embeddings.features import PADDING, Features

Floats = npt.NDArray[np.float32]


def hidden_name(number: int) -> str:
    """Return the name of a hidden layer, from 1."""
    return f"hidden_layer_{number}"


#: Names that no embedding has: those of embeddings come from columns and never end like this.
OUTPUT = "output_layer"


def table_name(embedding: str) -> str:
    """Return the name of the layer of an embedding."""
    return f"{embedding}_vectors"


def build_network(
    features: Features,
    *,
    sizes: Mapping[str, int],
    hidden_units: Sequence[int],
    dropout: float,
    word_dropout: float,
    n_outputs: int,
    start: Mapping[str, Floats],
    frozen: bool,
    seed: int,
) -> Any:
    """Build the network `(categories, numbers, texts) -> target`.

    Parameters
    ----------
    features
        The inputs.
    sizes
        Vector size of each embedding, by its name.
    hidden_units
        Units of each hidden layer; the output layer also sees their inputs.
    dropout, word_dropout
        Dropout rates after hidden layers, and of the words of texts.
    n_outputs
        1 for a number (standardized), else the number of classes (log-odds).
    start
        Initial tables of words, by the name of the embedding; random numbers for the others.
    frozen
        Whether the tables in `start` are not trained.

    Returns
    -------
    A `keras.Model` with the inputs of `Encoded`: those that are not empty.
    """
    import keras

    layers, ops = keras.layers, keras.ops
    inputs, parts = [], []
    if features.categories:
        categories = keras.Input((len(features.categories),), dtype="int32", name="categories")
        inputs.append(categories)
        for place, feature in enumerate(features.categories):
            initial = keras.initializers.RandomUniform(-0.05, 0.05, seed=100 * seed + place)
            table = layers.Embedding(
                feature.input_dim, sizes[feature.name], embeddings_initializer=initial, name=table_name(feature.name)
            )
            parts.append(table(categories[:, place]))
    if features.numbers:
        numbers = keras.Input((features.n_numbers,), name="numbers")
        inputs.append(numbers)
        parts.append(numbers)
    for place, text in enumerate(features.texts):
        words = keras.Input((text.length,), dtype="int32", name=f"{text.name}_input")
        inputs.append(words)
        is_given = text.name in start
        table = layers.Embedding(
            text.input_dim,
            sizes[text.name],
            embeddings_initializer=keras.initializers.RandomUniform(-0.05, 0.05, seed=100 * seed + 50 + place),
            trainable=not (is_given and frozen),
            name=table_name(text.name),
        )
        vectors = table(words)
        if is_given:
            # An initializer with the vectors would be saved in the network file as text.
            table.set_weights([start[text.name]])
        mask = ops.expand_dims(ops.cast(ops.not_equal(words, PADDING), "float32"), -1)
        if word_dropout > 0:
            mask = layers.Dropout(word_dropout, seed=100 * seed + 60 + place, name=f"{text.name}_dropout")(mask)
        parts.append(ops.divide(ops.sum(vectors * mask, axis=1), ops.maximum(ops.sum(mask, axis=1), 1.0)))
    joined = layers.Concatenate(name="inputs")(parts) if len(parts) > 1 else parts[0]
    hidden = joined
    for number, units in enumerate(hidden_units, 1):
        initial = keras.initializers.GlorotUniform(seed=100 * seed + 80 + number)
        hidden = layers.Dense(units, activation="relu", kernel_initializer=initial, name=hidden_name(number))(hidden)
        if dropout > 0:
            hidden = layers.Dropout(dropout, seed=100 * seed + number, name=f"dropout_{number}")(hidden)
    last = layers.Concatenate(name="last")([hidden, joined]) if hidden_units else joined
    initial = keras.initializers.GlorotUniform(seed=100 * seed + 99)
    output = layers.Dense(n_outputs, kernel_initializer=initial, name=OUTPUT)(last)
    return keras.Model(inputs, output, name="entity_embeddings")

"""The Keras network of deep ratings. TensorFlow is imported only inside functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from embedlab.models.shared.keras_steps.tables import TableL2

_NO_L2 = TableL2(0.0)


def build_network(
    n_users: int,
    n_items: int,
    *,
    n_factors: int,
    hidden_units: Sequence[int],
    item_biases: bool,
    l2: Mapping[str, TableL2],
    seed: int,
) -> Any:
    """Build the network `(user, item) -> standardized rating`.

    Parameters
    ----------
    n_users, n_items
        Number of rows of the two tables.
    n_factors
        Number of columns of the two tables.
    hidden_units
        Units of each hidden layer.
    item_biases
        Whether a bias of the item is added to the output.
    l2
        L2 regularization by the name of a table: `user_factors`, `item_factors`, `item_biases`; tables that are not
        named have none.
    seed
        Seed of the initial values.

    Returns
    -------
    A `keras.Model` with two int32 inputs of shape `(None,)` and an output of shape `(None, 1)`.
    """
    import keras

    layers = keras.layers

    def table(rows: int, columns: int, name: str, initial: Any) -> Any:
        return layers.Embedding(
            rows,
            columns,
            embeddings_initializer=initial,
            embeddings_regularizer=l2.get(name, _NO_L2).regularizer(),
            name=name,
        )

    def initial(shift: int) -> Any:
        return keras.initializers.GlorotUniform(seed=100 * seed + shift)

    user = keras.Input((), dtype="int32", name="user")
    item = keras.Input((), dtype="int32", name="item")
    uniform = [keras.initializers.RandomUniform(-0.05, 0.05, seed=100 * seed + shift) for shift in (0, 1)]
    p = table(n_users, n_factors, "user_factors", uniform[0])(user)
    q = table(n_items, n_factors, "item_factors", uniform[1])(item)
    hidden = layers.Concatenate(name="concatenate")([p, q])
    for number, units in enumerate(hidden_units, 1):
        dense = layers.Dense(units, activation="relu", kernel_initializer=initial(1 + number), name=f"hidden_{number}")
        hidden = dense(hidden)
    output = layers.Dense(1, kernel_initializer=initial(10), name="output")(hidden)
    if item_biases:
        output = layers.Add(name="rating")([output, table(n_items, 1, "item_biases", "zeros")(item)])
    return keras.Model([user, item], output, name="deep_ratings")

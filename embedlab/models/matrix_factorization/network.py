"""The Keras network of matrix factorization. TensorFlow is imported only inside functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from embedlab.models.shared.keras_steps.tables import TableL2

Initializer = Literal["normal", "glorot_uniform"]
_FACTORS_STD = 0.05
_NO_L2 = TableL2(0.0)


def build_network(
    n_users: int,
    n_items: int,
    *,
    n_factors: int,
    biases: bool,
    l2: Mapping[str, TableL2],
    seed: int,
    initializer: Initializer = "normal",
) -> Any:
    """Build the network `(user, item) -> standardized rating`.

    Parameters
    ----------
    n_users, n_items
        Number of rows of the two tables.
    n_factors
        Number of columns of the two tables.
    biases
        Whether users and items have a bias.
    l2
        L2 regularization by the name of a table: `user_factors`, `item_factors`, `user_biases`, `item_biases`; tables
        that are not named have none.
    seed
        Seed of the initial factors.
    initializer
        Of the factors: `normal` with standard deviation 0.05, or Keras' `glorot_uniform`.

    Returns
    -------
    A `keras.Model` with two int32 inputs of shape `(None,)` and an output of shape `(None, 1)`.
    """
    import keras

    def table(rows: int, columns: int, name: str, initial: Any) -> Any:
        # Regularizing the whole tables, not only the looked-up rows, shrinks rarely rated rows to zero.
        return keras.layers.Embedding(
            rows,
            columns,
            embeddings_initializer=initial,
            embeddings_regularizer=l2.get(name, _NO_L2).regularizer(),
            name=name,
        )

    def initial(shift: int) -> Any:
        if initializer == "glorot_uniform":
            return keras.initializers.GlorotUniform(seed=2 * seed + shift)
        return keras.initializers.RandomNormal(stddev=_FACTORS_STD, seed=2 * seed + shift)

    user = keras.Input((), dtype="int32", name="user")
    item = keras.Input((), dtype="int32", name="item")
    p = table(n_users, n_factors, "user_factors", initial(0))(user)
    q = table(n_items, n_factors, "item_factors", initial(1))(item)
    rating = keras.layers.Dot(axes=1, name="dot")([p, q])
    if biases:
        b_u = table(n_users, 1, "user_biases", "zeros")(user)
        b_i = table(n_items, 1, "item_biases", "zeros")(item)
        rating = keras.layers.Add(name="rating")([rating, b_u, b_i])
    return keras.Model([user, item], rating, name="matrix_factorization")


def rating_of_rows(rows: list[Any]) -> Any:
    """Return `(batch, 1)` standardized ratings from the rows of the tables, those of users first.

    The same as the layers of the network, but as one sum: Keras' `Dot` multiplies a matrix for each rating.
    """
    import tensorflow as tf

    if len(rows) == 2:
        p, q = rows
        return tf.reduce_sum(p * q, axis=1, keepdims=True)
    p, b_u, q, b_i = rows
    return tf.reduce_sum(p * q, axis=1, keepdims=True) + b_u + b_i

"""The Keras network that predicts the next item. TensorFlow is imported only inside functions."""

from __future__ import annotations

from typing import Any

_STD = 0.05


def build_network(n_items: int, *, vector_size: int, n_hidden: int, seed: int) -> Any:
    """Build the network `(last item, history) -> scores of all items`.

    The vectors of the last item and the mean of the history are mapped to a context, to which hidden layers add a
    correction. The scores are products of the context with the same item vectors (tied weights), plus a bias per item.

    Parameters
    ----------
    n_items
        Number of items; in the history, 0 is padding and item row r is number r + 1.
    vector_size
        Size of the item vectors and of all layers.
    n_hidden
        Number of hidden layers; with 0 the network is linear.
    seed
        Seed of the initial values.
    """
    import keras

    layers = keras.layers

    class TiedScores(keras.layers.Layer):  # type: ignore[misc]
        """Products with the vectors of an embedding layer, plus a bias per item."""

        def __init__(self, table: Any, **about: Any) -> None:
            super().__init__(**about)
            self._table = table

        def build(self, _: Any) -> None:
            self.bias = self.add_weight(shape=(n_items,), initializer="zeros", name="bias")

        def call(self, context: Any) -> Any:
            return keras.ops.matmul(context, keras.ops.transpose(self._table.embeddings[1:])) + self.bias

    def dense(name: str, shift: int, **about: Any) -> Any:
        initial = keras.initializers.GlorotUniform(seed=100 * seed + shift)
        return layers.Dense(vector_size, kernel_initializer=initial, name=name, **about)

    history = keras.Input((None,), dtype="int32", name="history")
    last = keras.Input((), dtype="int32", name="last_item")
    small = keras.initializers.RandomNormal(stddev=_STD, seed=100 * seed)
    table = layers.Embedding(n_items + 1, vector_size, mask_zero=True, embeddings_initializer=small, name="items")
    mean = layers.GlobalAveragePooling1D(name="mean")(table(history))
    of_last = dense("of_last", 1)(table(last))
    context = layers.Add(name="context")([of_last, dense("of_mean", 2, use_bias=False)(mean)])
    if n_hidden:
        hidden = context
        for number in range(1, n_hidden + 1):
            hidden = dense(f"hidden_{number}", 10 + number, activation="tanh")(hidden)
        context = layers.Add(name="corrected")([context, dense("of_hidden", 3)(hidden)])
    return keras.Model([history, last], TiedScores(table, name="scores")(context), name="next_item")

"""The skip-gram network in Keras, and the compiled step that updates only the rows of a batch.

TensorFlow is imported only inside functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.base import State, checkpoint_mismatch

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]

#: Initial value of Adagrad's sum of squares, as in Keras.
_INITIAL_ACCUMULATOR = 0.1


def build_network(n_words: int, vector_size: int, n_contexts: int, seed: int) -> Any:
    """Build the network ``(target (None,), context (None, n_contexts)) -> dot products (None, n_contexts)``."""
    import keras

    reach = 0.5 / vector_size
    initializer = keras.initializers.RandomUniform(-reach, reach, seed=seed)
    target = keras.Input((1,), dtype="int32", name="target")
    context = keras.Input((n_contexts,), dtype="int32", name="context")
    words = keras.layers.Embedding(n_words, vector_size, embeddings_initializer=initializer, name="words")(target)
    contexts = keras.layers.Embedding(n_words, vector_size, embeddings_initializer="zeros", name="contexts")(context)
    dots = keras.layers.Dot(axes=2, name="dot")([words, contexts])
    return keras.Model([target, context], keras.layers.Flatten(name="logits")(dots), name="skip_gram")


def initialize_rows(network: Any, rows: npt.NDArray[np.int64], vectors: Floats) -> None:
    """Initialize the `(n_rows,)` rows of the word table with these `(n_rows, vector_size)` vectors."""
    layer = network.get_layer("words")
    table = np.array(layer.get_weights()[0])
    table[rows] = vectors
    layer.set_weights([table])


class Trainer:
    """A skip-gram network with negative sampling, trained step by step with Adagrad on the rows of a batch.

    Keras' own optimizers either update the whole tables in every step or, for a word that occurs twice in a batch,
    square its gradients one by one; here a word's gradients are summed first.

    Parameters
    ----------
    network
        The result of `build_network`.
    learning_rate
        Learning rate of Adagrad.
    """

    def __init__(self, network: Any, *, learning_rate: float) -> None:
        import tensorflow as tf

        self.network = network
        tables = [network.get_layer(name).embeddings.value for name in ("words", "contexts")]
        self._accumulators = [tf.Variable(tf.fill(table.shape, _INITIAL_ACCUMULATOR)) for table in tables]
        self._step = _compiled_step(tables, self._accumulators, learning_rate)

    def step(self, targets: Rows, contexts: Rows) -> None:
        """Train on `(n,)` words and `(n, 1 + negative)` words: one context word, then the negative samples."""
        import tensorflow as tf

        self._step(tf.constant(targets), tf.constant(contexts))

    def tables(self) -> tuple[Floats, Floats]:
        """Return copies of the word vectors and the context vectors."""
        words, contexts = (np.array(self.network.get_layer(name).get_weights()[0]) for name in ("words", "contexts"))
        return words, contexts

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of both tables and of the optimizer's state."""
        words, contexts = self.tables()
        sums = [np.array(accumulator.numpy()) for accumulator in self._accumulators]
        return {"vectors": words, "contexts": contexts, "words_memory": sums[0], "contexts_memory": sums[1]}

    def restore(self, state: State) -> None:
        """Resume from the `arrays` in a state; raises `InputError` if they do not match."""
        try:
            self.network.get_layer("words").set_weights([state.arrays["vectors"]])
            self.network.get_layer("contexts").set_weights([state.arrays["contexts"]])
            for name, accumulator in zip(("words_memory", "contexts_memory"), self._accumulators, strict=True):
                accumulator.assign(state.arrays[name])
        except (KeyError, ValueError) as error:
            raise checkpoint_mismatch() from error


def _compiled_step(tables: list[Any], accumulators: list[Any], learning_rate: float) -> Any:
    """Compile one step on ``-log s(w . c) - sum_negatives log s(-w . n)``, summed over the batch."""
    import tensorflow as tf

    def update(table: Any, accumulator: Any, rows: Any, gradients: Any) -> None:
        unique, places = tf.unique(rows)
        summed = tf.math.unsorted_segment_sum(gradients, places, tf.size(unique))
        accumulator.scatter_add(tf.IndexedSlices(tf.square(summed), unique))
        change = learning_rate * summed * tf.math.rsqrt(tf.gather(accumulator, unique))
        table.scatter_sub(tf.IndexedSlices(change, unique))

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(targets: Any, contexts: Any) -> None:
        words, near = tf.gather(tables[0], targets), tf.gather(tables[1], contexts)
        logits = tf.einsum("nd,nkd->nk", words, near)
        # A negative sample that equals the positive word has no gradient.
        positive = tf.one_hot(tf.zeros_like(targets), tf.shape(contexts)[1])
        is_collision = tf.cast(tf.equal(contexts, contexts[:, :1]), tf.float32) * (1 - positive)
        error = (tf.sigmoid(logits) - positive) * (1 - is_collision)
        words_gradients = tf.einsum("nk,nkd->nd", error, near)
        near_gradients = error[:, :, tf.newaxis] * words[:, tf.newaxis, :]
        update(tables[0], accumulators[0], targets, words_gradients)
        flat = tf.reshape(near_gradients, [-1, tf.shape(words)[1]])
        update(tables[1], accumulators[1], tf.reshape(contexts, [-1]), flat)

    return step

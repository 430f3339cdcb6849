"""The skip-gram network in Keras, and the compiled step that touches only the rows of a batch.

TensorFlow is imported inside the functions only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.base import State, checkpoint_mismatch

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]

#: Start of Adagrad's sum of squares, as in Keras.
_FIRST_ACCUMULATED = 0.1


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


def begin_with(network: Any, rows: npt.NDArray[np.int64], vectors: Floats) -> None:
    """Let the `(n_rows,)` rows of the words' table begin with these `(n_rows, vector_size)` vectors."""
    layer = network.get_layer("words")
    table = np.array(layer.get_weights()[0])
    table[rows] = vectors
    layer.set_weights([table])


class Trainer:
    """A skip-gram network with negative sampling, trained step by step with Adagrad on the rows of a batch.

    Keras' own optimizers go through the whole tables in every step or square the gradients of a word that occurs
    twice in a batch one by one; here a word's gradients are added up first.

    Parameters
    ----------
    network
        What `build_network` made.
    learning_rate
        Of Adagrad.
    """

    def __init__(self, network: Any, *, learning_rate: float) -> None:
        import tensorflow as tf

        self.network = network
        tables = [network.get_layer(name).embeddings.value for name in ("words", "contexts")]
        self._memories = [tf.Variable(tf.fill(table.shape, _FIRST_ACCUMULATED)) for table in tables]
        self._step = _compiled_step(tables, self._memories, learning_rate)

    def step(self, targets: Rows, contexts: Rows) -> None:
        """Learn from `(n,)` words and `(n, 1 + negative)` words: one that stood near, then random ones."""
        import tensorflow as tf

        self._step(tf.constant(targets), tf.constant(contexts))

    def tables(self) -> tuple[Floats, Floats]:
        """Return copies of the words' and the contexts' vectors."""
        words, contexts = (np.array(self.network.get_layer(name).get_weights()[0]) for name in ("words", "contexts"))
        return words, contexts

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of both tables and of the optimizer's memory."""
        words, contexts = self.tables()
        memories = [np.array(memory.numpy()) for memory in self._memories]
        return {"vectors": words, "contexts": contexts, "words_memory": memories[0], "contexts_memory": memories[1]}

    def restore(self, state: State) -> None:
        """Go on from `arrays` kept in a state; raises `InputError` when they do not fit."""
        try:
            self.network.get_layer("words").set_weights([state.arrays["vectors"]])
            self.network.get_layer("contexts").set_weights([state.arrays["contexts"]])
            for name, memory in zip(("words_memory", "contexts_memory"), self._memories, strict=True):
                memory.assign(state.arrays[name])
        except (KeyError, ValueError) as error:
            raise checkpoint_mismatch() from error


def _compiled_step(tables: list[Any], memories: list[Any], learning_rate: float) -> Any:
    """Compile one step on ``-log s(w . c) - sum_negatives log s(-w . n)``, summed over the batch."""
    import tensorflow as tf

    def update(table: Any, memory: Any, rows: Any, gradients: Any) -> None:
        unique, places = tf.unique(rows)
        summed = tf.math.unsorted_segment_sum(gradients, places, tf.size(unique))
        memory.scatter_add(tf.IndexedSlices(tf.square(summed), unique))
        change = learning_rate * summed * tf.math.rsqrt(tf.gather(memory, unique))
        table.scatter_sub(tf.IndexedSlices(change, unique))

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(targets: Any, contexts: Any) -> None:
        words, near = tf.gather(tables[0], targets), tf.gather(tables[1], contexts)
        logits = tf.einsum("nd,nkd->nk", words, near)
        # A random word that is the right one by chance teaches nothing.
        right = tf.one_hot(tf.zeros_like(targets), tf.shape(contexts)[1])
        is_false = tf.cast(tf.equal(contexts, contexts[:, :1]), tf.float32) * (1 - right)
        error = (tf.sigmoid(logits) - right) * (1 - is_false)
        words_gradients = tf.einsum("nk,nkd->nd", error, near)
        near_gradients = error[:, :, tf.newaxis] * words[:, tf.newaxis, :]
        update(tables[0], memories[0], targets, words_gradients)
        flat = tf.reshape(near_gradients, [-1, tf.shape(words)[1]])
        update(tables[1], memories[1], tf.reshape(contexts, [-1]), flat)

    return step

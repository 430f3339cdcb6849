"""The Keras side of the text classifier: the network, trained epoch by epoch.

TensorFlow is imported inside the functions only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.base import State, checkpoint_mismatch
from embedlab.models.shared import keras_training
from embedlab.models.shared.text_encoding import FIRST_WORD, PADDING_TOKEN, UNKNOWN_TOKEN
from embedlab.models.text_classifier.bag_of_words import BagOfWords

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Pooling = Literal["average", "flatten", "convolution"]
#: Layers that learn, by name.
LEARNING_LAYERS = ("embedding", "convolution", "hidden", "classes", "evidence")


@dataclass(frozen=True)
class Network:
    """The two parts of the classifier (wide and deep).

    Parameters
    ----------
    deep
        A `keras.Model` from indices `(None, sequence_length)` to log-odds of the classes `(None, n_classes)`.
    evidence
        The built `Dense` layer from a bag of words to log-odds, which are added; None without a bag of words.
    """

    deep: Any
    evidence: Any

    @property
    def layers(self) -> list[Any]:
        """All layers."""
        return [*self.deep.layers, *([self.evidence] if self.evidence is not None else [])]

    @property
    def trainable_variables(self) -> list[Any]:
        """What Adam changes."""
        return [variable for layer in self.layers for variable in layer.trainable_variables]

    def count_params(self) -> int:
        """Return how many numbers the network has."""
        return sum(int(layer.count_params()) for layer in self.layers)


def build_network(
    input_dim: int,
    n_classes: int,
    *,
    sequence_length: int,
    output_dim: int,
    pooling: Pooling,
    filters: int,
    kernel_size: int,
    hidden_units: int,
    dropout: float,
    start: npt.NDArray[np.float32] | None,
    frozen: bool,
    n_terms: int,
    seed: int,
) -> Network:
    """Build the network `indices -> log-odds of the classes`.

    Parameters
    ----------
    input_dim, output_dim
        Rows and columns of the embedding; row 0 is the filling of short documents.
    start
        `(input_dim, output_dim)` float32 the embedding begins with; random numbers when None.
    frozen
        Whether the embedding stays as it begins.
    n_terms
        Columns of the bag of words; 0 for none.
    """
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(seed)
    indices = keras.Input((sequence_length,), dtype="int32", name="indices")
    # A mask lets the average see the words alone; Flatten and the convolution take the filling as it is.
    embedding = layers.Embedding(
        input_dim,
        output_dim,
        mask_zero=pooling == "average",
        trainable=not frozen,
        name="embedding",
    )
    found = embedding(indices)
    if pooling == "flatten":
        found = layers.Flatten(name="flatten")(found)
    elif pooling == "average":
        found = layers.GlobalAveragePooling1D(name="average")(found)
    else:
        found = layers.Conv1D(filters, kernel_size, activation="relu", name="convolution")(found)
        found = layers.GlobalMaxPooling1D(name="maximum")(found)
    if hidden_units:
        found = layers.Dense(hidden_units, activation="relu", name="hidden")(found)
    if dropout > 0:
        found = layers.Dropout(dropout, seed=seed, name="dropout")(found)
    classes = layers.Dense(n_classes, name="classes")(found)
    if start is not None:
        # An initializer that holds the vectors would be written into a saved network as text.
        embedding.set_weights([start])
    evidence = None
    if n_terms:
        evidence = layers.Dense(n_classes, kernel_initializer="zeros", name="evidence")
        evidence.build((None, n_terms))
    return Network(keras.Model(indices, classes, name="classifier"), evidence)


def with_text_input(network: Network, words: Sequence[str], sequence_length: int, bag: BagOfWords | None = None) -> Any:
    """Return the whole network `text -> probabilities`: words joined by spaces, encoded by `TextVectorization`."""
    import keras

    encoding = keras.layers.TextVectorization(
        standardize=None,
        split="whitespace",
        output_mode="int",
        output_sequence_length=sequence_length,
        vocabulary=[PADDING_TOKEN, UNKNOWN_TOKEN, *words],
        name="encoding",
    )
    text = keras.Input((), dtype="string", name="text")
    indices = found = encoding(text)
    for layer in network.deep.layers[1:]:
        found = layer(found)
    if bag is not None and network.evidence is not None:
        found = keras.layers.Add(name="log_odds")([found, network.evidence(_bag_layers(indices, bag))])
    found = keras.layers.Softmax(name="probabilities")(found)
    return keras.Model(text, found, name="text_classifier")


def _bag_layers(indices: Any, bag: BagOfWords) -> Any:
    """Return the layers that turn indices into what `BagOfWords.presence` returns."""
    import keras

    layers = keras.layers
    # Without the filling and the unknown words, which are no evidence.
    counts = layers.CategoryEncoding(bag.input_dim, output_mode="count", name="word_counts")(indices)[:, FIRST_WORD:]
    if len(bag.pairs):
        long = keras.ops.cast(indices, "int64")
        codes = long[:, :-1] * bag.input_dim + long[:, 1:]
        lookup = layers.IntegerLookup(vocabulary=bag.codes, output_mode="count", name="pair_counts")
        counts = layers.Concatenate(name="bag_of_words")([counts, lookup(codes)[:, 1:]])
    logs = keras.ops.log1p(counts)
    if bag.scale is not None:
        # Weights, not arguments: arguments would be written into a saved network as text.
        scale = layers.Normalization(name="scale")
        scale.build((None, bag.n_terms))
        scale.set_weights([np.zeros(bag.n_terms), 1 / bag.scale.astype(np.float64) ** 2, np.zeros(())])
        scale.finalize_state()
        logs = scale(logs)
    return layers.UnitNormalization(name="presence")(logs)


class Trainer:
    """A network with Adam, trained epoch by epoch.

    Both parts learn from the cross-entropy of their own predictions, so that the vectors of words keep learning what
    the bag of words knows already; the log-odds of both are added to predict.

    Parameters
    ----------
    network
        What `build_network` made.
    seed
        With the number of the epoch it gives the order of the documents.
    """

    def __init__(self, network: Network, *, learning_rate: float, batch_size: int, seed: int) -> None:
        import keras

        self.network = network
        self._batch_size, self._seed = batch_size, seed
        self._optimizer = keras.optimizers.Adam(learning_rate)
        self._optimizer.build(network.trainable_variables)
        self._step, self._judge = _compiled(network, self._optimizer)

    def train_epoch(
        self,
        indices: npt.NDArray[np.int32],
        bag: csr_matrix | None,
        codes: npt.NDArray[np.int64],
        epoch: int,
        report: Callable[[int], None],
    ) -> dict[str, float]:
        """Go once over the documents in a new order; `report` is called after each step and may raise to stop.

        Parameters
        ----------
        indices, bag, codes
            Encoded documents, their bags of words (None without), and their classes.
        epoch
            Number of the epoch; the same number gives the same order.

        Returns
        -------
        `loss` and `accuracy` over the epoch, each batch measured before its step.
        """
        order = np.random.default_rng((self._seed, epoch)).permutation(len(codes))
        totals = np.zeros(2)
        for start in range(0, len(order), self._batch_size):
            rows = order[start : start + self._batch_size]
            totals += [float(total) for total in self._step(indices[rows], codes[rows], *_terms(bag, rows))]
            report(start + len(rows))
        return _means(totals, len(codes))

    def evaluate(
        self, indices: npt.NDArray[np.int32], bag: csr_matrix | None, codes: npt.NDArray[np.int64]
    ) -> dict[str, float]:
        """Return `loss` and `accuracy` on other documents, the mean over all of them."""
        totals = np.zeros(2)
        batch_size = max(256, self._batch_size)
        for start in range(0, len(codes), batch_size):
            rows = np.arange(start, min(len(codes), start + batch_size))
            totals += [float(total) for total in self._judge(indices[rows], codes[rows], *_terms(bag, rows))]
        return _means(totals, len(codes))

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return copies of what is learned (and of a frozen embedding): `embedding`, `classes_kernel` ..."""
        arrays: dict[str, npt.NDArray[np.float32]] = {}
        for layer in self.network.layers:
            if layer.name == "embedding":
                arrays["embedding"] = np.array(layer.get_weights()[0])
            elif layer.name in LEARNING_LAYERS:
                arrays[f"{layer.name}_kernel"], arrays[f"{layer.name}_bias"] = map(np.array, layer.get_weights())
        return arrays

    def set_weights(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Give the layers what `weights` returned."""
        for layer in self.network.layers:
            if layer.name == "embedding":
                layer.set_weights([arrays["embedding"]])
            elif layer.name in LEARNING_LAYERS:
                layer.set_weights([arrays[f"{layer.name}_kernel"], arrays[f"{layer.name}_bias"]])

    def optimizer_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the optimizer's memory."""
        return keras_training.optimizer_arrays(self._optimizer)

    def restore(self, state: State) -> None:
        """Go on from weights and optimizer memory kept in a state; raises `InputError` when they do not fit."""
        try:
            self.set_weights(state.arrays)
            keras_training.restore_optimizer(self._optimizer, state.arrays)
        except (KeyError, ValueError) as error:
            raise checkpoint_mismatch() from error


def _means(totals: npt.NDArray[np.float64], n_documents: int) -> dict[str, float]:
    loss, accuracy = (totals / max(1, n_documents)).tolist()
    return {"loss": loss, "accuracy": accuracy}


def _terms(
    bag: csr_matrix | None, rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return places `(n, 2)` and values `(n,)` of the bags of some documents."""
    if bag is None:
        return np.empty((0, 2), np.int64), np.empty(0, np.float32)
    part = bag[rows]
    documents = np.repeat(np.arange(len(rows)), np.diff(part.indptr))
    return np.stack([documents, part.indices], axis=1).astype(np.int64), part.data


def _compiled(network: Network, optimizer: Any) -> tuple[Any, Any]:
    """Compile a training step and a judgment; both return the sums of cross-entropy and of right predictions."""
    import tensorflow as tf

    variables = network.trainable_variables
    signature = [
        tf.TensorSpec(network.deep.input_shape, tf.int32),
        tf.TensorSpec((None,), tf.int64),
        tf.TensorSpec((None, 2), tf.int64),
        tf.TensorSpec((None,), tf.float32),
    ]

    def log_odds(indices: Any, places: Any, values: Any, training: bool) -> list[Any]:
        parts = [network.deep(indices, training=training)]
        if network.evidence is not None:
            kernel, bias = network.evidence.kernel, network.evidence.bias
            shape = (tf.shape(indices, tf.int64)[0], kernel.shape[0])
            terms = tf.SparseTensor(places, values, shape)
            parts.append(tf.sparse.sparse_dense_matmul(terms, tf.convert_to_tensor(kernel)) + bias)
        return parts

    def loss(codes: Any, logits: Any) -> Any:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(codes, logits)

    def totals(codes: Any, parts: list[Any]) -> tuple[Any, Any]:
        together = tf.add_n(parts)
        right = tf.equal(tf.argmax(together, axis=1), codes)
        return tf.reduce_sum(loss(codes, together)), tf.reduce_sum(tf.cast(right, tf.float32))

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def step(indices: Any, codes: Any, places: Any, values: Any) -> Any:
        with tf.GradientTape() as tape:
            parts = log_odds(indices, places, values, training=True)
            own = tf.add_n([tf.reduce_mean(loss(codes, part)) for part in parts])
        # Dense, because Keras squares the parts of a word that occurs twice in a batch one by one.
        gradients = [tf.convert_to_tensor(gradient) for gradient in tape.gradient(own, variables)]
        optimizer.apply(gradients, variables)
        return totals(codes, parts)

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def judge(indices: Any, codes: Any, places: Any, values: Any) -> Any:
        return totals(codes, log_odds(indices, places, values, training=False))

    return step, judge

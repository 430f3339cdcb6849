"""The text classifier in Keras: the network, trained epoch by epoch.

TensorFlow is imported only inside functions.
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
#: Trainable layers, by name.
TRAINABLE_LAYERS = ("embedding", "convolution", "hidden", "classes", "evidence")


@dataclass(frozen=True)
class Network:
    """The two parts of the classifier (wide and deep).

    Parameters
    ----------
    deep
        A `keras.Model` from indices `(None, sequence_length)` to log-odds of the classes `(None, n_classes)`.
    evidence
        The built `Dense` layer from a bag of words to log-odds, which are added to `deep`; None without a bag of words.
    """

    deep: Any
    evidence: Any

    @property
    def layers(self) -> list[Any]:
        """All layers."""
        return [*self.deep.layers, *([self.evidence] if self.evidence is not None else [])]

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that Adam updates."""
        return [variable for layer in self.layers for variable in layer.trainable_variables]

    def count_params(self) -> int:
        """Return the number of parameters of the network."""
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
        Rows and columns of the embedding; row 0 is the padding of short documents.
    start
        `(input_dim, output_dim)` float32 initial embedding; None for random numbers.
    frozen
        Whether the embedding is not trained.
    n_terms
        Columns of the bag of words; 0 for none.
    """
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(seed)
    indices = keras.Input((sequence_length,), dtype="int32", name="indices")
    # A mask excludes the padding from the average; Flatten and the convolution include it.
    embedding = layers.Embedding(
        input_dim,
        output_dim,
        mask_zero=pooling == "average",
        trainable=not frozen,
        name="embedding",
    )
    hidden = embedding(indices)
    if pooling == "flatten":
        hidden = layers.Flatten(name="flatten")(hidden)
    elif pooling == "average":
        hidden = layers.GlobalAveragePooling1D(name="average")(hidden)
    else:
        hidden = layers.Conv1D(filters, kernel_size, activation="relu", name="convolution")(hidden)
        hidden = layers.GlobalMaxPooling1D(name="maximum")(hidden)
    if hidden_units:
        hidden = layers.Dense(hidden_units, activation="relu", name="hidden")(hidden)
    if dropout > 0:
        hidden = layers.Dropout(dropout, seed=seed, name="dropout")(hidden)
    classes = layers.Dense(n_classes, name="classes")(hidden)
    if start is not None:
        # An initializer with the vectors would be saved in the network file as text.
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
    indices = output = encoding(text)
    for layer in network.deep.layers[1:]:
        output = layer(output)
    if bag is not None and network.evidence is not None:
        output = keras.layers.Add(name="log_odds")([output, network.evidence(_bag_layers(indices, bag))])
    output = keras.layers.Softmax(name="probabilities")(output)
    return keras.Model(text, output, name="text_classifier")


def _bag_layers(indices: Any, bag: BagOfWords) -> Any:
    """Return layers that compute `BagOfWords.presence` from indices."""
    import keras

    layers = keras.layers
    # Without padding and out-of-vocabulary words, which are not evidence.
    counts = layers.CategoryEncoding(bag.input_dim, output_mode="count", name="word_counts")(indices)[:, FIRST_WORD:]
    if len(bag.pairs):
        long = keras.ops.cast(indices, "int64")
        codes = long[:, :-1] * bag.input_dim + long[:, 1:]
        lookup = layers.IntegerLookup(vocabulary=bag.codes, output_mode="count", name="pair_counts")
        counts = layers.Concatenate(name="bag_of_words")([counts, lookup(codes)[:, 1:]])
    logs = keras.ops.log1p(counts)
    if bag.scale is not None:
        # Weights, not arguments: arguments would be saved in the network file as text.
        scale = layers.Normalization(name="scale")
        scale.build((None, bag.n_terms))
        scale.set_weights([np.zeros(bag.n_terms), 1 / bag.scale.astype(np.float64) ** 2, np.zeros(())])
        scale.finalize_state()
        logs = scale(logs)
    return layers.UnitNormalization(name="presence")(logs)


class Trainer:
    """A network with Adam, trained epoch by epoch.

    Each part is trained on the cross-entropy of its own predictions, so that the word vectors also learn what the bag
    of words already predicts; to predict, the log-odds of both are added.

    Parameters
    ----------
    network
        The result of `build_network`.
    seed
        Determines, together with the epoch number, the order of the documents.
    """

    def __init__(self, network: Network, *, learning_rate: float, batch_size: int, seed: int) -> None:
        import keras

        self.network = network
        self._batch_size, self._seed = batch_size, seed
        self._optimizer = keras.optimizers.Adam(learning_rate)
        self._optimizer.build(network.trainable_variables)
        self._step, self._evaluate = _compile(network, self._optimizer)

    def train_epoch(
        self,
        indices: npt.NDArray[np.int32],
        bag: csr_matrix | None,
        codes: npt.NDArray[np.int64],
        epoch: int,
        report: Callable[[int], None],
    ) -> dict[str, float]:
        """Train one epoch on the documents, in a new order; `report` is called after each step and may raise to stop.

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
            totals += [float(total) for total in self._evaluate(indices[rows], codes[rows], *_terms(bag, rows))]
        return _means(totals, len(codes))

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return copies of the weights (including a frozen embedding): `embedding`, `classes_kernel` ..."""
        arrays: dict[str, npt.NDArray[np.float32]] = {}
        for layer in self.network.layers:
            if layer.name == "embedding":
                arrays["embedding"] = np.array(layer.get_weights()[0])
            elif layer.name in TRAINABLE_LAYERS:
                arrays[f"{layer.name}_kernel"], arrays[f"{layer.name}_bias"] = map(np.array, layer.get_weights())
        return arrays

    def set_weights(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Set the layers from the result of `weights`."""
        for layer in self.network.layers:
            if layer.name == "embedding":
                layer.set_weights([arrays["embedding"]])
            elif layer.name in TRAINABLE_LAYERS:
                layer.set_weights([arrays[f"{layer.name}_kernel"], arrays[f"{layer.name}_bias"]])

    def optimizer_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the optimizer's state."""
        return keras_training.optimizer_arrays(self._optimizer)

    def restore(self, state: State) -> None:
        """Resume from the weights and optimizer state in a state; raises `InputError` if they do not match."""
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
    """Return positions `(n, 2)` and values `(n,)` of the bags of some documents."""
    if bag is None:
        return np.empty((0, 2), np.int64), np.empty(0, np.float32)
    part = bag[rows]
    documents = np.repeat(np.arange(len(rows)), np.diff(part.indptr))
    return np.stack([documents, part.indices], axis=1).astype(np.int64), part.data


def _compile(network: Network, optimizer: Any) -> tuple[Any, Any]:
    """Compile a training step and an evaluation; both return the sums of cross-entropy and of correct predictions."""
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
        total = tf.add_n(parts)
        correct = tf.equal(tf.argmax(total, axis=1), codes)
        return tf.reduce_sum(loss(codes, total)), tf.reduce_sum(tf.cast(correct, tf.float32))

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def step(indices: Any, codes: Any, places: Any, values: Any) -> Any:
        with tf.GradientTape() as tape:
            parts = log_odds(indices, places, values, training=True)
            own = tf.add_n([tf.reduce_mean(loss(codes, part)) for part in parts])
        # Dense, because Keras squares the sparse gradients of a word that occurs twice in a batch one by one.
        gradients = [tf.convert_to_tensor(gradient) for gradient in tape.gradient(own, variables)]
        optimizer.apply(gradients, variables)
        return totals(codes, parts)

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def evaluate(indices: Any, codes: Any, places: Any, values: Any) -> Any:
        return totals(codes, log_odds(indices, places, values, training=False))

    return step, evaluate

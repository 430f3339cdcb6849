"""The image classifier in Keras: the network, trained epoch by epoch.

TensorFlow is imported only inside functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.base import State, checkpoint_mismatch
from embedlab.models.shared import keras_training

Pixels = npt.NDArray[np.uint8]
#: Trainable layers, by name.
TRAINABLE_LAYERS = ("convolution", "hidden", "embedding", "classes")
_EVALUATED = 512
#: The states of the dropout of two epochs differ by this much: more than the steps of an epoch.
_STEPS_APART = 1_000_003


def build_network(
    height: int,
    width: int,
    n_channels: int,
    n_classes: int,
    *,
    vector_size: int,
    filters: int,
    kernel_size: int,
    hidden_units: int,
    dropout: float,
    seed: int,
) -> Any:
    """Build the network `pixels -> log-odds of the classes`; its layer `embedding` has the vectors of the images.

    Parameters
    ----------
    filters
        Filters of a convolution with max pooling over 2 x 2 positions; 0: none.
    hidden_units
        Units of a hidden ReLU layer; 0: none.
    """
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((height, width, n_channels), dtype="uint8", name="pixels")
    hidden = layers.Rescaling(1 / 255, name="scaled")(pixels)
    if filters:
        hidden = layers.Conv2D(filters, kernel_size, activation="relu", padding="same", name="convolution")(hidden)
        hidden = layers.MaxPooling2D(2, padding="same", name="maximum")(hidden)
    hidden = layers.Flatten(name="flatten")(hidden)
    if hidden_units:
        hidden = layers.Dense(hidden_units, activation="relu", name="hidden")(hidden)
    if dropout > 0:
        hidden = layers.Dropout(dropout, seed=seed, name="dropout")(hidden)
    # Linear, so that the vectors of images and the weights of classes are in the same space; without a bias of the
    # classes, so that cosine similarity says which class is near.
    vectors = layers.Dense(vector_size, name="embedding")(hidden)
    classes = layers.Dense(n_classes, use_bias=False, name="classes")(vectors)
    return keras.Model(pixels, classes, name="image_classifier")


def with_probabilities(network: Any) -> Any:
    """Return the network with a softmax on top, as it is saved."""
    import keras

    return keras.Model(
        network.inputs, keras.layers.Softmax(name="probabilities")(network.outputs[0]), name="image_classifier"
    )


class Trainer:
    """A network with Adam, trained epoch by epoch on the cross-entropy.

    Parameters
    ----------
    network
        The result of `build_network`.
    seed
        Determines, together with the epoch number, the order of the images.
    """

    def __init__(self, network: Any, *, learning_rate: float, batch_size: int, seed: int) -> None:
        import keras

        self.network = network
        self._batch_size, self._seed = batch_size, seed
        self._optimizer = keras.optimizers.Adam(learning_rate)
        self._optimizer.build(network.trainable_variables)
        self._step, self._evaluate, self._encode = _compile(network, self._optimizer)

    def train_epoch(
        self,
        pixels: Pixels,
        rows: npt.NDArray[np.int64],
        codes: npt.NDArray[np.int64],
        epoch: int,
        report: Callable[[int], None],
    ) -> dict[str, float]:
        """Train one epoch, in a new order; `report` is called after each step and may raise to stop.

        Parameters
        ----------
        pixels
            `(n, height, width, n_channels)` uint8 of all images; may be memory-mapped.
        rows, codes
            The images to train on, and their classes.
        epoch
            Number of the epoch; the same number gives the same order.

        Returns
        -------
        `loss` and `accuracy` over the epoch, each batch measured before its step.
        """
        order = np.random.default_rng((self._seed, epoch)).permutation(len(rows))
        totals = np.zeros(2)
        self._restart_dropout(epoch)
        for start in range(0, len(order), self._batch_size):
            places = order[start : start + self._batch_size]
            totals += [float(total) for total in self._step(pixels[rows[places]], codes[places])]
            report(start + len(places))
        return _means(totals, len(rows))

    def _restart_dropout(self, epoch: int) -> None:
        """Make the random numbers of an epoch depend on its number only, so that a resumed training has the same."""
        for layer in self.network.layers:
            if layer.name == "dropout":
                start = (epoch * _STEPS_APART) % 2**32
                layer.seed_generator.state.assign(np.array([self._seed, start], np.uint32))

    def evaluate(self, pixels: Pixels, rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int64]) -> dict[str, float]:
        """Return the mean `loss` and `accuracy` on other images."""
        totals = np.zeros(2)
        for start in range(0, len(rows), _EVALUATED):
            part = slice(start, start + _EVALUATED)
            totals += [float(total) for total in self._evaluate(pixels[rows[part]], codes[part])]
        return _means(totals, len(rows))

    def encode(self, pixels: Pixels, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return the `(n, vector_size)` outputs of the embedding layer."""
        parts = [
            np.array(self._encode(pixels[rows[start : start + _EVALUATED]]), np.float32)
            for start in range(0, len(rows), _EVALUATED)
        ]
        return np.concatenate(parts)

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return copies of the weights: `embedding_kernel`, `classes_bias` ..."""
        arrays: dict[str, npt.NDArray[np.float32]] = {}
        for layer in self.network.layers:
            if layer.name in TRAINABLE_LAYERS:
                for part, array in zip(("kernel", "bias"), layer.get_weights(), strict=False):
                    arrays[f"{layer.name}_{part}"] = np.array(array)
        return arrays

    def set_weights(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Set the layers from the result of `weights`."""
        for layer in self.network.layers:
            if layer.name in TRAINABLE_LAYERS:
                parts = ("kernel", "bias")[: len(layer.get_weights())]
                layer.set_weights([arrays[f"{layer.name}_{part}"] for part in parts])

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


def _means(totals: npt.NDArray[np.float64], n_images: int) -> dict[str, float]:
    loss, accuracy = (totals / max(1, n_images)).tolist()
    return {"loss": loss, "accuracy": accuracy}


def _compile(network: Any, optimizer: Any) -> tuple[Any, Any, Any]:
    """Compile a step and an evaluation (sums of cross-entropy and of correct predictions), and the encoding."""
    import keras
    import tensorflow as tf

    variables = network.trainable_variables
    pixels_spec = tf.TensorSpec(network.input_shape, tf.uint8)
    signature = [pixels_spec, tf.TensorSpec((None,), tf.int64)]
    encoder = keras.Model(network.inputs, network.get_layer("embedding").output)

    def totals(codes: Any, logits: Any, losses: Any) -> tuple[Any, Any]:
        correct = tf.equal(tf.argmax(logits, axis=1), codes)
        return tf.reduce_sum(losses), tf.reduce_sum(tf.cast(correct, tf.float32))

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def step(pixels: Any, codes: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = network(pixels, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(codes, logits)
            mean = tf.reduce_mean(losses)
        optimizer.apply(tape.gradient(mean, variables), variables)
        return totals(codes, logits, losses)

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def evaluate(pixels: Any, codes: Any) -> Any:
        logits = network(pixels, training=False)
        return totals(codes, logits, tf.nn.sparse_softmax_cross_entropy_with_logits(codes, logits))

    @tf.function(input_signature=[pixels_spec])  # type: ignore[untyped-decorator]
    def encode(pixels: Any) -> Any:
        return encoder(pixels, training=False)

    return step, evaluate, encode

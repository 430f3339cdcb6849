"""The autoencoder in Keras, and its compiled training steps. TensorFlow is imported only inside functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.base import State, checkpoint_mismatch
from embedlab.models.shared.dense_rows.placer import Activation, Dense
from embedlab.models.shared.dense_rows.split import Floats
from embedlab.models.shared.keras_training import optimizer_arrays, restore_optimizer


def layer_names(n_hidden: int) -> tuple[list[str], list[str]]:
    """Return the names of the dense layers of encoder and decoder."""
    encoder = [*(f"encoder_{number}" for number in range(1, n_hidden + 1)), "code"]
    return encoder, [*(f"decoder_{number}" for number in range(1, n_hidden + 1)), "output"]


def build_network(
    n_columns: int, hidden_units: Sequence[int], vector_size: int, activation: Activation, seed: int
) -> Any:
    """Build the network `row -> reconstructed row`; the decoder mirrors the encoder.

    Parameters
    ----------
    n_columns
        Number of columns.
    hidden_units
        Units of each hidden layer of the encoder.
    vector_size
        Units of the code, which is linear.
    activation
        Of the hidden layers.
    seed
        Seed of the initial values.

    Returns
    -------
    A `keras.Model` with float32 input and output of shape `(None, n_columns)`.
    """
    import keras

    encoder, decoder = layer_names(len(hidden_units))
    widths = [*hidden_units, vector_size, *reversed(hidden_units), n_columns]
    row = keras.Input((n_columns,), name="row")
    hidden = row
    for number, (name, units) in enumerate(zip([*encoder, *decoder], widths, strict=True)):
        hidden = keras.layers.Dense(
            units,
            activation="linear" if name in ("code", "output") else activation,
            kernel_initializer=keras.initializers.GlorotUniform(seed=1000 * seed + number),
            name=name,
        )(hidden)
    return keras.Model(row, hidden, name="autoencoder")


class Trainer:
    """A network with its Adam optimizer, trained on blocks of rows.

    Parameters
    ----------
    network
        The result of `build_network`.
    learning_rate
        Initial learning rate of Adam.
    l2
        L2 regularization of the kernels.
    batch_size
        Rows per step.
    """

    def __init__(self, network: Any, *, learning_rate: float, l2: float, batch_size: int) -> None:
        import keras

        self.network = network
        self._optimizer = keras.optimizers.Adam(learning_rate)
        self._optimizer.build(network.trainable_variables)
        self._steps = _steps(network, self._optimizer, batch_size, l2)

    def set_learning_rate(self, rate: float) -> None:
        """Set the learning rate of the next steps."""
        self._optimizer.learning_rate.assign(rate)

    def train(self, inputs: Floats, targets: Floats, weights: Floats) -> float:
        """Train on `(n, n_columns)` rows in batches; return the sum of the squared errors before each step.

        Parameters
        ----------
        inputs
            What the network gets: the rows, perhaps with noise.
        targets
            The rows.
        weights
            1, or 0 for a missing value, which is not reconstructed.
        """
        import tensorflow as tf

        return float(self._steps(tf.constant(inputs), tf.constant(targets), tf.constant(weights)))

    def layers(self) -> tuple[tuple[Dense, ...], tuple[Dense, ...]]:
        """Return copies of the dense layers of encoder and decoder."""
        dense = [layer for layer in self.network.layers if layer.weights]
        copies = [Dense(*(np.array(weight.numpy(), np.float32) for weight in layer.weights)) for layer in dense]
        half = len(copies) // 2
        return tuple(copies[:half]), tuple(copies[half:])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the weights and of the optimizer's state."""
        weights = {f"weight_{number}": np.array(each.numpy()) for number, each in enumerate(self._variables)}
        return {**weights, **optimizer_arrays(self._optimizer)}

    def restore(self, state: State) -> None:
        """Resume from the `arrays` in a state; raises `InputError` if they do not match."""
        try:
            for number, variable in enumerate(self._variables):
                variable.assign(state.arrays[f"weight_{number}"])
            restore_optimizer(self._optimizer, state.arrays)
        except (KeyError, ValueError) as error:
            raise checkpoint_mismatch() from error

    @property
    def _variables(self) -> list[Any]:
        return list(self.network.trainable_variables)


def _steps(network: Any, optimizer: Any, batch_size: int, l2: float) -> Any:
    """Compile the steps on the mean squared error of a block of rows."""
    import tensorflow as tf

    variables = network.trainable_variables
    kernels = [variable for variable in variables if variable.path.endswith("kernel")]

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def steps(inputs: Any, targets: Any, weights: Any) -> Any:
        n_rows = tf.shape(inputs)[0]
        total = tf.constant(0.0)
        for start in tf.range(0, n_rows, batch_size):
            stop = tf.minimum(n_rows, start + batch_size)
            with tf.GradientTape() as tape:
                error = (network(inputs[start:stop], training=True) - targets[start:stop]) * weights[start:stop]
                squares = tf.reduce_sum(tf.square(error))
                loss = squares / tf.maximum(1.0, tf.reduce_sum(weights[start:stop]))
                if l2 > 0:
                    loss += l2 * tf.add_n([tf.reduce_sum(tf.square(tf.convert_to_tensor(each))) for each in kernels])
            optimizer.apply(tape.gradient(loss, [each.value for each in variables]), variables)
            total += squares
        return total

    return steps

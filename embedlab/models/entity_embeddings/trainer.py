"""Epochs of the network: compiled loops of Adam's steps, with progress between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.base import State, checkpoint_mismatch
from embedlab.models.entity_embeddings.encoding import Encoded
from embedlab.models.shared.keras_training import optimizer_arrays, restore_optimizer

Floats = npt.NDArray[np.float32]
#: Seconds of training between two progress reports; also the longest delay of a cancellation.
_REPORT_EVERY_S: Final = 0.3
_EVALUATED_AT_ONCE: Final = 8192
#: Counters of the random numbers of two epochs; more than an epoch has steps.
_STEPS_APART: Final = 1 << 20


class Trainer:
    """A network with Adam.

    Parameters
    ----------
    network
        The result of `build_network`.
    is_classifier
        Whether the targets are classes; else standardized numbers.
    seed
        Determines, together with the number of the epoch, the order of the rows.
    """

    def __init__(self, network: Any, *, is_classifier: bool, learning_rate: float, batch_size: int, seed: int) -> None:
        import keras

        self.network = network
        self._batch_size, self._seed = batch_size, seed
        self._names = {variable.path: _name_of(variable) for variable in network.variables if _is_weight(variable)}
        self._optimizer = keras.optimizers.Adam(learning_rate)
        self._optimizer.build(network.trainable_variables)
        self._steps, self._predict = _compile(
            network, self._optimizer, batch_size=batch_size, is_classifier=is_classifier
        )

    def train_epoch(
        self, encoded: Encoded, targets: npt.NDArray[Any], epoch: int, report: Callable[[int], None]
    ) -> float:
        """Train one epoch on the rows, in a new order; return the mean loss, each batch measured before its step.

        Parameters
        ----------
        targets
            `(n,)` float32 standardized numbers, or int32 classes.
        epoch
            Its number; the same number gives the same order.
        report
            Called a few times a second with the number of finished rows; may raise to stop.
        """
        import tensorflow as tf

        self._restart_dropout(epoch)
        inputs = [tf.constant(each) for each in _inputs_of(encoded)]
        known = tf.constant(targets)
        order = tf.constant(np.random.default_rng((self._seed, epoch)).permutation(len(targets)).astype(np.int32))
        total, done, n_steps = 0.0, 0, 5
        while done < len(targets):
            started = time.perf_counter()
            stop = min(len(targets), done + n_steps * self._batch_size)
            total += float(self._steps(inputs, known, order, tf.constant(done), tf.constant(stop)))
            per_step_s = (time.perf_counter() - started) / n_steps
            n_steps = int(np.clip(_REPORT_EVERY_S / max(per_step_s, 1e-6), 1, 10 * n_steps))
            done = stop
            report(done)
        return total / max(1, len(targets))

    def _restart_dropout(self, epoch: int) -> None:
        """Make the random numbers of an epoch depend on its number only, so that a resumed training has the same."""
        for layer in self.network.layers:
            if hasattr(layer, "seed_generator"):
                seed = np.array([layer.seed, (epoch * _STEPS_APART) % 2**32], np.uint32)
                layer.seed_generator.state.assign(seed)

    def outputs(self, encoded: Encoded) -> Floats:
        """Return the `(n, n_outputs)` float32 outputs of the network."""
        parts = [
            self._predict(_inputs_of(encoded.take(slice(start, start + _EVALUATED_AT_ONCE)))).numpy()
            for start in range(0, len(encoded), _EVALUATED_AT_ONCE)
        ]
        outputs: Floats = np.concatenate(parts)
        return outputs

    def weights(self) -> dict[str, Floats]:
        """Return copies of all weights by the name of their layer, those of dense layers as `_kernel` and `_bias`."""
        return {
            self._names[variable.path]: np.array(variable.numpy())
            for variable in self.network.variables
            if variable.path in self._names
        }

    def set_weights(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Set all weights from the result of `weights`."""
        for variable in self.network.variables:
            if variable.path in self._names:
                variable.assign(arrays[self._names[variable.path]])

    def optimizer_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the optimizer's state."""
        return optimizer_arrays(self._optimizer)

    def restore(self, state: State) -> None:
        """Resume from the weights and the optimizer in a state; raises `InputError` if they do not match."""
        try:
            self.set_weights(state.arrays)
            restore_optimizer(self._optimizer, state.arrays)
        except (KeyError, ValueError) as error:
            raise checkpoint_mismatch() from error


def _is_weight(variable: Any) -> bool:
    return variable.path.rsplit("/", 1)[-1] in {"embeddings", "kernel", "bias"}


def _name_of(variable: Any) -> str:
    layer, name = variable.path.split("/")[-2:]
    return layer if name == "embeddings" else f"{layer}_{name}"


def _inputs_of(encoded: Encoded) -> list[npt.NDArray[Any]]:
    """Return the inputs of the network that it has: those that are not empty."""
    first = [each for each in (encoded.categories, encoded.numbers) if each.shape[1]]
    return [*first, *encoded.texts]


def _compile(network: Any, optimizer: Any, *, batch_size: int, is_classifier: bool) -> tuple[Any, Any]:
    """Compile a loop of steps over `order[first:last]`, which returns the sum of the losses, and the outputs."""
    import tensorflow as tf

    variables = network.trainable_variables

    def losses(outputs: Any, targets: Any) -> Any:
        if is_classifier:
            return tf.nn.sparse_softmax_cross_entropy_with_logits(targets, outputs)
        return tf.square(outputs[:, 0] - targets)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def run_steps(inputs: Any, targets: Any, order: Any, first: Any, last: Any) -> Any:
        total = tf.constant(0.0, tf.float64)
        for start in tf.range(first, last, batch_size):
            rows = order[start : tf.minimum(start + batch_size, last)]
            with tf.GradientTape() as tape:
                outputs = network([tf.gather(each, rows) for each in inputs], training=True)
                each_loss = losses(outputs, tf.gather(targets, rows))
                loss = tf.reduce_mean(each_loss)
            # Dense, because Keras squares the sparse gradients of a value that occurs twice in a batch one by one.
            gradients = [tf.convert_to_tensor(gradient) for gradient in tape.gradient(loss, variables)]
            optimizer.apply(gradients, variables)
            total += tf.cast(tf.reduce_sum(each_loss), tf.float64)
        return total

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def predict(inputs: Any) -> Any:
        return network(inputs, training=False)

    return run_steps, predict

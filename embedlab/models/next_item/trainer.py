"""Steps of training the network of the next item: full softmax, or sampled softmax with logQ correction.

TensorFlow is imported only inside functions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.kinds.sequences.histories import Histories
from embedlab.models.contract.base import State, checkpoint_mismatch
from embedlab.models.next_item.examples import Batch, batches
from embedlab.models.next_item.predictor import LAST, MEAN, OF_HIDDEN, NextItemPredictor, layer_names
from embedlab.models.shared.keras_steps.log_uniform import LogUniform
from embedlab.models.shared.keras_steps.sparse_rows import SparseRows
from embedlab.models.shared.keras_training import optimizer_arrays, restore_optimizer

#: Seconds between two progress reports.
_REPORT_EVERY_S = 0.3


class NextItemTrainer:
    """The network with its optimizers, trained epoch by epoch.

    With a full softmax every step uses all item vectors; with a sampled one only those of its batch and its candidates
    are read and written.

    Parameters
    ----------
    network
        The result of `build_network`.
    counts
        `(n_items,)` events of each item; the biases start from the logarithms of their shares.
    dropout
        Share of the numbers of the vectors that are set to 0 in a step.
    batch_size
        Predictions per step.
    candidates
        Of the sampled softmax; None for a full one.
    seed
        Determines, together with the epoch number, the order of sequences, the dropout and the candidates.
    """

    def __init__(
        self,
        network: Any,
        counts: npt.NDArray[np.int64],
        *,
        n_hidden: int,
        max_length: int,
        dropout: float,
        learning_rate: float,
        batch_size: int,
        candidates: LogUniform | None,
        seed: int,
    ) -> None:
        import keras
        import tensorflow as tf

        self._n_hidden, self._max_length, self._dropout = n_hidden, max_length, dropout
        self._batch_size, self._candidates, self._seed = batch_size, candidates, seed
        self._layers = {name: network.get_layer(name) for name in layer_names(n_hidden)}
        self._vectors = keras.Variable(network.get_layer("items").embeddings.numpy()[1:], name="vectors")
        logs = np.log((counts + 0.5) / (counts + 0.5).mean())
        self._biases = keras.Variable(logs.astype(np.float32)[:, np.newaxis], name="biases")
        variables = [variable for layer in self._layers.values() for variable in layer.trainable_variables]
        self._rows = None
        if candidates is None:
            variables = [*variables, self._vectors, self._biases]
        else:
            self._rows = SparseRows(
                [self._vectors, self._biases], l2=[0.0, 0.0], l2_of_rows=[None, None], learning_rate=learning_rate
            )
        self._variables = variables
        self._optimizer = keras.optimizers.Adam(learning_rate)
        self._optimizer.build(variables)
        self._step_number = tf.Variable(0, dtype=tf.int32, trainable=False)
        rows, numbers = tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.float32)
        # Compiled once for batches of any size.
        if candidates is None:
            self._step = tf.function(self._full_step, input_signature=[rows] * 3)
        else:
            self._step = tf.function(self._sampled_step, input_signature=[rows] * 4 + [numbers] * 2)

    def train_epoch(self, sequences: Histories, epoch: int, report: Callable[[int], None]) -> float:
        """Train one epoch, each prediction once; return the mean loss of the predictions before each step.

        Parameters
        ----------
        epoch
            The same number gives the same order, dropout and candidates.
        report
            Called a few times a second with the number of predictions done; may raise to stop.
        """
        random = np.random.default_rng((self._seed, epoch))
        total, done, reported = 0.0, 0, time.perf_counter()
        for batch in batches(sequences, self._batch_size, random):
            total += float(self._step(*self._arguments(batch, random))) * len(batch.targets)
            done += len(batch.targets)
            if time.perf_counter() - reported > _REPORT_EVERY_S:
                reported = time.perf_counter()
                report(done)
        report(done)
        if self._rows is not None:
            self._rows.write_back(self._step_number)
        return total / max(1, done)

    def _arguments(self, batch: Batch, random: np.random.Generator) -> list[Any]:
        import tensorflow as tf

        arrays: list[npt.NDArray[Any]] = [batch.inputs, batch.firsts, batch.targets]
        if self._candidates is not None:
            drawn = self._candidates.draw(random)
            arrays += [drawn, self._candidates.log_expected(drawn), self._candidates.log_expected(batch.targets)]
        return [*map(tf.constant, arrays)]

    def _contexts(self, vectors: Any, firsts: Any, number: Any) -> Any:
        """Return the context of each prediction from the vectors of the last items, sequence after sequence."""
        import tensorflow as tf

        # Sums over a batch lose digits in single precision.
        sums = tf.cumsum(tf.cast(vectors, tf.float64))
        before = tf.gather(tf.concat([tf.zeros_like(sums[:1]), sums], axis=0), firsts)
        lengths = tf.range(tf.shape(firsts)[0]) - firsts + 1
        means = tf.cast((sums - before) / tf.cast(lengths, tf.float64)[:, tf.newaxis], tf.float32)
        context = self._layers[LAST](self._dropped(vectors, 0, number)) + self._layers[MEAN](
            self._dropped(means, 1, number)
        )
        if not self._n_hidden:
            return context
        hidden = context
        for layer in range(1, self._n_hidden + 1):
            hidden = self._layers[f"hidden_{layer}"](self._dropped(hidden, 1 + layer, number))
        return context + self._layers[OF_HIDDEN](hidden)

    def _dropped(self, values: Any, place: int, number: Any) -> Any:
        import tensorflow as tf

        if not self._dropout:
            return values
        seed = tf.stack([self._seed * 64 + place, number])
        return tf.nn.experimental.stateless_dropout(values, self._dropout, seed)

    def _full_step(self, inputs: Any, firsts: Any, targets: Any) -> Any:
        import tensorflow as tf

        number = tf.identity(self._step_number.assign_add(1))
        with tf.GradientTape() as tape:
            table = tf.convert_to_tensor(self._vectors)
            contexts = self._contexts(tf.gather(table, inputs), firsts, number)
            logits = tf.matmul(contexts, table, transpose_b=True) + tf.transpose(tf.convert_to_tensor(self._biases))
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))
        self._optimizer.apply(tape.gradient(loss, self._variables), self._variables)
        return loss

    def _sampled_step(
        self, inputs: Any, firsts: Any, targets: Any, drawn: Any, log_expected: Any, target_log_expected: Any
    ) -> Any:
        """Return the loss of a sampled softmax after a step.

        The logarithm of the expected count is subtracted from the logits (logQ). A candidate that is the target itself
        (accidental hit) is masked.
        """
        import tensorflow as tf

        assert self._rows is not None  # noqa: S101
        number = tf.identity(self._step_number.assign_add(1))
        rows = self._rows.read(tf.concat([inputs, targets, drawn], axis=0), number)
        n_predictions = tf.shape(inputs)[0]
        with tf.GradientTape() as tape:
            tape.watch(rows.values)
            values = rows.of_batch()
            contexts = self._contexts(values[:n_predictions, :-1], firsts, number)
            of_targets, candidates = values[n_predictions : 2 * n_predictions], values[2 * n_predictions :]
            own = tf.reduce_sum(contexts * of_targets[:, :-1], axis=1) + of_targets[:, -1] - target_log_expected
            others = tf.matmul(contexts, candidates[:, :-1], transpose_b=True) + candidates[:, -1] - log_expected
            others = tf.where(targets[:, tf.newaxis] == drawn[tf.newaxis], -1e9, others)
            logits = tf.concat([own[:, tf.newaxis], others], axis=1)
            loss = tf.reduce_mean(tf.reduce_logsumexp(logits, axis=1) - own)
        of_rows, of_variables = tape.gradient(loss, (rows.values, self._variables))
        self._rows.write(rows, of_rows, number)
        self._optimizer.apply(of_variables, self._variables)
        return loss

    def predictor(self, is_known: npt.NDArray[np.bool_]) -> NextItemPredictor:
        """Return the current network in NumPy."""
        layers = {}
        for name, layer in self._layers.items():
            weights = [np.array(each) for each in layer.get_weights()]
            layers[name] = (weights[0], weights[1] if len(weights) > 1 else np.zeros(weights[0].shape[1], np.float32))
        return NextItemPredictor(
            np.array(self._vectors.numpy()),
            np.array(self._biases.numpy())[:, 0],
            layers,
            self._n_hidden,
            self._max_length,
            is_known,
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all weights and of the optimizers' state."""
        arrays = {
            "vectors": np.array(self._vectors.numpy()),
            "biases": np.array(self._biases.numpy()),
            "n_steps": np.array(self._step_number.numpy()),
        }
        for name, layer in self._layers.items():
            arrays |= {f"{name}_{place}": np.array(each) for place, each in enumerate(layer.get_weights())}
        if self._rows is not None:
            arrays |= self._rows.arrays("rows")
        return {**arrays, **optimizer_arrays(self._optimizer)}

    def restore(self, state: State) -> None:
        """Resume from the result of `arrays` in a state; raises `InputError` if it does not match."""
        arrays: Mapping[str, npt.NDArray[Any]] = state.arrays
        try:
            for name, layer in self._layers.items():
                layer.set_weights([arrays[f"{name}_{place}"] for place in range(len(layer.weights))])
            self._vectors.assign(arrays["vectors"])
            self._biases.assign(arrays["biases"])
            self._step_number.assign(np.asarray(arrays["n_steps"], np.int32))
            if self._rows is not None:
                self._rows.restore("rows", arrays)
            restore_optimizer(self._optimizer, arrays)
        except (KeyError, ValueError) as error:
            raise checkpoint_mismatch() from error

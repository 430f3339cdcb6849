"""Steps of training the softmax network: full softmax, or sampled softmax with log-uniform candidates.

TensorFlow is imported only inside functions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.base import State, checkpoint_mismatch
from embedlab.models.shared.keras_steps.log_uniform import LogUniform
from embedlab.models.shared.keras_steps.sparse_rows import SparseRows
from embedlab.models.shared.keras_training import optimizer_arrays, restore_optimizer
from embedlab.models.softmax_items.examples import Batch, ItemLists, batches
from embedlab.models.softmax_items.ranker import SoftmaxRanker

#: Seconds between two progress reports.
_REPORT_EVERY_S = 0.3

Floats = npt.NDArray[np.float32]


class SoftmaxTrainer:
    """The network with its optimizers, trained epoch by epoch.

    The table of input vectors is trained by sparse steps. With a sampled softmax so is that of output vectors; with a
    full one every step uses all of them.

    Parameters
    ----------
    network
        The result of `build_network`; its last layer only gives the initial values.
    item_counts
        `(n_items,)` users of each item; the biases start from the logarithms of their shares, so that the vectors only
        learn how users differ.
    l2
        Factor of the squared length of both tables in the loss of a step, which is the mean over users.
    batch_size
        Users per step.
    target_share
        Share of a user's items that are held out as targets.
    candidates
        Of the sampled softmax; None for a full one.
    seed
        Determines, together with the epoch number, the order of users, their targets and the candidates.
    """

    def __init__(
        self,
        network: Any,
        item_counts: npt.NDArray[np.int64],
        *,
        l2: float,
        learning_rate: float,
        batch_size: int,
        target_share: float,
        candidates: LogUniform | None,
        seed: int,
    ) -> None:
        import keras
        import tensorflow as tf

        self._batch_size, self._target_share = batch_size, target_share
        self._candidates, self._seed = candidates, seed
        self._inputs = network.get_layer("item_inputs").embeddings
        self._hidden = [layer for layer in network.layers if layer.name.startswith("hidden_")]
        softmax = network.get_layer("softmax")
        self._outputs = keras.Variable(softmax.kernel.numpy().T.copy(), name="item_vectors")
        logs = np.log((item_counts + 0.5) / (item_counts + 0.5).mean())
        self._output_biases = keras.Variable(logs.astype(np.float32)[:, np.newaxis], name="item_biases")
        inputs = SparseRows([self._inputs], l2=[l2], l2_of_rows=[None], learning_rate=learning_rate)
        self._sparse = {"inputs": inputs}
        variables = [variable for layer in self._hidden for variable in layer.trainable_variables]
        if candidates is None:
            variables = [*variables, self._outputs, self._output_biases]
        else:
            self._sparse["outputs"] = SparseRows(
                [self._outputs, self._output_biases],
                l2=[l2, 0.0],
                l2_of_rows=[None, None],
                learning_rate=learning_rate,
            )
        self._l2 = l2
        self._variables = variables
        self._optimizer = keras.optimizers.Adam(learning_rate)
        self._optimizer.build(variables)
        self._step_number = tf.Variable(0, dtype=tf.int32, trainable=False)
        self._step = _compiled(self._full_loss if candidates is None else self._sampled_loss)

    def train_epoch(self, lists: ItemLists, epoch: int, report: Callable[[int], None]) -> float:
        """Train one epoch, each user once, in a new order; return the mean loss of the users before each step.

        Parameters
        ----------
        epoch
            Number of the epoch; the same number gives the same order, targets and candidates.
        report
            Called a few times a second with the number of users done; may raise to stop.
        """
        random = np.random.default_rng((self._seed, epoch))
        total, done, reported = 0.0, 0, time.perf_counter()
        for batch in batches(lists, batch_size=self._batch_size, target_share=self._target_share, random=random):
            total += float(self._step(*self._arguments(batch, random))) * batch.n_users
            done += batch.n_users
            if time.perf_counter() - reported > _REPORT_EVERY_S:
                reported = time.perf_counter()
                report(done)
        report(done)
        for rows in self._sparse.values():
            rows.write_back(self._step_number)
        return total / max(1, done)

    def _arguments(self, batch: Batch, random: np.random.Generator) -> list[Any]:
        import tensorflow as tf

        # Row 0 of the input table is padding.
        arrays = [batch.inputs + 1, batch.input_users, batch.input_weights]
        arrays += [batch.targets, batch.target_users, batch.target_weights]
        if self._candidates is not None:
            drawn = self._candidates.draw(random)
            places = np.minimum(np.searchsorted(drawn, batch.targets), len(drawn) - 1)
            arrays += [drawn, self._candidates.log_expected(drawn), self._candidates.log_expected(batch.targets)]
            arrays += [drawn[places] == batch.targets]
        return [*map(tf.constant, arrays), tf.constant(batch.n_users)]

    def _users(self, rows: Any, users: Any, weights: Any, n_users: Any) -> Any:
        import tensorflow as tf

        hidden = tf.math.unsorted_segment_sum(rows.of_batch() * weights[:, tf.newaxis], users, n_users)
        for layer in self._hidden:
            hidden = layer(hidden)
        return hidden

    def _full_loss(
        self,
        inputs: Any,
        input_users: Any,
        input_weights: Any,
        targets: Any,
        target_users: Any,
        target_weights: Any,
        n_users: Any,
    ) -> Any:
        import tensorflow as tf

        number = tf.identity(self._step_number.assign_add(1))
        rows = self._sparse["inputs"].read(inputs, number)
        with tf.GradientTape() as tape:
            tape.watch(rows.values)
            vectors = self._users(rows, input_users, input_weights, n_users)
            outputs, biases = tf.convert_to_tensor(self._outputs), tf.convert_to_tensor(self._output_biases)
            logits = tf.matmul(vectors, outputs, transpose_b=True) + tf.transpose(biases)
            of_targets = tf.gather_nd(logits, tf.stack([target_users, targets], axis=1))
            scale = 1 / tf.cast(n_users, tf.float32)
            log_sums = tf.reduce_logsumexp(logits, axis=1)
            loss = scale * (tf.reduce_sum(log_sums) - tf.reduce_sum(target_weights * of_targets))
            penalized = loss + self._l2 * tf.reduce_sum(tf.square(outputs))
        of_rows, of_variables = tape.gradient(penalized, (rows.values, self._variables))
        self._sparse["inputs"].write(rows, of_rows, number)
        self._optimizer.apply(of_variables, self._variables)
        return loss

    def _sampled_loss(
        self,
        inputs: Any,
        input_users: Any,
        input_weights: Any,
        targets: Any,
        target_users: Any,
        target_weights: Any,
        drawn: Any,
        log_expected: Any,
        target_log_expected: Any,
        is_drawn: Any,
        n_users: Any,
    ) -> Any:
        """Return the loss of a sampled softmax after a step.

        A target that was also drawn would be counted twice (accidental hit): its sum over the candidates has it
        already. The logarithm of the expected count is subtracted from the logits of targets and candidates.
        """
        import tensorflow as tf

        number = tf.identity(self._step_number.assign_add(1))
        rows = self._sparse["inputs"].read(inputs, number)
        output_rows = self._sparse["outputs"].read(tf.concat([drawn, targets], axis=0), number)
        n_drawn = tf.shape(drawn)[0]
        with tf.GradientTape() as tape:
            tape.watch([rows.values, output_rows.values])
            vectors = self._users(rows, input_users, input_weights, n_users)
            outputs = output_rows.of_batch()
            candidates, of_targets = outputs[:n_drawn], outputs[n_drawn:]
            logits = tf.matmul(vectors, candidates[:, :-1], transpose_b=True) + candidates[:, -1] - log_expected
            of_users = tf.gather(vectors, target_users)
            target_logits = tf.reduce_sum(of_users * of_targets[:, :-1], axis=1) + of_targets[:, -1]
            target_logits -= target_log_expected
            log_sums = tf.gather(tf.reduce_logsumexp(logits, axis=1), target_users)
            with_target = tf.where(is_drawn, log_sums, _log_add(log_sums, target_logits))
            scale = 1 / tf.cast(n_users, tf.float32)
            loss = scale * tf.reduce_sum(target_weights * (with_target - target_logits))
        of_rows, of_outputs, of_variables = tape.gradient(loss, (rows.values, output_rows.values, self._variables))
        self._sparse["inputs"].write(rows, of_rows, number)
        self._sparse["outputs"].write(output_rows, of_outputs, number)
        if self._variables:
            self._optimizer.apply(of_variables, self._variables)
        return loss

    def ranker(self, lists: ItemLists) -> SoftmaxRanker:
        """Return the current network in NumPy, with the vectors of the users of these lists."""
        weights = [layer.get_weights() for layer in self._hidden]
        inputs = np.array(self._inputs.numpy())[1:]
        is_seen = np.zeros(lists.n_items, bool)
        is_seen[lists.items] = True
        ranker = SoftmaxRanker(
            input_vectors=inputs,
            kernels=tuple(np.array(kernel) for kernel, _ in weights),
            biases=tuple(np.array(bias) for _, bias in weights),
            item_vectors=np.array(self._outputs.numpy()),
            item_biases=np.array(self._output_biases.numpy())[:, 0],
            user_vectors=np.zeros((0, inputs.shape[1]), np.float32),
            seen_items=is_seen,
        )
        return ranker.with_users(lists)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all weights and of the optimizers' state."""
        arrays = {
            "inputs": np.array(self._inputs.numpy()),
            "outputs": np.array(self._outputs.numpy()),
            "output_biases": np.array(self._output_biases.numpy()),
            "n_steps": np.array(self._step_number.numpy()),
        }
        for number, layer in enumerate(self._hidden):
            arrays[f"hidden_{number}_kernel"], arrays[f"hidden_{number}_bias"] = map(np.array, layer.get_weights())
        for name, rows in self._sparse.items():
            arrays |= rows.arrays(name)
        return {**arrays, **optimizer_arrays(self._optimizer)}

    def restore(self, state: State) -> None:
        """Resume from the result of `arrays` in a state; raises `InputError` if it does not match."""
        arrays: Mapping[str, npt.NDArray[Any]] = state.arrays
        try:
            for number, layer in enumerate(self._hidden):
                layer.set_weights([arrays[f"hidden_{number}_kernel"], arrays[f"hidden_{number}_bias"]])
            self._inputs.assign(arrays["inputs"])
            self._outputs.assign(arrays["outputs"])
            self._output_biases.assign(arrays["output_biases"])
            self._step_number.assign(np.asarray(arrays["n_steps"], np.int32))
            for name, rows in self._sparse.items():
                rows.restore(name, arrays)
            restore_optimizer(self._optimizer, arrays)
        except (KeyError, ValueError) as error:
            raise checkpoint_mismatch() from error


def _log_add(first: Any, second: Any) -> Any:
    import tensorflow as tf

    return tf.maximum(first, second) + tf.math.softplus(-tf.abs(first - second))


def _compiled(step: Any) -> Any:
    """Compile a step once for batches of any size."""
    import tensorflow as tf

    return tf.function(step, reduce_retracing=True)

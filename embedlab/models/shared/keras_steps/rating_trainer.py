"""Training of Keras networks that predict ratings from `Embedding` layers of users and items.

The loop of steps is compiled; between calls it reports progress. TensorFlow is imported only inside functions.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.splits import Ratings
from embedlab.models.contract.base import State, checkpoint_mismatch
from embedlab.models.shared.keras_steps.sparse_rows import SparseRows
from embedlab.models.shared.keras_steps.tables import TableL2
from embedlab.models.shared.keras_training import optimizer_arrays, restore_optimizer

#: Seconds of training between two progress reports; also the longest delay of a cancellation.
_REPORT_EVERY_S = 0.3
#: Inputs of the network; the names of its `Embedding` layers begin with one of them.
SIDES = ("user", "item")

#: From the looked-up rows of the tables, `(batch, n)` each, to the output `(batch, 1)`.
Head = Callable[[list[Any]], Any]
Weights = Mapping[str, npt.NDArray[np.float32]]


class RatingTrainer(ABC):
    """A network `(user, item) -> standardized rating` with its Adam optimizer, trained epoch by epoch.

    Parameters
    ----------
    network
        A `keras.Model` with two int32 inputs `user` and `item` of shape `(None,)` and an output of shape `(None, 1)`.
    batch_size
        Ratings per step.
    seed
        Determines, together with the epoch number, the order of the ratings.
    """

    def __init__(self, network: Any, *, batch_size: int, seed: int) -> None:
        self.network = network
        self._batch_size = batch_size
        self._seed = seed
        self._names = {variable.path: _name_of(variable) for variable in network.trainable_variables}

    @abstractmethod
    def _run_steps(self, users: Any, items: Any, targets: Any, first: Any, last: Any) -> Any:
        """Train on the ratings `[first, last)`, and return the sum of their squared errors before each step."""

    @abstractmethod
    def _end_epoch(self) -> None:
        """Bring the variables of the network up to date."""

    def train_epoch(
        self, train: Ratings, targets: npt.NDArray[np.float32], epoch: int, report: Callable[[int], None]
    ) -> float:
        """Train one epoch on the ratings, in a new order.

        Parameters
        ----------
        train
            The ratings, without unknown rows (-1).
        targets
            `(n,)` float32 standardized ratings.
        epoch
            Number of the epoch; the same number gives the same order.
        report
            Called a few times a second with the number of ratings done; may raise to stop.

        Returns
        -------
        Mean squared error over the epoch, each batch measured before its step.
        """
        import tensorflow as tf

        order = np.random.default_rng((self._seed, epoch)).permutation(len(train))
        users = tf.constant(train.users[order])
        items = tf.constant(train.items[order])
        shuffled = tf.constant(targets[order])
        n_ratings, done, squared_error = len(train), 0, 0.0
        n_steps = 10
        while done < n_ratings:
            started = time.perf_counter()
            stop = min(n_ratings, done + n_steps * self._batch_size)
            squared_error += float(self._run_steps(users, items, shuffled, tf.constant(done), tf.constant(stop)))
            per_step_s = (time.perf_counter() - started) / n_steps
            n_steps = int(np.clip(_REPORT_EVERY_S / max(per_step_s, 1e-6), 1, 10 * n_steps))
            done = stop
            report(done)
        self._end_epoch()
        return squared_error / n_ratings

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return copies of the variables: tables by the name of their layer, others with that of the variable too."""
        return {self._names[variable.path]: np.array(variable.numpy()) for variable in self.network.trainable_variables}

    def set_weights(self, arrays: Weights) -> None:
        """Set variables from the result of `weights`; those that are not named do not change."""
        for variable in self.network.trainable_variables:
            if (name := self._names[variable.path]) in arrays:
                variable.assign(arrays[name])

    @abstractmethod
    def optimizer_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the optimizer's state."""

    @abstractmethod
    def _restore_optimizer(self, state: State) -> None:
        """Restore what `optimizer_arrays` returned."""

    def restore(self, state: State) -> None:
        """Resume from the weights and optimizer state in a state; raises `InputError` if they do not match."""
        try:
            for variable in self.network.trainable_variables:
                variable.assign(state.arrays[self._names[variable.path]])
            self._restore_optimizer(state)
        except (KeyError, ValueError) as error:
            raise checkpoint_mismatch() from error


def _name_of(variable: Any) -> str:
    layer, name = variable.path.split("/")[-2:]
    return layer if name == "embeddings" else f"{layer}_{name}"


class DenseRatingTrainer(RatingTrainer):
    """Steps that update the whole tables, by Keras' Adam; the layers have their own regularizers."""

    def __init__(self, network: Any, *, learning_rate: float, batch_size: int, seed: int) -> None:
        import keras

        super().__init__(network, batch_size=batch_size, seed=seed)
        self._optimizer = keras.optimizers.Adam(learning_rate)
        self._optimizer.build(network.trainable_variables)
        self._steps = _dense_steps(network, self._optimizer, batch_size)

    def _run_steps(self, users: Any, items: Any, targets: Any, first: Any, last: Any) -> Any:
        return self._steps(users, items, targets, first, last)

    def _end_epoch(self) -> None:
        pass

    def optimizer_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the optimizer's state."""
        return optimizer_arrays(self._optimizer)

    def _restore_optimizer(self, state: State) -> None:
        restore_optimizer(self._optimizer, state.arrays)


def _dense_steps(network: Any, optimizer: Any, batch_size: int) -> Any:
    """Compile a loop of training steps over `[first, last)` that returns the sum of squared errors."""
    import tensorflow as tf

    variables = network.trainable_variables

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def run_steps(users: Any, items: Any, targets: Any, first: Any, last: Any) -> Any:
        squared_error = tf.constant(0.0, tf.float64)
        for start in tf.range(first, last, batch_size):
            stop = tf.minimum(start + batch_size, last)
            with tf.GradientTape() as tape:
                predicted = network([users[start:stop], items[start:stop]], training=True)[:, 0]
                error = predicted - targets[start:stop]
                loss = tf.add_n([tf.reduce_mean(tf.square(error)), *network.losses])
            # Dense, because Keras squares the sparse gradients of a row that occurs twice in a batch one by one.
            gradients = [tf.convert_to_tensor(gradient) for gradient in tape.gradient(loss, variables)]
            optimizer.apply(gradients, variables)
            squared_error += tf.cast(tf.reduce_sum(tf.square(error)), tf.float64)
        return squared_error

    return run_steps


class SparseRatingTrainer(RatingTrainer):
    """Steps that update only the rows of their batch; the other layers are updated by Keras' Adam.

    Parameters
    ----------
    l2
        L2 regularization of each table, by the name of its layer; the regularizers of the layers are not used.
    head
        What the network computes from the looked-up rows of its tables, those of users first; None: its own layers.
    """

    def __init__(
        self,
        network: Any,
        *,
        l2: Mapping[str, TableL2],
        learning_rate: float,
        batch_size: int,
        seed: int,
        head: Head | None = None,
    ) -> None:
        import keras
        import tensorflow as tf

        super().__init__(network, batch_size=batch_size, seed=seed)
        layers = {
            side: [layer for layer in network.layers if layer.name.startswith(f"{side}_") and l2.get(layer.name)]
            for side in SIDES
        }
        self._sides = {
            side: SparseRows(
                [layer.embeddings for layer in of_side],
                l2=[l2[layer.name].strength for layer in of_side],
                l2_of_rows=[l2[layer.name].of_rows for layer in of_side],
                learning_rate=learning_rate,
            )
            for side, of_side in layers.items()
        }
        # What follows the tables, as a network of its own that shares their layers.
        layers_of_head = keras.Model([layer.output for side in SIDES for layer in layers[side]], network.output)
        variables = layers_of_head.trainable_variables
        self._optimizer = keras.optimizers.Adam(learning_rate)
        self._optimizer.build(variables)
        self._step = tf.Variable(0, dtype=tf.int32, trainable=False)
        self._steps = _sparse_steps(
            head or layers_of_head, variables, self._sides, self._optimizer, self._step, batch_size
        )

    def _run_steps(self, users: Any, items: Any, targets: Any, first: Any, last: Any) -> Any:
        return self._steps(users, items, targets, first, last)

    def _end_epoch(self) -> None:
        for side in self._sides.values():
            side.write_back(self._step)

    def set_weights(self, arrays: Weights) -> None:
        """Set variables; see `RatingTrainer.set_weights`."""
        super().set_weights(arrays)
        for side in self._sides.values():
            side.read_variables()

    def optimizer_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the optimizer's state."""
        moments = {name: array for side, rows in self._sides.items() for name, array in rows.arrays(side).items()}
        return {**optimizer_arrays(self._optimizer), **moments, "sparse_steps": np.array(self._step.numpy())}

    def _restore_optimizer(self, state: State) -> None:
        restore_optimizer(self._optimizer, state.arrays)
        for side, rows in self._sides.items():
            rows.restore(side, state.arrays)
        self._step.assign(np.asarray(state.arrays["sparse_steps"], np.int32))


def _sparse_steps(
    head: Head, variables: list[Any], sides: Mapping[str, SparseRows], optimizer: Any, step: Any, batch_size: int
) -> Any:
    """Compile the loop of `_dense_steps` with steps on the rows of a batch."""
    import tensorflow as tf

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def run_steps(users: Any, items: Any, targets: Any, first: Any, last: Any) -> Any:
        squared_error = tf.constant(0.0, tf.float64)
        for start in tf.range(first, last, batch_size):
            stop = tf.minimum(start + batch_size, last)
            number = tf.identity(step.assign_add(1))
            ids = {"user": users[start:stop], "item": items[start:stop]}
            rows = {side: sides[side].read(ids[side], number) for side in SIDES}
            with tf.GradientTape() as tape:
                tape.watch([each.values for each in rows.values()])
                inputs = [
                    part
                    for side, each in rows.items()
                    for part in tf.split(each.of_batch(), sides[side].widths, axis=1)
                ]
                error = head(inputs)[:, 0] - targets[start:stop]
                loss = tf.reduce_mean(tf.square(error))
            of_rows, of_head = tape.gradient(loss, ([each.values for each in rows.values()], variables))
            for each, gradient in zip(rows.items(), of_rows, strict=True):
                sides[each[0]].write(each[1], gradient, number)
            if variables:
                optimizer.apply(of_head, variables)
            squared_error += tf.cast(tf.reduce_sum(tf.square(error)), tf.float64)
        return squared_error

    return run_steps


def rating_trainer(
    network: Any,
    *,
    l2: Mapping[str, TableL2],
    sparse: bool,
    learning_rate: float,
    batch_size: int,
    seed: int,
    head: Head | None = None,
) -> RatingTrainer:
    """Return a trainer with dense or with sparse steps; `head` is as in `SparseRatingTrainer`."""
    if sparse:
        return SparseRatingTrainer(
            network, l2=l2, learning_rate=learning_rate, batch_size=batch_size, seed=seed, head=head
        )
    return DenseRatingTrainer(network, learning_rate=learning_rate, batch_size=batch_size, seed=seed)

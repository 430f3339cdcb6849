"""Matrix factorization in Keras: the network, and a training loop that reports progress between steps.

TensorFlow is imported only inside functions: it costs seconds and hundreds of megabytes, and the server never trains.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.splits import Ratings
from embedlab.models.contract.base import State, checkpoint_mismatch

#: Seconds of training between two progress reports; also the longest delay of a cancellation.
_REPORT_EVERY_S = 0.3
_FACTORS_STD = 0.05

Weights = Mapping[str, npt.NDArray[np.float32]]


def tensorflow_distribution() -> str:
    """Return the name of the installed TensorFlow package, which depends on the system."""
    with suppress(PackageNotFoundError):
        distribution("tensorflow-cpu")
        return "tensorflow-cpu"
    return "tensorflow"


def start_tensorflow(n_threads: int) -> None:
    """Import TensorFlow with `n_threads` threads; a process that already uses TensorFlow keeps its number."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import tensorflow as tf

    with suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(n_threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)


def build_network(
    n_users: int,
    n_items: int,
    *,
    n_factors: int,
    biases: bool,
    l2: float,
    l2_biases_users: float,
    l2_biases_items: float,
    seed: int,
) -> Any:
    """Build the network `(user, item) -> standardized rating`.

    Parameters
    ----------
    n_users, n_items
        Number of rows of the two tables.
    n_factors
        Number of columns of the two tables.
    biases
        Whether users and items have a bias.
    l2, l2_biases_users, l2_biases_items
        Weight of the squared length of all factors, and of the biases of each side, in the mean squared error of a
        batch.
    seed
        Seed of the initial factors.

    Returns
    -------
    A `keras.Model` with two int32 inputs of shape `(None,)` and an output of shape `(None, 1)`.
    """
    import keras

    def table(rows: int, columns: int, strength: float, name: str, initializer: Any) -> Any:
        # Regularizing the whole tables, not only the looked-up rows, shrinks rarely rated rows to zero. Its dense
        # gradient also avoids the wrong square that Keras' Adam computes for a row that occurs twice in a batch.
        regularizer = keras.regularizers.L2(strength) if strength > 0 else None
        return keras.layers.Embedding(
            rows, columns, embeddings_initializer=initializer, embeddings_regularizer=regularizer, name=name
        )

    def normal(shift: int) -> Any:
        return keras.initializers.RandomNormal(stddev=_FACTORS_STD, seed=2 * seed + shift)

    user = keras.Input((), dtype="int32", name="user")
    item = keras.Input((), dtype="int32", name="item")
    p = table(n_users, n_factors, l2, "user_factors", normal(0))(user)
    q = table(n_items, n_factors, l2, "item_factors", normal(1))(item)
    rating = keras.layers.Dot(axes=1, name="dot")([p, q])
    if biases:
        b_u = table(n_users, 1, l2_biases_users, "user_biases", "zeros")(user)
        b_i = table(n_items, 1, l2_biases_items, "item_biases", "zeros")(item)
        rating = keras.layers.Add(name="rating")([rating, b_u, b_i])
    return keras.Model([user, item], rating, name="matrix_factorization")


def summary_text(network: Any) -> str:
    """Return `model.summary()` as text."""
    lines: list[str] = []
    network.summary(print_fn=lambda line, **_: lines.append(line), line_length=110)
    return "\n".join(lines) + "\n"


def saved_network(network: Any, scratch: Path) -> bytes:
    """Return the network in Keras' file format, `.keras`."""
    path = scratch / "network.keras"
    network.save(path)
    content = path.read_bytes()
    path.unlink()
    return content


def optimizer_arrays(optimizer: Any) -> dict[str, npt.NDArray[Any]]:
    """Return copies of a Keras optimizer's state, by the names that `restore_optimizer` reads."""
    return {f"optimizer_{number}": np.array(value.numpy()) for number, value in enumerate(optimizer.variables)}


def restore_optimizer(optimizer: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Restore a Keras optimizer from `optimizer_arrays`; raises `KeyError` or `ValueError` if they do not match."""
    for number, variable in enumerate(optimizer.variables):
        variable.assign(arrays[f"optimizer_{number}"])


class Trainer:
    """A network with its Adam optimizer, trained epoch by epoch.

    Parameters
    ----------
    network
        The result of `build_network`.
    learning_rate, batch_size
        Learning rate of Adam, and ratings per step.
    seed
        Determines, together with the epoch number, the order of the ratings.
    """

    def __init__(self, network: Any, *, learning_rate: float, batch_size: int, seed: int) -> None:
        import keras

        self.network = network
        self._batch_size = batch_size
        self._seed = seed
        self._optimizer = keras.optimizers.Adam(learning_rate)
        self._optimizer.build(network.trainable_variables)
        self._run_steps = _compiled_steps(network, self._optimizer, batch_size)

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
        return squared_error / n_ratings

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return copies of the tables by layer name, biases as `(n, 1)`."""
        return {
            variable.path.split("/")[0]: np.array(variable.numpy()) for variable in self.network.trainable_variables
        }

    def set_weights(self, arrays: Weights) -> None:
        """Set tables from the result of `weights`; tables that are not named do not change."""
        for variable in self.network.trainable_variables:
            if (name := variable.path.split("/")[0]) in arrays:
                variable.assign(arrays[name])

    def optimizer_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the optimizer's state."""
        return optimizer_arrays(self._optimizer)

    def restore(self, state: State) -> None:
        """Resume from the weights and optimizer state in a state; raises `InputError` if they do not match."""
        try:
            for variable in self.network.trainable_variables:
                variable.assign(state.arrays[variable.path.split("/")[0]])
            restore_optimizer(self._optimizer, state.arrays)
        except (KeyError, ValueError) as error:
            raise checkpoint_mismatch() from error


def _compiled_steps(network: Any, optimizer: Any, batch_size: int) -> Any:
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
            optimizer.apply(tape.gradient(loss, variables), variables)
            squared_error += tf.cast(tf.reduce_sum(tf.square(error)), tf.float64)
        return squared_error

    return run_steps

"""Training steps of the towers: Adam on the rows of the batch, and on the weights of the convolutions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.base import State, checkpoint_mismatch
from embedlab.models.shared.keras_steps.sparse_rows import SparseRows
from embedlab.models.shared.keras_training import optimizer_arrays, restore_optimizer
from embedlab.models.two_tower.bags import Bags
from embedlab.models.two_tower.examples import Batch, KindPairs, batches
from embedlab.models.two_tower.network import in_batch_loss, set_tower_weights, tower_weights

Floats = npt.NDArray[np.float32]
_REPORT_EVERY_S = 0.3
_IMAGES_AT_A_TIME = 1024


class TwoTowerTrainer:
    """The towers with their optimizers, trained epoch by epoch.

    Parameters
    ----------
    towers
        Of each kind, as `network.build_towers`.
    bags, pixels
        The things of each kind: rows of its table, or images; None for the other.
    pairs
        Training pairs of each right kind.
    log_q
        Whether scores are corrected for popularity.
    seed
        Determines, together with the number of the epoch, the batches.
    """

    def __init__(
        self,
        towers: Sequence[Any],
        bags: Sequence[Bags | None],
        pixels: Sequence[npt.NDArray[np.uint8] | None],
        pairs: list[KindPairs],
        *,
        temperature: float,
        log_q: bool,
        learning_rate: float,
        batch_size: int,
        seed: int,
    ) -> None:
        import keras
        import tensorflow as tf

        self.towers, self._bags, self._pixels, self._pairs = towers, bags, pixels, pairs
        self._temperature, self._log_q = temperature, log_q
        self._batch_size, self._seed = batch_size, seed
        self._tables = {
            kind: SparseRows(tower.trainable_variables, l2=[0.0], l2_of_rows=[None], learning_rate=learning_rate)
            for kind, tower in enumerate(towers)
            if bags[kind] is not None
        }
        self._convolutions = [
            variable
            for kind, tower in enumerate(towers)
            if bags[kind] is None
            for variable in tower.trainable_variables
        ]
        self._optimizer = keras.optimizers.Adam(learning_rate)
        if self._convolutions:
            self._optimizer.build(self._convolutions)
        self._number = tf.Variable(0, dtype=tf.int32, trainable=False)
        self._steps = {each.kind: self._compiled(each.kind) for each in pairs}

    def train_epoch(self, epoch: int, report: Callable[[int], None]) -> float:
        """Train on all pairs once; return the mean loss.

        Parameters
        ----------
        epoch
            Number of the epoch; the same number gives the same batches.
        report
            Called a few times a second with the number of pairs done; may raise to stop.
        """
        random = np.random.default_rng([self._seed, epoch])
        total, done, next_report = 0.0, 0, 0.0
        for batch in batches(self._pairs, self._batch_size, random):
            loss = self._steps[batch.kind](*self._inputs(batch))
            total += float(loss) * len(batch.left)
            done += len(batch.left)
            if (now := time.monotonic()) >= next_report:
                next_report = now + _REPORT_EVERY_S
                report(done)
        for table in self._tables.values():
            table.write_back(self._number)
        return total / max(1, done)

    def _inputs(self, batch: Batch) -> tuple[Any, ...]:
        n = len(batch.left)
        log_q = (batch.log_q_left, batch.log_q_right) if self._log_q else (np.zeros(n, np.float32),) * 2
        return (*self._things(0, batch.left), *self._things(batch.kind, batch.right), *log_q, batch.is_hit)

    def _things(self, kind: int, things: npt.NDArray[np.int32]) -> tuple[Any, ...]:
        bags = self._bags[kind]
        return (self._images(kind, things),) if bags is None else bags.of(things)

    def _compiled(self, kind: int) -> Any:
        """Return the compiled step on a batch of pairs with a kind."""
        import tensorflow as tf

        left_inputs, right_inputs = self._signature(0), self._signature(kind)
        vector, square = tf.TensorSpec((None,), tf.float32), tf.TensorSpec((None, None), tf.bool)

        def step(*inputs: Any) -> Any:
            number = tf.identity(self._number.assign_add(1))
            log_q_left, log_q_right, is_hit = inputs[-3:]
            sides = ((0, inputs[: len(left_inputs)]), (kind, inputs[len(left_inputs) : -3]))
            # The tables are read outside the tape: a step changes only the rows of its batch.
            read = {side: self._tables[side].read(given[0], number) for side, given in sides if side in self._tables}
            with tf.GradientTape() as tape:
                tape.watch([each.values for each in read.values()])
                left, right = (self._vectors(side, given, read.get(side), tf.shape(is_hit)[0]) for side, given in sides)
                loss = in_batch_loss(left, right, log_q_left, log_q_right, is_hit, self._temperature)
            used = [variable for side, _ in sides if side not in self._tables for variable in self._weights_of(side)]
            of_rows, of_weights = tape.gradient(loss, ([each.values for each in read.values()], used))
            for (side, rows), gradient in zip(read.items(), of_rows, strict=True):
                self._tables[side].write(rows, gradient, number)
            if used:
                self._optimizer.apply(of_weights, used)
            return loss

        # Without AutoGraph: the step has no control flow to convert, and tracing takes half the time.
        signature = [*left_inputs, *right_inputs, vector, vector, square]
        return tf.function(step, input_signature=signature, autograph=False)

    def _weights_of(self, kind: int) -> list[Any]:
        return list(self.towers[kind].trainable_variables)

    def _signature(self, kind: int) -> list[Any]:
        import tensorflow as tf

        pixels = self._pixels[kind]
        if pixels is not None:
            return [tf.TensorSpec((None, *pixels.shape[1:]), tf.float32)]
        return [tf.TensorSpec((None,), dtype) for dtype in (tf.int32, tf.int32, tf.float32)]

    def _vectors(self, kind: int, inputs: Sequence[Any], rows: Any, n: Any) -> Any:
        import tensorflow as tf

        if rows is None:
            return self.towers[kind](inputs[0], training=True)
        _, places, weights = inputs
        mean = tf.math.unsorted_segment_sum(rows.of_batch() * weights[:, tf.newaxis], places, n)
        return tf.math.l2_normalize(mean, axis=1)

    def image_vectors(self, kind: int) -> Floats:
        """Return the `(n, vector_size)` unit vectors of all images of a kind, by its tower."""
        pixels = self._pixels[kind]
        assert pixels is not None  # noqa: S101
        rows = np.arange(len(pixels))
        blocks = [rows[start : start + _IMAGES_AT_A_TIME] for start in range(0, len(rows), _IMAGES_AT_A_TIME)]
        return np.concatenate([np.asarray(self.towers[kind](self._images(kind, block))) for block in blocks])

    def _images(self, kind: int, rows: npt.NDArray[np.integer]) -> Floats:
        pixels = self._pixels[kind]
        assert pixels is not None  # noqa: S101
        images: Floats = pixels[rows].astype(np.float32) / np.float32(255)
        return images

    def set_weights(self, weights: Sequence[Mapping[str, Floats]]) -> None:
        """Set what `weights` returned, for `image_vectors`; training does not go on from there."""
        for tower, each in zip(self.towers, weights, strict=True):
            set_tower_weights(tower, each)

    def weights(self) -> list[dict[str, Floats]]:
        """Return copies of the weights of each tower."""
        return [tower_weights(tower) for tower in self.towers]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of weights and optimizer states, by the names that `restore` reads."""
        arrays: dict[str, npt.NDArray[Any]] = {"step": np.array(self._number.numpy())}
        for kind, weights in enumerate(self.weights()):
            arrays |= {f"tower_{kind}_{name}": array for name, array in weights.items()}
        for kind, table in self._tables.items():
            arrays |= table.arrays(f"table_{kind}")
        if self._convolutions:
            arrays |= optimizer_arrays(self._optimizer)
        return arrays

    def restore(self, state: State) -> None:
        """Restore a checkpoint; raises `InputError` if it belongs to other data or parameters."""
        try:
            for kind, tower in enumerate(self.towers):
                prefix = f"tower_{kind}_"
                names = [name for name in state.arrays if name.startswith(prefix)]
                set_tower_weights(tower, {name.removeprefix(prefix): np.asarray(state.arrays[name]) for name in names})
            for kind, table in self._tables.items():
                table.restore(f"table_{kind}", state.arrays)
            if self._convolutions:
                restore_optimizer(self._optimizer, state.arrays)
            self._number.assign(np.asarray(state.arrays["step"], np.int32))
        except (KeyError, ValueError) as error:
            raise checkpoint_mismatch() from error

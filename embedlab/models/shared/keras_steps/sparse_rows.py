"""Adam on the rows of large tables: a step reads and writes only the rows of its batch.

Keras' own Adam passes over the whole tables in every step, and squares the gradients of a row that occurs twice in a
batch one by one. Here each row is read once, its gradients are added up, and what a full step would have done to it
since its last use is applied when it is next read, in closed form.

TensorFlow is imported only inside functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

#: As in Keras.
BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-7
#: Rows brought up to date at a time at the end of an epoch.
_CHUNK = 65_536
#: After this many steps without use, moments are zero in single precision.
_MOST_SKIPPED = 65_535

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ReadRows:
    """The rows of a batch, each once.

    Parameters
    ----------
    ids
        `(n_unique,)` rows of the table.
    places
        `(batch,)` for each element of the batch its place in `ids`.
    values
        `(n_unique, n_columns)` float32 current values; differentiate with respect to these.
    first_moments, second_moments
        `(n_unique, n_columns)` float32 moments of Adam, decayed up to and including the coming step.
    """

    ids: Any
    places: Any
    values: Any
    first_moments: Any
    second_moments: Any

    def of_batch(self) -> Any:
        """Return `(batch, n_columns)` values, one row for each element of the batch."""
        import tensorflow as tf

        return tf.gather(self.values, self.places)


class SparseRows:
    """Keras variables with the same rows, such as factors and biases of users, with their Adam moments.

    Between two uses of a row, Adam on the whole table would go on moving it along its last moments, and L2
    regularization would go on shrinking it. Both are applied when the row is next read: the movement as a geometric
    sum, the L2 decay as ``1 / (1 + 2 l2 rate steps)``, where ``rate`` is the learning rate of Adam for this number.
    Without L2 regularization the result equals Adam on the whole table up to rounding and its bias correction, which
    is taken at the last use of the row; with it, the stationary points are the same.

    Source: Kingma and Ba, "Adam", 2015; the lazy L2 update: Langford, Li and Zhang, "Sparse Online Learning via
    Truncated Gradient", 2009, section 3.

    Parameters
    ----------
    variables
        Keras variables of shape `(n_rows, n)`; they are read now, and written by `write_back`.
    l2
        For each variable the factor of its squared length in the loss of a step.
    l2_of_rows
        For each variable `(n_rows,)` float32 by which `l2` is multiplied in each row; None: 1.
    learning_rate
        Of Adam.
    """

    def __init__(
        self,
        variables: Sequence[Any],
        *,
        l2: Sequence[float],
        l2_of_rows: Sequence[Floats | None],
        learning_rate: float,
    ) -> None:
        import tensorflow as tf

        self._variables = list(variables)
        self._widths = [int(variable.shape[1]) for variable in self._variables]
        self._n_rows, self._width = int(self._variables[0].shape[0]), sum(self._widths)
        self._learning_rate = learning_rate
        self._is_regularized = any(strength > 0 for strength in l2)
        self._l2_of_columns = tf.constant(np.repeat(np.asarray(l2, np.float32), self._widths)[np.newaxis])
        self._l2_of_rows = None
        if any(rows is not None for rows in l2_of_rows):
            ones = np.ones(self._n_rows, np.float32)
            self._l2_of_rows = tf.constant(
                np.stack([ones if rows is None else rows for rows in l2_of_rows], axis=1).astype(np.float32)
            )
        shape = (self._n_rows, self._width)
        self._values, self._first, self._second = (tf.Variable(tf.zeros(shape), trainable=False) for _ in range(3))
        self._last = tf.Variable(tf.zeros(self._n_rows, tf.int32), trainable=False)
        self._decays = tf.constant(_decays())
        self.read_variables()
        self._bring_up_to_date = tf.function(self._bring_chunks)

    @property
    def widths(self) -> list[int]:
        """Columns of each variable."""
        return self._widths

    def read_variables(self) -> None:
        """Take the values of the Keras variables; the moments do not change."""
        self._values.assign(np.concatenate([np.asarray(each.numpy()) for each in self._variables], axis=1))

    def write_back(self, step: Any) -> None:
        """Bring all rows up to date after `step` finished steps, and write them into the Keras variables."""
        import tensorflow as tf

        self._bring_up_to_date(tf.cast(step, tf.int32))
        values = self._values.numpy()
        for variable, part in zip(self._variables, np.split(values, np.cumsum(self._widths)[:-1], axis=1), strict=True):
            variable.assign(part)

    def read(self, ids: Any, step: Any) -> ReadRows:
        """Read the rows of a batch for a step; its number counts from 1."""
        import tensorflow as tf

        unique, places = tf.unique(ids)
        values, first, second = self._current(unique, step)
        return ReadRows(unique, places, values, BETA_1 * first, BETA_2 * second)

    def _gathered(self, variable: Any, ids: Any) -> Any:
        import tensorflow as tf

        # Any other way to read copies the whole table.
        return tf.raw_ops.ResourceGather(resource=variable.handle, indices=ids, dtype=variable.dtype)

    def _current(self, ids: Any, step: Any) -> tuple[Any, Any, Any]:
        """Return values and moments of rows as before a step."""
        import tensorflow as tf

        first, second, last = (self._gathered(each, ids) for each in (self._first, self._second, self._last))
        # Rows that were never used have no moments, and nothing to catch up with.
        skipped = tf.where(last > 0, step - 1 - last, 0)
        decays = tf.gather(self._decays, tf.minimum(skipped, _MOST_SKIPPED))
        movement, of_first, of_second = tf.split(decays, 3, axis=1)
        rate = (self._learning_rate * _bias_correction(tf.cast(last, tf.float32)))[:, tf.newaxis]
        scales = tf.sqrt(second) + EPSILON
        values = self._gathered(self._values, ids) - first * (rate * movement) / scales
        if self._is_regularized:
            steps = rate * tf.cast(skipped, tf.float32)[:, tf.newaxis]
            values *= scales / (scales + self._twice_l2(ids) * steps)
        return values, first * of_first, second * of_second

    def _twice_l2(self, ids: Any) -> Any:
        import tensorflow as tf

        if self._l2_of_rows is None:
            return 2 * self._l2_of_columns
        of_rows = tf.gather(self._l2_of_rows, ids)
        if len(self._widths) > 1:
            of_rows = tf.repeat(of_rows, self._widths, axis=1)
        return 2 * self._l2_of_columns * of_rows

    def write(self, rows: ReadRows, gradient: Any, step: Any) -> None:
        """Make a step of Adam on the rows that were read.

        Parameters
        ----------
        gradient
            Of the loss without L2, with respect to `rows.values`; gradients of the same row are added up.
        """
        import tensorflow as tf

        gradient = tf.convert_to_tensor(gradient)
        if self._is_regularized:
            gradient += self._twice_l2(rows.ids) * rows.values
        first = rows.first_moments + (1 - BETA_1) * gradient
        second = rows.second_moments + (1 - BETA_2) * tf.square(gradient)
        rate = self._learning_rate * _bias_correction(tf.cast(step, tf.float32))
        self._scatter(rows.ids, rows.values - rate * first / (tf.sqrt(second) + EPSILON), first, second, step)

    def _scatter(self, ids: Any, values: Any, first: Any, second: Any, step: Any) -> None:
        import tensorflow as tf

        steps = tf.broadcast_to(tf.cast(step, tf.int32), tf.shape(ids))
        updates = (self._values, values), (self._first, first), (self._second, second), (self._last, steps)
        for variable, update in updates:
            tf.raw_ops.ResourceScatterUpdate(resource=variable.handle, indices=ids, updates=update)

    def _bring_chunks(self, step: Any) -> None:
        import tensorflow as tf

        for start in tf.range(0, self._n_rows, _CHUNK):
            ids = tf.range(start, tf.minimum(start + _CHUNK, self._n_rows))
            last = self._gathered(self._last, ids)
            self._scatter(ids, *self._current(ids, step + 1), tf.where(last > 0, step, 0))

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the moments, by the names that `restore` reads."""
        return {
            f"{name}_first_moments": np.array(self._first.numpy()),
            f"{name}_second_moments": np.array(self._second.numpy()),
            f"{name}_last_steps": np.array(self._last.numpy()),
        }

    def restore(self, name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore moments, and take the values of the Keras variables.

        Raises
        ------
        KeyError, ValueError
            The arrays do not match.
        """
        self.read_variables()
        self._first.assign(arrays[f"{name}_first_moments"])
        self._second.assign(arrays[f"{name}_second_moments"])
        self._last.assign(arrays[f"{name}_last_steps"])


def _decays() -> Floats:
    """Return for each number of skipped steps: the movement along the moments, and the factors of both moments.

    In every skipped step the movement is ``BETA_1 / sqrt(BETA_2)`` times that of the step before.
    """
    skipped = np.arange(_MOST_SKIPPED + 1, dtype=np.float64)
    ratio = BETA_1 / np.sqrt(BETA_2)
    movement = ratio * (1 - ratio**skipped) / (1 - ratio)
    decays: Floats = np.stack([movement, BETA_1**skipped, BETA_2**skipped], axis=1).astype(np.float32)
    return decays


def _bias_correction(step: Any) -> Any:
    """Return the factor of the learning rate that corrects the initial zeros of Adam's moments; 1 before any step."""
    import tensorflow as tf

    steps = tf.maximum(step, 1.0)
    return tf.sqrt(1 - tf.pow(BETA_2, steps)) / (1 - tf.pow(BETA_1, steps))

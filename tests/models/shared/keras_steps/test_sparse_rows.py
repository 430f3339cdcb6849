from __future__ import annotations

import numpy as np
import pytest

from embedlab.models.shared.keras_steps.sparse_rows import SparseRows
from embedlab.models.shared.keras_steps.tables import row_scale, uses_sparse_steps
from embedlab.models.shared.keras_training import start_tensorflow

N_ROWS = 7


@pytest.fixture(scope="module", autouse=True)
def tensorflow():
    start_tensorflow(1)


def start(seed=0):
    return np.random.default_rng(seed).normal(size=(N_ROWS, 3)).astype(np.float32)


def by_keras(batches, aims, l2=0.0, rate=0.05, scale=None):
    """Adam of Keras on the whole table, for the loss sum (row - aim)^2 over the batch; duplicates are added up."""
    import keras
    import tensorflow as tf

    table = keras.Variable(start())
    adam = keras.optimizers.Adam(rate)
    adam.build([table])
    scale = np.ones(N_ROWS, np.float32) if scale is None else scale

    @tf.function(reduce_retracing=True)
    def run(ids):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(tf.gather(table.value, ids) - tf.gather(aims, ids)))
            loss += l2 * tf.reduce_sum(scale[:, None] * tf.square(table.value))
        adam.apply([tf.convert_to_tensor(tape.gradient(loss, table.value))], [table])

    for ids in batches:
        run(tf.constant(ids))
    return table.numpy()


def by_sparse_rows(batches, aims, l2=0.0, rate=0.05, scale=None, written_at=None, resumed=False):
    """The same by sparse rows, the table in two variables; `written_at`: the end of an epoch, perhaps resumed there."""
    import keras
    import tensorflow as tf

    def made(table):
        parts = [keras.Variable(table[:, :2]), keras.Variable(table[:, 2:])]
        rows = SparseRows(parts, l2=[l2, l2], l2_of_rows=[scale, scale], learning_rate=rate)

        @tf.function(reduce_retracing=True)
        def run(ids, step):
            read = rows.read(ids, step)
            with tf.GradientTape() as tape:
                tape.watch(read.values)
                loss = tf.reduce_sum(tf.square(read.of_batch() - tf.gather(aims, ids)))
            rows.write(read, tape.gradient(loss, read.values), step)

        return parts, rows, run

    parts, rows, run = made(start())
    for step, ids in enumerate(batches, 1):
        run(tf.constant(ids), tf.constant(step))
        if step == written_at:
            rows.write_back(step)
        if resumed and step == written_at:
            arrays = rows.arrays("user")
            parts, rows, run = made(np.concatenate([part.numpy() for part in parts], axis=1))
            rows.restore("user", arrays)
    rows.write_back(len(batches))
    return np.concatenate([part.numpy() for part in parts], axis=1)


def sparse_batches(n_steps, seed=1):
    rng = np.random.default_rng(seed)
    # Rows are missing in most batches, and some occur twice in one.
    return [np.sort(rng.choice(N_ROWS - 1, 3)).astype(np.int32) for _ in range(n_steps)]


AIMS = np.random.default_rng(9).normal(size=(N_ROWS, 3)).astype(np.float32)


@pytest.mark.parametrize("scaled", [False, True], ids=["constant", "by-row"])
@pytest.mark.parametrize("l2", [0.0, 0.3], ids=["plain", "l2"])
def test_full_batches_give_what_keras_adam_gives_on_the_whole_table(l2, scaled):
    scale = np.linspace(0.5, 2, N_ROWS).astype(np.float32) if scaled else None
    batches = [np.arange(N_ROWS, dtype=np.int32)] * 20
    expected = by_keras(batches, AIMS, l2, scale=scale)
    np.testing.assert_allclose(by_sparse_rows(batches, AIMS, l2, scale=scale), expected, atol=2e-5)


def test_rows_move_between_their_uses_as_by_adam_on_the_whole_table():
    batches = sparse_batches(60)
    expected, found = by_keras(batches, AIMS), by_sparse_rows(batches, AIMS)
    # The bias correction of skipped steps is that of the last use.
    assert np.abs(found - expected).max() < 0.1 * np.abs(expected - start()).max()
    np.testing.assert_array_equal(found[-1], start()[-1])
    # Not to move them would be far off: each row would have made only its own steps.
    late = by_keras(batches[:-1], AIMS) - expected
    assert np.abs(late).max() > 0.005


def test_duplicates_in_a_batch_are_one_step_along_their_sum():
    twice, once = [np.array([2, 2], np.int32)], [np.array([2], np.int32)]
    np.testing.assert_allclose(by_sparse_rows(twice, AIMS), by_sparse_rows(once, AIMS), atol=1e-6)
    np.testing.assert_allclose(by_sparse_rows(twice, AIMS), by_keras(twice, AIMS), atol=1e-6)


def test_l2_shrinks_a_rare_row_to_where_the_whole_loss_is_least():
    # The loss of row 0 over 10 steps is (x - aim)^2 + 10 l2 x^2, so it is least at aim / (1 + 10 l2).
    l2 = 0.1
    batches = [np.array([0 if step % 10 == 0 else 1], np.int32) for step in range(2000)]
    found = by_sparse_rows(batches, AIMS, l2, rate=0.01)
    np.testing.assert_allclose(found[0], AIMS[0] / (1 + 10 * l2), atol=0.05)
    np.testing.assert_allclose(found[1], AIMS[1] / (1 + l2 / 0.9), atol=0.05)


def test_a_checkpoint_goes_on_as_if_it_had_not_stopped():
    batches = sparse_batches(30)
    straight, resumed = (by_sparse_rows(batches, AIMS, 0.1, written_at=15, resumed=each) for each in (False, True))
    np.testing.assert_array_equal(resumed, straight)
    # Between two epochs nothing else changes.
    np.testing.assert_allclose(by_sparse_rows(batches, AIMS, 0.1), straight, atol=2e-3)


def test_moments_of_another_table_are_refused():
    import keras

    rows = SparseRows([keras.Variable(start())], l2=[0.0], l2_of_rows=[None], learning_rate=0.1)
    arrays = {name: array[:-1] for name, array in rows.arrays("user").items()}
    with pytest.raises(ValueError, match=r"[Ss]hape"):
        rows.restore("user", arrays)


def test_the_faster_steps_are_chosen():
    large, small = {"users": (138_493, 17), "items": (26_744, 17)}, {"users": (600, 17), "items": (900, 17)}
    assert uses_sparse_steps("auto", large, 5_000)
    assert not uses_sparse_steps("auto", small, 5_000)
    assert uses_sparse_steps("sparse", small, 5_000)
    assert not uses_sparse_steps("dense", large, 5_000)


def test_the_l2_of_a_row_grows_with_a_power_of_its_count():
    counts = np.array([0, 1, 4, 9])
    assert row_scale(counts, 0) is None
    assert row_scale(counts, 0.5).tolist() == [1, 1, 2, 3]
    assert row_scale(counts, 1).tolist() == [1, 1, 4, 9]

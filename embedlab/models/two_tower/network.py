"""The Keras towers: `Embedding` and mean for ids, tags and words, a small convolution for images; unit vectors.

TensorFlow is imported only inside functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.things import KindOfThing

Floats = npt.NDArray[np.float32]
#: Weights of an image tower, in the order of its layers.
IMAGE_WEIGHTS = (
    "conv_1_kernel", "conv_1_bias", "conv_2_kernel", "conv_2_bias", "dense_kernel", "dense_bias",
)  # fmt: skip
_STD = 0.1


def build_towers(
    kinds: Sequence[KindOfThing], n_rows: Sequence[int], *, vector_size: int, filters: int, seed: int
) -> list[Any]:
    """Return a `keras.Model` for each kind: rows of its table `(batch, n)` or images to unit vectors.

    Parameters
    ----------
    n_rows
        Rows of the embedding table of each kind; 0 for images.
    filters
        Filters of the first convolution; the second has twice as many.
    """
    return [
        _image_tower(number, kind, vector_size, filters, seed)
        if kind.shape is not None
        else _bag_tower(number, kind, rows, vector_size, seed)
        for number, (kind, rows) in enumerate(zip(kinds, n_rows, strict=True))
    ]


def _bag_tower(number: int, kind: KindOfThing, n_rows: int, vector_size: int, seed: int) -> Any:
    import keras

    start = keras.initializers.RandomNormal(stddev=_STD, seed=seed + number)
    rows = keras.Input((None,), dtype="int32", name=f"{kind.form}_{number}")
    table = keras.layers.Embedding(n_rows, vector_size, embeddings_initializer=start, name=f"embedding_{number}")
    mean = keras.layers.GlobalAveragePooling1D(name=f"mean_{number}")(table(rows))
    return keras.Model(rows, keras.layers.UnitNormalization(name=f"unit_{number}")(mean), name=f"tower_{number}")


def _image_tower(number: int, kind: KindOfThing, vector_size: int, filters: int, seed: int) -> Any:
    import keras

    layers = keras.layers

    def start(layer: int) -> Any:
        return keras.initializers.GlorotUniform(seed=seed + 100 * number + layer)

    images = keras.Input(kind.shape, name=f"image_{number}")
    hidden = images
    for layer, width in ((1, filters), (2, 2 * filters)):
        hidden = layers.Conv2D(
            width, 3, padding="same", activation="relu", kernel_initializer=start(layer), name=f"conv_{number}_{layer}"
        )(hidden)
        hidden = layers.MaxPooling2D(2, name=f"pool_{number}_{layer}")(hidden)
    flat = layers.Flatten(name=f"flat_{number}")(hidden)
    dense = layers.Dense(vector_size, kernel_initializer=start(3), name=f"dense_{number}")(flat)
    return keras.Model(images, layers.UnitNormalization(name=f"unit_{number}")(dense), name=f"tower_{number}")


def tower_weights(tower: Any) -> dict[str, Floats]:
    """Return copies of the weights of a tower: `table`, or those of `IMAGE_WEIGHTS`."""
    values = [np.array(variable.numpy()) for variable in tower.trainable_variables]
    return dict(zip(("table",) if len(values) == 1 else IMAGE_WEIGHTS, values, strict=True))


def set_tower_weights(tower: Any, weights: Mapping[str, Floats]) -> None:
    """Set what `tower_weights` returned; raises `KeyError` or `ValueError` if they do not match."""
    variables = tower.trainable_variables
    for name, variable in zip(("table",) if len(variables) == 1 else IMAGE_WEIGHTS, variables, strict=True):
        variable.assign(weights[name])


def in_batch_loss(left: Any, right: Any, log_q_left: Any, log_q_right: Any, is_hit: Any, temperature: float) -> Any:
    """Return the mean cross-entropy of finding each pair's own partner in its batch, over both directions.

    ``s(x, y) = x . y / temperature - log Q(y)``, where ``Q`` is the share of y in the training pairs: in-batch
    negatives are drawn by popularity, and without the correction popular things would be pushed away.

    Parameters
    ----------
    left, right
        `(n, vector_size)` unit vectors.
    log_q_left, log_q_right
        `(n,)` subtracted from the scores of the things of a side as candidates; zeros: no correction.
    is_hit
        `(n, n)` accidental hits, which are left out of the softmax.

    Notes
    -----
    Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations", 2019; both directions:
    Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021.
    """
    import tensorflow as tf

    logits = tf.matmul(left, right, transpose_b=True) / temperature

    def direction(scores: Any, log_q: Any, hits: Any) -> Any:
        scores = tf.where(hits, tf.constant(-1e9, tf.float32), scores - log_q[tf.newaxis, :])
        return tf.reduce_mean(tf.reduce_logsumexp(scores, axis=1) - tf.linalg.diag_part(scores))

    forward = direction(logits, log_q_right, is_hit)
    backward = direction(tf.transpose(logits), log_q_left, tf.transpose(is_hit))
    return (forward + backward) / 2

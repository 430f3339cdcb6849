from __future__ import annotations

import math

import numpy as np
import pytest

from embedlab.models.shared.word_loss import (
    Examples,
    Paths,
    draw_examples,
    hierarchical_softmax_loss,
    negative_sampling_loss,
)

VECTORS = np.array([[1, 0], [0, 2], [1, 1]], np.float32)
OUTPUTS = np.array([[0.5, 1], [-1, 0], [0.25, -0.5]], np.float32)


def log_sigmoid(value):
    return -math.log(1 + math.exp(-value))


def examples(inputs, centers, negatives):
    return Examples(np.array(inputs, np.int32), np.array(centers, np.int32), np.array(negatives, np.int32))


def test_skip_gram_with_negatives_by_hand():
    two = examples([[0], [1]], [1, 2], [[2, 2], [0, 1]])
    # h.o: example 1: (1,0).(-1,0) = -1, negatives (1,0).(0.25,-0.5) = 0.25 twice.
    first = -(log_sigmoid(-1) + 2 * log_sigmoid(-0.25))
    # Example 2: (0,2).(0.25,-0.5) = -1, negatives 2 and 0.
    second = -(log_sigmoid(-1) + log_sigmoid(-2) + log_sigmoid(0))
    assert negative_sampling_loss(two, VECTORS, OUTPUTS) == pytest.approx((first + second) / 2, rel=1e-6)


def test_cbow_takes_the_mean_of_the_words_there_are():
    one = examples([[0, 1, -1]], [2], [[0]])
    # h = (0.5, 1): center (0.25,-0.5) -> -0.375, negative (0.5, 1) -> 1.25.
    expected = -(log_sigmoid(-0.375) + log_sigmoid(-1.25))
    assert negative_sampling_loss(one, VECTORS, OUTPUTS) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("inputs", [[[0]], [[0, -1]]])
def test_hierarchical_softmax_by_hand(inputs):
    paths = Paths.of([[1], [1, 0], [1, 0]], [[0], [1, 0], [1, 1]])
    # Word 2 from (1,0): node 1 code 1 -> -(-1) = 1; node 0 code 1 -> -0.5.
    expected = -(log_sigmoid(1) + log_sigmoid(-0.5))
    one = examples(inputs, [2], np.empty((1, 0)))
    assert hierarchical_softmax_loss(one, VECTORS, OUTPUTS, paths) == pytest.approx(expected, rel=1e-6)


def test_hierarchical_softmax_is_a_probability():
    """Over all words the probabilities sum to 1."""
    paths = Paths.of([[1], [1, 0], [1, 0]], [[0], [1, 0], [1, 1]])
    probabilities = [
        math.exp(-hierarchical_softmax_loss(examples([[2]], [word], np.empty((1, 0))), VECTORS, OUTPUTS, paths))
        for word in range(3)
    ]
    assert sum(probabilities) == pytest.approx(1, rel=1e-6)


def draw(**given):
    settings = {
        "sentences": [np.arange(10, dtype=np.int32), np.arange(10, 20, dtype=np.int32)],
        "counts": np.ones(20, np.int64),
        "n_examples": 100,
        "window": 3,
        "skip_gram": True,
        "negative": 4,
        "keep": np.ones(20),
        "rng": np.random.default_rng(0),
    }
    return draw_examples(**{**settings, **given})


def test_examples_stay_in_the_window_and_the_sentence():
    drawn = draw()
    distance = np.abs(drawn.inputs[:, 0] - drawn.centers)
    assert len(drawn) == 20
    assert distance.min() >= 1
    assert distance.max() <= 3
    assert np.array_equal(drawn.inputs[:, 0] // 10, drawn.centers // 10)
    assert drawn.negatives.shape == (20, 4)
    assert (drawn.negatives != drawn.centers[:, None]).all()


def test_cbow_examples_hold_all_near_words():
    drawn = draw(skip_gram=False, window=1, sentences=[np.array([4, 5, 6], np.int32)])
    near = {int(center): set(row[row >= 0].tolist()) for center, row in zip(drawn.centers, drawn.inputs, strict=True)}
    assert near == {4: {5}, 5: {4, 6}, 6: {5}}


def test_thinned_words_are_left_out():
    keep = np.ones(20)
    keep[3] = 0
    drawn = draw(keep=keep)
    assert 3 not in drawn.centers
    assert 3 not in drawn.inputs


def test_negatives_follow_the_power_of_the_counts():
    counts = np.array([1, 16, 81])
    drawn = draw(
        counts=counts,
        keep=np.ones(3),
        sentences=[np.zeros(2000, np.int32)],
        n_examples=2000,
        negative=10,
    )
    # Word 0 is every center and gives its turns to word 1: powers 1 + 8 against 27.
    shares = np.bincount(drawn.negatives.ravel(), minlength=3) / drawn.negatives.size
    assert shares == pytest.approx([0, 9 / 36, 27 / 36], abs=0.02)

"""The compiled loop against the same steps in plain NumPy, and its random numbers against their distribution."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from embedlab.models.shared.skip_gram import kernels

WINDOW, ALPHA, SEED = 3, 0.05, 12345


def _sigmoid(values):
    return 1 / (1 + np.exp(-np.clip(values, -8, 8)))


def _random(state):
    return (state * 6364136223846793005 + 1442695040888963407) % 2**64


def _line_state(seed, line):
    mixed = (seed + (line + 1) * 0x9E3779B97F4A7C15) % 2**64
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
    return mixed ^ (mixed >> 31)


def _noise(state, probability, alias, negative):
    words = []
    for _ in range(negative):
        state = _random(state)
        column = (state >> 32) * len(alias) >> 32
        state = _random(state)
        words.append(column if (state >> 40) / 2**24 < probability[column] else alias[column])
    return np.array(words), state


def _window(state, line, place):
    state = _random(state)
    reach = WINDOW - (state >> 33) % WINDOW
    near = [line[other] for other in range(max(0, place - reach), min(len(line), place + reach + 1)) if other != place]
    return near, state


def _skip_gram_window(near, center, noise, block, inputs, outputs):
    for word in near:
        before, positive = inputs[word].copy(), outputs[center].copy()
        step = ALPHA * (1 - _sigmoid(positive @ before))
        steps = np.where(noise == center, 0, -ALPHA * _sigmoid(block @ before))
        inputs[word] += step * positive + steps @ block
        outputs[center] += step * before
        block += np.outer(steps, before)


def _cbow_window(near, center, noise, block, inputs, outputs):
    mean, positive = inputs[near].mean(axis=0), outputs[center].copy()
    step = ALPHA * (1 - _sigmoid(positive @ mean))
    steps = np.where(noise == center, 0, -ALPHA * _sigmoid(block @ mean))
    np.add.at(inputs, near, step * positive + steps @ block)
    outputs[center] += step * mean
    block += np.outer(steps, mean)


def _train_line(line, state, inputs, outputs, draw, *, skip_gram):
    if len(line) < 2:
        return
    noise, state = draw(state)
    stride = len(line) if skip_gram else -(-len(line) // kernels.CBOW_GROUP)
    for first in range(stride):
        loaded = outputs[noise]
        block = loaded.copy()
        upcoming, state = draw(state)
        for place in range(first, len(line), stride):
            near, state = _window(state, line, place)
            train = _skip_gram_window if skip_gram else _cbow_window
            train(near, line[place], noise, block, inputs, outputs)
        np.add.at(outputs, noise, block - loaded)
        noise = upcoming


def _reference(lines, keep, probability, alias, inputs, outputs, *, skip_gram, negative):
    """Train one line after the other as the module's description says, in float64."""
    inputs, outputs = inputs.astype(float), outputs.astype(float)
    for number, line in enumerate(lines):
        state, sampled = _line_state(SEED, number), []
        for word in line:
            state = _random(state)
            if (state >> 40) / 2**24 < keep[word]:
                sampled.append(word)
        draw = partial(_noise, probability=probability, alias=alias, negative=negative)
        _train_line(sampled, state, inputs, outputs, draw, skip_gram=skip_gram)
    return inputs, outputs


@pytest.mark.parametrize("skip_gram", [True, False])
@pytest.mark.parametrize("negative", [1, 5, 13])
def test_the_loop_takes_the_steps_it_describes(skip_gram, negative):
    rng = np.random.default_rng(1)
    n_words, size = 20, 9
    lines = [rng.integers(0, n_words, length) for length in (12, 1, 0, 30)]
    indices = np.concatenate(lines).astype(np.int32)
    starts = np.concatenate([[0], np.cumsum([len(line) for line in lines])])
    keep = rng.uniform(0.5, 1.2, n_words).astype(np.float32)
    probability, alias = kernels.alias_table(rng.uniform(0.1, 3, n_words))
    inputs = rng.normal(size=(n_words, size)).astype(np.float32)
    outputs = rng.normal(size=(n_words, size)).astype(np.float32)
    expected = _reference(lines, keep, probability, alias, inputs, outputs, skip_gram=skip_gram, negative=negative)
    n_trained = kernels.train_lines(
        indices, starts, 0, len(lines), 30, keep, probability, alias, kernels.sigmoid_table(), inputs, outputs,
        skip_gram, WINDOW, negative, ALPHA, ALPHA, SEED,
    )  # fmt: skip
    # The sigmoid comes from a table with steps of 1/256.
    assert np.abs(inputs - expected[0]).max() < 2e-3
    assert np.abs(outputs - expected[1]).max() < 2e-3
    assert 0 < n_trained <= len(indices)


def test_the_alias_table_has_the_weights():
    weights = np.random.default_rng(0).pareto(1.0, 500) + 0.01
    probability, alias = kernels.alias_table(weights)
    shares = np.array(probability, float)
    np.add.at(shares, alias, 1 - probability.astype(float))
    assert shares / len(weights) == pytest.approx(weights / weights.sum(), rel=1e-4, abs=1e-8)


def test_the_sigmoid_table_is_the_sigmoid():
    table = kernels.sigmoid_table()
    values = np.linspace(-7.99, 7.99, 1001)
    rows = ((values + kernels.SIGMOID_BOUND) * kernels.SIGMOID_STEPS).astype(int)
    assert np.abs(table[rows] - 1 / (1 + np.exp(-values))).max() < 0.25 / 2 / kernels.SIGMOID_STEPS * 1.01

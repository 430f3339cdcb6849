"""The inner loops of Word2Vec with shared negative samples. Imports Numba: import it inside functions only.

One context window is trained against one set of 1 + `negative` output rows: they are copied into a small block, every
context word is updated against the block, and the block's summed update is written back once. Source: Ji, Satish, Li
and Dubey, "Parallelizing Word2Vec in Shared and Distributed Memory", 2016 (pWord2Vec).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.models.shared.compiled import compiled_fast

Array = npt.NDArray[Any]
#: Compiled code works on NumPy's numbers.
Scalar = Any

#: Output rows worked on at a time: as many sums as fit into registers beside the input row.
TILE = 6
#: The sigmoid is read from a table of `SIGMOID_STEPS` values a unit between `-SIGMOID_BOUND` and `SIGMOID_BOUND`.
SIGMOID_BOUND = 8
SIGMOID_STEPS = 256

_MULTIPLIER = np.uint64(6364136223846793005)
_INCREMENT = np.uint64(1442695040888963407)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_UNIT = np.float32(1.0 / (1 << 24))


def sigmoid_table() -> npt.NDArray[np.float32]:
    """Return `(2 * SIGMOID_BOUND * SIGMOID_STEPS,)` float32: the sigmoid at the middle of each step."""
    n_steps = 2 * SIGMOID_BOUND * SIGMOID_STEPS
    middles = (np.arange(n_steps) + 0.5) / SIGMOID_STEPS - SIGMOID_BOUND
    table: npt.NDArray[np.float32] = (1 / (1 + np.exp(-middles))).astype(np.float32)
    return table


@compiled_fast
def _sigmoid(table: Array, value: Scalar) -> Scalar:
    step: Scalar = np.int64((value + np.float32(SIGMOID_BOUND)) * np.float32(SIGMOID_STEPS))
    return table[min(max(step, 0), len(table) - 1)]


@compiled_fast
def _next(state: Scalar) -> Scalar:
    return state * _MULTIPLIER + _INCREMENT


@compiled_fast
def _line_state(seed: Scalar, line: Scalar) -> Scalar:
    """Return random bits of a line (splitmix64), so that results do not depend on how lines are shared out."""
    mixed = np.uint64(seed) + (np.uint64(line) + np.uint64(1)) * _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
    return mixed ^ (mixed >> np.uint64(31))


@compiled_fast
def _kept_words(
    indices: Array, start: Scalar, stop: Scalar, keep: Array, buffer: Array, state: Scalar
) -> tuple[int, Scalar]:
    """Subsample a line into `buffer`; return the number of words and the next random state."""
    n_words = 0
    for position in range(start, stop):
        word = indices[position]
        state = _next(state)
        if np.float32(state >> np.uint64(40)) * _UNIT < keep[word]:
            buffer[n_words] = word
            n_words += 1
    return n_words, state


@compiled_fast
def _draw_targets(
    center: Scalar, negative: int, probability: Array, alias: Array, targets: Array, state: Scalar
) -> tuple[int, Scalar]:
    """Write the center and random other words into `targets` (Walker's alias method); return their number."""
    n_words = np.uint64(len(alias))
    targets[0] = center
    n_targets = 1
    for _ in range(negative):
        state = _next(state)
        column = np.int64(((state >> np.uint64(32)) * n_words) >> np.uint64(32))
        state = _next(state)
        word = column if np.float32(state >> np.uint64(40)) * _UNIT < probability[column] else alias[column]
        if word != center:
            targets[n_targets] = word
            n_targets += 1
    return n_targets, state


@compiled_fast
def _load(outputs: Array, targets: Array, n_targets: int, block: Array, update: Array) -> None:
    """Copy the target rows into `block`; rows beyond them become zero, and so does all of `update`."""
    size = outputs.shape[1]
    for slot in range(len(block)):
        if slot < n_targets:
            row = outputs[targets[slot]]
            for c in range(size):
                block[slot, c] = row[c]
                update[slot, c] = 0
        else:
            for c in range(size):
                block[slot, c] = 0
                update[slot, c] = 0


@compiled_fast
def _gradients(row: Array, block: Array, tile: int, alpha: Scalar, sigmoids: Array, steps: Array) -> None:
    """Write `alpha` times (1 or 0 minus the prediction) for the targets of one tile into `steps`."""
    s0 = s1 = s2 = s3 = s4 = s5 = np.float32(0)
    for c in range(len(row)):
        v = row[c]
        s0 += v * block[tile, c]
        s1 += v * block[tile + 1, c]
        s2 += v * block[tile + 2, c]
        s3 += v * block[tile + 3, c]
        s4 += v * block[tile + 4, c]
        s5 += v * block[tile + 5, c]
    steps[tile] = -alpha * _sigmoid(sigmoids, s0)
    steps[tile + 1] = -alpha * _sigmoid(sigmoids, s1)
    steps[tile + 2] = -alpha * _sigmoid(sigmoids, s2)
    steps[tile + 3] = -alpha * _sigmoid(sigmoids, s3)
    steps[tile + 4] = -alpha * _sigmoid(sigmoids, s4)
    steps[tile + 5] = -alpha * _sigmoid(sigmoids, s5)
    if tile == 0:
        steps[0] += alpha


@compiled_fast
def _apply(before: Array, row: Array, block: Array, update: Array, tile: int, steps: Array) -> None:
    """Add one tile's gradient to an input row, and the row as it was `before` to the tile's update."""
    g0, g1, g2 = steps[tile], steps[tile + 1], steps[tile + 2]
    g3, g4, g5 = steps[tile + 3], steps[tile + 4], steps[tile + 5]
    for c in range(len(row)):
        v = before[c]
        row[c] += (
            g0 * block[tile, c]
            + g1 * block[tile + 1, c]
            + g2 * block[tile + 2, c]
            + g3 * block[tile + 3, c]
            + g4 * block[tile + 4, c]
            + g5 * block[tile + 5, c]
        )
        update[tile, c] += g0 * v
        update[tile + 1, c] += g1 * v
        update[tile + 2, c] += g2 * v
        update[tile + 3, c] += g3 * v
        update[tile + 4, c] += g4 * v
        update[tile + 5, c] += g5 * v


@compiled_fast
def _store(outputs: Array, targets: Array, n_targets: int, update: Array) -> None:
    for slot in range(n_targets):
        row = outputs[targets[slot]]
        for c in range(len(row)):
            row[c] += update[slot, c]


@compiled_fast
def _skip_gram_window(
    inputs: Array,
    buffer: Array,
    low: Scalar,
    center: Scalar,
    high: Scalar,
    block: Array,
    update: Array,
    alpha: Scalar,
    sigmoids: Array,
    steps: Array,
    before: Array,
) -> None:
    """Train each context word's row against the block."""
    for context in range(low, high):
        if context == center:
            continue
        row = inputs[buffer[context]]
        for tile in range(0, len(block), TILE):
            _gradients(row, block, tile, alpha, sigmoids, steps)
        for c in range(len(row)):
            before[c] = row[c]
        for tile in range(0, len(block), TILE):
            _apply(before, row, block, update, tile, steps)


@compiled_fast
def _mean_of_rows(inputs: Array, buffer: Array, low: Scalar, center: Scalar, high: Scalar, mean: Array) -> None:
    for c in range(len(mean)):
        mean[c] = 0
    for context in range(low, high):
        if context != center:
            row = inputs[buffer[context]]
            for c in range(len(mean)):
                mean[c] += row[c]
    scale = np.float32(1) / np.float32(high - low - 1)
    for c in range(len(mean)):
        mean[c] *= scale


@compiled_fast
def _cbow_window(
    inputs: Array,
    buffer: Array,
    low: Scalar,
    center: Scalar,
    high: Scalar,
    block: Array,
    update: Array,
    alpha: Scalar,
    sigmoids: Array,
    steps: Array,
    mean: Array,
    change: Array,
) -> None:
    """Train the mean of the context words' rows against the block; each row takes the whole step, as in gensim."""
    _mean_of_rows(inputs, buffer, low, center, high, mean)
    for c in range(len(change)):
        change[c] = 0
    for tile in range(0, len(block), TILE):
        _gradients(mean, block, tile, alpha, sigmoids, steps)
    for tile in range(0, len(block), TILE):
        _apply(mean, change, block, update, tile, steps)
    for context in range(low, high):
        if context != center:
            row = inputs[buffer[context]]
            for c in range(len(mean)):
                row[c] += change[c]


@compiled_fast
def train_lines(
    indices: Array,
    line_starts: Array,
    first: int,
    stop: int,
    longest_line: int,
    keep: Array,
    probability: Array,
    alias: Array,
    sigmoids: Array,
    inputs: Array,
    outputs: Array,
    skip_gram: bool,
    window: int,
    negative: int,
    start_alpha: float,
    end_alpha: float,
    seed: int,
) -> int:
    """Train the lines `first` to `stop` (excluded), in order; return the words that subsampling kept.

    Several threads may work on the same tables at once without locks: updates that meet at a word are rare, and a
    lost one does no harm (Recht, Re, Wright and Niu, "Hogwild!", 2011).

    Parameters
    ----------
    indices, line_starts, longest_line
        The corpus (`EncodedCorpus`).
    keep
        `(n_words,)` float32: probability that an occurrence is kept.
    probability, alias
        Alias table of the noise distribution, `(n_words,)` float32 and int32.
    sigmoids
        `sigmoid_table()`.
    inputs, outputs
        `(n_words, vector_size)` float32, changed in place.
    skip_gram
        Predict the center from each context word; otherwise (CBOW) from their mean.
    start_alpha, end_alpha
        The learning rate falls linearly between them.
    seed
        64 random bits for these lines; the line's number is added.
    """
    size = inputs.shape[1]
    n_slots = (negative + TILE) // TILE * TILE
    buffer = np.empty(longest_line, np.int32)
    targets = np.empty(negative + 1, np.int32)
    block = np.empty((n_slots, size), np.float32)
    update = np.empty((n_slots, size), np.float32)
    steps = np.empty(n_slots, np.float32)
    mean = np.empty(size, np.float32)
    change = np.empty(size, np.float32)
    n_tokens = max(line_starts[stop] - line_starts[first], 1)
    n_trained = 0
    for line in range(first, stop):
        state = _line_state(seed, line)
        n_words, state = _kept_words(indices, line_starts[line], line_starts[line + 1], keep, buffer, state)
        n_trained += n_words
        share_done = (line_starts[line] - line_starts[first]) / n_tokens
        alpha = np.float32(start_alpha + (end_alpha - start_alpha) * share_done)
        for center in range(n_words):
            state = _next(state)
            reach = window - np.int64((state >> np.uint64(33)) % np.uint64(window))
            low: Scalar = max(0, center - reach)
            high: Scalar = min(n_words, center + reach + 1)
            if high - low < 2:
                continue
            n_targets, state = _draw_targets(buffer[center], negative, probability, alias, targets, state)
            _load(outputs, targets, n_targets, block, update)
            if skip_gram:
                _skip_gram_window(inputs, buffer, low, center, high, block, update, alpha, sigmoids, steps, mean)
            else:
                _cbow_window(inputs, buffer, low, center, high, block, update, alpha, sigmoids, steps, mean, change)
            _store(outputs, targets, n_targets, update)
    return n_trained


@compiled_fast
def _fill_alias(scaled: Array, probability: Array, alias: Array) -> None:
    """Fill an alias table from `(n,)` float64 probabilities times n, which are changed (Vose, 1991)."""
    n_words = len(scaled)
    small, large = np.empty(n_words, np.int64), np.empty(n_words, np.int64)
    n_small = n_large = 0
    for word in range(n_words):
        if scaled[word] < 1:
            small[n_small] = word
            n_small += 1
        else:
            large[n_large] = word
            n_large += 1
    while n_small and n_large:
        n_small -= 1
        less, more = small[n_small], large[n_large - 1]
        probability[less] = scaled[less]
        alias[less] = more
        scaled[more] -= 1 - scaled[less]
        if scaled[more] < 1:
            n_large -= 1
            small[n_small] = more
            n_small += 1
    # What is left differs from 1 by rounding alone.
    for place in range(n_small):
        probability[small[place]] = 1
    for place in range(n_large):
        probability[large[place]] = 1


def alias_table(weights: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Return Walker's alias table of a discrete distribution.

    Returns
    -------
    `(n,)` float32 probabilities and `(n,)` int32 aliases: a uniform column is kept with its probability, otherwise its
    alias is drawn.
    """
    n_words = len(weights)
    probability, alias = np.ones(n_words, np.float32), np.arange(n_words, dtype=np.int32)
    _fill_alias(weights / weights.sum() * n_words, probability, alias)
    return probability, alias

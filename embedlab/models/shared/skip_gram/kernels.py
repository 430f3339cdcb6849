"""The inner loops of Word2Vec with shared negative samples. Imports Numba: import it inside functions only.

Skip-gram: one context window is trained against one set of 1 + `negative` output rows. They are copied into a small
block, the context words are trained against it one after the other, and its change is written back once.
Source: Ji, Satish, Li and Dubey, "Parallelizing Word2Vec in Shared and Distributed Memory", 2016 (pWord2Vec), which
trains all context words against the same state of the block: that raises WordSim-353 and lowers SimLex-999.

CBOW has a single input vector per window, the mean of the context, so there is nothing to share within a window: here
`CBOW_GROUP` windows share their negative samples, each with its own center. They are evenly spaced in the line, since
neighboring windows have nearly the same mean, and would push the same samples in the same direction.

The rows that the next windows need are prefetched; waiting for memory took about a third of the time.

Rows are addressed as `table[row, column]`: a slice would be counted as a reference, by an atomic operation. All loops
are in this one file, since Numba's cache of machine code does not notice a change in a module that a loop calls.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.compiled import compiled_fast
from embedlab.models.shared.skip_gram.prefetch import prefetch_row

Array = npt.NDArray[Any]
#: Compiled code works on NumPy's numbers.
Scalar = Any

#: Output rows worked on at a time: as many sums as fit into registers beside the input row.
TILE = 6
#: CBOW windows that share negative samples: loading these rows costs more than computing with them.
CBOW_GROUP = 4
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
def _draw_word(probability: Array, alias: Array, state: Scalar) -> tuple[Scalar, Scalar]:
    """Return a word of the noise distribution (Walker's alias method), and the next random state."""
    state = _next(state)
    column = np.int64(((state >> np.uint64(32)) * np.uint64(len(alias))) >> np.uint64(32))
    state = _next(state)
    word = column if np.float32(state >> np.uint64(40)) * _UNIT < probability[column] else np.int64(alias[column])
    return word, state


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
def _mean_of_rows(inputs: Array, buffer: Array, low: Scalar, center: Scalar, high: Scalar, mean: Array) -> None:
    for c in range(len(mean)):
        mean[c] = 0
    for context in range(low, high):
        if context != center:
            word = buffer[context]
            for c in range(len(mean)):
                mean[c] += inputs[word, c]
    scale = np.float32(1) / np.float32(high - low - 1)
    for c in range(len(mean)):
        mean[c] *= scale


@compiled_fast
def _draw_noise(negative: int, probability: Array, alias: Array, targets: Array, state: Scalar) -> Scalar:
    """Write random words into `targets` from place 1 on; return the next random state."""
    for slot in range(1, negative + 1):
        word, state = _draw_word(probability, alias, state)
        targets[slot] = word
    return state


@compiled_fast
def _load_noise(outputs: Array, targets: Array, block: Array, loaded: Array) -> None:
    """Copy the rows of the random words into `block` and `loaded`."""
    for slot in range(1, len(targets)):
        word = targets[slot]
        for c in range(outputs.shape[1]):
            v = outputs[word, c]
            block[slot, c] = v
            loaded[slot, c] = v


@compiled_fast
def _store_noise(outputs: Array, targets: Array, block: Array, loaded: Array) -> None:
    """Add what the rows of the random words have changed by since they were loaded."""
    for slot in range(1, len(targets)):
        word = targets[slot]
        for c in range(outputs.shape[1]):
            outputs[word, c] += block[slot, c] - loaded[slot, c]


@compiled_fast
def _apply_in_place(mean: Array, change: Array, block: Array, tile: int, steps: Array) -> None:
    """Add one tile's gradient to `change`, and the mean to the tile."""
    g0, g1, g2 = steps[tile], steps[tile + 1], steps[tile + 2]
    g3, g4, g5 = steps[tile + 3], steps[tile + 4], steps[tile + 5]
    for c in range(len(mean)):
        m = mean[c]
        v0, v1, v2 = block[tile, c], block[tile + 1, c], block[tile + 2, c]
        v3, v4, v5 = block[tile + 3, c], block[tile + 4, c], block[tile + 5, c]
        change[c] += g0 * v0 + g1 * v1 + g2 * v2 + g3 * v3 + g4 * v4 + g5 * v5
        block[tile, c] = v0 + g0 * m
        block[tile + 1, c] = v1 + g1 * m
        block[tile + 2, c] = v2 + g2 * m
        block[tile + 3, c] = v3 + g3 * m
        block[tile + 4, c] = v4 + g4 * m
        block[tile + 5, c] = v5 + g5 * m


@compiled_fast
def _clear_steps(center: Scalar, targets: Array, steps: Array) -> None:
    """Leave out the slots beyond the targets, and negative samples that are the center itself."""
    for slot in range(1, len(steps)):
        if slot >= len(targets) or targets[slot] == center:
            steps[slot] = 0


@compiled_fast
def _skip_gram_window(
    inputs: Array,
    outputs: Array,
    buffer: Array,
    low: Scalar,
    center: Scalar,
    high: Scalar,
    targets: Array,
    block: Array,
    alpha: Scalar,
    sigmoids: Array,
    steps: Array,
    before: Array,
    change: Array,
) -> None:
    """Train each context word's row against the center and the block, which the next context word finds changed."""
    middle: Scalar = buffer[center]
    for c in range(len(change)):
        block[0, c] = outputs[middle, c]
    for context in range(low, high):
        if context == center:
            continue
        word = buffer[context]
        for c in range(len(change)):
            before[c] = inputs[word, c]
            change[c] = 0
        for tile in range(0, len(block), TILE):
            _gradients(before, block, tile, alpha, sigmoids, steps)
        _clear_steps(middle, targets, steps)
        for tile in range(0, len(block), TILE):
            _apply_in_place(before, change, block, tile, steps)
        for c in range(len(change)):
            inputs[word, c] += change[c]
    for c in range(len(change)):
        outputs[middle, c] = block[0, c]


@compiled_fast
def _cbow_window(
    inputs: Array,
    outputs: Array,
    buffer: Array,
    low: Scalar,
    center: Scalar,
    high: Scalar,
    targets: Array,
    block: Array,
    alpha: Scalar,
    sigmoids: Array,
    steps: Array,
    mean: Array,
    change: Array,
) -> None:
    """Train the mean of the context words' rows against the center and the block.

    Each row takes the whole step, as in gensim.
    """
    _mean_of_rows(inputs, buffer, low, center, high, mean)
    word: Scalar = buffer[center]
    for c in range(len(change)):
        change[c] = 0
        block[0, c] = outputs[word, c]
    for tile in range(0, len(block), TILE):
        _gradients(mean, block, tile, alpha, sigmoids, steps)
    _clear_steps(word, targets, steps)
    for tile in range(0, len(block), TILE):
        _apply_in_place(mean, change, block, tile, steps)
    for c in range(len(change)):
        outputs[word, c] = block[0, c]
    for context in range(low, high):
        if context != center:
            word = buffer[context]
            for c in range(len(change)):
                inputs[word, c] += change[c]


@compiled_fast
def _prefetch(inputs: Array, outputs: Array, buffer: Array, n_words: int, center: Scalar, window: int) -> None:
    """Request the rows that the windows after the next one are the first to need."""
    if center + window + 1 < n_words:
        prefetch_row(inputs, buffer[center + window + 1])
    if center + 1 < n_words:
        prefetch_row(outputs, buffer[center + 1])


@compiled_fast
def _draw_window(center: Scalar, n_words: int, window: int, state: Scalar) -> tuple[Scalar, Scalar, Scalar]:
    """Return the bounds of a window of random reach around a center, and the next random state."""
    state = _next(state)
    reach = window - np.int64((state >> np.uint64(33)) % np.uint64(window))
    return max(0, center - reach), min(n_words, center + reach + 1), state


@compiled_fast
def _train_line(
    buffer: Array,
    n_words: int,
    inputs: Array,
    outputs: Array,
    skip_gram: bool,
    window: int,
    negative: int,
    probability: Array,
    alias: Array,
    alpha: Scalar,
    sigmoids: Array,
    scratch: tuple[Array, Array, Array, Array, Array, Array],
    state: Scalar,
) -> None:
    """Train a subsampled line; in CBOW, `CBOW_GROUP` windows that are evenly spaced share their random words."""
    targets, block, loaded, steps, row, change = scratch
    upcoming = np.empty_like(targets)
    if n_words < 2:
        return
    stride = n_words if skip_gram else (n_words + CBOW_GROUP - 1) // CBOW_GROUP
    state = _draw_noise(negative, probability, alias, targets, state)
    for first in range(stride):
        _load_noise(outputs, targets, block, loaded)
        state = _draw_noise(negative, probability, alias, upcoming, state)
        for slot in range(1, len(upcoming)):
            prefetch_row(outputs, upcoming[slot])
        for center in range(first, n_words, stride):
            _prefetch(inputs, outputs, buffer, n_words, center, window)
            low, high, state = _draw_window(center, n_words, window, state)
            if skip_gram:
                _skip_gram_window(
                    inputs, outputs, buffer, low, center, high, targets, block, alpha, sigmoids, steps, row, change
                )
            else:
                _cbow_window(
                    inputs, outputs, buffer, low, center, high, targets, block, alpha, sigmoids, steps, row, change
                )
        _store_noise(outputs, targets, block, loaded)
        targets, upcoming = upcoming, targets


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
    scratch = (
        np.empty(negative + 1, np.int32),
        np.zeros((n_slots, size), np.float32),
        np.zeros((n_slots, size), np.float32),
        np.empty(n_slots, np.float32),
        np.empty(size, np.float32),
        np.empty(size, np.float32),
    )
    n_tokens = max(line_starts[stop] - line_starts[first], 1)
    n_trained = 0
    for line in range(first, stop):
        state = _line_state(seed, line)
        n_words, state = _kept_words(indices, line_starts[line], line_starts[line + 1], keep, buffer, state)
        n_trained += n_words
        share_done = (line_starts[line] - line_starts[first]) / n_tokens
        alpha = np.float32(start_alpha + (end_alpha - start_alpha) * share_done)
        _train_line(
            buffer,
            n_words,
            inputs,
            outputs,
            skip_gram,
            window,
            negative,
            probability,
            alias,
            alpha,
            sigmoids,
            scratch,
            state,
        )
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

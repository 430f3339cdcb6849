"""The inner loop of Poincare embeddings. Imports Numba: import it inside functions only.

All loops are in this one file, since Numba's cache of machine code does not notice a change in a module that a loop
calls.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.compiled import compiled

Array = npt.NDArray[Any]
#: Compiled code works on NumPy's numbers.
Scalar = Any

_MULTIPLIER = np.uint64(6364136223846793005)
_INCREMENT = np.uint64(1442695040888963407)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_UNIT = 1.0 / (1 << 53)
#: Vectors stay this far inside the ball.
EPSILON = 1e-5
#: Draws of a negative sample; after that many relatives in a row it is left out.
_MOST_DRAWS = 20
#: Points closer than this have no direction between them.
_SMALLEST_GAMMA = 1.0 + 1e-12


@compiled
def _uniform(state: Scalar) -> tuple[Scalar, Scalar]:
    """Return a number from 0 to 1, and the next state."""
    state = state * _MULTIPLIER + _INCREMENT
    mixed = (state ^ (state >> np.uint64(33))) * _MIX
    mixed = mixed ^ (mixed >> np.uint64(29))
    return np.float64(mixed >> np.uint64(11)) * _UNIT, state


@compiled
def _are_related(offsets: Array, relatives: Array, node: Scalar, other: Scalar) -> bool:
    low, high = offsets[node], offsets[node + 1]
    while low < high:
        middle = (low + high) // 2
        if relatives[middle] < other:
            low = middle + 1
        else:
            high = middle
    return bool(low < offsets[node + 1] and relatives[low] == other)


@compiled
def _draw_negatives(
    child: Scalar, offsets: Array, relatives: Array, probability: Array, alias: Array, targets: Array, state: Scalar
) -> tuple[int, Scalar]:
    """Write random nodes that are no relatives of a child into `targets` from place 1 on; return how many targets."""
    n_targets = 1
    for _ in range(len(targets) - 1):
        for _ in range(_MOST_DRAWS):
            share, state = _uniform(state)
            column = np.int64(share * len(alias))
            share, state = _uniform(state)
            node = column if share < probability[column] else np.int64(alias[column])
            if node != child and not _are_related(offsets, relatives, child, node):
                targets[n_targets] = node
                n_targets += 1
                break
    return n_targets, state


@compiled
def _squared(vectors: Array, row: Scalar) -> Scalar:
    total = 0.0
    for c in range(vectors.shape[1]):
        total += vectors[row, c] * vectors[row, c]
    return total


@compiled
def _squared_distance(vectors: Array, first: Scalar, second: Scalar) -> Scalar:
    total = 0.0
    for c in range(vectors.shape[1]):
        gap = vectors[first, c] - vectors[second, c]
        total += gap * gap
    return total


@compiled
def _add_gradient(
    vectors: Array, child: Scalar, target: Scalar, weight: Scalar, of_child: Array, of_target: Array
) -> None:
    """Add `weight` times the gradient of one distance by the child, and write that by the target."""
    norm_child, norm_target = _squared(vectors, child), _squared(vectors, target)
    alpha, beta = 1.0 - norm_child, 1.0 - norm_target
    gamma = 1.0 + 2.0 * _squared_distance(vectors, child, target) / (alpha * beta)
    if gamma <= _SMALLEST_GAMMA:
        for c in range(vectors.shape[1]):
            of_target[c] = 0.0
        return
    dot = 0.0
    for c in range(vectors.shape[1]):
        dot += vectors[child, c] * vectors[target, c]
    root = np.sqrt(gamma * gamma - 1.0)
    by_child, by_target = weight * 4.0 / (beta * root), weight * 4.0 / (alpha * root)
    pull_child = (norm_target - 2.0 * dot + 1.0) / (alpha * alpha)
    pull_target = (norm_child - 2.0 * dot + 1.0) / (beta * beta)
    for c in range(vectors.shape[1]):
        x, y = vectors[child, c], vectors[target, c]
        of_child[c] += by_child * (pull_child * x - y / alpha)
        of_target[c] = by_target * (pull_target * y - x / beta)


@compiled
def loss_and_gradients(
    vectors: Array,
    child: Scalar,
    targets: Array,
    n_targets: int,
    regularization: float,
    distances: Array,
    of_child: Array,
    of_targets: Array,
) -> Scalar:
    """Return the loss of one relation, and write its Euclidean gradients.

    Parameters
    ----------
    vectors
        `(n_nodes, vector_size)` float64 inside the unit ball.
    child
        Row of the node that is related to `targets[0]`.
    targets
        Rows: the ancestor, then negative samples.
    regularization
        Weight of the squared norm of the ancestor.
    distances
        `(n,)` float64 for intermediate results.
    of_child, of_targets
        `(vector_size,)` and `(n, vector_size)` gradients, filled.

    Notes
    -----
    Nickel, M. and Kiela, D. (2017). Poincare embeddings for learning hierarchical representations, with the
    regularization of gensim.
    """
    alpha = 1.0 - _squared(vectors, child)
    total = 0.0
    for place in range(n_targets):
        beta = 1.0 - _squared(vectors, targets[place])
        gamma = 1.0 + 2.0 * _squared_distance(vectors, child, targets[place]) / (alpha * beta)
        distances[place] = np.arccosh(max(gamma, 1.0))
        total += np.exp(-distances[place])
    for c in range(vectors.shape[1]):
        of_child[c] = 0.0
    for place in range(n_targets):
        # The derivative of the loss by this distance.
        weight = (1.0 if place == 0 else 0.0) - np.exp(-distances[place]) / total
        _add_gradient(vectors, child, targets[place], weight, of_child, of_targets[place])
    for c in range(vectors.shape[1]):
        of_targets[0, c] += 2.0 * regularization * vectors[targets[0], c]
    return distances[0] + np.log(total) + regularization * _squared(vectors, targets[0])


@compiled
def _step(vectors: Array, row: Scalar, gradient: Array, alpha: float) -> None:
    """Take a Riemannian step, and stay inside the ball."""
    factor = 1.0 - _squared(vectors, row)
    scale = alpha * factor * factor / 4.0
    for c in range(vectors.shape[1]):
        vectors[row, c] -= scale * gradient[c]
    norm = np.sqrt(_squared(vectors, row))
    if norm >= 1.0 - EPSILON:
        for c in range(vectors.shape[1]):
            vectors[row, c] *= (1.0 - EPSILON) / norm


@compiled
def train_relations(
    vectors: Array,
    children: Array,
    ancestors: Array,
    offsets: Array,
    relatives: Array,
    probability: Array,
    alias: Array,
    negative: int,
    alpha: float,
    regularization: float,
    seed: int,
) -> float:
    """Train relations in their order, changing `vectors` in place; return the sum of their losses.

    Parameters
    ----------
    children, ancestors
        `(n,)` int32 rows of nodes.
    offsets, relatives
        The ancestors of each node, sorted, in compressed sparse rows: never negative samples of it.
    probability, alias
        Alias table of the negative samples.
    alpha
        Learning rate.
    seed
        64 random bits.
    """
    size = vectors.shape[1]
    targets = np.empty(negative + 1, np.int64)
    distances = np.empty(negative + 1)
    of_child, of_targets = np.empty(size), np.empty((negative + 1, size))
    state = np.uint64(seed) * _MULTIPLIER + _INCREMENT
    total = 0.0
    for number in range(len(children)):
        child = np.int64(children[number])
        targets[0] = ancestors[number]
        n_targets, state = _draw_negatives(child, offsets, relatives, probability, alias, targets, state)
        total += loss_and_gradients(vectors, child, targets, n_targets, regularization, distances, of_child, of_targets)
        _step(vectors, child, of_child, alpha)
        for place in range(n_targets):
            _step(vectors, targets[place], of_targets[place], alpha)
    return total

"""Random walks of first and second order. Imports Numba: import it inside functions only.

All loops are in this one file, since Numba's cache of machine code does not notice a change in a module that a loop
calls. A walk draws its random numbers from its own seed, so that walks do not depend on how they are shared out.
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
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_UNIT = 1.0 / (1 << 53)


@compiled
def _first_state(seed: Scalar, node: Scalar) -> Scalar:
    """Return random bits of a walk (splitmix64)."""
    mixed = np.uint64(seed) + (np.uint64(node) + np.uint64(1)) * _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
    return mixed ^ (mixed >> np.uint64(31))


@compiled
def _uniform(state: Scalar) -> tuple[Scalar, Scalar]:
    """Return a number from 0 to 1, and the next state."""
    state = state * _MULTIPLIER + _INCREMENT
    mixed = (state ^ (state >> np.uint64(33))) * _MIX_1
    mixed = mixed ^ (mixed >> np.uint64(29))
    return np.float64(mixed >> np.uint64(11)) * _UNIT, state


@compiled
def _drawn_neighbor(nodes: Array, cumulative: Array, low: Scalar, high: Scalar, share: Scalar) -> Scalar:
    """Return the neighbor at a share of the summed weights; without weights, at a share of the neighbors."""
    if len(cumulative) == 0:
        return nodes[min(low + np.int64(share * (high - low)), high - 1)]
    wanted = share * cumulative[high - 1]
    first, last = low, high - 1
    while first < last:
        middle = (first + last) // 2
        if cumulative[middle] > wanted:
            last = middle
        else:
            first = middle + 1
    return nodes[first]


@compiled
def _are_linked(offsets: Array, nodes: Array, node: Scalar, other: Scalar) -> bool:
    low, high = offsets[node], offsets[node + 1]
    while low < high:
        middle = (low + high) // 2
        if nodes[middle] < other:
            low = middle + 1
        else:
            high = middle
    return bool(low < offsets[node + 1] and nodes[low] == other)


@compiled
def walk_from(
    starts: Array,
    offsets: Array,
    nodes: Array,
    cumulative: Array,
    walk_length: int,
    p: float,
    q: float,
    seed: int,
    walks: Array,
    lengths: Array,
) -> None:
    """Walk from each start.

    Parameters
    ----------
    starts
        `(n,)` int32 rows of nodes.
    offsets, nodes
        The neighbors of every node, sorted (`kinds.graph.dataset.Neighbors`).
    cumulative
        For each neighbor the sum of the weights of its node's neighbors up to it; empty if all weights are equal.
    walk_length
        Nodes in a walk; a walk ends early at a node without neighbors.
    p, q
        After a step from t to v, the weight of the way back to t is divided by `p`, and that of nodes not linked to t
        by `q`. With 1 and 1 the walk is of first order (DeepWalk).
    seed
        64 random bits; the row of the start is added.
    walks, lengths
        `(n, walk_length)` and `(n,)` int32, filled.

    Notes
    -----
    Grover, A. and Leskovec, J. (2016). node2vec: scalable feature learning for networks. Second-order steps are drawn
    by rejection, which needs no table of pairs of edges: Yang, K. et al. (2019). KnightKing.
    """
    is_first_order = p == 1.0 and q == 1.0
    back, far = 1.0 / p, 1.0 / q
    highest = max(1.0, max(back, far))
    for number in range(len(starts)):
        node = np.int64(starts[number])
        state = _first_state(seed, node)
        walks[number, 0] = node
        length = 1
        previous = np.int64(-1)
        while length < walk_length:
            low, high = offsets[node], offsets[node + 1]
            if low == high:
                break
            share, state = _uniform(state)
            drawn = np.int64(_drawn_neighbor(nodes, cumulative, low, high, share))
            if not is_first_order and previous >= 0 and high - low > 1:
                while True:
                    if drawn == previous:
                        factor = back
                    elif _are_linked(offsets, nodes, previous, drawn):
                        factor = 1.0
                    else:
                        factor = far
                    share, state = _uniform(state)
                    if share * highest < factor:
                        break
                    share, state = _uniform(state)
                    drawn = np.int64(_drawn_neighbor(nodes, cumulative, low, high, share))
            previous, node = node, drawn
            walks[number, length] = node
            length += 1
        lengths[number] = length


def cumulative_weights(offsets: npt.NDArray[np.int64], weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return `(n,)` float64 running sums of the weights of each node's neighbors; empty if all weights are equal."""
    if len(weights) == 0 or (weights == weights[0]).all():
        return np.empty(0)
    # Summed within a node: differences of a sum over all of them would lose digits.
    sums: npt.NDArray[np.float64] = np.empty(len(weights))
    _running_sums(offsets, weights.astype(np.float64), sums)
    return sums


@compiled
def _running_sums(offsets: Array, weights: Array, sums: Array) -> None:
    for node in range(len(offsets) - 1):
        total = 0.0
        for place in range(offsets[node], offsets[node + 1]):
            total += weights[place]
            sums[place] = total

"""Training node2vec: every epoch walks once from each node and trains on the walks at once; no walk is stored."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.kinds.graph.dataset import GraphSplit
from embedlab.models.contract.base import SNAPSHOT_KEYS, Context, TrainingResult
from embedlab.models.shared.epoch_loop import EpochLoop, Snapshot
from embedlab.models.shared.graphs.node_embedding import node_embedding
from embedlab.models.shared.graphs.vector_links import ValidationLinks, VectorLinks, best_links
from embedlab.models.shared.word_loss import Examples, negative_sampling_loss

if TYPE_CHECKING:
    from embedlab.models.node2vec.model import Node2VecParameters

Floats = npt.NDArray[np.float32]

#: The noise distribution is the power by this of how often walks visit a node, as for words.
_NOISE_EXPONENT: Final = 0.75
#: Walks of a segment fit into this many numbers (8 MB).
_WALK_NUMBERS: Final = 1 << 21
#: Segments of an epoch: progress, and a new learning rate.
_FEWEST_SEGMENTS: Final = 10
#: Parts of a segment for each worker.
_PIECES: Final = 4
#: Walks from each node that count how often nodes are visited: they take a few percent of the time of training.
_VISIT_ROUNDS: Final = 10
_LOSS_WALKS: Final = 500
_LOSS_PAIRS: Final = 5_000
_LOSS_NEGATIVES: Final = 5


@dataclass(frozen=True)
class Starts:
    """A part of the start nodes, in the order of the epoch.

    Parameters
    ----------
    first, stop
        First place, and the place after the last.
    n_words
        Nodes in the walks from them.
    """

    first: int
    stop: int
    n_words: int


@dataclass(frozen=True)
class Walker:
    """Walks on a graph with fixed settings."""

    offsets: npt.NDArray[np.int64]
    nodes: npt.NDArray[np.int32]
    cumulative: npt.NDArray[np.float64]
    walk_length: int
    p: float
    q: float

    @classmethod
    def of(cls, split: GraphSplit, walk_length: int, p: float, q: float, *, follow_direction: bool = False) -> Walker:
        """Return a walker on the edges that remain in a split."""
        from embedlab.models.node2vec.walks import cumulative_weights

        neighbors = split.successors if follow_direction else split.neighbors
        weights = cumulative_weights(neighbors.offsets, neighbors.weights)
        return cls(neighbors.offsets, neighbors.nodes, weights, walk_length, p, q)

    def walk(self, starts: npt.NDArray[np.int32], seed: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return `(n, walk_length)` int32 walks and their `(n,)` lengths."""
        from embedlab.models.node2vec.walks import walk_from

        walks = np.zeros((len(starts), self.walk_length), np.int32)
        lengths = np.zeros(len(starts), np.int32)
        walk_from(
            starts, self.offsets, self.nodes, self.cumulative, self.walk_length, self.p, self.q, seed, walks, lengths
        )
        return walks, lengths

    def visits(self, n_nodes: int, seed: int) -> npt.NDArray[np.int64]:
        """Return `(n_nodes,)` how often one walk from each node visits each node, at least once.

        Negative samples need these counts: by degrees alone, nodes of few links, which are visited mostly as starts,
        would be samples too rarely and seem too popular.
        """
        counts = np.zeros(n_nodes, np.int64)
        step = max(1, _WALK_NUMBERS // self.walk_length)
        for first in range(0, n_nodes, step):
            starts = np.arange(first, min(first + step, n_nodes), dtype=np.int32)
            walks, lengths = self.walk(starts, seed)
            counts += np.bincount(walks[np.arange(walks.shape[1]) < lengths[:, np.newaxis]], minlength=n_nodes)
        return counts


class Node2VecTraining(EpochLoop[Starts]):
    """One training: a walker, two tables, and the hidden links of the validation part.

    With one worker the same seed gives the same vectors; with more, threads update the tables without locks.
    """

    rate_unit = "steps/s"

    def __init__(self, data: GraphSplit, parameters: Node2VecParameters, context: Context) -> None:
        from embedlab.models.shared.skip_gram import kernels

        self.data, self.parameters, self.context = data, parameters, context
        n_nodes = data.n_nodes
        self.workers = max(1, min(parameters.workers, context.n_threads))
        self.walker = Walker.of(
            data, parameters.walk_length, parameters.p, parameters.q, follow_direction=parameters.follow_direction
        )
        self.vocabulary = pd.DataFrame({"word": data.dataset.keys, "count": data.neighbors.degrees})
        rounds = range(min(parameters.epochs, _VISIT_ROUNDS))
        visits = sum(
            (self.walker.visits(n_nodes, _epoch_seed(parameters.seed, -2 - each)) for each in rounds),
            np.zeros(n_nodes, np.int64),
        )
        self.probability, self.alias = kernels.alias_table(visits.astype(np.float64) ** _NOISE_EXPONENT)
        self.sigmoids = kernels.sigmoid_table()
        self.keep = np.ones(n_nodes, np.float32)
        self._train_lines = kernels.train_lines
        size = parameters.vector_size
        random = np.random.default_rng(parameters.seed).random((n_nodes, size), np.float32)
        self.vectors: Floats = (random * 2 - 1) / np.float32(size)
        self.outputs: Floats = np.zeros_like(self.vectors)
        per_segment = max(1, min(math.ceil(n_nodes / _FEWEST_SEGMENTS), _WALK_NUMBERS // parameters.walk_length))
        self.segments: Sequence[Starts] = [
            Starts(first, min(first + per_segment, n_nodes), parameters.walk_length * min(per_segment, n_nodes - first))
            for first in range(0, n_nodes, per_segment)
        ]
        self.loss = self._fixed_loss(visits)
        self.validation = ValidationLinks.of(data, parameters.seed)
        self._order = np.empty(0, np.int32)
        self._order_epoch = -1
        kind = "first" if parameters.p == parameters.q == 1 else "second"
        context.log(
            f"{n_nodes:,} nodes, {data.train.n_edges:,} edges, walks of {kind} order, {len(self.segments)} segments, "
            f"{self.workers} workers"
        )
        if context.resume_state is not None:
            self.resume(context.resume_state)

    def _fixed_loss(self, visits: npt.NDArray[np.int64]) -> Callable[[], float]:
        """Return the loss on pairs of walks that are drawn once, with negative samples that are drawn once."""
        rng = np.random.default_rng([self.parameters.seed, 1])
        starts = rng.integers(0, self.data.n_nodes, _LOSS_WALKS, np.int32)
        walks, lengths = self.walker.walk(starts, _epoch_seed(self.parameters.seed, -1))
        pairs = [
            (walk[place], walk[place + step])
            for walk, length in zip(walks, lengths.tolist(), strict=True)
            for place in range(length)
            for step in range(1, min(self.parameters.window, length - 1 - place) + 1)
        ]
        drawn = np.array(pairs, np.int32).reshape(-1, 2)[rng.permutation(len(pairs))[:_LOSS_PAIRS]]
        if not len(drawn):
            return lambda: 0.0
        noise = visits.astype(np.float64) ** _NOISE_EXPONENT
        negatives = rng.choice(len(noise), (len(drawn), _LOSS_NEGATIVES), p=noise / noise.sum()).astype(np.int32)
        # A negative sample that is the node itself is replaced by the next node.
        negatives = np.where(negatives == drawn[:, 1:], (negatives + 1) % len(noise), negatives).astype(np.int32)
        examples = Examples(drawn[:, :1].copy(), drawn[:, 1].copy(), negatives)
        return lambda: negative_sampling_loss(examples, self.vectors, self.outputs)

    @property
    def schedule(self) -> Node2VecParameters:
        """Epochs and learning rate."""
        return self.parameters

    def tables(self) -> dict[str, Floats]:
        """Return the input and output vectors."""
        return {"vectors": self.vectors, "outputs": self.outputs}

    def more_metrics(self) -> Mapping[str, float]:
        """Return the AUC on the validation part, by the product of input and output vectors that training uses."""
        auc = self.validation.auc(VectorLinks(self.vectors, "output", self.outputs))
        return {} if auc is None else {"validation_auc": auc}

    def _starts(self) -> npt.NDArray[np.int32]:
        """Return all nodes in the order of this epoch."""
        if self._order_epoch != self.epoch:
            rng = np.random.default_rng([self.parameters.seed, 2, self.epoch])
            self._order = rng.permutation(self.data.n_nodes).astype(np.int32)
            self._order_epoch = self.epoch
        return self._order

    def train_segment(self, segment: Starts, start_alpha: float, end_alpha: float) -> int:
        """Walk from the nodes of a segment and train on the walks; return the nodes in them."""
        starts = self._starts()[segment.first : segment.stop]
        seed = _epoch_seed(self.parameters.seed, self.epoch)
        n_pieces = 1 if self.workers == 1 else min(len(starts), self.workers * _PIECES)
        bounds = np.linspace(0, len(starts), n_pieces + 1).astype(int).tolist()

        def train(number: int) -> int:
            first, stop = bounds[number], bounds[number + 1]
            low, high = (start_alpha + (end_alpha - start_alpha) * place / len(starts) for place in (first, stop))
            return self._train_piece(starts[first:stop], first + segment.first, low, high, seed)

        if n_pieces == 1:
            return train(0)
        with ThreadPoolExecutor(self.workers) as pool:
            return sum(pool.map(train, range(n_pieces)))

    def _train_piece(
        self, starts: npt.NDArray[np.int32], first: int, start_alpha: float, end_alpha: float, seed: int
    ) -> int:
        walks, lengths = self.walker.walk(starts, seed)
        indices = walks[np.arange(walks.shape[1]) < lengths[:, np.newaxis]]
        line_starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return int(
            self._train_lines(
                indices,
                line_starts,
                0,
                len(starts),
                self.parameters.walk_length,
                self.keep,
                self.probability,
                self.alias,
                self.sigmoids,
                self.vectors,
                self.outputs,
                True,
                self.parameters.window,
                self.parameters.negative,
                start_alpha,
                end_alpha,
                # The number of a line is added to the seed: lines of a later part get others.
                seed + first,
            )
        )

    def snapshot(self) -> Snapshot:
        """Return the vectors of the nodes with most neighbors."""
        return {"nodes": (self.data.dataset.keys[:SNAPSHOT_KEYS], self.vectors[:SNAPSHOT_KEYS].copy())}

    def result(self) -> TrainingResult:
        """Return the nodes' vectors, and the score of links that is best on the validation part."""
        links, auc = best_links(self.vectors.copy(), self.outputs.copy(), self.validation, usual="cosine")
        scores: dict[str, Any] = {"loss": self.loss(), "link_score": links.measure}
        if auc is not None:
            scores |= {"validation_auc": auc, "n_validation": len(self.validation.links)}
        return TrainingResult(
            {"nodes": node_embedding(self.vectors.copy(), self.data.dataset)}, self.state(), (links,), scores
        )


def _epoch_seed(seed: int, epoch: int) -> int:
    """Return 62 bits that differ for each seed and epoch."""
    digest = hashlib.sha256(f"{seed} {epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 2

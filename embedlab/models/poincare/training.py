"""Training a Poincare embedding: Riemannian steps on relations, with a burn-in at a tenth of the learning rate."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import InputError
from embedlab.kinds.graph.dataset import GraphDataset
from embedlab.models.contract.base import SNAPSHOT_KEYS, Context, TrainingResult
from embedlab.models.shared.epoch_loop import EpochLoop, Snapshot
from embedlab.models.shared.graphs.hyperbolic import HyperbolicLinks, poincare_distances
from embedlab.models.shared.graphs.node_embedding import node_embedding
from embedlab.models.shared.graphs.relations import related_to, relations_of

if TYPE_CHECKING:
    from embedlab.models.poincare.model import PoincareParameters

#: The name of the embedding.
ROLE: Final = "hyperbolic_nodes"
_BURN_IN_SHARE: Final = 0.1
_START: Final = 1e-3
_RELATIONS_PER_SEGMENT: Final = 50_000
_LOSS_RELATIONS: Final = 2_000
_LOSS_NEGATIVES: Final = 10


@dataclass(frozen=True)
class Relations:
    """A part of the relations, in the order of the epoch.

    Parameters
    ----------
    first, stop
        First place, and the place after the last.
    """

    first: int
    stop: int

    @property
    def n_words(self) -> int:
        """Number of relations."""
        return self.stop - self.first


@dataclass(frozen=True)
class _Schedule:
    epochs: int
    alpha: float


class PoincareTraining(EpochLoop[Relations]):
    """One training; the same seed gives the same vectors."""

    rate_unit = "relations/s"

    def __init__(self, data: GraphDataset, parameters: PoincareParameters, context: Context) -> None:
        from embedlab.models.poincare import kernels
        from embedlab.models.shared.skip_gram.kernels import alias_table

        self.data, self.parameters, self.context = data, parameters, context
        n_nodes = data.n_nodes
        self.nodes, self.others = relations_of(data, all_ancestors=parameters.all_ancestors)
        self.related = related_to(self.nodes, self.others, n_nodes)
        most = int(self.related.degrees.max())
        if n_nodes - most < 2:
            raise InputError(
                "A node is related to all others, so there are no negative samples for it.",
                received=data.keys[int(self.related.degrees.argmax())],
                remedy="Import a directed graph or a larger hierarchy.",
            )
        self.probability, self.alias = alias_table(np.ones(n_nodes))
        self._train = kernels.train_relations
        rng = np.random.default_rng(parameters.seed)
        self.vectors: npt.NDArray[np.float64] = rng.uniform(-_START, _START, (n_nodes, parameters.vector_size))
        self.vocabulary = pd.DataFrame({"word": data.keys, "count": self.related.degrees})
        n_relations = len(self.nodes)
        self.segments: Sequence[Relations] = [
            Relations(first, min(first + _RELATIONS_PER_SEGMENT, n_relations))
            for first in range(0, n_relations, _RELATIONS_PER_SEGMENT)
        ]
        self.loss = self._fixed_loss()
        self._order = np.empty(0, np.int64)
        self._order_epoch = -1
        context.log(f"{n_nodes:,} nodes, {n_relations:,} relations, {parameters.burn_in} epochs of burn-in")
        if context.resume_state is not None:
            self.resume(context.resume_state)

    def _fixed_loss(self) -> Callable[[], float]:
        """Return the loss on relations and negative samples that are drawn once."""
        rng = np.random.default_rng([self.parameters.seed, 1])
        chosen = rng.permutation(len(self.nodes))[:_LOSS_RELATIONS]
        nodes, others = self.nodes[chosen], self.others[chosen]
        drawn = rng.integers(0, self.data.n_nodes, (len(chosen), _LOSS_NEGATIVES))
        is_relative = np.array(
            [np.isin(row, [*self.related.of(node), node]) for row, node in zip(drawn, nodes.tolist(), strict=True)]
        )
        targets = np.column_stack([others, drawn])
        counts = np.column_stack([np.ones(len(nodes), bool), ~is_relative])

        def loss() -> float:
            distances = poincare_distances(self.vectors[nodes, np.newaxis], self.vectors[targets])
            total = (np.exp(-distances) * counts).sum(axis=1)
            return float((distances[:, 0] + np.log(total)).mean())

        return loss

    @property
    def schedule(self) -> _Schedule:
        """Epochs, with those of the burn-in, and learning rate."""
        return _Schedule(self.parameters.burn_in + self.parameters.epochs, self.parameters.alpha)

    def _alpha(self, done: int) -> float:
        del done
        return self.parameters.alpha * (_BURN_IN_SHARE if self.epoch < self.parameters.burn_in else 1.0)

    def tables(self) -> dict[str, npt.NDArray[Any]]:
        """Return the vectors."""
        return {"vectors": self.vectors}

    def train_segment(self, segment: Relations, start_alpha: float, end_alpha: float) -> int:
        """Train a part of the relations in the order of this epoch."""
        del end_alpha
        if self._order_epoch != self.epoch:
            rng = np.random.default_rng([self.parameters.seed, 2, self.epoch])
            self._order, self._order_epoch = rng.permutation(len(self.nodes)), self.epoch
        part = self._order[segment.first : segment.stop]
        self._train(
            self.vectors,
            self.nodes[part],
            self.others[part],
            self.related.offsets,
            self.related.nodes,
            self.probability,
            self.alias,
            self.parameters.negative,
            start_alpha,
            self.parameters.regularization,
            _segment_seed(self.parameters.seed, self.epoch, segment.first),
        )
        return segment.n_words

    def snapshot(self) -> Snapshot:
        """Return the vectors of the nodes with most neighbors."""
        return {ROLE: (self.data.keys[:SNAPSHOT_KEYS], self.vectors[:SNAPSHOT_KEYS].astype(np.float32))}

    def result(self) -> TrainingResult:
        """Return the vectors, with their radius, and links by distance."""
        vectors = self.vectors.astype(np.float32)
        embedding = node_embedding(vectors, self.data)
        embedding.metadata["radius"] = np.linalg.norm(vectors, axis=1)
        return TrainingResult(
            {ROLE: embedding}, self.state(), (HyperbolicLinks(vectors.copy()),), {"loss": self.loss()}
        )


def _segment_seed(seed: int, epoch: int, first: int) -> int:
    """Return 62 bits that differ for each seed, epoch and segment."""
    digest = hashlib.sha256(f"{seed} {epoch} {first}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 2

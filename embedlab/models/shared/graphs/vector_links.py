"""Scores of links from the vectors of two nodes; which product is best is decided on the validation part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import check_finite, damage_errors, damaged
from embedlab.evaluation.graphs.link_prediction import LinkCodes, Pairs, ScoresLinks, placements, random_non_links
from embedlab.kinds.graph.dataset import GraphSplit
from embedlab.models.contract.abilities import PredictsLinks
from embedlab.models.contract.state import State

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]
#: Cosine or dot product of the vectors, or product of the input vector of one node and the output vector of the other.
Measure = Literal["cosine", "dot", "output"]
#: With fewer hidden links the validation part cannot decide.
FEWEST_TO_CHOOSE: Final = 15
_MOST_PAIRS: Final = 5_000


class VectorLinks(PredictsLinks):
    """Scores pairs by their vectors.

    Parameters
    ----------
    vectors
        `(n_nodes, vector_size)` float32.
    measure
        Which product.
    outputs
        Output vectors, for the measure `output`.
    """

    def __init__(self, vectors: Floats, measure: Measure, outputs: Floats | None = None) -> None:
        self.measure: Measure = measure
        self._vectors, self._outputs = vectors, outputs
        self._units = unit_rows(vectors) if measure == "cosine" else vectors

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load from the state of the ability."""
        with damage_errors(cls.folder):
            measure = state.config["measure"]
            check_finite(state.arrays, cls.folder)
            if measure not in get_args(Measure) or any(each.dtype.kind != "f" for each in state.arrays.values()):
                raise damaged(cls.folder)
            outputs = state.arrays["outputs"] if measure == "output" else None
            return cls(state.arrays["vectors"], measure, outputs)

    def state(self) -> State:
        """Return vectors and measure."""
        arrays = {"vectors": self._vectors}
        if self._outputs is not None and self.measure == "output":
            arrays["outputs"] = self._outputs
        return State(arrays, {"measure": self.measure})

    def pair_scores(self, first: Rows, second: Rows) -> Floats:
        """Return `(n,)` float32 scores of pairs."""
        if self._outputs is not None and self.measure == "output":
            forth = np.einsum("ij,ij->i", self._vectors[first], self._outputs[second])
            back = np.einsum("ij,ij->i", self._vectors[second], self._outputs[first])
            both: Floats = forth + back
            return both
        scores: Floats = np.einsum("ij,ij->i", self._units[first], self._units[second])
        return scores

    def scores(self, nodes: Rows) -> Floats:
        """Return `(n, n_nodes)` float32 scores of all nodes."""
        if self._outputs is not None and self.measure == "output":
            both: Floats = self._vectors[nodes] @ self._outputs.T + self._outputs[nodes] @ self._vectors.T
            return both
        scores: Floats = self._units[nodes] @ self._units.T
        return scores


def unit_rows(vectors: Floats) -> Floats:
    """Return vectors of length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Floats = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return units


@dataclass(frozen=True)
class ValidationLinks:
    """Hidden links of the validation part, and as many random pairs without a link."""

    links: Pairs
    non_links: Pairs

    @classmethod
    def of(cls, split: GraphSplit, seed: int) -> ValidationLinks:
        """Return at most 5,000 links of the validation part and as many other pairs."""
        rng = np.random.default_rng([seed, 3])
        chosen = rng.permutation(split.validation.n_edges)[:_MOST_PAIRS]
        links = Pairs(split.validation.sources[chosen], split.validation.targets[chosen])
        linked = LinkCodes(split.n_nodes, split.train, split.validation)
        return cls(links, random_non_links(linked, split.n_nodes, len(links), rng))

    @property
    def is_enough(self) -> bool:
        """Whether there are enough links to choose by."""
        return min(len(self.links), len(self.non_links)) >= FEWEST_TO_CHOOSE

    def auc(self, scorer: ScoresLinks) -> float | None:
        """Return the AUC of a scorer; None without links."""
        if not len(self.links) or not len(self.non_links):
            return None
        pairs = ((each.first, each.second) for each in (self.links, self.non_links))
        return placements(*(np.nan_to_num(scorer.pair_scores(*each)) for each in pairs)).auc


def best_links(
    vectors: Floats, outputs: Floats | None, validation: ValidationLinks, usual: Measure = "cosine"
) -> tuple[VectorLinks, float | None]:
    """Return the measure with the highest AUC on the validation part, and that AUC; `usual` if it is too small."""
    measures: tuple[Measure, ...] = ("cosine", "dot") if outputs is None else ("cosine", "dot", "output")
    candidates = [VectorLinks(vectors, measure, outputs) for measure in measures]
    if not validation.is_enough:
        chosen = next(each for each in candidates if each.measure == usual)
        return chosen, validation.auc(chosen)
    best = max(candidates, key=lambda each: validation.auc(each) or 0.0)
    return best, validation.auc(best)

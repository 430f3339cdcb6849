"""Hierarchies: distances reproduce what belongs to what, and the radius reproduces the depth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.kind import Kind
from embedlab.evaluation.graphs.hierarchies import DEPTH, INSIDE, MAP, MEAN_RANK, Shape, score_hierarchy
from embedlab.evaluation.score import Score, ScoreKind
from embedlab.kinds.graph.dataset import GraphDataset
from embedlab.kinds.protocols import Protocol
from embedlab.models.contract.abilities import PredictsLinks
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.models.shared.graphs.eigenvectors import spectral_vectors
from embedlab.models.shared.graphs.relations import related_to, relations_of
from embedlab.tasks.base import Parts, Task

#: A table of child and parent.
RELATIONS_FILE: Final = "relations.csv"


class Hierarchy(Task[GraphDataset]):
    """Place general nodes in the middle and special ones around them."""

    name: ClassVar[str] = "hierarchy"
    title: ClassVar[str] = "Represent a hierarchy"
    goal: ClassVar[str] = "See a hierarchy"
    kind: ClassVar[Kind] = Kind.GRAPH
    cases: ClassVar[str] = "Nodes"
    headline: ClassVar[str] = MAP
    baselines: ClassVar[tuple[str, ...]] = ("spectral_shape", "degree_shape")
    score_kinds: ClassVar[Mapping[str, ScoreKind]] = {
        MAP: ScoreKind("Reconstruction MAP", "higher", "none", 1.0, is_share=False),
        MEAN_RANK: ScoreKind("Mean rank", "lower", "none", 1.0, is_share=False),
        DEPTH: ScoreKind("Radius and depth", "higher", "none", 1.0, is_share=False),
        INSIDE: ScoreKind("Ancestors inside", "higher", "none", 1.0, is_share=False),
    }
    baseline_titles: ClassVar[Mapping[str, str]] = {
        "spectral_shape": "Spectral, same size",
        "degree_shape": "Number of neighbors",
    }

    def split(self, dataset: GraphDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Split nothing: a hierarchy is represented as a whole."""
        del protocol, scratch
        return Parts(dataset, dataset)

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return how well relatives are found by distance, and whether the radius follows the depth."""
        dataset: GraphDataset = parts.held_out
        embedding = next(iter(result.embeddings.values()))
        links = result.ability(PredictsLinks)
        if links is None:
            return {"not_computed": {MAP: "This model has no distances between nodes."}, "baselines": {}}
        nodes, others = relations_of(dataset, all_ancestors=True)
        related = related_to(nodes, others, dataset.n_nodes)
        hierarchy = dataset.hierarchy
        own = _Links(links, np.linalg.norm(embedding.vectors, axis=1))
        vectors = spectral_vectors(dataset.neighbors, embedding.vector_size, matrix="laplacian")
        baselines: dict[str, Shape] = {"spectral_shape": _Euclidean(vectors), "degree_shape": _Degrees(dataset)}
        return score_hierarchy(own, baselines, related, None if hierarchy is None else hierarchy.depths)

    def headline_sentence(self, score: Score) -> str:
        """Return what the MAP means."""
        if score.name != MAP:
            return super().headline_sentence(score)
        return f"Distances find what each node belongs to with a mean average precision of {score.value or 0:.3f}"

    def notes(self, scores: Mapping[str, Any]) -> list[str]:
        """Say what is measured, and on what."""
        notes = ["Nothing is held out: the scores say how faithful the picture is, not how well it generalizes."]
        if DEPTH in scores:
            notes.append(
                "Ancestors inside: the share of pairs of a node and an ancestor in which the ancestor is nearer to the "
                "center. Radius and depth: their rank correlation (Somers' D), 1 if a node of greater depth always has "
                "the larger radius; where branches have different lengths, their leaves are near the border at every "
                "depth."
            )
        return notes

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the table of relations."""
        del model
        return RELATIONS_FILE

    def write_data(
        self, dataset: GraphDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path
    ) -> Path:
        """Write each node with its parent; of graphs that are no hierarchies, the two ends of each edge."""
        del protocol
        nodes, others = relations_of(dataset, all_ancestors=False)
        keys = np.asarray(dataset.keys, dtype=object)
        path = folder / self.data_file(model)
        pd.DataFrame({"child": keys[nodes], "parent": keys[others]}).to_csv(path, index=False)
        return path


@dataclass(frozen=True)
class _Links:
    links: PredictsLinks
    radius: npt.NDArray[np.float32]

    def similarities(self, nodes: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        return self.links.scores(nodes)

    def radii(self) -> npt.NDArray[np.float32]:
        return self.radius


@dataclass(frozen=True)
class _Euclidean:
    vectors: npt.NDArray[np.float32]

    def similarities(self, nodes: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        whole = self.vectors.astype(np.float64)
        squares = (whole**2).sum(axis=1)
        nearness: npt.NDArray[np.float64] = 2 * whole[nodes] @ whole.T - squares - squares[nodes, np.newaxis]
        return nearness

    def radii(self) -> npt.NDArray[np.float32]:
        radii: npt.NDArray[np.float32] = np.linalg.norm(self.vectors, axis=1)
        return radii


class _Degrees:
    def __init__(self, dataset: GraphDataset) -> None:
        self._degrees = dataset.neighbors.degrees.astype(np.float64)

    def similarities(self, nodes: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        return np.broadcast_to(self._degrees, (len(nodes), len(self._degrees)))

    def radii(self) -> npt.NDArray[np.float64]:
        return -self._degrees

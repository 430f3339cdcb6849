"""Predicting links of a graph: some are hidden, and models are judged by how well they find them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd

from embedlab.core.errors import InputError
from embedlab.core.kind import Kind
from embedlab.evaluation.graphs.link_prediction import AUC, AUC_HARD, HITS, LinkTest, link_test, score_links
from embedlab.evaluation.graphs.link_rivals import PreferentialAttachment, adamic_adar, common_neighbors
from embedlab.evaluation.score import Score, ScoreKind
from embedlab.kinds.graph.dataset import GraphDataset, GraphSplit
from embedlab.kinds.protocols import Protocol
from embedlab.models.contract.abilities import PredictsLinks
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.models.shared.graphs.eigenvectors import spectral_vectors
from embedlab.models.shared.graphs.vector_links import ValidationLinks, VectorLinks, best_links
from embedlab.tasks.base import Parts, PartSizes, Task, required

#: A table of source, target, weight, directed and part.
EDGES_FILE: Final = "edges.csv"
_SPECTRAL_SIZE: Final = 16


class Links(Task[GraphDataset]):
    """Predict hidden links of a graph."""

    name: ClassVar[str] = "links"
    title: ClassVar[str] = "Predict links"
    goal: ClassVar[str] = "Compare nodes and predict links"
    kind: ClassVar[Kind] = Kind.GRAPH
    cases: ClassVar[str] = "Links"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = AUC
    baselines: ClassVar[tuple[str, ...]] = ("common_neighbors", "adamic_adar", "degree", "spectral")
    score_kinds: ClassVar[Mapping[str, ScoreKind]] = {
        AUC: ScoreKind("AUC", "higher", "test", 1.0, is_share=False),
        AUC_HARD: ScoreKind(
            "AUC with common neighbors", "higher", "test", 1.0, counted_as="n_hard_links", is_share=False
        ),
        HITS: ScoreKind("Hits@10", "higher", "test", 1.0, counted_as="n_ranked_links"),
        "validation_auc": ScoreKind("Validation AUC", "higher", "validation", 1.0, is_share=False),
    }
    baseline_titles: ClassVar[Mapping[str, str]] = {
        "common_neighbors": "Common neighbors",
        "adamic_adar": "Adamic-Adar",
        "degree": "Product of degrees",
        "spectral": "Spectral embedding",
    }

    def split(self, dataset: GraphDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Hide links at random; every node keeps at least one."""
        del scratch
        split = _split(dataset, required(protocol))
        if not split.train.n_edges:
            raise InputError("No edge is left to train on.", received=f"{dataset.edges.n_edges} edges")
        return Parts(split.without_test(), (split, required(protocol)))

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return AUC and hits on the hidden links, beside those of simple rules and of a spectral embedding."""
        split, protocol = parts.held_out
        own = result.ability(PredictsLinks)
        if own is None:
            return _not_computed("This model does not predict links.")
        test: LinkTest = link_test(split, protocol.seed)
        scores = score_links(own, _rivals(split, protocol.seed), test)
        if AUC not in scores:
            reason = "Every edge is the only one of a node, so none can be hidden."
            if split.test.n_edges:
                reason = "All nodes are linked to each other, so there is nothing to compare the hidden links with."
            return {**scores, **_not_computed(reason)}
        return scores

    def headline_sentence(self, score: Score) -> str:
        """Return what the AUC means."""
        if score.name != AUC:
            return super().headline_sentence(score)
        cases = f" ({score.n_cases:,} hidden links)" if score.n_cases else ""
        share = 100 * (score.value or 0.0)
        return f"A hidden link scores higher than a random pair of nodes in {share:.1f} % of comparisons{cases}"

    def notes(self, scores: Mapping[str, Any]) -> list[str]:
        """Say what was ranked, and by which product of vectors."""
        notes = []
        measures = {
            "cosine": "the cosine similarity of two vectors",
            "dot": "the dot product of two vectors",
            "output": "the products of input and output vectors of the two nodes",
        }
        measure = measures.get(str(scores.get("link_score")))
        if measure is not None:
            notes.append(f"Links are scored by {measure}; the validation part decided, if it has at least 15 links.")
        n_nodes = scores.get("n_ranked_nodes")
        if isinstance(n_nodes, int):
            notes.append(
                f"Hits@10: for each hidden link, whether one end is among the first 10 of all {n_nodes:,} nodes that "
                "the model suggests to the other end, without its known neighbors. AUC with common "
                "neighbors compares only pairs that have one in training, which are harder to tell apart."
            )
        return notes

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Count the links."""
        split, _ = parts.held_out
        n_links = split.dataset.pairs.n_edges
        n_validation, n_test = split.validation.n_edges, split.test.n_edges
        return PartSizes(n_links - n_validation - n_test, n_validation, n_test)

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the table of edges."""
        del model
        return EDGES_FILE

    def write_data(
        self, dataset: GraphDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path
    ) -> Path:
        """Write all edges with their part."""
        path = folder / self.data_file(model)
        edges_table(_split(dataset, required(protocol))).to_csv(path, index=False)
        return path


def _split(dataset: GraphDataset, protocol: Protocol) -> GraphSplit:
    return dataset.split(protocol.seed, validation_share=protocol.validation_share, test_share=protocol.test_share)


def _not_computed(reason: str) -> dict[str, Any]:
    return {"not_computed": dict.fromkeys((AUC, HITS), reason), "baselines": {}}


def _rivals(split: GraphSplit, seed: int) -> dict[str, Any]:
    neighbors = split.neighbors
    vectors = spectral_vectors(neighbors, _SPECTRAL_SIZE, seed=seed)
    spectral, _ = best_links(vectors, None, ValidationLinks.of(split, seed), usual="dot")
    assert isinstance(spectral, VectorLinks)  # noqa: S101
    return {
        "common_neighbors": common_neighbors(neighbors),
        "adamic_adar": adamic_adar(neighbors),
        "degree": PreferentialAttachment(neighbors),
        "spectral": spectral,
    }


def edges_table(split: GraphSplit) -> pd.DataFrame:
    """Return all edges as a table `source, target, weight, directed, part`."""
    keys = np.asarray(split.dataset.keys, dtype=object)
    tables = [
        pd.DataFrame(
            {
                "source": keys[edges.sources],
                "target": keys[edges.targets],
                "weight": edges.weights,
                "directed": int(split.dataset.is_directed),
                "part": part,
            }
        )
        for part, edges in (("train", split.train), ("validation", split.validation), ("test", split.test))
        if edges.n_edges
    ]
    return pd.concat(tables, ignore_index=True)

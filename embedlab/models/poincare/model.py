"""Poincare embeddings: general nodes near the center of a ball, special ones near its border."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.graph.dataset import GraphDataset
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.poincare.training import PoincareTraining
from embedlab.models.shared.graphs.hyperbolic import HyperbolicLinks
from embedlab.models.shared.script_templates import model_script


class PoincareParameters(Parameters):
    """Parameters of Poincare embeddings, most of them named as in gensim."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "epochs", "regularization")

    vector_size: int = Field(
        2,
        title="Dimensions",
        ge=2,
        le=500,
        description="Vector size (dimensions). With 2, the map shows the disc.",
    )
    epochs: int = Field(
        100, title="Epochs", ge=1, le=10_000, description="Passes over the relations after the burn-in."
    )
    regularization: float = Field(
        1.0,
        title="Regularization",
        ge=0,
        le=100,
        description="Draws general nodes to the center: weight of the squared radius of the more general node.",
        json_schema_extra=LOG,
    )
    all_ancestors: bool = Field(
        True,
        title="All ancestors",
        description="Of a hierarchy, learn from all ancestors of each node. Off: from its parent only.",
    )
    negative: int = Field(
        10,
        title="Negative samples",
        ge=1,
        le=100,
        description="Random nodes that are no ancestors, for each relation.",
        json_schema_extra=ADVANCED,
    )
    alpha: float = Field(
        0.1,
        title="Learning rate",
        gt=0,
        le=10,
        description="Learning rate of the Riemannian steps.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    burn_in: int = Field(
        10,
        title="Burn-in",
        ge=0,
        le=1000,
        description="Epochs at a tenth of the learning rate, before the others.",
        json_schema_extra=ADVANCED,
    )


class Poincare(Model[PoincareParameters, GraphDataset]):
    """Embeddings in the Poincare ball, learned by Riemannian gradient descent.

    Notes
    -----
    Nickel and Kiela, "Poincare Embeddings for Learning Hierarchical Representations", 2017.
    """

    name: ClassVar[str] = "poincare"
    title: ClassVar[str] = "Poincare embedding"
    summary: ClassVar[str] = "Places a hierarchy in a disc: the root at the center, special nodes near the border."
    task: ClassVar[str] = "hierarchy"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("numba",)
    parameters_class = PoincareParameters
    abilities = (HyperbolicLinks,)

    def defaults(self, counts: Counts) -> PoincareParameters:
        """Return more epochs for a small graph."""
        return PoincareParameters(epochs=int(min(300, max(50, 300_000 / max(1, counts["edges"])))))

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the settings of gensim, and a space with more room."""
        return {
            "As in gensim": {"epochs": 50, "alpha": 0.1, "negative": 10, "burn_in": 10, "regularization": 1.0},
            "More room (5 dimensions)": {"vector_size": 5},
        }

    def recommendation_for(self, counts: Counts, details: Mapping[str, Any]) -> str:
        """Recommend it for hierarchies."""
        del counts
        return "The graph is a hierarchy, which fits into a disc without distortion." if "hierarchy" in details else ""

    def estimate(self, counts: Counts, parameters: PoincareParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts alone: a node of a hierarchy has few ancestors."""
        del n_threads
        n_relations = counts["edges"] * (_ANCESTORS if parameters.all_ancestors else 1.0)
        n_targets = 1 + parameters.negative
        relation_s = _RELATION_S + n_targets * (_TARGET_S + parameters.vector_size * _DIMENSION_S)
        seconds = _START_S + n_relations * (parameters.epochs + parameters.burn_in) * relation_s
        memory = _START_MB + (n_relations * 60 + counts["nodes"] * (500 + parameters.vector_size * 40)) / 1e6
        return Estimate(float(seconds), float(memory))

    def script(self, parameters: PoincareParameters, data_file: str) -> str:
        """Return a script that uses gensim; `data_file` has the columns child and parent."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: GraphDataset, parameters: PoincareParameters, context: Context) -> TrainingResult:
        """Learn a vector for each node."""
        training = PoincareTraining(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: imports; ancestors of a node of a usual hierarchy; a relation, a negative
#: sample of it, and a dimension of that.
_START_S = 3.0
_START_MB = 420.0
_ANCESTORS = 5.0
_RELATION_S = 2.0e-7
_TARGET_S = 2.5e-7
_DIMENSION_S = 1.0e-8

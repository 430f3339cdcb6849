"""DeepWalk and node2vec: random walks are read like sentences, with the compiled loops of Word2Vec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.graph.dataset import GraphSplit
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.node2vec.training import Node2VecTraining
from embedlab.models.shared.graphs.vector_links import VectorLinks
from embedlab.models.shared.repeatability import WORKERS_HELP
from embedlab.models.shared.script_templates import model_script

_EPOCHS = "epochs"


class Node2VecParameters(Parameters):
    """Parameters of node2vec, named as in the paper and in gensim."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "walk_length", "epochs")

    vector_size: int = Field(64, title="Dimensions", ge=1, le=2000, description="Vector size (dimensions).")
    walk_length: int = Field(40, title="Walk length", ge=2, le=1000, description="Nodes in each random walk.")
    epochs: int = Field(
        10,
        title="Walks per node",
        ge=1,
        le=1000,
        description="Random walks from each node. Each epoch walks once from every node.",
    )
    window: int = Field(
        5,
        title="Context window",
        ge=1,
        le=100,
        description="Steps before and after a node in a walk that are its context.",
    )
    p: float = Field(
        1.0,
        title="Return parameter p",
        ge=0.01,
        le=100,
        description="Above 1, a walk rarely returns to the node it came from; below 1, it often does.",
        json_schema_extra=LOG,
    )
    q: float = Field(
        1.0,
        title="In-out parameter q",
        ge=0.01,
        le=100,
        description="Above 1, walks stay near their start; below 1, they move outward. p = q = 1 is DeepWalk.",
        json_schema_extra=LOG,
    )
    negative: int = Field(
        5,
        title="Negative samples",
        ge=1,
        le=100,
        description="Negative samples per positive pair.",
        json_schema_extra=ADVANCED,
    )
    alpha: float = Field(
        0.025,
        title="Learning rate",
        gt=0,
        le=1,
        description="Initial learning rate; it decreases linearly.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    follow_direction: bool = Field(
        False,
        title="Follow directions",
        description="Walk along directed edges in their direction only. Off: in both directions.",
        json_schema_extra=ADVANCED,
    )
    workers: int = Field(1, title="Workers", ge=1, le=64, description=WORKERS_HELP, json_schema_extra=ADVANCED)


class Node2Vec(Model[Node2VecParameters, GraphSplit]):
    """Random walks with return and in-out parameters, and skip-gram with negative sampling.

    Notes
    -----
    Perozzi, Al-Rfou and Skiena, "DeepWalk: Online Learning of Social Representations", 2014. Grover and Leskovec,
    "node2vec: Scalable Feature Learning for Networks", 2016.
    """

    name: ClassVar[str] = "node2vec"
    title: ClassVar[str] = "node2vec"
    summary: ClassVar[str] = "Nodes that the same random walks visit get similar vectors; with p = q = 1, DeepWalk."
    task: ClassVar[str] = "links"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("numba",)
    parameters_class = Node2VecParameters
    abilities = (VectorLinks,)

    def defaults(self, counts: Counts) -> Node2VecParameters:
        """Return more walks and shorter vectors for a small graph."""
        n_nodes = max(1, counts["nodes"])
        epochs = int(min(100, max(10, 200_000 / n_nodes / 40)))
        size = 16 if n_nodes < 200 else 32 if n_nodes < 2_000 else 64
        return Node2VecParameters(vector_size=size, epochs=epochs)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the settings of the papers, and both ways to bend the walks."""
        of_paper = {"vector_size": 128, "walk_length": 80, _EPOCHS: 10, "window": 10}
        return {
            "As in the papers": of_paper,
            "Communities (q = 0.5)": {"p": 1.0, "q": 0.5},
            "Near neighborhoods (q = 2)": {"p": 1.0, "q": 2.0},
        }

    def recommendation_for(self, counts: Counts, details: Mapping[str, Any]) -> str:
        """Recommend it for graphs that are no hierarchies."""
        del counts
        return "" if "hierarchy" in details else "A good start for any graph, and fast on a large one."

    def estimate(self, counts: Counts, parameters: Node2VecParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts alone."""
        n_visits = counts["nodes"] * parameters.walk_length * parameters.epochs
        workers = max(1, min(parameters.workers, n_threads))
        step_s = _STEP_S if parameters.p == parameters.q == 1 else _SECOND_ORDER_STEP_S
        rows = 1 + parameters.negative
        row_s = rows * parameters.vector_size * _ROW_DIMENSION_S
        window_s = _WINDOW_S + row_s + (parameters.window + 1) * (_CONTEXT_S + row_s)
        seconds = _START_S + counts["edges"] * _EDGE_S + n_visits * (step_s + window_s) / workers
        memory = _START_MB + (counts["edges"] * 150 + counts["nodes"] * (400 + parameters.vector_size * 4 * 8)) / 1e6
        return Estimate(float(seconds), float(memory))

    def script(self, parameters: Node2VecParameters, data_file: str) -> str:
        """Return a script that uses NumPy and gensim; `data_file` has the columns source, target, weight and part."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: GraphSplit, parameters: Node2VecParameters, context: Context) -> TrainingResult:
        """Learn a vector for each node."""
        training = Node2VecTraining(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: imports and loading machine code; reading an edge; a step of a walk of
#: first and of second order; and of the compiled loops one context window, one context, one dimension of an output row.
_START_S = 3.0
_START_MB = 390.0
_EDGE_S = 4.0e-6
_STEP_S = 6.0e-8
_SECOND_ORDER_STEP_S = 4.0e-7
_WINDOW_S = 3.0e-7
_CONTEXT_S = 5.0e-8
_ROW_DIMENSION_S = 2.6e-10

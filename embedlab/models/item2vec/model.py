"""Item2vec: items of the same sequences get similar vectors; input and output vectors predict the next item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.sequences.splits import SequencesSplit
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.item2vec.predictor import Item2VecPredictor
from embedlab.models.item2vec.training import Item2VecTraining
from embedlab.models.shared.next_items.scoring_cost import scoring_mb, scoring_seconds
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.two_phases import REFIT_HELP

#: Passes over the events of small data; large data need fewer.
_EPOCHS = 50
_EVENTS_OF_ALL_EPOCHS = 50_000_000


class Item2VecParameters(Parameters):
    """Parameters of item2vec, named as in gensim; the defaults are those for sequences, not for text."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "epochs", "ns_exponent")

    vector_size: int = Field(32, title="Dimensions", ge=1, le=2000, description="Size of the vectors.")
    epochs: int = Field(
        _EPOCHS, title="Epochs", ge=1, le=10_000, description="Passes over the events. Sequences need more than text."
    )
    ns_exponent: float = Field(
        0.0,
        title="Exponent of negative sampling",
        ge=-1,
        le=1,
        description="Items are drawn as negative samples in proportion to their count to this power: 0.75 suits words, "
        "0 (all items equally often) or below often suits items. Try several in a sweep.",
    )
    window: int = Field(
        50,
        title="Context window",
        ge=1,
        le=10_000,
        description="Items on each side that count as context: the whole sequence, unless it is longer.",
        json_schema_extra=ADVANCED,
    )
    negative: int = Field(
        10,
        title="Negative samples per window",
        ge=1,
        le=100,
        description="Random items that each context window is contrasted with.",
        json_schema_extra=ADVANCED,
    )
    sample: float = Field(
        0.0,
        title="Subsampling",
        ge=0,
        le=1,
        description="Frequent items above this share of the events are left out at random; 0: none.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    alpha: float = Field(
        0.025,
        title="Learning rate",
        gt=0,
        le=1,
        description="Initial learning rate, which falls to 0.0001.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    patience: int = Field(
        0,
        title="Early stopping patience",
        ge=0,
        le=1000,
        description="Early stopping: stop when the validation MRR has not improved for this many epochs, and use the "
        "best epoch. 0: never stop early.",
        json_schema_extra=ADVANCED,
    )
    refit: bool = Field(True, title="Refit with validation data", description=REFIT_HELP, json_schema_extra=ADVANCED)
    workers: int = Field(
        1,
        title="Threads",
        ge=1,
        le=64,
        description="Threads of the training. With more than one, the same seed gives slightly different vectors.",
        json_schema_extra=ADVANCED,
    )


class Item2Vec(Model[Item2VecParameters, SequencesSplit]):
    """Skip-gram with negative sampling on sequences of items.

    Predictions use input and output vectors. The embedding for maps and neighbors combines them, so that items that
    occur together are close (`association_vectors`); `next_items` are the output vectors alone.

    Notes
    -----
    Barkan and Koenigstein, "Item2Vec: Neural Item Embedding for Collaborative Filtering", 2016. The defaults follow
    Caselles-Dupre, Lesaint and Royo-Letelier, "Word2vec applied to Recommendation: Hyperparameters Matter", 2018.
    """

    name: ClassVar[str] = "item2vec"
    title: ClassVar[str] = "Item2Vec"
    summary: ClassVar[str] = "Items of the same sequences get similar vectors, as words of the same contexts do."
    task: ClassVar[str] = "next-item"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("numpy", "numba")
    parameters_class = Item2VecParameters
    abilities = (Item2VecPredictor,)

    def defaults(self, counts: Counts) -> Item2VecParameters:
        """Return fewer epochs for many events."""
        n_epochs = int(_EVENTS_OF_ALL_EPOCHS / max(1, counts["events"]))
        return Item2VecParameters(epochs=max(5, min(_EPOCHS, n_epochs)))

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the settings for words, which are far worse here, and one for rare items."""
        return {
            "as for words": {"window": 5, "epochs": 5, "ns_exponent": 0.75, "sample": 1e-3},
            "favor rare items": {"ns_exponent": -0.5},
        }

    def estimate(self, counts: Counts, parameters: Item2VecParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts alone."""
        n_items, d = counts["items"], parameters.vector_size
        n_events = 0.7 * counts["events"]
        length = counts["events"] / max(1.0, counts["sequences"])
        near = min(parameters.window, length)
        row_s = (1 + parameters.negative) * d * _ROW_DIMENSION_S
        event_s = (_WINDOW_S + row_s + near * (_CONTEXT_S + row_s)) / max(1, min(parameters.workers, n_threads))
        validation_s = min(0.1 * counts["users"], 3000) * n_items * _SCORE_S
        n_epochs = parameters.epochs
        seconds = _START_S + n_epochs * (n_events * event_s + validation_s)
        seconds += parameters.refit * n_epochs * n_events * event_s * 1.1
        memory = _START_MB + (n_items * d * 4 * 8 + counts["events"] * 24) / 1e6
        memory += max(min(3000 * n_items, 1 << 24) * 16 / 1e6, scoring_mb(counts))
        return Estimate(float(seconds + scoring_seconds(counts)), float(memory))

    def script(self, parameters: Item2VecParameters, data_file: str) -> str:
        """Return a script with gensim; `data_file` has the columns sequence, item, title and part."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: SequencesSplit, parameters: Item2VecParameters, context: Context) -> TrainingResult:
        """Train on `data.train`; with `refit`, train again including the validation users."""
        training = Item2VecTraining(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: loading machine code; one context window, one context item, and one
#: dimension of an output row; one score of the validation.
_START_S = 2.0
_START_MB = 390.0
_WINDOW_S = 3.0e-7
_CONTEXT_S = 4.0e-8
_ROW_DIMENSION_S = 2.6e-10
_SCORE_S = 2e-8

"""Next item: the last item and the mean of the history predict what comes next, by a softmax over all items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.sequences.splits import SequencesSplit
from embedlab.models.contract.base import (
    ADVANCED,
    LOG,
    Context,
    Estimate,
    Model,
    NetworkLayer,
    Parameters,
    TrainingResult,
)
from embedlab.models.next_item.predictor import NextItemPredictor
from embedlab.models.next_item.training import NextItemTraining
from embedlab.models.shared import keras_training
from embedlab.models.shared.next_items.scoring_cost import scoring_mb
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.two_phases import REFIT_HELP

#: With more items, the softmax is sampled unless it is asked for in full.
MOST_FULL_ITEMS = 50_000
#: The epoch that early stopping typically chooses.
_TYPICAL_BEST_EPOCH = 15


class NextItemParameters(Parameters):
    """Parameters of the next item."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "epochs", "hidden_layers")

    vector_size: int = Field(
        64, title="Dimensions", ge=1, le=2000, description="Size of the item vectors, and units of each layer."
    )
    hidden_layers: int = Field(
        1,
        title="Hidden layers",
        ge=0,
        le=4,
        description="Hidden layers that correct the linear prediction from the last item and the mean of the history.",
    )
    epochs: int = Field(60, title="Epochs", ge=1, le=10_000, description="Maximum number of passes over the events.")
    patience: int = Field(
        5,
        title="Early stopping patience",
        ge=0,
        le=1000,
        description="Early stopping: stop when the validation MRR has not improved for this many epochs, and use the "
        "best epoch. 0: never stop early.",
    )
    refit: bool = Field(True, title="Refit with validation data", description=REFIT_HELP)
    max_length: int = Field(
        50,
        title="History length",
        ge=1,
        le=10_000,
        description="Number of the newest events of a sequence that a prediction uses.",
        json_schema_extra=ADVANCED,
    )
    dropout: float = Field(
        0.2,
        title="Dropout",
        ge=0,
        le=0.95,
        description="Share of the numbers of each vector that are set to 0 in a training step, against overfitting.",
        json_schema_extra=ADVANCED,
    )
    learning_rate: float = Field(
        0.003,
        title="Learning rate",
        gt=0,
        le=1,
        description="Learning rate of Adam.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    batch_size: int = Field(
        512,
        title="Batch size",
        ge=1,
        le=100_000,
        description="Predictions per training step.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    softmax: Literal["auto", "full", "sampled"] = Field(
        "auto",
        title="Softmax",
        description="full: over all items in each step. sampled: over randomly drawn items, frequent ones more often, "
        f"with logQ correction. auto: full up to {MOST_FULL_ITEMS:,} items.",
        json_schema_extra=ADVANCED,
    )
    n_candidates: int = Field(
        2_000,
        title="Sampled items",
        ge=1,
        le=1_000_000,
        description="Items drawn per step of a sampled softmax.",
        json_schema_extra={**LOG, **ADVANCED},
    )

    def is_sampled(self, n_items: int) -> bool:
        """Return whether the softmax is sampled."""
        return self.softmax == "sampled" or (self.softmax == "auto" and n_items > MOST_FULL_ITEMS)


class NextItemModel(Model[NextItemParameters, SequencesSplit]):
    """Item vectors that are both input and output, mapped to a context by dense layers, in Keras.

    Notes
    -----
    Tied input and output vectors: Hidasi and Karatzoglou, "Recurrent Neural Networks with Top-k Gains for
    Session-based Recommendations", 2018 (constrained embedding). Full softmax instead of a few negatives: Klenitskiy
    and Vasilev, "Turning Dross Into Gold Loss", 2023.
    """

    name: ClassVar[str] = "next-item"
    title: ClassVar[str] = "Next item (Keras)"
    summary: ClassVar[str] = "A network predicts the next item from the last one and the mean of the history."
    task: ClassVar[str] = "next-item"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    files: ClassVar[tuple[str, ...]] = ("summary.txt",)
    parameters_class = NextItemParameters
    abilities = (NextItemPredictor,)

    def defaults(self, counts: Counts) -> NextItemParameters:
        """Return larger batches for more events."""
        return NextItemParameters(batch_size=int(min(2048, max(64, counts["events"] // 200))))

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for all but tiny data."""
        return "" if counts["events"] < 1_000 else "The best predictions of the next item, and item vectors for a map."

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return a linear network, and a quick first look."""
        return {"linear": {"hidden_layers": 0}, "quick": {"epochs": 5, "patience": 0, "refit": False}}

    def estimate(self, counts: Counts, parameters: NextItemParameters, n_threads: int) -> Estimate:
        """Return the time and memory; early stopping is expected after about 20 epochs."""
        n_items, d = counts["items"], parameters.vector_size
        n_predictions = max(1.0, 0.7 * (counts["events"] - counts["sequences"]))
        is_sampled = parameters.is_sampled(int(n_items))
        n_scored = min(n_items, parameters.n_candidates) if is_sampled else n_items
        n_steps = n_predictions / parameters.batch_size + 1
        products = 3 * n_predictions * d * (n_scored + (3 + parameters.hidden_layers) * d)
        epoch_s = n_steps * _STEP_S + products * _PRODUCT_S / max(1, n_threads) + n_predictions * n_scored * _SCORED_S
        if not is_sampled:
            epoch_s += n_steps * n_items * d * _TABLE_S
        validation_s = min(0.1 * counts["users"], 3000) * n_items * _SCORE_S
        epochs = refit_epochs = parameters.epochs
        if parameters.patience:
            epochs = min(epochs, _TYPICAL_BEST_EPOCH + parameters.patience)
            refit_epochs = min(refit_epochs, _TYPICAL_BEST_EPOCH)
        seconds = _START_S + epochs * (epoch_s + validation_s) + parameters.refit * refit_epochs * epoch_s
        memory = _START_MB + (n_items * d * 4 * 10 + counts["events"] * 24) / 1e6
        memory += parameters.batch_size * (4 * n_scored + 60 * d) * 4 / 1e6
        memory += max(min(n_items * 3000, 1 << 24) * 12 / 1e6, scoring_mb(counts))
        return Estimate(float(seconds), float(memory))

    def network(self, counts: Counts, parameters: NextItemParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers of the network, the same as in the Keras model."""
        n_items, d = int(counts["items"]), parameters.vector_size
        layers = [
            NetworkLayer("history", "InputLayer", (None, None), 0),
            NetworkLayer("last_item", "InputLayer", (None,), 0),
            NetworkLayer("items", "Embedding", (None, None, d), (n_items + 1) * d, ("history", "last_item")),
            NetworkLayer("mean", "GlobalAveragePooling1D", (None, d), 0, ("items",)),
            NetworkLayer("of_last", "Dense", (None, d), (d + 1) * d, ("items",)),
            NetworkLayer("of_mean", "Dense", (None, d), d * d, ("mean",)),
            NetworkLayer("context", "Add", (None, d), 0, ("of_last", "of_mean")),
        ]
        for number in range(1, parameters.hidden_layers + 1):
            layers.append(NetworkLayer(f"hidden_{number}", "Dense", (None, d), (d + 1) * d, (layers[-1].name,)))
        if parameters.hidden_layers:
            layers.append(NetworkLayer("of_hidden", "Dense", (None, d), (d + 1) * d, (layers[-1].name,)))
            layers.append(NetworkLayer("corrected", "Add", (None, d), 0, ("context", "of_hidden")))
        layers.append(NetworkLayer("scores", "TiedScores", (None, n_items), n_items, (layers[-1].name,)))
        return tuple(layers)

    def script(self, parameters: NextItemParameters, data_file: str) -> str:
        """Return a script that uses only Keras; `data_file` has the columns sequence, item, title and part."""
        return model_script(__file__, parameters, data_file=data_file, most_full_items=MOST_FULL_ITEMS)

    def train(self, data: SequencesSplit, parameters: NextItemParameters, context: Context) -> TrainingResult:
        """Train on `data.train`, choose the epoch on `data.validation`; with `refit`, train again on both."""
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        training = NextItemTraining(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: import and compilation; one step; one product; one logit of the softmax;
#: one number of the item vectors in a step; one score of the validation; memory of Python with TensorFlow.
_START_S = 8.0
_STEP_S = 4e-3
_PRODUCT_S = 2.2e-11
_SCORED_S = 1.5e-9
_TABLE_S = 4e-9
_SCORE_S = 2e-8
_START_MB = 750.0

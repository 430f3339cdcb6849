"""Softmax items: the items a user chose predict the next ones, by a softmax over all items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from embedlab.core.errors import EmbedLabError
from embedlab.core.kind import Counts
from embedlab.kinds.ratings.interactions import InteractionsSplit
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
from embedlab.models.shared import keras_training
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.two_phases import REFIT_HELP
from embedlab.models.softmax_items.examples import no_two_items
from embedlab.models.softmax_items.ranker import SoftmaxRanker
from embedlab.models.softmax_items.training import SoftmaxTraining

#: With more items, the softmax is sampled unless it is asked for in full.
MOST_FULL_ITEMS = 50_000
#: The epoch that early stopping typically chooses.
_TYPICAL_BEST_EPOCH = 25


class SoftmaxItemsParameters(Parameters):
    """Parameters of softmax items."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "epochs", "hidden_layers")

    vector_size: int = Field(
        64, title="Dimensions", ge=1, le=2000, description="Vector size of items and users, and units of each layer."
    )
    hidden_layers: int = Field(
        1,
        title="Hidden layers",
        ge=0,
        le=4,
        description="Hidden layers between the mean of a user's items and the softmax; the last one is the user's "
        "vector.",
    )
    epochs: int = Field(100, title="Epochs", ge=1, le=10_000, description="Maximum number of passes over the users.")
    patience: int = Field(
        10,
        title="Early stopping patience",
        ge=0,
        le=1000,
        description="Early stopping: stop when the validation NDCG has not improved for this many epochs, and use the "
        "best epoch. 0: never stop early.",
    )
    refit: bool = Field(True, title="Refit with validation data", description=REFIT_HELP)
    target_share: float = Field(
        0.5,
        title="Share of target items",
        gt=0,
        le=0.999,
        description="Share of a user's items that are held out in each epoch and predicted from the others; at least "
        "one item.",
        json_schema_extra=ADVANCED,
    )
    l2: float = Field(
        1.0,
        title="L2 regularization",
        ge=0,
        le=1e6,
        description="L2 regularization of item vectors, relative to the loss summed over users.",
        json_schema_extra={**LOG, **ADVANCED},
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
        64,
        title="Batch size",
        ge=1,
        le=100_000,
        description="Batch size, in users.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    softmax: Literal["auto", "full", "sampled"] = Field(
        "auto",
        title="Softmax",
        description="full: over all items in each step. sampled: over the targets and randomly drawn items, frequent "
        f"ones more often. auto: full up to {MOST_FULL_ITEMS:,} items.",
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


class SoftmaxItems(Model[SoftmaxItemsParameters, InteractionsSplit]):
    """The mean vector of the items a user chose, hidden layers, and a softmax over all items, in Keras.

    In each epoch some of a user's items, drawn anew, are the targets and are left out of the input. The items of a user
    are a list, not a dense row of zeros and ones: a step reads only the vectors of the listed items.

    Notes
    -----
    Covington, Adams and Sargin, "Deep Neural Networks for YouTube Recommendations", 2016, section 3; Liang et al.,
    "Variational Autoencoders for Collaborative Filtering", 2018 (multinomial likelihood).
    """

    name: ClassVar[str] = "softmax-items"
    title: ClassVar[str] = "Softmax over items"
    summary: ClassVar[str] = "A network predicts a user's items from the list of the user's other items."
    task: ClassVar[str] = "ranking"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    files: ClassVar[tuple[str, ...]] = ("summary.txt",)
    parameters_class = SoftmaxItemsParameters
    abilities = (SoftmaxRanker,)

    def defaults(self, counts: Counts) -> SoftmaxItemsParameters:
        """Return larger batches for more users."""
        return SoftmaxItemsParameters(batch_size=int(np.clip(counts["users"] // 10, 16, 512)))

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return a linear network, and one target per user."""
        return {
            "no hidden layer": {"hidden_layers": 0},
            "one target per user": {"target_share": 0.001},
        }

    def refusal(
        self, counts: Counts, parameters: SoftmaxItemsParameters, details: Mapping[str, Any]
    ) -> EmbedLabError | None:
        """Refuse choices of one item by each user."""
        del parameters, details
        n_choices, n_users = int(counts["ratings"]), int(counts["users"])
        return no_two_items(n_choices, n_users) if n_choices <= n_users else None

    def estimate(self, counts: Counts, parameters: SoftmaxItemsParameters, n_threads: int) -> Estimate:
        """Return the time and memory; early stopping is expected after about 35 epochs."""
        n_users, n_items, d = counts["users"], counts["items"], parameters.vector_size
        n_scored = n_items
        if parameters.is_sampled(int(n_items)):
            n_scored = min(n_items, parameters.n_candidates) + counts["ratings"] / max(1.0, n_users)
        n_products = 3 * n_users * d * (n_scored + 2 * parameters.hidden_layers * d)
        n_steps = np.ceil(n_users / parameters.batch_size)
        epoch_s = n_steps * _STEP_S + n_products * _PRODUCT_S / max(1, n_threads) + counts["ratings"] * d * _NUMBER_S
        if not parameters.is_sampled(int(n_items)):
            epoch_s += n_steps * n_items * d * _TABLE_S
        validation_s = min(n_users, 3000) * n_items * _SCORE_S
        epochs, refit_epochs = parameters.epochs, parameters.epochs
        if parameters.patience:
            epochs = min(epochs, _TYPICAL_BEST_EPOCH + parameters.patience)
            refit_epochs = min(refit_epochs, _TYPICAL_BEST_EPOCH)
        seconds = _START_S + epochs * (epoch_s + validation_s) + parameters.refit * refit_epochs * epoch_s
        memory = _START_MB + (n_items * d * 4 * 14 + n_users * d * 12 + counts["ratings"] * 40) / 1e6
        memory += parameters.batch_size * (4 * n_scored + 2_000 * d) * 4 / 1e6
        return Estimate(float(seconds), float(memory))

    def network(self, counts: Counts, parameters: SoftmaxItemsParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers of the network, the same as in the Keras model."""
        n_items, d = int(counts["items"]), parameters.vector_size
        layers = [
            NetworkLayer("items", "InputLayer", (None, None), 0),
            NetworkLayer("item_inputs", "Embedding", (None, None, d), (n_items + 1) * d, ("items",)),
            NetworkLayer("mean", "GlobalAveragePooling1D", (None, d), 0, ("item_inputs",)),
        ]
        for number in range(1, parameters.hidden_layers + 1):
            layers.append(NetworkLayer(f"hidden_{number}", "Dense", (None, d), (d + 1) * d, (layers[-1].name,)))
        layers.append(NetworkLayer("softmax", "Dense", (None, n_items), (d + 1) * n_items, (layers[-1].name,)))
        return tuple(layers)

    def script(self, parameters: SoftmaxItemsParameters, data_file: str) -> str:
        """Return a script that uses only Keras; `data_file` has the columns user, item, weight and part."""
        return model_script(__file__, parameters, data_file=data_file, most_full_items=MOST_FULL_ITEMS)

    def train(self, data: InteractionsSplit, parameters: SoftmaxItemsParameters, context: Context) -> TrainingResult:
        """Train on `data.train`, choose the epoch on `data.validation`; with `refit`, train again on both."""
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        training = SoftmaxTraining(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: import and compilation; one step; one product; one number of a list's
#: vectors; one number of the output table in a step; one score of the validation; memory of Python with TensorFlow.
_START_S = 7.0
_STEP_S = 3e-3
_PRODUCT_S = 1e-10
_NUMBER_S = 2e-9
_TABLE_S = 3e-9
_SCORE_S = 2e-8
_START_MB = 750.0

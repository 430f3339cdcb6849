"""Two towers: things of several kinds in one space, where the things of a pair are near each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from embedlab.core.errors import EmbedLabError
from embedlab.core.kind import Counts
from embedlab.kinds.pairs.splits import PairsSplit
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
from embedlab.models.two_tower.encoder import PairsEncoder
from embedlab.models.two_tower.examples import all_the_same
from embedlab.models.two_tower.training import TwoTowerTraining


class TwoTowerParameters(Parameters):
    """Parameters of the two towers."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "epochs", "temperature")

    vector_size: int = Field(32, title="Dimensions", ge=1, le=2000, description="Dimensions of the common space.")
    epochs: int = Field(40, title="Epochs", ge=1, le=10_000, description="Maximum number of passes over the pairs.")
    temperature: float = Field(
        0.1,
        title="Temperature",
        gt=0.001,
        le=10,
        description="Cosines are divided by it in the softmax: a low one separates near misses more sharply.",
        json_schema_extra=LOG,
    )
    patience: int = Field(
        5,
        title="Early stopping patience",
        ge=0,
        le=1000,
        description="Early stopping: stop when the validation MRR, over both directions, has not improved for this "
        "many epochs, and use the best epoch. 0: never stop early.",
    )
    log_q: bool = Field(
        True,
        title="Correct for popularity",
        description="logQ correction: in-batch negatives are drawn by popularity; without the correction the model "
        "pushes popular things away.",
    )
    min_count: int = Field(
        1,
        title="Minimum word count",
        ge=1,
        le=1_000_000,
        description="Words of texts that occur less often in the training pairs are out of vocabulary.",
    )
    filters: int = Field(
        16,
        title="Convolution filters",
        ge=1,
        le=512,
        description="Filters of the first convolution of images; the second has twice as many.",
        json_schema_extra=ADVANCED,
    )
    learning_rate: float = Field(
        0.01,
        title="Learning rate",
        gt=0,
        le=1,
        description="Learning rate of Adam.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    batch_size: int = Field(
        256,
        title="Batch size",
        ge=2,
        le=8192,
        description="Pairs per batch: each has the partners of all others as negatives.",
        json_schema_extra={**LOG, **ADVANCED},
    )


class TwoTower(Model[TwoTowerParameters, PairsSplit]):
    """A tower for each kind, unit vectors, and an in-batch softmax in both directions.

    Ids have a row of an `Embedding`, texts and cells of tags the mean of the rows of their words and tags, images a
    small convolution. Scores are corrected for popularity (logQ), and known partners among the in-batch negatives are
    masked (accidental hits).

    Notes
    -----
    Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations", 2019; Radford et al.,
    "Learning Transferable Visual Models From Natural Language Supervision", 2021.
    """

    name: ClassVar[str] = "two-tower"
    title: ClassVar[str] = "Two towers"
    summary: ClassVar[str] = "Keras towers that place things of several kinds in one space; partners are near."
    task: ClassVar[str] = "retrieval"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    files: ClassVar[tuple[str, ...]] = ("summary.txt",)
    parameters_class = TwoTowerParameters
    abilities = (PairsEncoder,)

    def defaults(self, counts: Counts) -> TwoTowerParameters:
        """Return larger batches and fewer epochs for more pairs."""
        n_pairs = max(1.0, float(counts.get("pairs", 1)))
        return TwoTowerParameters(
            batch_size=int(np.clip(n_pairs / 50, 16, 1024)),
            epochs=int(np.clip(1e7 / n_pairs, 8, 60)),
            patience=2 if n_pairs > _MANY_PAIRS else 5,
            min_count=2 if counts.get("inputs", 0) > _MANY_INPUTS else 1,
        )

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for all pairs."""
        del counts
        return "It places all kinds of things in one space, so that each can be found from each other."

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return two dimensions, and a model without the correction."""
        return {"two dimensions": {"vector_size": 2}, "without logQ correction": {"log_q": False}}

    def refusal(
        self, counts: Counts, parameters: TwoTowerParameters, details: Mapping[str, Any]
    ) -> EmbedLabError | None:
        """Refuse pairs that all have the same thing on one side."""
        del parameters
        n_values = [int(kind["values"]) for kind in details.get("kinds", ())]
        if not n_values or (n_values[0] > 1 and max(n_values[1:]) > 1):
            return None
        return all_the_same(int(counts["pairs"]), "pairs")

    def estimate(self, counts: Counts, parameters: TwoTowerParameters, n_threads: int) -> Estimate:
        """Return time and memory; early stopping is expected after about half of the epochs, at most 15."""
        n_pairs, d, size = float(counts["pairs"]), parameters.vector_size, parameters.batch_size
        n_tokens = float(counts.get("inputs", 2 * n_pairs))
        n_rows, n_things = (
            float(counts.get("values", n_pairs)),
            float(counts.get("left", 0)) + counts.get("right", 0),
        )
        threads = max(1, n_threads) ** 0.7
        epoch_s = np.ceil(n_pairs / size) * _STEP_S + n_pairs * size * (d * _PRODUCT_S + _LOGIT_S) / threads
        epoch_s += (
            n_tokens * d * _NUMBER_S + n_pairs * counts.get("pixels", 0) * parameters.filters * _PIXEL_S / threads
        )
        epoch_s += (n_rows + min(n_pairs / 10, 1000) * 2 * n_things / 100) * d * _TABLE_S
        epochs = float(parameters.epochs)
        if parameters.patience:
            epochs = min(epochs, max(_TYPICAL_EPOCHS, parameters.patience + 1))
        memory = _START_MB + (n_rows * d * 4 * 8 + n_pairs * 60 + n_things * (d * 12 + 500)) / 1e6
        memory += (size * size * 4 * 8 + n_things * counts.get("pixels", 0) / 2) / 1e6
        return Estimate(float(_START_S + epochs * epoch_s), float(memory))

    def network(self, counts: Counts, parameters: TwoTowerParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers of the towers: one box for the tables of all ids, tags and words, which look the same."""
        d, n_rows = parameters.vector_size, int(counts.get("values", 0))
        layers = [
            NetworkLayer("values", "InputLayer", (None, None), 0),
            NetworkLayer("embedding", "Embedding", (None, None, d), n_rows * d, ("values",)),
            NetworkLayer("mean", "GlobalAveragePooling1D", (None, d), 0, ("embedding",)),
            NetworkLayer("unit", "UnitNormalization", (None, d), 0, ("mean",)),
        ]
        towers = ["unit"]
        if n_pixels := int(counts.get("pixels", 0)):
            # Square gray images, since the counts do not say more.
            side = max(4, round(n_pixels**0.5))
            widths = parameters.filters, 2 * parameters.filters
            n_flat = (side // 4) ** 2 * widths[1]
            layers += [
                NetworkLayer("image", "InputLayer", (None, side, side, 1), 0),
                NetworkLayer("conv_1", "Conv2D", (None, side, side, widths[0]), 10 * widths[0], ("image",)),
                NetworkLayer("pool_1", "MaxPooling2D", (None, side // 2, side // 2, widths[0]), 0, ("conv_1",)),
                NetworkLayer(
                    "conv_2",
                    "Conv2D",
                    (None, side // 2, side // 2, widths[1]),
                    (9 * widths[0] + 1) * widths[1],
                    ("pool_1",),
                ),
                NetworkLayer("pool_2", "MaxPooling2D", (None, side // 4, side // 4, widths[1]), 0, ("conv_2",)),
                NetworkLayer("dense", "Dense", (None, d), (n_flat + 1) * d, ("pool_2",)),
                NetworkLayer("unit_image", "UnitNormalization", (None, d), 0, ("dense",)),
            ]
            towers.append("unit_image")
        layers.append(NetworkLayer("cosine", "Dot", (None, None), 0, tuple(towers)))
        layers.append(NetworkLayer("softmax", "Softmax", (None, None), 0, ("cosine",)))
        return tuple(layers)

    def script(self, parameters: TwoTowerParameters, data_file: str) -> str:
        """Return a script that uses only Keras; `data_file` has a row for each pair, with its part."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: PairsSplit, parameters: TwoTowerParameters, context: Context) -> TrainingResult:
        """Train on `data.train`, choose the epoch on `data.validation`."""
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        training = TwoTowerTraining(data, parameters, context)
        training.run()
        return training.result()


_MANY_PAIRS = 300_000
#: A word that occurs once is learned by heart; in tiny data every word does.
_MANY_INPUTS = 2_000
_TYPICAL_EPOCHS = 15
#: Measured on a 2-core laptop-class machine: import and compilation; one step; one product of a score; one score of a
#: batch; one number of a token's vector; one pixel and filter of an image; one number of a table in an epoch; memory of
#: Python with TensorFlow.
_START_S = 9.0
_STEP_S = 4e-3
_PRODUCT_S = 2e-10
_LOGIT_S = 6e-9
_NUMBER_S = 5e-9
_PIXEL_S = 1e-8
_TABLE_S = 1e-8
_START_MB = 800.0

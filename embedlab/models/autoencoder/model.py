"""An autoencoder: a network that reconstructs rows of numbers from a few units, which are the vectors."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.models.autoencoder.network import layer_names
from embedlab.models.autoencoder.training import AutoencoderTraining
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
from embedlab.models.shared.dense_rows.placer import Activation, RowPlacer
from embedlab.models.shared.dense_rows.scaling import ScalingMethod
from embedlab.models.shared.dense_rows.sizes import default_size, dense_seconds, dense_sizes, table_mb
from embedlab.models.shared.dense_rows.split import RowsSplit
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.two_phases import REFIT_HELP

#: Measured on a 2-core laptop-class machine: import and compilation, building the network of the second phase, one
#: step, reading and standardizing a number, one product; memory of Python with TensorFlow.
_START_S = 7.0
_BUILD_S = 1.0
_STEP_S = 1.0e-3
_NUMBER_S = 4.0e-8
_PRODUCT_S = 1.5e-10
_START_MB = 750.0
#: The epoch that early stopping typically chooses for a million rows, and steps of an epoch.
_TYPICAL_STEPS = 12_000

#: Without hidden layers and early stopping, the training converges to the space of the principal components.
LINEAR: Mapping[str, Any] = {
    "first_units": 0,
    "second_units": 0,
    "noise": 0.0,
    "l2": 0.0,
    "patience": 0,
    "epochs": 150,
    "learning_rate": 0.02,
}


class AutoencoderParameters(Parameters):
    """Parameters of an autoencoder."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "first_units", "epochs")

    vector_size: int = Field(
        8, title="Dimensions", ge=1, le=1024, description="Units of the code in the middle: the vector of a row."
    )
    first_units: int = Field(
        64,
        title="Units of the first hidden layer",
        ge=0,
        le=4096,
        description="Units of the hidden layer between columns and code, and between code and output. 0: none, and the "
        "autoencoder is linear.",
    )
    second_units: int = Field(
        0,
        title="Units of the second hidden layer",
        ge=0,
        le=4096,
        description="Units of a second hidden layer. 0: none.",
        json_schema_extra=ADVANCED,
    )
    activation: Activation = Field(
        "relu", title="Activation", description="Of the hidden layers; code and output are linear."
    )
    noise: float = Field(
        0.0,
        title="Noise",
        ge=0,
        le=10,
        description="Denoising autoencoder: standard deviation of the noise that is added to the standardized inputs "
        "during training. 0: none.",
    )
    epochs: int = Field(200, title="Epochs", ge=1, le=10_000, description="Maximum number of passes over the rows.")
    patience: int = Field(
        10,
        title="Early stopping patience",
        ge=0,
        le=1000,
        description="Early stopping: stop when the validation error has not improved for this many epochs, and use the "
        "best epoch. 0: never stop early.",
    )
    refit: bool = Field(True, title="Refit with validation data", description=REFIT_HELP, json_schema_extra=ADVANCED)
    l2: float = Field(
        0.0,
        title="L2 regularization",
        ge=0,
        le=1,
        description="L2 regularization of the weights.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    learning_rate: float = Field(
        0.005,
        title="Learning rate",
        gt=0,
        le=1,
        description="Initial learning rate of Adam; it halves when the validation error stops improving.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    batch_size: int = Field(
        128,
        title="Batch size",
        ge=1,
        le=100_000,
        description="Batch size, in rows.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    scaling: ScalingMethod = Field(
        "mean_std",
        title="Scaling",
        description="Scaling of the columns. mean_std: standard deviation 1. median_iqr: interquartile range 1.349, "
        "which is robust to outliers.",
        json_schema_extra=ADVANCED,
    )

    @property
    def hidden_units(self) -> tuple[int, ...]:
        """Units of each hidden layer of the encoder; the decoder has the same in reverse."""
        return tuple(units for units in (self.first_units, self.second_units) if units)


class Autoencoder(Model[AutoencoderParameters, RowsSplit]):
    """Dense layers to a code and back in Keras, trained with Adam on the squared error of standardized columns.

    Without hidden layers it is linear, and reconstructs as PCA of the same width does.

    Notes
    -----
    Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", 2006; Baldi and Hornik,
    "Neural Networks and Principal Component Analysis", 1989; Vincent et al., "Extracting and Composing Robust Features
    with Denoising Autoencoders", 2008.
    """

    name: ClassVar[str] = "autoencoder"
    title: ClassVar[str] = "Autoencoder"
    summary: ClassVar[str] = "A network that reconstructs each row from a few numbers; finds curved structure too."
    task: ClassVar[str] = "rows"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    files: ClassVar[tuple[str, ...]] = ("summary.txt",)
    parameters_class = AutoencoderParameters
    abilities = (RowPlacer,)

    def defaults(self, counts: Counts) -> AutoencoderParameters:
        """Return more units for more columns, and larger batches for more rows."""
        n_rows, n_columns = dense_sizes(counts)
        return AutoencoderParameters(
            vector_size=default_size(counts),
            first_units=int(np.clip(4 * n_columns, 32, 256)),
            batch_size=int(np.clip(n_rows // 100, 32, 2048)),
        )

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return a linear, a deep and a denoising autoencoder."""
        return {
            "linear (equals PCA)": LINEAR,
            "two hidden layers": {"first_units": 128, "second_units": 64},
            "denoising": {"noise": 0.3},
        }

    def estimate(self, counts: Counts, parameters: AutoencoderParameters, n_threads: int) -> Estimate:
        """Return the time and memory; early stopping is expected after about 12,000 steps."""
        del n_threads
        n_rows, n_columns = dense_sizes(counts)
        n_train = 0.75 * n_rows
        n_steps = max(1.0, float(np.ceil(n_train / parameters.batch_size)))
        epochs = float(parameters.epochs)
        if parameters.patience:
            epochs = min(epochs, parameters.patience + max(20.0, _TYPICAL_STEPS / n_steps))
        widths = (n_columns, *parameters.hidden_units, parameters.vector_size)
        n_products = 6 * sum(first * second for first, second in pairwise(widths))
        epoch_s = n_steps * _STEP_S + n_train * (n_columns * _NUMBER_S + n_products * _PRODUCT_S)
        n_epochs = epochs * (2 if parameters.refit else 1)
        seconds = _START_S + parameters.refit * _BUILD_S + n_epochs * epoch_s + dense_seconds(n_rows, n_columns)
        memory = table_mb(n_rows, parameters.vector_size) + parameters.batch_size * 50 * n_columns * 40 / 1e6
        return Estimate(float(seconds), float(_START_MB + memory))

    def network(self, counts: Counts, parameters: AutoencoderParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers of the network, the same as in the Keras model."""
        _, n_columns = dense_sizes(counts)
        encoder, decoder = layer_names(len(parameters.hidden_units))
        hidden = parameters.hidden_units
        widths = (n_columns, *hidden, parameters.vector_size, *reversed(hidden), n_columns)
        layers = [NetworkLayer("row", "InputLayer", (None, n_columns), 0)]
        for name, (inputs, units) in zip([*encoder, *decoder], pairwise(widths), strict=True):
            layers.append(NetworkLayer(name, "Dense", (None, units), (inputs + 1) * units, (layers[-1].name,)))
        return tuple(layers)

    def script(self, parameters: AutoencoderParameters, data_file: str) -> str:
        """Return a script that uses only Keras."""
        return model_script(__file__, parameters, data_file=data_file, hidden_units=list(parameters.hidden_units))

    def train(self, data: RowsSplit, parameters: AutoencoderParameters, context: Context) -> TrainingResult:
        """Train on the training rows, choose the epoch on the validation rows; with `refit`, train again on both."""
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        training = AutoencoderTraining(data, parameters, context)
        training.run()
        return training.result()

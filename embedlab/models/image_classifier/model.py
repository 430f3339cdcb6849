"""An image classifier with an embedding layer: images that are hard to tell from each other get similar vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.images.splits import ImagesSplit
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
from embedlab.models.image_classifier.predictor import ImagePredictor
from embedlab.models.image_classifier.training import ImageTraining
from embedlab.models.shared import keras_training
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.two_phases import expected_epochs


class ImageClassifierParameters(Parameters):
    """Parameters of the image classifier."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "hidden_units", "epochs")

    vector_size: int = Field(
        2,
        title="Dimensions",
        ge=1,
        le=2000,
        description="Units of the embedding layer before the softmax. With 2, the map is the layer itself; 16 predict "
        "better.",
    )
    hidden_units: int = Field(
        256,
        title="Hidden units",
        ge=0,
        le=4096,
        description="Units of a hidden ReLU layer before the embedding layer. 0: no hidden layer.",
    )
    convolution: bool = Field(
        False,
        title="Convolution",
        description="Begin with a small 2-D convolution and max pooling. More accurate and slower; pixels then have no "
        "vectors of their own.",
    )
    epochs: int = Field(100, title="Epochs", ge=1, le=10_000, description="Maximum number of passes over the images.")
    patience: int = Field(
        12,
        title="Early stopping patience",
        ge=0,
        le=1000,
        description="Early stopping: stop when the validation loss has not improved for this many epochs, and use the "
        "best epoch. 0: never stop early.",
    )
    filters: int = Field(
        16,
        title="Convolution filters",
        ge=1,
        le=512,
        description="Filters of the convolution.",
        json_schema_extra=ADVANCED,
    )
    kernel_size: int = Field(
        3,
        title="Kernel size",
        ge=1,
        le=15,
        description="Kernel size of the convolution, in pixels.",
        json_schema_extra=ADVANCED,
    )
    dropout: float = Field(
        0.3, title="Dropout rate", ge=0, le=0.95, description="Dropout rate.", json_schema_extra=ADVANCED
    )
    learning_rate: float = Field(
        0.002,
        title="Learning rate",
        gt=0,
        le=1,
        description="Learning rate of Adam.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    batch_size: int = Field(
        32,
        title="Batch size",
        ge=1,
        le=100_000,
        description="Batch size, in images.",
        json_schema_extra={**LOG, **ADVANCED},
    )


class ImageClassifier(Model[ImageClassifierParameters, ImagesSplit]):
    """Dense layers in Keras, with an optional convolution, trained with Adam on the cross-entropy.

    The embedding layer is linear and comes right before the softmax: the vector of an image is multiplied with the
    weights of each class, so images and classes are in the same space. There is no bias: the predicted class depends on
    the direction of a vector only, so that images with a high cosine similarity have the same class. The rows of the
    first layer are vectors of pixels.

    Notes
    -----
    LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998 (MNIST, and
    convolutions); Wen, Zhang, Li and Qiao, "A Discriminative Feature Learning Approach for Deep Face Recognition", 2016
    (a layer of 2 units before the softmax, drawn as a map).
    """

    name: ClassVar[str] = "image-classifier"
    title: ClassVar[str] = "Image classifier"
    summary: ClassVar[str] = (
        "A Keras network that predicts image labels through a layer of a few units; that layer is a map of the images."
    )
    task: ClassVar[str] = "image-labels"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    files: ClassVar[tuple[str, ...]] = ("classifier.keras", "summary.txt")
    parameters_class = ImageClassifierParameters
    abilities = (ImagePredictor,)

    def defaults(self, counts: Counts) -> ImageClassifierParameters:
        """Return larger batches for more images, and a layer of 2 units unless there are many classes."""
        n_images = max(1, int(counts.get("images", 1)))
        n_labels = int(counts.get("labels", 2))
        return ImageClassifierParameters(
            vector_size=2 if n_labels <= 20 else 16, batch_size=int(np.clip(n_images // 50, 8, 256))
        )

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for labels."""
        if counts.get("labels", 2) < 2:
            return ""
        return "Learns to predict the labels of your images, and is scored on images it has not seen."

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the textbook settings, a wider layer, and a convolution."""
        return {
            "a plane (2 units)": {"vector_size": 2, "hidden_units": 256},
            "a space (3 units)": {"vector_size": 3, "hidden_units": 256},
            "16 units": {"vector_size": 16, "hidden_units": 256},
            "convolution": {"vector_size": 16, "hidden_units": 256, "convolution": True, "learning_rate": 0.001},
        }

    def estimate(self, counts: Counts, parameters: ImageClassifierParameters, n_threads: int) -> Estimate:
        """Return the time and memory, with the time of the baselines; early stopping is expected at epoch 27."""
        del n_threads
        n_images = max(1.0, float(counts.get("images", 1000)))
        n_inputs = max(1.0, float(counts.get("pixels", 784)) * float(counts.get("channels", 1)))
        epochs = expected_epochs(parameters.epochs, parameters.patience, refit=False)
        sizes = self._multiplications(counts, parameters)
        steps = np.ceil(0.7 * n_images / parameters.batch_size)
        epoch_s = steps * (_STEP_S + sizes[1] * _WEIGHT_S) + n_images * (sizes[0] * _NUMBER_S + n_inputs * _READ_S)
        baselines_s = n_images * n_inputs * (0.2 * n_images * _DISTANCE_S + 100 * _LOGISTIC_S)
        memory_mb = _START_MB + n_images * n_inputs * 5 / 1e6 + sizes[1] * 32 / 1e6
        memory_mb += n_images * (_ROW_BYTES + 4 * parameters.vector_size) / 1e6
        seconds = _START_S + epochs * epoch_s + n_images * _ROW_S + min(baselines_s, n_images * _BASELINE_MOST_S)
        return Estimate(float(seconds), float(memory_mb))

    def _multiplications(self, counts: Counts, parameters: ImageClassifierParameters) -> tuple[float, float]:
        """Return the multiplications for one image, and the number of weights."""
        weights = multiplications = 0.0
        for layer in self.network(counts, parameters):
            weights += layer.n_parameters
            positions = (
                float(np.prod([size or 1 for size in layer.output_shape[1:3]])) if layer.kind == "Conv2D" else 1.0
            )
            multiplications += layer.n_parameters * positions
        return multiplications, weights

    def network(self, counts: Counts, parameters: ImageClassifierParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers; `labels` of the counts is the number of classes."""
        n_channels = max(1, int(counts.get("channels", 1)))
        n_pixels = max(1, int(counts.get("pixels", 784)))
        height = int(counts.get("height", round(float(np.sqrt(n_pixels)))))
        width = max(1, n_pixels // max(1, height))
        layers = [NetworkLayer("pixels", "InputLayer", (None, height, width, n_channels), 0)]

        def add(name: str, kind: str, shape: tuple[int | None, ...], n_parameters: int = 0) -> None:
            layers.append(NetworkLayer(name, kind, shape, n_parameters, (layers[-1].name,)))

        add("scaled", "Rescaling", (None, height, width, n_channels))
        n = n_pixels * n_channels
        if parameters.convolution:
            filters, kernel = parameters.filters, parameters.kernel_size
            add("convolution", "Conv2D", (None, height, width, filters), (kernel**2 * n_channels + 1) * filters)
            half = (-(-height // 2), -(-width // 2))
            add("maximum", "MaxPooling2D", (None, *half, filters))
            n = half[0] * half[1] * filters
        add("flatten", "Flatten", (None, n))
        if units := parameters.hidden_units:
            add("hidden", "Dense", (None, units), (n + 1) * units)
            n = units
        if parameters.dropout > 0:
            add("dropout", "Dropout", (None, n))
        add("embedding", "Dense", (None, parameters.vector_size), (n + 1) * parameters.vector_size)
        n_classes = max(2, int(counts.get("labels", 2)))
        add("classes", "Dense", (None, n_classes), parameters.vector_size * n_classes)
        add("probabilities", "Softmax", (None, n_classes))
        return tuple(layers)

    def script(self, parameters: ImageClassifierParameters, data_file: str) -> str:
        """Return a script that uses only Keras and NumPy; `data_file` has the arrays of the task."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: ImagesSplit, parameters: ImageClassifierParameters, context: Context) -> TrainingResult:
        """Train on `data.train`, and choose the epoch on `data.validation`."""
        training = ImageTraining(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: import and compilation, one step, one weight in a step (Adam), one
#: multiplication for an image, one value of an image, one image (names and metadata).
_START_S = 7.0
_STEP_S = 1.2e-3
_WEIGHT_S = 4e-9
_NUMBER_S = 6e-11
_READ_S = 1.5e-9
_ROW_S = 2e-5
#: One value of the distances of the k-NN baseline, and of one pass of the logistic regression; both are computed on
#: samples of more images.
_DISTANCE_S = 4e-11
_LOGISTIC_S = 1e-9
_BASELINE_MOST_S = 5e-4
#: Memory of Python with TensorFlow; one image with its key, name and metadata.
_START_MB = 800.0
_ROW_BYTES = 1500

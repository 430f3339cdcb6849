"""Training of the image classifier: early stopping on the validation part, then the vectors of all images."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.kinds.images.pictures import pixel_key
from embedlab.kinds.images.splits import ImagesSplit
from embedlab.models.contract.base import SNAPSHOT_KEYS, Context, State, TrainingResult, checkpoint_mismatch, diverged
from embedlab.models.image_classifier.network import Trainer, build_network, with_probabilities
from embedlab.models.image_classifier.predictor import ImagePredictor
from embedlab.models.shared import keras_training
from embedlab.models.shared.two_phases import TwoPhases

if TYPE_CHECKING:
    from embedlab.models.image_classifier.model import ImageClassifierParameters

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
#: Metadata columns of the images.
CLASS, PREDICTED, PART, MISTAKE = "class", "predicted", "part", "mistake"
_RIGHT, _WRONG = "correct", "mistake"


class ImageTraining:
    """One training: the images, the network, and the best epoch so far."""

    def __init__(self, data: ImagesSplit, parameters: ImageClassifierParameters, context: Context) -> None:
        self._data, self._parameters, self._context = data, parameters, context
        self._phases = TwoPhases(parameters.epochs, parameters.patience, refit=False)
        state = context.resume_state
        self._best: dict[str, Floats] = {}
        self._best_accuracy = 0.0
        if state is not None:
            self._phases.resume(state.config, "best_error")
            self._best_accuracy = _number(state.config, "best_accuracy")
            self._best = {
                name.removeprefix("best_"): np.asarray(array)
                for name, array in state.arrays.items()
                if name.startswith("best_")
            }
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        shape = data.dataset.shape
        pixels = data.dataset.pixels
        self._pixels = pixels if pixels.ndim == 4 else pixels[..., np.newaxis]
        network = build_network(
            shape.height,
            shape.width,
            shape.n_channels,
            len(data.classes),
            vector_size=parameters.vector_size,
            filters=parameters.filters if parameters.convolution else 0,
            kernel_size=parameters.kernel_size,
            hidden_units=parameters.hidden_units,
            dropout=parameters.dropout,
            seed=parameters.seed,
        )
        self._trainer = Trainer(
            network,
            learning_rate=parameters.learning_rate,
            batch_size=parameters.batch_size,
            seed=parameters.seed,
        )
        if state is not None:
            self._trainer.restore(state)
        # Images at equal distances, so that every class of sorted images is in the film.
        n = data.dataset.n_images
        self._filmed = np.unique(np.linspace(0, n - 1, min(n, SNAPSHOT_KEYS)).round().astype(np.int64))
        context.log(
            f"{len(data.train):,} training and {len(data.validation):,} validation images of {shape.width} x "
            f"{shape.height} pixels, {len(data.classes)} classes"
        )

    def run(self) -> None:
        """Train until the last epoch or early stopping."""
        phases = self._phases
        if phases.finished_epochs == 0:
            self._context.snapshot(0, self._snapshot)
        while not phases.phase_ended and not self._context.stops_after(phases.finished_epochs):
            self._epoch()
        self._context.log(f"chose epoch {phases.best_epoch} of {phases.epoch}")

    def _epoch(self) -> None:
        data, trainer, phases = self._data, self._trainer, self._phases
        trained = trainer.train_epoch(self._pixels, data.train, data.codes(data.train), phases.epoch, self._reporter())
        validated = trainer.evaluate(self._pixels, data.validation, data.codes(data.validation))
        if not np.isfinite([trained["loss"], validated["loss"]]).all():
            raise diverged(learning_rate=self._parameters.learning_rate)
        if phases.finish_epoch(validated["loss"]):
            self._best, self._best_accuracy = trainer.weights(), validated["accuracy"]
        number = phases.finished_epochs
        self._context.record(
            number,
            loss=trained["loss"],
            validation_loss=validated["loss"],
            train_accuracy=trained["accuracy"],
            validation_accuracy=validated["accuracy"],
        )
        self._context.snapshot(number, self._snapshot)
        self._context.checkpoint(number, self._state)

    def _reporter(self) -> Callable[[int], None]:
        started, n_images = time.perf_counter(), len(self._data.train)

        def report(done: int) -> None:
            self._context.progress(
                epoch=self._phases.finished_epochs,
                n_epochs=self._phases.expected_epochs,
                share_of_epoch=done / n_images,
                rate=done / max(time.perf_counter() - started, 1e-9),
                rate_unit="images/s",
            )

        return report

    def _snapshot(self) -> dict[str, tuple[list[str], Floats]]:
        keys = [self._data.dataset.keys[row] for row in self._filmed.tolist()]
        return {"images": (keys, self._trainer.encode(self._pixels, self._filmed))}

    def _state(self) -> State:
        """Return everything needed to resume: the current and best weights, and the optimizer's state."""
        arrays: dict[str, npt.NDArray[Any]] = {
            **self._trainer.weights(),
            **self._trainer.optimizer_arrays(),
            **{f"best_{name}": array for name, array in self._best.items()},
        }
        return State(arrays, {**self._phases.config(), "best_accuracy": self._best_accuracy})

    def result(self) -> TrainingResult:
        """Return the result of the chosen epoch."""
        state, phases, shape = self._state(), self._phases, self._data.dataset.shape
        if self._best:
            self._trainer.set_weights(self._best)
        predictor = ImagePredictor(
            self._data.classes, (shape.height, shape.width, shape.n_channels), self._trainer.weights()
        )
        whole = with_probabilities(self._trainer.network)
        return TrainingResult(
            embeddings=self._embeddings(predictor),
            state=state,
            abilities=(predictor,),
            scores={
                "best_epoch": phases.best_epoch,
                "validation_loss": phases.best_error,
                "validation_accuracy": self._best_accuracy,
                "stopped": phases.stopped,
            },
            texts={"summary.txt": keras_training.summary_text(whole)},
            files={"classifier.keras": keras_training.saved_network(whole, self._context.scratch)},
        )

    def _embeddings(self, predictor: ImagePredictor) -> dict[str, Embedding]:
        dataset, data = self._data.dataset, self._data
        vectors = self._trainer.encode(self._pixels, np.arange(dataset.n_images))
        names = np.array([*data.classes, ""], dtype=object)
        predicted = predictor.predict_vectors(vectors).argmax(axis=1)
        # The model has not seen the labels of the test part: they are only written beside its vectors.
        part = np.where(dataset.codes >= 0, "test", "unlabeled").astype(object)
        part[data.train], part[data.validation] = "train", "validation"
        metadata = pd.DataFrame({CLASS: names[dataset.codes], PREDICTED: names[predicted], PART: part})
        is_wrong = (dataset.codes >= 0) & (predicted != dataset.codes)
        metadata[MISTAKE] = np.where(is_wrong, _WRONG, _RIGHT)
        counts = np.bincount(data.codes(data.train), minlength=len(data.classes))
        classes = np.ascontiguousarray(predictor.weights["classes_kernel"].T)
        embeddings = {
            "images": Embedding(vectors, dataset.keys, dataset.names(), metadata),
            "classes": Embedding(classes, list(data.classes), metadata=pd.DataFrame({COUNT_COLUMN: counts})),
        }
        pixels = self._pixel_embedding(predictor.weights)
        return embeddings if pixels is None else {**embeddings, "pixels": pixels}

    def _pixel_embedding(self, weights: Mapping[str, Floats]) -> Embedding | None:
        """Return the rows of the first layer, one for each pixel; None after a convolution, which shares weights."""
        if self._parameters.convolution:
            return None
        shape = self._data.dataset.shape
        kernel = weights.get("hidden_kernel", weights["embedding_kernel"])
        rows, columns, channels = np.unravel_index(
            np.arange(len(kernel)), (shape.height, shape.width, shape.n_channels)
        )
        is_gray = shape.n_channels == 1
        keys = [
            pixel_key(row, column, None if is_gray else channel)
            for row, column, channel in zip(rows.tolist(), columns.tolist(), channels.tolist(), strict=True)
        ]
        total = np.zeros(len(kernel), np.float64)
        for start in range(0, len(self._data.train), 2000):
            block = self._pixels[self._data.train[start : start + 2000]]
            total += block.reshape(len(block), -1).sum(axis=0, dtype=np.float64)
        mean = total / max(1, len(self._data.train))
        metadata = pd.DataFrame({"mean": mean.round(2), "row": rows, "column": columns})
        if not is_gray:
            metadata["channel"] = np.array(["red", "green", "blue"], dtype=object)[channels]
        return Embedding(np.ascontiguousarray(kernel), keys, metadata=metadata)


def _number(config: Mapping[str, Any], name: str) -> float:
    try:
        return float(config[name])
    except (KeyError, TypeError, ValueError) as error:
        raise checkpoint_mismatch() from error

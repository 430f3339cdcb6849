"""A classifier of texts whose first layer is an embedding: words get vectors by what they say about the label."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from embedlab.datasets.base import Counts, Kind
from embedlab.datasets.labelled import LabelledSplit
from embedlab.embedding import COUNT_COLUMN, Embedding
from embedlab.errors import InputError
from embedlab.models import classifier_scripts, keras_classifier, keras_training
from embedlab.models.base import (
    SNAPSHOT_KEYS,
    Context,
    Estimate,
    Model,
    NetworkLayer,
    Parameters,
    State,
    TextPredictor,
    TrainingResult,
    fourth_root_rule,
)
from embedlab.models.classifier_predictor import ClassifierPredictor
from embedlab.models.documents import CLASS_COLUMN
from embedlab.models.starting import KnownRows, asked_rows, start_field
from embedlab.models.text_encoding import FIRST_WORD, PADDING, TextEncoder
from embedlab.models.word_rows import expected_words, kept_vocabulary, word_embedding, words_of_network

Floats = npt.NDArray[np.float32]

_ADVANCED = {"advanced": True}


class TextClassifierParameters(Parameters):
    """Parameters of the text classifier."""

    vector_size: int = Field(
        16, ge=1, le=2000, description="Numbers in each word's vector: output_dim of the Embedding layer."
    )
    sequence_length: int = Field(
        50, ge=1, le=10_000, description="Words of a document that are read; shorter ones are filled up with zeros."
    )
    pooling: keras_classifier.Pooling = Field(
        "average",
        description="How the vectors of a document become one: their average, all in a row (Flatten), or the "
        "strongest answers of a 1-D convolution.",
    )
    start_from: str = start_field("random numbers")
    fine_tune: bool = Field(
        True, description="Go on learning the vectors that were begun with; otherwise they stay as they are."
    )
    epochs: int = Field(60, ge=1, le=10_000, description="How often all documents are gone through, at most.")
    patience: int = Field(
        4,
        ge=0,
        le=1000,
        description="Stop when the validation loss has not improved for this many epochs and keep the best; 0: never.",
    )
    min_count: int = Field(2, ge=1, le=1_000_000, description="Words that occur less often count as unknown.")
    max_words: int = Field(
        20_000,
        ge=2,
        le=2_000_000,
        description="At most so many words are told apart, the most frequent ones.",
        json_schema_extra={"log": True, **_ADVANCED},
    )
    filters: int = Field(
        64, ge=1, le=4096, description="Patterns a convolution looks for.", json_schema_extra={**_ADVANCED}
    )
    kernel_size: int = Field(
        5, ge=1, le=100, description="Words in a row that a convolution looks at.", json_schema_extra={**_ADVANCED}
    )
    hidden_units: int = Field(
        0,
        ge=0,
        le=4096,
        description="Size of a Dense layer before the last one; 0 for none.",
        json_schema_extra={**_ADVANCED},
    )
    dropout: float = Field(
        0.0, ge=0, le=0.95, description="Share of numbers left out in each step.", json_schema_extra={**_ADVANCED}
    )
    learning_rate: float = Field(
        0.005, gt=0, le=1, description="Size of Adam's steps.", json_schema_extra={"log": True, **_ADVANCED}
    )
    batch_size: int = Field(
        32, ge=1, le=100_000, description="Documents in a step.", json_schema_extra={"log": True, **_ADVANCED}
    )

    @model_validator(mode="after")
    def _kernel_fits(self) -> Self:
        if self.pooling == "convolution" and self.kernel_size > self.sequence_length:
            raise ValueError(
                f"kernel_size {self.kernel_size} looks at more words than sequence_length {self.sequence_length}"
            )
        return self

    @property
    def frozen(self) -> bool:
        """Whether the embedding stays as it began."""
        return bool(self.start_from) and not self.fine_tune


@dataclass
class _Best:
    """The weights of the epoch with the lowest validation loss so far."""

    loss: float
    accuracy: float
    epoch: int
    weights: dict[str, Floats]


class TextClassifier(Model[TextClassifierParameters, LabelledSplit]):
    """Embedding, pooling and Dense layers in Keras, trained by Adam on the cross-entropy of the labels.

    Notes
    -----
    Chollet, "Deep Learning with Python", 2017, chapter 6 (Flatten); Joulin, Grave, Bojanowski and Mikolov, "Bag of
    Tricks for Efficient Text Classification", 2016 (average); Kim, "Convolutional Neural Networks for Sentence
    Classification", 2014.
    """

    name: ClassVar[str] = "text-classifier"
    title: ClassVar[str] = "Text classifier"
    summary: ClassVar[str] = (
        "A Keras network that tells the labels of documents apart; words that speak for the same label get near."
    )
    kind: ClassVar[Kind] = Kind.TEXT
    needs_labels: ClassVar[bool] = True
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    parameters_class = TextClassifierParameters
    text_predictor_class: type[TextPredictor] | None = ClassifierPredictor

    def defaults(self, counts: Counts) -> TextClassifierParameters:
        """Return rows twice as long as the mean document, larger batches for more documents."""
        n_documents = max(1, int(counts.get("documents", 1)))
        return TextClassifierParameters(
            vector_size=max(16, fourth_root_rule(int(counts["vocabulary"]))),
            sequence_length=int(np.clip(2 * counts["tokens"] // n_documents, 10, 400)),
            min_count=1 if counts["tokens"] < 20_000 else 2,
            batch_size=int(np.clip(n_documents // 100, 8, 256)),
        )

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the network of the textbooks, and the convolution."""
        return {
            "as in the textbooks": {
                "vector_size": 8,
                "pooling": "flatten",
                "epochs": 10,
                "batch_size": 32,
                "learning_rate": 0.001,
                "max_words": 10_000,
            },
            "convolution": {"pooling": "convolution", "vector_size": 32, "dropout": 0.3, "learning_rate": 0.001},
        }

    def estimate(self, counts: Counts, parameters: TextClassifierParameters, n_threads: int) -> Estimate:
        """Return time and memory; early stopping is expected after about 12 epochs."""
        del n_threads
        n_documents = max(1.0, float(counts.get("documents", 1)))
        n_rows = min(parameters.max_words, expected_words(counts, parameters.min_count)) + FIRST_WORD
        epochs = min(parameters.epochs, 10 + parameters.patience) if parameters.patience else parameters.epochs
        numbers = parameters.sequence_length * parameters.vector_size
        if parameters.pooling == "convolution":
            numbers *= max(1, parameters.kernel_size * parameters.filters // 8)
        table = n_rows * parameters.vector_size
        steps = np.ceil(0.7 * n_documents / parameters.batch_size)
        epoch_s = steps * (_STEP_S + table * _TABLE_S) + n_documents * numbers * _NUMBER_S
        rows = n_documents * parameters.sequence_length * 4 * 3 + counts["tokens"] * 60
        memory = (table * 4 * 8 + rows + parameters.batch_size * numbers * 16) / 1e6
        return Estimate(float(_START_S + epochs * epoch_s), float(_START_MB + memory))

    def network(self, counts: Counts, parameters: TextClassifierParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers; `labels` of the counts tells the classes, and `kept_words` the vocabulary's size."""
        n_words = min(parameters.max_words, words_of_network(counts, parameters.min_count))
        return network_layers(parameters, n_words + FIRST_WORD, max(2, int(counts.get("labels", 2))))

    def script(self, parameters: TextClassifierParameters, data_file: str) -> str:
        """Return a script with Keras alone; `data_file` has the columns text, label and part."""
        return classifier_scripts.classifier_script(parameters.model_dump(), data_file)

    def train(self, data: LabelledSplit, parameters: TextClassifierParameters, context: Context) -> TrainingResult:
        """Learn from `data.train`; `data.validation` only chooses the epoch that is kept."""
        training = _Training(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: import and compilation, one step, one number of a table in a step, one
#: number of a document; memory of Python with TensorFlow.
_START_S = 8.0
_STEP_S = 2.0e-3
_TABLE_S = 4e-9
_NUMBER_S = 2e-9
_START_MB = 800.0


def network_layers(parameters: TextClassifierParameters, input_dim: int, n_classes: int) -> tuple[NetworkLayer, ...]:
    """Return the layers of the whole network, equal to those of the Keras model."""
    length, width = parameters.sequence_length, parameters.vector_size
    layers = [
        NetworkLayer("text", "InputLayer", (None,), 0),
        NetworkLayer("encoding", "TextVectorization", (None, length), 0, ("text",)),
        NetworkLayer("embedding", "Embedding", (None, length, width), input_dim * width, ("encoding",)),
    ]

    def add(name: str, kind: str, shape: tuple[int | None, ...], n_parameters: int = 0) -> None:
        layers.append(NetworkLayer(name, kind, shape, n_parameters, (layers[-1].name,)))

    if parameters.pooling == "flatten":
        width *= length
        add("flatten", "Flatten", (None, width))
    elif parameters.pooling == "average":
        add("average", "GlobalAveragePooling1D", (None, width))
    else:
        filters, kernel = parameters.filters, parameters.kernel_size
        add("convolution", "Conv1D", (None, length - kernel + 1, filters), (kernel * width + 1) * filters)
        add("maximum", "GlobalMaxPooling1D", (None, filters))
        width = filters
    if units := parameters.hidden_units:
        add("hidden", "Dense", (None, units), (width + 1) * units)
        width = units
    if parameters.dropout > 0:
        add("dropout", "Dropout", (None, width))
    add("classes", "Dense", (None, n_classes), (width + 1) * n_classes)
    return tuple(layers)


def start_table(known: KnownRows, n_words: int, parameters: TextClassifierParameters) -> Floats:
    """Return the `(n_words + 2, vector_size)` float32 rows an embedding layer begins with.

    What is not known begins with small random numbers, or with zeros where the rows are to stay.
    """
    found, vectors = known
    spread = 0.0 if parameters.frozen else 0.5 * float(vectors.std())
    shape = (n_words + FIRST_WORD, parameters.vector_size)
    table = np.random.default_rng(parameters.seed).normal(0, spread, shape).astype(np.float32)
    table[FIRST_WORD:][found] = vectors
    table[PADDING] = 0
    return table


class _Training:
    """One training: the encoded documents, the network, and the best epoch so far."""

    def __init__(self, data: LabelledSplit, parameters: TextClassifierParameters, context: Context) -> None:
        self.data, self.parameters, self.context = data, parameters, context
        self.vocabulary = kept_vocabulary(data.dataset.vocabulary, parameters.min_count).head(parameters.max_words)
        words = self.vocabulary["word"].tolist()
        self.encoder = TextEncoder(words, parameters.sequence_length)
        known = asked_rows(parameters.start_from, words, parameters.vector_size, context)
        self.train_indices = self.encoder.encode(data.train.words(data.dataset))
        self.validation_indices = self.encoder.encode(data.validation.words(data.dataset))
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        network = keras_classifier.build_network(
            self.encoder.input_dim,
            len(data.classes),
            sequence_length=parameters.sequence_length,
            output_dim=parameters.vector_size,
            pooling=parameters.pooling,
            filters=parameters.filters,
            kernel_size=parameters.kernel_size,
            hidden_units=parameters.hidden_units,
            dropout=parameters.dropout,
            start=None if known is None else start_table(known, len(words), parameters),
            frozen=parameters.frozen,
            seed=parameters.seed,
        )
        self.whole = keras_classifier.with_text_input(network, words, parameters.sequence_length)
        self.summary = keras_training.summary_text(self.whole)
        self.trainer = keras_classifier.Trainer(
            network,
            learning_rate=parameters.learning_rate,
            batch_size=parameters.batch_size,
            seed=parameters.seed,
        )
        self.epoch = 0
        self.best: _Best | None = None
        context.log(
            f"{len(data.train):,} documents to learn from, {len(data.validation):,} to choose by, "
            f"{len(data.classes)} labels, {len(words):,} words"
        )
        if context.resume_state is not None:
            self._resume(context.resume_state)

    def _resume(self, state: State) -> None:
        self.trainer.restore(state)
        self.epoch = int(state.config["epoch"])
        weights = {
            name.removeprefix("best_"): np.asarray(array)
            for name, array in state.arrays.items()
            if name.startswith("best_")
        }
        config = state.config
        self.best = _Best(
            float(config["best_loss"]), float(config["best_accuracy"]), int(config["best_epoch"]), weights
        )

    def run(self) -> None:
        """Train until the last epoch or until patience ends."""
        while self.epoch < self.parameters.epochs and not self._out_of_patience():
            trained = self.trainer.train_epoch(self.train_indices, self.data.train.codes, self.epoch, self._reporter())
            self.epoch += 1
            self._after_epoch(trained)

    def _out_of_patience(self) -> bool:
        patience = self.parameters.patience
        return bool(patience and self.best is not None and self.epoch - self.best.epoch >= patience)

    def _reporter(self) -> Callable[[int], None]:
        started, epoch, n_documents = time.perf_counter(), self.epoch, len(self.data.train)

        def heard(done: int) -> None:
            self.context.progress(
                epoch=epoch,
                n_epochs=self.parameters.epochs,
                share_of_epoch=done / n_documents,
                rate=done / max(time.perf_counter() - started, 1e-9),
                rate_unit="documents/s",
            )

        return heard

    def _after_epoch(self, trained: Mapping[str, float]) -> None:
        validated = self.trainer.evaluate(self.validation_indices, self.data.validation.codes)
        loss, accuracy = validated["loss"], validated["accuracy"]
        if not np.isfinite(loss):
            raise InputError(
                "The training diverged: its loss is not a number any more.",
                received=f"learning_rate={self.parameters.learning_rate}",
                remedy="Choose a smaller learning_rate.",
            )
        weights = self.trainer.weights()
        # Without patience nothing is chosen: the last epoch is kept.
        if self.best is None or not self.parameters.patience or loss < self.best.loss:
            self.best = _Best(loss, accuracy, self.epoch, weights)
        self.context.record(
            self.epoch,
            loss=trained["loss"],
            validation_loss=loss,
            train_accuracy=trained["accuracy"],
            validation_accuracy=accuracy,
        )
        self.context.snapshot(self.epoch, lambda: self._snapshot(weights))
        self.context.checkpoint(self.epoch, self.state)

    def _snapshot(self, weights: Mapping[str, Floats]) -> dict[str, tuple[list[str], Floats]]:
        words = list(self.encoder.words[:SNAPSHOT_KEYS])
        return {"words": (words, weights["embedding"][FIRST_WORD:][: len(words)])}

    def state(self) -> State:
        """Return everything to go on from: the present and the best weights and the optimizer's memory."""
        best = cast("_Best", self.best)
        return State(
            {
                **self.trainer.weights(),
                **self.trainer.optimizer_arrays(),
                **{f"best_{name}": array for name, array in best.weights.items()},
            },
            {
                "epoch": self.epoch,
                "best_epoch": best.epoch,
                "best_loss": best.loss,
                "best_accuracy": best.accuracy,
            },
        )

    def result(self) -> TrainingResult:
        """Return what the best epoch learned."""
        best = cast("_Best", self.best)
        self.context.log(f"kept epoch {best.epoch} of {self.epoch}")
        predictor = ClassifierPredictor(
            words=self.encoder.words,
            classes=self.data.classes,
            sequence_length=self.parameters.sequence_length,
            pooling=self.parameters.pooling,
            weights=best.weights,
        )
        state = self.state()
        self.trainer.set_weights(best.weights)
        return TrainingResult(
            embeddings=self._embeddings(predictor),
            state=state,
            predictor=predictor,
            scores={
                "best_epoch": best.epoch,
                "validation_loss": best.loss,
                "validation_accuracy": best.accuracy,
            },
            texts={"summary.txt": self.summary},
            files={"classifier.keras": keras_training.saved_network(self.whole, self.context.scratch)},
        )

    def _embeddings(self, predictor: ClassifierPredictor) -> dict[str, Embedding]:
        """Return the words, and the labels where they are vectors of the same space.

        Without layers between, a label's column of the last layer is what the mean vector of a document is multiplied
        with: words and labels can be compared.
        """
        weights = predictor.weights
        words = word_embedding(weights["embedding"][FIRST_WORD:], self.vocabulary)
        if self.parameters.pooling != "flatten":
            # What a document of this word alone would be taken for.
            likely = predictor.predict([[word] for word in self.encoder.words])
            words.metadata[CLASS_COLUMN] = np.array(self.data.classes, dtype=object)[likely.argmax(axis=1)]
        if self.parameters.pooling != "average" or self.parameters.hidden_units:
            return {"words": words}
        metadata = pd.DataFrame({COUNT_COLUMN: np.bincount(self.data.train.codes, minlength=len(self.data.classes))})
        classes = np.ascontiguousarray(weights["classes_kernel"].T)
        return {"words": words, "classes": Embedding(classes, list(self.data.classes), metadata=metadata)}

"""A text classifier whose first layer is an embedding: words that indicate the same label get similar vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, get_args

import numpy as np
from pydantic import Field, model_validator

from embedlab.core.kind import Counts
from embedlab.kinds.text.label_statistics import LONG_DOCUMENT
from embedlab.kinds.text.labeled import LabeledSplit
from embedlab.models.contract.base import (
    ADVANCED,
    LOG,
    Context,
    Estimate,
    Model,
    NetworkLayer,
    Parameters,
    TrainingResult,
    fourth_root_rule,
)
from embedlab.models.shared import keras_training
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.starting import start_field
from embedlab.models.shared.text_encoding import FIRST_WORD
from embedlab.models.shared.two_phases import REFIT_HELP, expected_epochs
from embedlab.models.shared.word_rows import expected_words, words_of_network
from embedlab.models.text_classifier import network as keras_classifier
from embedlab.models.text_classifier.predictor import ClassifierPredictor
from embedlab.models.text_classifier.training import ClassifierTraining


class TextClassifierParameters(Parameters):
    """Parameters of the text classifier.

    Runs of earlier versions have neither a bag of words nor a second phase; their parameters are still read.
    """

    main: ClassVar[tuple[str, ...]] = ("vector_size", "sequence_length", "epochs")

    vector_size: int = Field(
        16, title="Dimensions", ge=1, le=2000, description="Vector size: output_dim of the Embedding layer."
    )
    sequence_length: int = Field(
        50,
        title="Sequence length",
        ge=1,
        le=10_000,
        description="Words read from each document. Longer documents are cut, shorter ones are padded with zeros.",
    )
    pooling: keras_classifier.Pooling = Field(
        "average",
        title="Pooling",
        description="How the word vectors of a document are combined: average pooling, Flatten, or a 1-D "
        "convolution with max pooling.",
    )
    bag_of_words: bool = Field(
        True,
        title="Bag of words",
        description="Add a linear model of single words and word pairs to the embedding (wide and deep). It can use "
        'pairs such as "not good", which are lost in an average of word vectors.',
    )
    start_from: str = start_field()
    fine_tune: bool = Field(
        True,
        title="Fine-tune initial vectors",
        description="Fine-tune the vectors of the embedding to start from. Off: freeze them.",
    )
    epochs: int = Field(60, title="Epochs", ge=1, le=10_000, description="Maximum number of passes over the documents.")
    patience: int = Field(
        4,
        title="Early stopping patience",
        ge=0,
        le=1000,
        description="Early stopping: stop when the validation loss has not improved for this many epochs, and use the "
        "best epoch. 0: never stop early.",
    )
    refit: bool = Field(True, title="Refit with validation data", description=REFIT_HELP)
    min_count: int = Field(
        2,
        title="Minimum word count",
        ge=1,
        le=1_000_000,
        description="Words that occur less often in the training documents are out of vocabulary.",
    )
    max_words: int = Field(
        20_000,
        title="Maximum vocabulary size",
        ge=2,
        le=2_000_000,
        description="Maximum vocabulary size; the most frequent words are used.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    max_pairs: int = Field(
        20_000,
        title="Maximum word pairs",
        ge=0,
        le=2_000_000,
        description="Maximum number of word pairs (bigrams) in the bag of words. 0: single words only.",
        json_schema_extra=ADVANCED,
    )
    filters: int = Field(
        64,
        title="Convolution filters",
        ge=1,
        le=4096,
        description="Filters of the convolution.",
        json_schema_extra=ADVANCED,
    )
    kernel_size: int = Field(
        5,
        title="Kernel size",
        ge=1,
        le=100,
        description="Kernel size of the convolution, in words.",
        json_schema_extra=ADVANCED,
    )
    hidden_units: int = Field(
        0,
        title="Hidden units",
        ge=0,
        le=4096,
        description="Units of a hidden Dense layer. 0: no hidden layer.",
        json_schema_extra=ADVANCED,
    )
    dropout: float = Field(
        0.0, title="Dropout rate", ge=0, le=0.95, description="Dropout rate.", json_schema_extra=ADVANCED
    )
    learning_rate: float = Field(
        0.005,
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
        description="Batch size, in documents.",
        json_schema_extra={**LOG, **ADVANCED},
    )

    @model_validator(mode="before")
    @classmethod
    def _migrate(cls, values: Any) -> Any:
        new = {"refit", "bag_of_words", "max_pairs"}
        if not isinstance(values, Mapping) or new & values.keys() or not cls.model_fields.keys() - new <= values.keys():
            return values
        # A run always stores all parameters: if the new ones are missing, it is from an earlier version.
        return {**values, "refit": False, "bag_of_words": False}

    @model_validator(mode="after")
    def _kernel_fits(self) -> Self:
        if self.pooling == "convolution" and self.kernel_size > self.sequence_length:
            raise ValueError(
                f"kernel_size {self.kernel_size} must not be larger than sequence_length {self.sequence_length}"
            )
        return self

    @property
    def frozen(self) -> bool:
        """Whether the embedding is not trained."""
        return bool(self.start_from) and not self.fine_tune


class TextClassifier(Model[TextClassifierParameters, LabeledSplit]):
    """Embedding, pooling and Dense layers in Keras, with a linear bag of words, trained with Adam on the cross-entropy.

    The vocabulary comes from the training documents. The embedding and the bag of words each have their own
    cross-entropy loss; to predict, their log-odds are added.

    Notes
    -----
    Cheng et al., "Wide & Deep Learning for Recommender Systems", 2016; Wang and Manning, "Baselines and Bigrams:
    Simple, Good Sentiment and Topic Classification", 2012 (pairs of words, scaled by log-ratios);
    Chollet, "Deep Learning with Python", 2017, chapter 6 (Flatten); Joulin, Grave, Bojanowski and Mikolov, "Bag of
    Tricks for Efficient Text Classification", 2016 (average); Kim, "Convolutional Neural Networks for Sentence
    Classification", 2014.
    """

    name: ClassVar[str] = "text-classifier"
    title: ClassVar[str] = "Text classifier"
    summary: ClassVar[str] = (
        "A Keras network that predicts document labels; words that indicate the same label end up close together."
    )
    task: ClassVar[str] = "labels"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    files: ClassVar[tuple[str, ...]] = ("classifier.keras", "summary.txt")
    parameters_class = TextClassifierParameters
    abilities = (ClassifierPredictor,)

    def defaults(self, counts: Counts) -> TextClassifierParameters:
        """Return a `sequence_length` that fits 95 % of the documents, and larger batches for more documents."""
        n_documents = max(1, int(counts.get("documents", 1)))
        # Datasets of earlier versions do not have this count.
        long_document = counts.get(LONG_DOCUMENT, 2 * counts["tokens"] // n_documents)
        max_length = int(np.clip(_MAX_POSITIONS // n_documents, 100, 4000))
        return TextClassifierParameters(
            vector_size=max(16, fourth_root_rule(int(counts["vocabulary"]))),
            sequence_length=int(np.clip(np.ceil(long_document), 10, max_length)),
            min_count=1 if counts["tokens"] < 20_000 else 2,
            batch_size=int(np.clip(n_documents // 100, 8, 256)),
        )

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for labels."""
        del counts
        return "Learns to predict the labels of your documents, and is scored on documents it has not seen."

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the textbook settings, and a convolution."""
        return {
            "textbook settings": {
                "vector_size": 8,
                "pooling": "flatten",
                "epochs": 10,
                "batch_size": 32,
                "learning_rate": 0.001,
                "max_words": 10_000,
                "bag_of_words": False,
                "refit": False,
            },
            "convolution": {"pooling": "convolution", "vector_size": 32, "dropout": 0.3, "learning_rate": 0.001},
        }

    def estimate(self, counts: Counts, parameters: TextClassifierParameters, n_threads: int) -> Estimate:
        """Return the time and memory; early stopping is expected after about 15 epochs."""
        del n_threads
        n_documents = max(1.0, float(counts.get("documents", 1)))
        n_words = min(parameters.max_words, expected_words(counts, parameters.min_count))
        n_classes = max(2, int(counts.get("labels", 2)))
        epochs = expected_epochs(parameters.epochs, parameters.patience, parameters.refit)
        numbers = parameters.sequence_length * parameters.vector_size
        if parameters.pooling == "convolution":
            numbers *= max(1, parameters.kernel_size * parameters.filters // 8)
        table = (n_words + FIRST_WORD) * parameters.vector_size
        # Positions with a word.
        positions = min(float(counts["tokens"]), n_documents * parameters.sequence_length)
        if parameters.bag_of_words:
            table += (n_words + min(parameters.max_pairs, _expected_pairs(counts))) * n_classes
        steps = np.ceil(0.7 * n_documents / parameters.batch_size)
        epoch_s = steps * (_STEP_S + table * _TABLE_S) + n_documents * numbers * _NUMBER_S
        epoch_s += parameters.bag_of_words * positions * _TERM_S
        seconds = _START_S + positions * _ENCODE_S + parameters.refit * _BUILD_S + epochs * epoch_s
        rows = n_documents * parameters.sequence_length * 4 * 3 + counts["tokens"] * 60
        rows += parameters.bag_of_words * positions * 24
        memory = (table * 4 * 8 + rows + parameters.batch_size * numbers * 16) / 1e6
        return Estimate(float(seconds), float(_START_MB + memory))

    def network(self, counts: Counts, parameters: TextClassifierParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers; `labels` of the counts is the number of classes.

        `kept_words` and `kept_pairs` are the numbers of words and of pairs, which are estimated if they are missing.
        """
        n_words = min(parameters.max_words, words_of_network(counts, parameters.min_count))
        n_pairs = min(parameters.max_pairs, round(counts.get("kept_pairs", _expected_pairs(counts))))
        return network_layers(parameters, n_words + FIRST_WORD, max(2, int(counts.get("labels", 2))), n_pairs)

    def script(self, parameters: TextClassifierParameters, data_file: str) -> str:
        """Return a script that uses only Keras; `data_file` has the columns text, label and part."""
        has_bag = parameters.bag_of_words
        return model_script(
            __file__,
            parameters,
            **{pooling: pooling == parameters.pooling for pooling in get_args(keras_classifier.Pooling)},
            mask_zero=parameters.pooling == "average",
            start_frozen=bool(parameters.start_from) and not parameters.fine_tune,
            output="both" if has_bag else "deep",
            loss_weights={"deep": 1.0, "bag": 1.0, "both": 0.0} if has_bag else {"deep": 1.0},
            # With a single output, Keras uses the name of the total loss.
            monitor="val_both_loss" if has_bag else "val_loss",
            data_file=data_file,
        )

    def train(self, data: LabeledSplit, parameters: TextClassifierParameters, context: Context) -> TrainingResult:
        """Train on `data.train`, choose the epoch on `data.validation`; with `refit`, train again on both."""
        training = ClassifierTraining(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: import and compilation, one step, one number of a table in a step, one
#: number of a document; memory of Python with TensorFlow.
_START_S = 8.0
_STEP_S = 2.0e-3
_TABLE_S = 4e-9
_NUMBER_S = 2e-9
_START_MB = 800.0
#: Building a second network; one position of a document in the bag of words, per epoch and once.
_BUILD_S = 2.0
_TERM_S = 3e-8
_ENCODE_S = 3e-7
#: Maximum total number of positions in all documents, by default (about 1 GB).
_MAX_POSITIONS = 40_000_000


def _expected_pairs(counts: Counts) -> float:
    """Return approximately how many pairs of neighboring words occur in at least two documents."""
    return float(0.15 * counts["tokens"] ** 0.9)


def network_layers(
    parameters: TextClassifierParameters, input_dim: int, n_classes: int, n_pairs: int
) -> tuple[NetworkLayer, ...]:
    """Return the layers of the whole network, the same as in the Keras model."""
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
    if parameters.bag_of_words:
        layers += _bag_layers(input_dim, n_classes, n_pairs if length > 1 else 0)
        layers.append(NetworkLayer("log_odds", "Add", (None, n_classes), 0, ("classes", "evidence")))
    add("probabilities", "Softmax", (None, n_classes))
    return tuple(layers)


def _bag_layers(input_dim: int, n_classes: int, n_pairs: int) -> list[NetworkLayer]:
    n_terms = input_dim - FIRST_WORD + n_pairs
    layers = [NetworkLayer("word_counts", "CategoryEncoding", (None, input_dim), 0, ("encoding",))]
    if n_pairs:
        layers += [
            NetworkLayer("pair_counts", "IntegerLookup", (None, n_pairs + 1), 0, ("encoding",)),
            NetworkLayer("bag_of_words", "Concatenate", (None, n_terms), 0, ("word_counts", "pair_counts")),
        ]
    return [
        *layers,
        NetworkLayer("scale", "Normalization", (None, n_terms), 2 * n_terms + 1, (layers[-1].name,)),
        NetworkLayer("presence", "UnitNormalization", (None, n_terms), 0, ("scale",)),
        NetworkLayer("evidence", "Dense", (None, n_classes), (n_terms + 1) * n_classes, ("presence",)),
    ]

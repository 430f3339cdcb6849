"""Entity embeddings: a vector for each category and each word of a table, learned by predicting its target."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.kind import Counts
from embedlab.kinds.table.splits import TableSplit
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
from embedlab.models.entity_embeddings.columns import no_text, of_type, used_columns
from embedlab.models.entity_embeddings.features import LONGEST_TEXT
from embedlab.models.entity_embeddings.predictor import RowPredictor
from embedlab.models.entity_embeddings.training import EntityEmbeddingsTraining
from embedlab.models.shared import keras_training
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.starting import start_field
from embedlab.models.shared.two_phases import REFIT_HELP, expected_epochs

SizeRule = Literal["fourth-root", "fast.ai"]


class EntityEmbeddingsParameters(Parameters):
    """Parameters of entity embeddings."""

    main: ClassVar[tuple[str, ...]] = ("size_rule", "leave_out", "epochs")
    # The vector size is that of categories.
    start_size: ClassVar[str] = ""

    size_rule: SizeRule = Field(
        "fourth-root",
        title="Rule for dimensions",
        description="Vector size of a column of n values. fourth-root: the fourth root of n; fast.ai: 1.6 n^0.56, at "
        "most 600.",
    )
    vector_size: int = Field(
        0,
        title="Dimensions of categories",
        ge=0,
        le=1024,
        description="Vector size of every categorical column. 0: by the rule.",
        json_schema_extra=ADVANCED,
    )
    leave_out: str = Field(
        "",
        title="Columns to leave out",
        max_length=10_000,
        description="Columns that the model does not get, separated by commas, such as lat,long. The map of a category "
        "then shows their means.",
    )
    epochs: int = Field(60, title="Epochs", ge=1, le=10_000, description="Maximum number of passes over the rows.")
    patience: int = Field(
        10,
        title="Early stopping patience",
        ge=0,
        le=1000,
        description="Early stopping: stop when the validation loss has not improved for this many epochs, and use the "
        "best epoch. 0: never stop early.",
    )
    refit: bool = Field(True, title="Refit with validation data", description=REFIT_HELP)
    first_units: int = Field(
        128, title="Units of the first layer", ge=0, le=4096, description="Units of the first hidden layer; 0: none."
    )
    second_units: int = Field(
        64, title="Units of the second layer", ge=0, le=4096, description="Units of the second hidden layer; 0: none."
    )
    dropout: float = Field(
        0.1, title="Dropout rate", ge=0, le=0.95, description="Dropout after hidden layers.", json_schema_extra=ADVANCED
    )
    weight_averaging: float = Field(
        0.8,
        title="Weight averaging",
        ge=0,
        le=0.99,
        description="Share of the earlier epochs in the average of the weights, which is evaluated and used instead of "
        "those of the last epoch. 0: no averaging.",
        json_schema_extra=ADVANCED,
    )
    word_dropout: float = Field(
        0.4,
        title="Word dropout rate",
        ge=0,
        le=0.95,
        description="Share of the words of each text that are left out at random in every step, so that no single word "
        "decides.",
        json_schema_extra=ADVANCED,
    )
    start_from: str = start_field()
    fine_tune: bool = Field(
        True,
        title="Fine-tune initial vectors",
        description="Fine-tune the word vectors to start from. Off: freeze them.",
        json_schema_extra=ADVANCED,
    )
    word_vector_size: int = Field(
        16,
        title="Dimensions of words",
        ge=1,
        le=2000,
        description="Vector size of the words of text columns. Vectors to start from have their own.",
        json_schema_extra=ADVANCED,
    )
    text_length: int = Field(
        200,
        title="Words per text",
        ge=1,
        le=LONGEST_TEXT,
        description="Words read of each text; the rest is ignored.",
        json_schema_extra=ADVANCED,
    )
    max_words: int = Field(
        20_000,
        title="Maximum vocabulary size",
        ge=2,
        le=2_000_000,
        description="Maximum vocabulary size of a text column; the most frequent words are used.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    min_word_count: int = Field(
        5,
        title="Minimum word count",
        ge=1,
        le=1_000_000,
        description="Words that occur less often in the training rows are out of vocabulary.",
        json_schema_extra=ADVANCED,
    )
    min_count: int = Field(
        1,
        title="Minimum count of values",
        ge=1,
        le=1_000_000,
        description="Categories that occur less often in the training rows share the vector of unseen values.",
        json_schema_extra=ADVANCED,
    )
    learning_rate: float = Field(
        0.001,
        title="Learning rate",
        gt=0,
        le=1,
        description="Learning rate of Adam.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    batch_size: int = Field(
        256,
        title="Batch size",
        ge=1,
        le=1_000_000,
        description="Batch size, in rows.",
        json_schema_extra={**LOG, **ADVANCED},
    )

    @property
    def hidden_units(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return tuple(units for units in (self.first_units, self.second_units) if units)

    def size_of(self, n_values: int) -> int:
        """Return the vector size of a column of `n_values` values."""
        if self.vector_size:
            return self.vector_size
        return fastai_rule(n_values) if self.size_rule == "fast.ai" else fourth_root_rule(n_values)


class EntityEmbeddings(Model[EntityEmbeddingsParameters, TableSplit]):
    """Embeddings of categories, standardized numbers and averaged word vectors, concatenated, and dense layers.

    Numbers with a long right tail are replaced by their logarithm first. The output layer also sees the concatenated
    inputs. Words are left out at random in training, and the weights are averaged over the last epochs. Values that do
    not occur in training have a vector of their own: the mean of those of their column.

    Notes
    -----
    Guo and Berkhahn, "Entity Embeddings of Categorical Variables", 2016. Word dropout: Iyyer et al., "Deep Unordered
    Composition Rivals Syntactic Methods for Text Classification", 2015. Averages of weights: Izmailov et al.,
    "Averaging Weights Leads to Wider Optima and Better Generalization", 2018.
    """

    name: ClassVar[str] = "entity-embeddings"
    title: ClassVar[str] = "Entity embeddings"
    summary: ClassVar[str] = (
        "A Keras network that predicts a column of a table; categories and words with the same effect get similar "
        "vectors."
    )
    task: ClassVar[str] = "target"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    files: ClassVar[tuple[str, ...]] = ("network.keras", "summary.txt")
    parameters_class = EntityEmbeddingsParameters
    abilities = (RowPredictor,)

    def defaults(self, counts: Counts) -> EntityEmbeddingsParameters:
        """Return larger batches for more rows, and texts as long as memory allows."""
        n_rows = max(1, int(counts.get("rows", 1)))
        mean_words = counts.get("words", 0) / n_rows
        most_words = int(np.clip(_MAX_POSITIONS // n_rows, 20, 1000))
        return EntityEmbeddingsParameters(
            batch_size=int(np.clip(n_rows // 80, 16, 4096)),
            learning_rate=0.001 if n_rows < _MANY_ROWS else 0.002,
            text_length=int(np.clip(2 * mean_words, 20, most_words)) if mean_words else 200,
            min_word_count=5 if n_rows >= _FEW_ROWS else 2,
        )

    def recommendation_for(self, counts: Counts, details: Mapping[str, Any]) -> str:
        """Recommend it for tables with a target."""
        return "" if "target" in details and details["target"] is None else self.recommendation(counts)

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for tables with a target."""
        del counts
        return "Learns to predict the target of your table, and is scored on rows it has not seen."

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the settings of the paper, and a linear model of the vectors."""
        return {
            "as in the paper": {
                "first_units": 1000,
                "second_units": 500,
                "size_rule": "fast.ai",
                "epochs": 10,
                "dropout": 0.0,
            },
            "larger vectors (fast.ai)": {"size_rule": "fast.ai", "dropout": 0.15},
            "without hidden layers": {"first_units": 0, "second_units": 0},
        }

    def estimate(self, counts: Counts, parameters: EntityEmbeddingsParameters, n_threads: int) -> Estimate:
        """Return the time and memory, scores and baselines included."""
        del n_threads
        n_rows, n_columns = float(counts.get("rows", 1)), float(counts.get("columns", 1))
        n_values, n_text = float(counts.get("values", 0)), float(counts.get("words", 0))
        positions = min(n_text, n_rows * parameters.text_length)
        n_words = min(parameters.max_words, 20 * np.sqrt(n_text))
        table = n_values * parameters.size_of(int(n_values) or 1) + n_words * parameters.word_vector_size
        widths = (_input_width(counts, parameters), *parameters.hidden_units, 1)
        n_products = sum(first * second for first, second in pairwise(widths))
        epochs = expected_epochs(parameters.epochs, parameters.patience, parameters.refit)
        n_train = 0.75 * n_rows
        n_steps = np.ceil(n_train / parameters.batch_size)
        epoch_s = n_steps * (_STEP_S + n_columns * _COLUMN_S + table * _TABLE_S)
        epoch_s += n_train * (n_products * _PRODUCT_S + n_columns * _CELL_S)
        epoch_s += 0.75 * positions * parameters.word_vector_size * _NUMBER_S
        once_s = n_rows * n_columns * _ENCODE_S + positions * _ENCODE_WORD_S + _baseline_seconds(counts)
        seconds = _START_S + once_s + epochs * epoch_s
        memory = _START_MB + (table * 4 * 8 + n_rows * n_columns * _CELL_BYTES + n_text * 12) / 1e6
        memory += n_rows * parameters.text_length * 8 * bool(n_text) / 1e6
        return Estimate(float(seconds), float(memory))

    def refusal(
        self, counts: Counts, parameters: EntityEmbeddingsParameters, details: Mapping[str, Any]
    ) -> EmbedLabError | None:
        """Refuse to leave out an unknown column or all of them, and to start words from vectors without a text."""
        del counts
        if "columns" not in details:
            return None
        columns = [_Column(each["name"], each["type"], each["is_used"]) for each in details["columns"]]
        try:
            used = used_columns(columns, parameters.leave_out)
        except InputError as error:
            return error
        has_text = bool(of_type(used, "text"))
        return no_text(parameters.start_from) if parameters.start_from and not has_text else None

    def network(self, counts: Counts, parameters: EntityEmbeddingsParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers of the network; the categorical columns are drawn as one table."""
        n_values = int(counts.get("values", 0))
        n_outputs = int(counts.get("classes", 1))
        layers = []
        parts = []
        if n_values:
            size = parameters.size_of(n_values)
            layers.append(NetworkLayer("categories", "InputLayer", (None,), 0))
            layers.append(NetworkLayer("vectors", "Embedding", (None, size), n_values * size, ("categories",)))
            parts.append(("vectors", size))
        n_numbers = max(0, int(counts.get("columns", 1)) - 1)
        layers.append(NetworkLayer("numbers", "InputLayer", (None, n_numbers), 0))
        parts.append(("numbers", n_numbers))
        if counts.get("words"):
            n_words, size = min(parameters.max_words, int(20 * np.sqrt(counts["words"]))), parameters.word_vector_size
            length = parameters.text_length
            layers.append(NetworkLayer("text", "InputLayer", (None, length), 0))
            layers.append(NetworkLayer("words", "Embedding", (None, length, size), n_words * size, ("text",)))
            layers.append(NetworkLayer("average", "GlobalAveragePooling1D", (None, size), 0, ("words",)))
            parts.append(("average", size))
        width = sum(size for _, size in parts)
        layers.append(NetworkLayer("inputs", "Concatenate", (None, width), 0, tuple(name for name, _ in parts)))
        for number, units in enumerate(parameters.hidden_units, 1):
            shape = (None, units)
            layers.append(NetworkLayer(f"hidden_{number}", "Dense", shape, (width + 1) * units, (layers[-1].name,)))
            width = units
        layers.append(NetworkLayer("output", "Dense", (None, n_outputs), (width + 1) * n_outputs, (layers[-1].name,)))
        return tuple(layers)

    def script(self, parameters: EntityEmbeddingsParameters, data_file: str) -> str:
        """Return a script that uses only Keras and pandas; `data_file` has all columns and the part of each row."""
        return model_script(
            __file__,
            parameters,
            data_file=data_file,
            hidden_units=list(parameters.hidden_units),
            start_frozen=bool(parameters.start_from) and not parameters.fine_tune,
            left_out=[name.strip() for name in parameters.leave_out.split(",") if name.strip()],
        )

    def train(self, data: TableSplit, parameters: EntityEmbeddingsParameters, context: Context) -> TrainingResult:
        """Train on `data.train`, choose the epoch on `data.validation`; with `refit`, train again on both."""
        training = EntityEmbeddingsTraining(data, parameters, context)
        training.run()
        return training.result()


class _Column(NamedTuple):
    """A column, as the details of a dataset describe it."""

    name: str
    type: str
    is_used: bool


def fastai_rule(n_values: int) -> int:
    """Return the vector size by the rule of fast.ai: 1.6 n^0.56, at most 600.

    Source: `emb_sz_rule` in https://github.com/fastai/fastai.
    """
    return int(min(600, max(1, round(1.6 * n_values**0.56))))


def _input_width(counts: Counts, parameters: EntityEmbeddingsParameters) -> int:
    size = parameters.size_of(max(1, int(counts.get("values", 1))))
    return int(counts.get("columns", 1)) + 2 * size + (parameters.word_vector_size if counts.get("words") else 0)


def _baseline_seconds(counts: Counts) -> float:
    """Return the seconds of the scores and baselines, which learn from at most 100,000 rows."""
    n_rows = min(100_000.0, float(counts.get("rows", 1)))
    share = n_rows / max(1.0, float(counts.get("rows", 1)))
    per_class = max(1.0, float(counts.get("classes", 1)))
    return 3.0 + per_class * (n_rows * counts.get("columns", 1) * 3e-6 + share * counts.get("words", 0) * 2e-6)


#: Measured on a 2-core machine: import, compilation and writing; one step, and one column of it; one number of a table
#: in a step; one product of a dense layer; one cell; one number of a word; encoding a cell, and a word.
_START_S = 7.0
_STEP_S = 6e-4
_COLUMN_S = 1e-5
_TABLE_S = 4e-9
_PRODUCT_S = 1.3e-10
_CELL_S = 7.5e-9
_NUMBER_S = 1.5e-9
_ENCODE_S = 1e-7
_ENCODE_WORD_S = 1e-6
_START_MB = 950.0
#: Bytes of a cell in all steps together; most are for the baselines and scores.
_CELL_BYTES = 60
#: Numbers of rows from which defaults differ.
_FEW_ROWS, _MANY_ROWS = 1000, 200_000
#: Maximum number of positions of words in all texts, by default (about 200 MB).
_MAX_POSITIONS = 40_000_000

"""Deep ratings: dense layers over the vectors of a user and an item predict the rating."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.ratings.splits import RatingsSplit
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
from embedlab.models.deep_ratings.predictor import DeepPredictor
from embedlab.models.deep_ratings.training import DeepRatingsTraining
from embedlab.models.shared import keras_training
from embedlab.models.shared.keras_steps.tables import (
    Steps,
    dense_seconds,
    sparse_seconds,
    steps_field,
    uses_sparse_steps,
)
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.two_phases import REFIT_HELP, expected_epochs

#: Chosen on the validation part of ml-latest-small, which has 100,836 ratings.
_L2 = 60.0
_L2_PER_RATING = _L2 / 100_000


class DeepRatingsParameters(Parameters):
    """Parameters of deep ratings."""

    main: ClassVar[tuple[str, ...]] = ("n_factors", "epochs", "l2")

    n_factors: int = Field(
        8,
        title="Dimensions",
        ge=1,
        le=1024,
        description="Vector size (dimensions) of users and of items.",
    )
    epochs: int = Field(40, title="Epochs", ge=1, le=10_000, description="Maximum number of passes over the ratings.")
    patience: int = Field(
        5,
        title="Early stopping patience",
        ge=0,
        le=1000,
        description="Early stopping: stop when the validation RMSE has not improved for this many epochs, and use the "
        "best epoch. 0: never stop early.",
    )
    refit: bool = Field(True, title="Refit with validation data", description=REFIT_HELP)
    l2: float = Field(
        _L2,
        title="L2 regularization",
        ge=0,
        le=1e6,
        description="L2 regularization of the vectors, in units of neutral pseudo-ratings.",
        json_schema_extra=LOG,
    )
    l2_unit: Literal["ratings", "keras"] = Field(
        "ratings",
        title="Unit of L2",
        description="Unit of the L2 regularization of vectors. ratings: neutral pseudo-ratings; keras: the factor of a "
        "Keras regularizer, in the mean loss of a batch.",
        json_schema_extra=ADVANCED,
    )
    first_units: int = Field(
        32, title="Units of the first layer", ge=1, le=4096, description="Units of the first hidden layer."
    )
    second_units: int = Field(
        4,
        title="Units of the second layer",
        ge=0,
        le=4096,
        description="Units of the second hidden layer; 0 for none.",
    )
    item_biases: bool = Field(
        True, title="Item bias terms", description="Add a bias of the item to the output of the network."
    )
    fitted_biases: bool = Field(
        True,
        title="Fit biases first",
        description="Start the item biases from their closed-form solution instead of zero.",
        json_schema_extra=ADVANCED,
    )
    l2_item_biases: float = Field(
        3.0,
        title="L2 of item biases",
        ge=0,
        le=1e6,
        description="L2 regularization of item biases, in neutral pseudo-ratings.",
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
        1000,
        title="Batch size",
        ge=1,
        le=1_000_000,
        description="Batch size, in ratings.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    steps: Steps = steps_field()

    @property
    def hidden_units(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return tuple(units for units in (self.first_units, self.second_units) if units)


class DeepRatings(Model[DeepRatingsParameters, RatingsSplit]):
    """Dense layers over the concatenated vectors of user and item, in Keras, trained with Adam on the squared error.

    Ratings are standardized (mean 0, standard deviation 1). A vector is not moved by what its dot product with another
    would predict, so directions between items mean less than in a matrix factorization.

    Notes
    -----
    He et al., "Neural Collaborative Filtering", 2017; Rendle et al., "Neural Collaborative Filtering vs. Matrix
    Factorization Revisited", 2020.
    """

    name: ClassVar[str] = "deep-ratings"
    title: ClassVar[str] = "Deep ratings"
    summary: ClassVar[str] = "A network of dense layers over the vectors of a user and an item predicts the rating."
    task: ClassVar[str] = "rating"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    files: ClassVar[tuple[str, ...]] = ("summary.txt",)
    parameters_class = DeepRatingsParameters
    abilities = (DeepPredictor,)

    def defaults(self, counts: Counts) -> DeepRatingsParameters:
        """Return larger batches for more ratings, and less L2 for few: then it would keep all vectors at zero."""
        n_ratings = counts["ratings"]
        return DeepRatingsParameters(
            batch_size=int(np.clip(n_ratings // 100, 32, 20_000)),
            l2=float(min(_L2, round(_L2_PER_RATING * n_ratings, 3))),
        )

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the textbook settings."""
        textbook = {"n_factors": 8, "first_units": 32, "second_units": 4, "batch_size": 5000, "epochs": 20}
        plain = {"l2": 0.0, "l2_item_biases": 0.0, "fitted_biases": False, "patience": 0, "refit": False}
        return {"textbook settings": {**textbook, **plain, "learning_rate": 0.005}}

    def estimate(self, counts: Counts, parameters: DeepRatingsParameters, n_threads: int) -> Estimate:
        """Return the time and memory; early stopping is expected after about 20 epochs."""
        del n_threads
        n_train = 0.8 * counts["ratings"]
        sizes = {
            "users": (int(counts["users"]), parameters.n_factors),
            "items": (int(counts["items"]), parameters.n_factors + parameters.item_biases),
        }
        is_sparse = uses_sparse_steps(parameters.steps, sizes, parameters.batch_size)
        tables_s = sparse_seconds(sizes, parameters.batch_size) if is_sparse else dense_seconds(sizes)
        table_size = sum(rows * columns for rows, columns in sizes.values())
        widths = (2 * parameters.n_factors, *parameters.hidden_units, 1)
        n_products = sum(first * second for first, second in pairwise(widths))
        epochs = expected_epochs(parameters.epochs, parameters.patience, parameters.refit)
        n_steps = np.ceil(n_train / parameters.batch_size)
        epoch_s = n_steps * (_STEP_S + tables_s) + n_train * (_RATING_S + n_products * _PRODUCT_S)
        memory = _START_MB + (table_size * 4 * 12 + counts["ratings"] * 60) / 1e6
        memory += parameters.batch_size * sum(widths) * 16 / 1e6
        return Estimate(float(_START_S + parameters.refit * _BUILD_S + epochs * epoch_s), float(memory))

    def network(self, counts: Counts, parameters: DeepRatingsParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers of the network, the same as in the Keras model."""
        n_users, n_items, k = int(counts["users"]), int(counts["items"]), parameters.n_factors
        layers = [
            NetworkLayer("user", "InputLayer", (None,), 0),
            NetworkLayer("item", "InputLayer", (None,), 0),
            NetworkLayer("user_factors", "Embedding", (None, k), n_users * k, ("user",)),
            NetworkLayer("item_factors", "Embedding", (None, k), n_items * k, ("item",)),
            NetworkLayer("concatenate", "Concatenate", (None, 2 * k), 0, ("user_factors", "item_factors")),
        ]
        width = 2 * k
        for number, units in enumerate(parameters.hidden_units, 1):
            inputs = (layers[-1].name,)
            layers.append(NetworkLayer(f"hidden_{number}", "Dense", (None, units), (width + 1) * units, inputs))
            width = units
        layers.append(NetworkLayer("output", "Dense", (None, 1), width + 1, (layers[-1].name,)))
        if parameters.item_biases:
            layers.append(NetworkLayer("item_biases", "Embedding", (None, 1), n_items, ("item",)))
            layers.append(NetworkLayer("rating", "Add", (None, 1), 0, ("output", "item_biases")))
        return tuple(layers)

    def script(self, parameters: DeepRatingsParameters, data_file: str) -> str:
        """Return a script that uses only Keras; `data_file` has the columns user, item, rating and part."""
        return model_script(__file__, parameters, data_file=data_file, hidden_units=list(parameters.hidden_units))

    def train(self, data: RatingsSplit, parameters: DeepRatingsParameters, context: Context) -> TrainingResult:
        """Train on `data.train`, choose the epoch on `data.validation`; with `refit`, train again on both."""
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        training = DeepRatingsTraining(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: import and compilation, building the network of the second phase, one step
#: without its tables, one rating, one product of a dense layer; memory of Python with TensorFlow.
_START_S = 7.0
_BUILD_S = 1.5
_STEP_S = 1.5e-3
_RATING_S = 3e-7
_PRODUCT_S = 2e-10
_START_MB = 750.0

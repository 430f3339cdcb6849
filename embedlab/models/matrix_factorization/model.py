"""Matrix factorization of ratings: a vector for each user and item whose dot product predicts the rating."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

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
    fourth_root_rule,
)
from embedlab.models.matrix_factorization.network import Initializer
from embedlab.models.matrix_factorization.predictor import FactorPredictor
from embedlab.models.matrix_factorization.training import FactorizationTraining
from embedlab.models.shared import keras_training
from embedlab.models.shared.keras_steps.tables import (
    Steps,
    dense_seconds,
    sparse_seconds,
    steps_field,
    uses_sparse_steps,
)
from embedlab.models.shared.recommenders.biases import STRENGTHS
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.two_phases import REFIT_HELP, expected_epochs


class MatrixFactorizationParameters(Parameters):
    """Parameters of matrix factorization.

    Runs of earlier versions have one `l2_biases` for both sides and no second phase; their parameters are still read.
    """

    main: ClassVar[tuple[str, ...]] = ("n_factors", "epochs", "l2")

    n_factors: int = Field(
        16,
        title="Dimensions",
        ge=1,
        le=1024,
        description="Vector size (dimensions). The fourth root of the number of values is a first guess.",
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
    biases: bool = Field(True, title="Bias terms", description="Learn user and item bias terms.")
    l2: float = Field(
        12.0,
        title="L2 regularization",
        ge=0,
        le=1e6,
        description="L2 regularization of the vectors, in units of neutral pseudo-ratings.",
        json_schema_extra=LOG,
    )
    nu: float = Field(
        0.0,
        title="L2 exponent of the count",
        ge=0,
        le=1,
        description="The L2 regularization of a row is l2 times its number of ratings to this power. 0: constant, "
        "which shrinks items with few ratings; 1: proportional to the count, with l2 near 0.1.",
        json_schema_extra=ADVANCED,
    )
    l2_users: float | None = Field(
        None,
        title="L2 of user vectors",
        ge=0,
        le=1e6,
        description="L2 regularization of user vectors. Empty: as for both.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    l2_items: float | None = Field(
        None,
        title="L2 of item vectors",
        ge=0,
        le=1e6,
        description="L2 regularization of item vectors. Empty: as for both.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    l2_unit: Literal["ratings", "keras"] = Field(
        "ratings",
        title="Unit of L2",
        description="Unit of the L2 regularization of vectors. ratings: neutral pseudo-ratings; keras: the factor of a "
        "Keras regularizer, in the mean loss of a batch.",
        json_schema_extra=ADVANCED,
    )
    initializer: Initializer = Field(
        "normal",
        title="Initial vectors",
        description="normal: standard deviation 0.05; glorot_uniform: the initializer of Keras' Dense layers.",
        json_schema_extra=ADVANCED,
    )
    l2_biases_users: float | None = Field(
        None,
        title="L2 of user biases",
        ge=0,
        le=1e6,
        description="L2 regularization of user biases, in neutral pseudo-ratings. Empty: chosen on validation data.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    l2_biases_items: float | None = Field(
        None,
        title="L2 of item biases",
        ge=0,
        le=1e6,
        description="L2 regularization of item biases, in neutral pseudo-ratings. Empty: chosen on validation data.",
        json_schema_extra={**LOG, **ADVANCED},
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
        1000,
        title="Batch size",
        ge=1,
        le=1_000_000,
        description="Batch size, in ratings.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    steps: Steps = steps_field()

    def l2_of_sides(self, n_ratings: int) -> tuple[float, float]:
        """Return the L2 regularization of user and item vectors, in pseudo-ratings, for `n_ratings` to train on."""
        unit = n_ratings if self.l2_unit == "keras" else 1
        users, items = (self.l2 if own is None else own for own in (self.l2_users, self.l2_items))
        return users * unit, items * unit

    @model_validator(mode="before")
    @classmethod
    def _migrate(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or "l2_biases" not in values:
            return values
        current = dict(values)
        both = current.pop("l2_biases")
        for name in ("l2_biases_users", "l2_biases_items"):
            if current.get(name) is None:
                current[name] = both
        current.setdefault("refit", False)
        return current


class MatrixFactorization(Model[MatrixFactorizationParameters, RatingsSplit]):
    """Biased matrix factorization in Keras, trained with Adam on the squared error.

    The objective is ``sum (r - p_u . q_i - b_u - b_i)^2 + l2 (sum n_u^nu |p_u|^2 + sum n_i^nu |q_i|^2) +
    l2_biases_users |b_u|^2 + l2_biases_items |b_i|^2`` over standardized ratings (mean 0, standard deviation 1), so
    that the defaults suit any rating scale; n_u and n_i count ratings, and nu is 0 by default. The biases start from
    their closed-form solution without factors; if no epoch predicts the validation part better than these biases, the
    model predicts with the biases only.

    Notes
    -----
    Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems", 2009;
    Salakhutdinov and Mnih, "Probabilistic Matrix Factorization", 2007.
    """

    name: ClassVar[str] = "matrix-factorization"
    title: ClassVar[str] = "Matrix factorization"
    summary: ClassVar[str] = "Learns vectors of users and items whose dot product predicts the rating."
    task: ClassVar[str] = "rating"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    files: ClassVar[tuple[str, ...]] = ("summary.txt",)
    parameters_class = MatrixFactorizationParameters
    abilities = (FactorPredictor,)

    def defaults(self, counts: Counts) -> MatrixFactorizationParameters:
        """Return larger batches for more ratings, and at least as many factors as the fourth-root rule."""
        batch_size = int(np.clip(counts["ratings"] // 100, 32, 20_000))
        n_factors = max(16, fourth_root_rule(int(max(counts["users"], counts["items"]))))
        return MatrixFactorizationParameters(batch_size=batch_size, n_factors=n_factors)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the textbook settings, without and with L2, and count-scaled L2."""
        textbook = {"n_factors": 8, "batch_size": 5000, "epochs": 20, "patience": 0, "biases": False, "l2": 0.0}
        strengths = {"l2_biases_users": 0.0, "l2_biases_items": 0.0}
        textbook |= {**strengths, "learning_rate": 0.005, "refit": False}
        with_l2 = {"l2_unit": "keras", "l2_users": 1e-7, "l2_items": 1e-6, "initializer": "glorot_uniform"}
        return {
            "textbook settings": textbook,
            "textbook settings with L2": {**textbook, **with_l2},
            "L2 by the root of the count": {"nu": 0.5, "l2": 1.0},
            "L2 by the count": {"nu": 1.0, "l2": 0.1},
        }

    def estimate(self, counts: Counts, parameters: MatrixFactorizationParameters, n_threads: int) -> Estimate:
        """Return the time and memory; early stopping is expected after about 20 epochs."""
        del n_threads
        n_train = 0.8 * counts["ratings"]
        table_size = (counts["users"] + counts["items"]) * (parameters.n_factors + parameters.biases)
        n_steps = np.ceil(n_train / parameters.batch_size)
        width = parameters.n_factors + parameters.biases
        sizes = {side: (int(counts[side]), width) for side in ("users", "items")}
        if uses_sparse_steps(parameters.steps, sizes, parameters.batch_size):
            tables_s = sparse_seconds(sizes, parameters.batch_size)
        else:
            tables_s = dense_seconds(sizes)
        epochs = expected_epochs(parameters.epochs, parameters.patience, parameters.refit)
        epoch_s = n_steps * (_STEP_S + tables_s) + n_train * _RATING_S * (1 + parameters.n_factors / 64)
        memory = _START_MB + (table_size * 4 * 12 + counts["ratings"] * 60) / 1e6
        return Estimate(
            seconds=float(_START_S + parameters.refit * _BUILD_S + epochs * epoch_s), memory_mb=float(memory)
        )

    def network(self, counts: Counts, parameters: MatrixFactorizationParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers of the network, the same as in the Keras model."""
        sides = ("user", int(counts["users"])), ("item", int(counts["items"]))
        k = parameters.n_factors
        layers = [NetworkLayer(side, "InputLayer", (None,), 0) for side, _ in sides]
        layers += [NetworkLayer(f"{side}_factors", "Embedding", (None, k), n * k, (side,)) for side, n in sides]
        layers.append(NetworkLayer("dot", "Dot", (None, 1), 0, ("user_factors", "item_factors")))
        if parameters.biases:
            layers += [NetworkLayer(f"{side}_biases", "Embedding", (None, 1), n, (side,)) for side, n in sides]
            layers.append(NetworkLayer("rating", "Add", (None, 1), 0, ("dot", "user_biases", "item_biases")))
        return tuple(layers)

    def script(self, parameters: MatrixFactorizationParameters, data_file: str) -> str:
        """Return a script that uses only Keras; `data_file` has the columns user, item, rating and part."""
        is_chosen = parameters.biases and None in (parameters.l2_biases_users, parameters.l2_biases_items)
        users, items = parameters.l2_of_sides(1)
        return model_script(
            __file__,
            parameters,
            strengths_chosen=is_chosen,
            strengths=STRENGTHS,
            data_file=data_file,
            l2_users=users,
            l2_items=items,
        )

    def train(self, data: RatingsSplit, parameters: MatrixFactorizationParameters, context: Context) -> TrainingResult:
        """Train on `data.train`, choose the epoch on `data.validation`; with `refit`, train again on both."""
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        training = FactorizationTraining(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: import and compilation, one step without its
#: tables, one rating; memory of Python with TensorFlow.
_START_S = 7.0
#: Building the network of the second phase.
_BUILD_S = 1.5
_STEP_S = 1.2e-3
_RATING_S = 2e-7
_START_MB = 750.0

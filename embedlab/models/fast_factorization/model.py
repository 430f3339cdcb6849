"""Fast factorization: biased factors of ratings by alternating least squares or parallel gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from embedlab.core.errors import EmbedLabError
from embedlab.core.kind import Counts
from embedlab.kinds.ratings.splits import RatingsSplit
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.fast_factorization.strengths import CANDIDATES
from embedlab.models.fast_factorization.training import FactorizationTraining
from embedlab.models.shared.rating_factors.rater import FactorRater
from embedlab.models.shared.rating_factors.sizes import MOST_RATINGS_TO_SAMPLE, rates_items_often
from embedlab.models.shared.rating_factors.time_bins import no_times
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.two_phases import REFIT_HELP, expected_epochs

#: From this many ratings on, gradient descent is the default.
_RATINGS_FOR_DESCENT = 4_000_000
#: Measured on a 2-core laptop-class machine: start and machine code, one rating and its products in least squares, one
#: row and its products, one rating and one of its factors in gradient descent, and preparing a rating.
_START_S = 2.0
_START_MB = 230.0
_RATING_S = 7e-8
_PRODUCT_S = 6e-10
_ROW_S = 5e-7
_ROW_PRODUCT_S = 1.2e-10
_IMPLICIT_S = 1.2e-8
_STEP_S = 1.5e-8
_STEP_FACTOR_S = 6e-10
_PREPARING_S = 5e-7


class FastFactorizationParameters(Parameters):
    """Parameters of fast factorization."""

    main: ClassVar[tuple[str, ...]] = ("n_factors", "epochs", "nu")

    n_factors: int = Field(
        8,
        title="Dimensions",
        ge=1,
        le=512,
        description="Vector size (dimensions).",
    )
    epochs: int = Field(40, title="Epochs", ge=1, le=10_000, description="Maximum number of passes over the ratings.")
    nu: float = Field(
        0.5,
        title="Exponent of the regularization",
        ge=0,
        le=1,
        description="The L2 regularization of a user or item with n ratings is multiplied by n to this power. 0 keeps "
        "obscure items out of recommendations; 1 is usual for large data.",
    )
    l2_users: float | None = Field(
        None,
        title="L2 of user factors",
        ge=0,
        le=1e6,
        description="L2 regularization of user factors, in neutral pseudo-ratings. Empty: chosen on validation data.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    l2_items: float | None = Field(
        None,
        title="L2 of item factors",
        ge=0,
        le=1e6,
        description="L2 regularization of item factors, in neutral pseudo-ratings. Empty: chosen on validation data.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    l2_biases: float = Field(
        8.0,
        title="L2 of biases",
        ge=0,
        le=1e6,
        description="L2 regularization of user and item biases, in neutral pseudo-ratings.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    solver: Literal["als", "sgd"] = Field(
        "als",
        title="Solver",
        description="als: alternating least squares, no learning rate. sgd: parallel stochastic gradient descent, "
        "faster for many ratings.",
        json_schema_extra=ADVANCED,
    )
    implicit: bool = Field(
        False,
        title="Implicit term (SVD++)",
        description="Also learn from which items a user rated, whatever the rating. Requires the solver als.",
        json_schema_extra=ADVANCED,
    )
    time_bins: int = Field(
        0,
        title="Time bins",
        ge=0,
        le=1_000,
        description="Give each item a bias in each of this many periods with the same number of ratings. "
        "Helps if the ratings of items drift over years. Recommendations use the latest period. 0: none. Requires "
        "ratings with times.",
        json_schema_extra=ADVANCED,
    )
    l2_time_bins: float = Field(
        50.0,
        title="L2 of time bins",
        ge=0,
        le=1e6,
        description="L2 regularization of what the bias of an item differs by in a time bin, in neutral "
        "pseudo-ratings.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    learning_rate: float = Field(
        0.1,
        title="Learning rate",
        gt=0,
        le=100,
        description="Initial learning rate of sgd; each user and item has its own, which decreases.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    patience: int = Field(
        3,
        title="Early stopping patience",
        ge=0,
        le=1000,
        description="Early stopping: stop when the validation RMSE has not improved for this many epochs, and use the "
        "best epoch. 0: never stop early.",
        json_schema_extra=ADVANCED,
    )
    refit: bool = Field(True, title="Refit with validation data", description=REFIT_HELP, json_schema_extra=ADVANCED)

    @model_validator(mode="after")
    def _solver_fits(self) -> FastFactorizationParameters:
        if self.implicit and self.solver == "sgd":
            raise ValueError("the implicit term requires solver=als")
        return self


class FastFactorization(Model[FastFactorizationParameters, RatingsSplit]):
    """Biased matrix factorization, compiled, by alternating least squares or parallel stochastic gradient descent.

    The objective is ``sum (r - p_u . q_i - b_u - b_i)^2 + l2_users sum n_u^nu |p_u|^2 + l2_items sum n_i^nu |q_i|^2 +
    l2_biases (|b_u|^2 + |b_i|^2)`` over standardized ratings (mean 0, standard deviation 1). With the implicit term,
    ``p_u`` is ``p_u + n_u^-1/2 sum y_j`` over the rated items. If no epoch predicts the validation part better than the
    biases, the model predicts with the biases only. With time bins, ``b_i`` has a part for each period, fitted with the
    biases before the factors, which then learn from ratings without it; held-out ratings are predicted at their own
    time, recommendations and all other predictions in the latest period. On ml-latest-small, whose items have few
    ratings, 5 and 15 periods give no lower RMSE than none. The result does not depend on the number of threads.

    Notes
    -----
    Zhou et al., "Large-Scale Parallel Collaborative Filtering for the Netflix Prize", 2008 (als); Chin et al., "A Fast
    Parallel Stochastic Gradient Method for Matrix Factorization in Shared Memory Systems", 2015 (sgd); Koren,
    "Factorization Meets the Neighborhood", 2008 (the implicit term); Koren, "Collaborative Filtering with Temporal
    Dynamics", 2009 (time bins).
    """

    name: ClassVar[str] = "fast-factorization"
    title: ClassVar[str] = "Fast factorization"
    summary: ClassVar[str] = "Learns vectors of users and items from ratings, compiled: millions of ratings in seconds."
    task: ClassVar[str] = "rating"
    supports_resume: ClassVar[bool] = True
    reads_times: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("numba",)
    parameters_class = FastFactorizationParameters
    abilities = (FactorRater,)

    def defaults(self, counts: Counts) -> FastFactorizationParameters:
        """Return gradient descent and fixed regularization for many ratings, otherwise least squares."""
        n_ratings = counts["ratings"]
        if n_ratings >= _RATINGS_FOR_DESCENT:
            return FastFactorizationParameters(
                n_factors=32, epochs=30, nu=1.0, l2_users=0.05, l2_items=0.05, solver="sgd", patience=2
            )
        return FastFactorizationParameters(
            n_factors=8 if n_ratings < 300_000 else 32, implicit=rates_items_often(counts)
        )

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for many ratings."""
        if counts["ratings"] <= MOST_RATINGS_TO_SAMPLE:
            return ""
        return "Fast enough for this many ratings."

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return settings for comparing the regularization, and for many ratings."""
        return {
            "no obscure recommendations": {"nu": 0.0, "l2_users": None, "l2_items": None},
            "as LIBMF": {"solver": "sgd", "implicit": False, "nu": 1.0, "l2_users": 0.05, "l2_items": 0.05},
            "no regularization": {"l2_users": 0.0, "l2_items": 0.0, "nu": 0.0, "patience": 0, "epochs": 20},
        }

    def refusal(
        self, counts: Counts, parameters: FastFactorizationParameters, details: Mapping[str, Any]
    ) -> EmbedLabError | None:
        """Refuse time bins of ratings without times."""
        del counts
        columns = details.get("read", {}).get("columns")
        return no_times(parameters.time_bins) if parameters.time_bins and columns and not columns.get("time") else None

    def estimate(self, counts: Counts, parameters: FastFactorizationParameters, n_threads: int) -> Estimate:
        """Return time and memory, from the counts alone; early stopping is expected after about 20 epochs."""
        threads = max(1, min(n_threads, 2))
        n_ratings, n_rows = 0.85 * counts["ratings"], counts["users"] + counts["items"]
        width = parameters.n_factors + 1
        epochs = expected_epochs(parameters.epochs, parameters.patience, parameters.refit)
        solved = n_ratings * (_RATING_S + _PRODUCT_S * width**2) + n_rows * (_ROW_S + _ROW_PRODUCT_S * width**3)
        if parameters.solver == "sgd":
            epoch_s = n_ratings * (_STEP_S + _STEP_FACTOR_S * width) / threads
        else:
            epoch_s = solved / threads + parameters.implicit * n_ratings * width * _IMPLICIT_S
        choice_s = 0.0
        if None in (parameters.l2_users, parameters.l2_items):
            choice_s = 8 * len(CANDIDATES) * solved / threads * min(1.0, 1e6 / max(n_ratings, 1.0))
        seconds = _START_S + counts["ratings"] * _PREPARING_S + choice_s + epochs * epoch_s
        memory = _START_MB + (counts["ratings"] * 100 + n_rows * (width + 5) * 4 * 8) / 1e6
        return Estimate(float(seconds), float(memory))

    def script(self, parameters: FastFactorizationParameters, data_file: str) -> str:
        """Return a script that uses EmbedLab; `data_file` has the columns user, item, rating and part."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: RatingsSplit, parameters: FastFactorizationParameters, context: Context) -> TrainingResult:
        """Train on `data.train`, choose the epoch on `data.validation`; with `refit`, train again on both."""
        training = FactorizationTraining(data, parameters, context)
        training.run()
        return training.result()

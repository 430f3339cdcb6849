"""BPR: vectors that rank the items a user chose above those they did not choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.ratings.interactions import InteractionsSplit
from embedlab.models.bpr.ranker import BprRanker
from embedlab.models.bpr.training import BprTraining
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.two_phases import REFIT_HELP, expected_epochs
from embedlab.models.shared.word_parameters import Workers

#: Measured on a 2-core laptop-class machine: start with cached compiled code, one step, one step and factor, one score
#: of a validation user.
_START_S = 4.0
_STEP_S = 1.5e-7
_FACTOR_S = 2.5e-9
_SCORE_S = 1.5e-8
_START_MB = 320.0
_VALIDATION_USERS = 3_000


class BprParameters(Parameters):
    """Parameters of BPR."""

    main: ClassVar[tuple[str, ...]] = ("n_factors", "epochs", "learning_rate")

    n_factors: int = Field(64, title="Dimensions", ge=1, le=1024, description="Vector size (dimensions).")
    epochs: int = Field(200, title="Epochs", ge=1, le=10_000, description="Maximum number of passes over the choices.")
    patience: int = Field(
        25,
        title="Early stopping patience",
        ge=0,
        le=1000,
        description="Early stopping: stop when the validation NDCG@10 has not improved for this many epochs, and use "
        "the best epoch. 0: never stop early.",
    )
    refit: bool = Field(True, title="Refit with validation data", description=REFIT_HELP)
    learning_rate: float = Field(
        0.1, title="Learning rate", gt=0, le=1, description="Learning rate of SGD.", json_schema_extra=LOG
    )
    l2_user: float = Field(
        0.01,
        title="L2 of users",
        ge=0,
        le=10,
        description="L2 regularization of the user's vector in each step.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    l2_positive: float = Field(
        0.01,
        title="L2 of chosen items",
        ge=0,
        le=10,
        description="L2 regularization of vector and bias of the chosen item in each step.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    l2_negative: float = Field(
        0.01,
        title="L2 of negative items",
        ge=0,
        le=10,
        description="L2 regularization of vector and bias of the negative item in each step.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    adaptive_sampling: bool = Field(
        False,
        title="Adaptive negative sampling",
        description="Prefer negative items that the user's vector ranks high, instead of drawing all with the same "
        "probability.",
        json_schema_extra=ADVANCED,
    )
    workers: Workers = 1


class Bpr(Model[BprParameters, InteractionsSplit]):
    """Pairwise ranking by SGD: item biases, separate L2 strengths, and negatives that the user has not chosen.

    Weights of the interactions are not used: a choice is a choice.

    Notes
    -----
    Rendle, Freudenthaler, Gantner and Schmidt-Thieme, "BPR: Bayesian Personalized Ranking from Implicit Feedback",
    2009; Milogradskii et al., "Revisiting BPR: an Investigation of Replicability", 2024.
    """

    name: ClassVar[str] = "bpr"
    title: ClassVar[str] = "BPR"
    summary: ClassVar[str] = "Learns vectors that rank the items a user chose above those they did not choose."
    task: ClassVar[str] = "ranking"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("numba",)
    parameters_class = BprParameters
    abilities = (BprRanker,)

    def defaults(self, counts: Counts) -> BprParameters:
        """Return one thread for little data, so that the same seed gives the same vectors."""
        return BprParameters(workers=1 if counts["ratings"] < 1_000_000 else 64)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return adaptive negatives, which converge faster where there are many items."""
        return {"adaptive negatives": {"adaptive_sampling": True}}

    def estimate(self, counts: Counts, parameters: BprParameters, n_threads: int) -> Estimate:
        """Return the time and memory; early stopping is expected after about 40 epochs."""
        workers = max(1, min(parameters.workers, n_threads))
        epochs = expected_epochs(parameters.epochs, parameters.patience, parameters.refit)
        step_s = (_STEP_S + _FACTOR_S * parameters.n_factors) / workers
        scoring_s = min(counts["users"], _VALIDATION_USERS) * counts["items"] * _SCORE_S
        table_bytes = (counts["users"] + counts["items"]) * (parameters.n_factors + 1) * 4
        return Estimate(
            float(_START_S + epochs * (counts["ratings"] * step_s + scoring_s)),
            float(_START_MB + (counts["ratings"] * 60 + table_bytes * 6) / 1e6),
        )

    def script(self, parameters: BprParameters, data_file: str) -> str:
        """Return a script that uses EmbedLab's solver; `data_file` has the columns user, item, weight and part."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: InteractionsSplit, parameters: BprParameters, context: Context) -> TrainingResult:
        """Train on `data.train`, choose the epoch on `data.validation`; with `refit`, train again on both."""
        training = BprTraining(data, parameters, context)
        training.run()
        return training.result()

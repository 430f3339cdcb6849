"""Bayesian matrix factorization: nothing to tune, because predictions are averaged over all likely models."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.ratings.splits import RatingsSplit
from embedlab.models.bayesian_factorization.training import GibbsTraining
from embedlab.models.contract.base import ADVANCED, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.shared.rating_factors.rater import FactorRater
from embedlab.models.shared.rating_factors.sizes import MOST_RATINGS_TO_SAMPLE, rates_items_often
from embedlab.models.shared.script_templates import model_script

#: Memory of the stored samples.
_MOST_STORED_BYTES = 256_000_000
_FEWEST_STORED = 5
#: Measured on a 2-core laptop-class machine: start and machine code, one rating and one row of a sweep, and their
#: products of two factors.
_START_S = 3.0
_START_MB = 260.0
_RATING_S = 7e-8
_PRODUCT_S = 6e-10
_IMPLICIT_S = 1.2e-8
_ROW_S = 5e-7
_ROW_PRODUCT_S = 1.2e-10


class BayesianFactorizationParameters(Parameters):
    """Parameters of Bayesian matrix factorization. None of them needs tuning."""

    main: ClassVar[tuple[str, ...]] = ("n_factors", "samples")

    n_factors: int = Field(
        10,
        title="Dimensions",
        ge=1,
        le=256,
        description="Vector size (dimensions). Overfitting is rare, since many samples are averaged; more take longer.",
    )
    samples: int = Field(
        250,
        title="Samples",
        ge=1,
        le=10_000,
        description="Samples whose predictions are averaged. More take longer; a few hundred are usually enough.",
    )
    burn_in: int = Field(
        30,
        title="Burn-in",
        ge=0,
        le=10_000,
        description="Samples at the start that are not averaged, because they still depend on the random initial "
        "values.",
        json_schema_extra=ADVANCED,
    )
    implicit: bool = Field(
        False,
        title="Implicit term (SVD++)",
        description="Also learn from which items a user rated, whatever the rating.",
        json_schema_extra=ADVANCED,
    )
    refit: bool = Field(
        True,
        title="Refit with validation data",
        description="Sample a second time from training and validation data together; the validation scores are from "
        "the first time.",
        json_schema_extra=ADVANCED,
    )
    stored_samples: int = Field(
        30,
        title="Stored samples",
        ge=1,
        le=200,
        description="Predictions are averaged over this many equally spaced samples, which the run stores.",
        json_schema_extra=ADVANCED,
    )


class BayesianFactorization(Model[BayesianFactorizationParameters, RatingsSplit]):
    """Biased matrix factorization, sampled with Gibbs.

    Ratings are ``mean + p_u . q_i + b_u + b_i + noise``. Factors and biases have normal priors, one per side and
    dimension, whose means and variances are sampled too, as is the noise. So there is no regularization and no learning
    rate to choose. A row with its bias is drawn at once from its conditional distribution. Predictions are averaged
    over samples after burn-in; since the average is over equally spaced stored samples, the items of each are replaced
    by their conditional means, which makes up for samples that are not stored.

    Notes
    -----
    Salakhutdinov and Mnih, "Bayesian Probabilistic Matrix Factorization using Markov Chain Monte Carlo", 2008; Rendle,
    "Factorization Machines with libFM", 2012 (priors per dimension); Koren, "Factorization Meets the Neighborhood",
    2008 (the implicit term).
    """

    name: ClassVar[str] = "bayesian-factorization"
    title: ClassVar[str] = "Bayesian matrix factorization"
    summary: ClassVar[str] = (
        "Predicts ratings by the average of many likely models, with nothing to tune. Maps show the last of them."
    )
    task: ClassVar[str] = "rating"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("numba",)
    parameters_class = BayesianFactorizationParameters
    abilities = (FactorRater,)

    def defaults(self, counts: Counts) -> BayesianFactorizationParameters:
        """Return more dimensions and fewer samples for more ratings; as many stored samples as memory allows."""
        n_ratings = counts["ratings"]
        n_factors = 10 if n_ratings < 300_000 else 20 if n_ratings < 3_000_000 else 32
        sample_bytes = (counts["users"] + 2 * counts["items"]) * n_factors * 4
        return BayesianFactorizationParameters(
            n_factors=n_factors,
            samples=250 if n_ratings < 300_000 else 150 if n_ratings < 3_000_000 else 80,
            implicit=rates_items_often(counts),
            stored_samples=int(np.clip(_MOST_STORED_BYTES // max(1, sample_bytes), _FEWEST_STORED, 30)),
        )

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for datasets on which it takes minutes at most."""
        if counts["ratings"] > MOST_RATINGS_TO_SAMPLE:
            return ""
        return "The most accurate model for ratings, with nothing to tune."

    def estimate(self, counts: Counts, parameters: BayesianFactorizationParameters, n_threads: int) -> Estimate:
        """Return time and memory, from the counts alone."""
        width = parameters.n_factors + 1
        n_ratings, n_rows = 0.85 * counts["ratings"], counts["users"] + counts["items"]
        solved = n_ratings * (_RATING_S + _PRODUCT_S * width**2) + n_rows * (_ROW_S + _ROW_PRODUCT_S * width**3)
        sweep = solved / max(1, min(n_threads, 2)) + parameters.implicit * n_ratings * width * _IMPLICIT_S
        n_sweeps = (parameters.burn_in + parameters.samples) * (1 + parameters.refit)
        sample_mb = (counts["users"] + (1 + parameters.implicit) * counts["items"]) * width * 4 / 1e6
        memory = _START_MB + counts["ratings"] * 90 / 1e6 + sample_mb * (6 + 2.5 * parameters.stored_samples)
        return Estimate(float(_START_S + n_sweeps * sweep), float(memory))

    def script(self, parameters: BayesianFactorizationParameters, data_file: str) -> str:
        """Return a script that uses EmbedLab; `data_file` has the columns user, item, rating and part."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(
        self, data: RatingsSplit, parameters: BayesianFactorizationParameters, context: Context
    ) -> TrainingResult:
        """Sample on `data.train`; with `refit`, go on with training and validation together."""
        training = GibbsTraining(data, parameters, context)
        training.run()
        return training.result()

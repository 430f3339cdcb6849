"""Training of a matrix factorization: closed-form biases, factors with Adam, early stopping, and the refit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedlab.evaluation.recommendation.biases import Biases, fit_biases
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from embedlab.models.contract.base import Context
from embedlab.models.matrix_factorization.network import build_network, rating_of_rows
from embedlab.models.matrix_factorization.predictor import FactorPredictor, UserL2
from embedlab.models.shared import keras_training
from embedlab.models.shared.keras_steps.rating_trainer import rating_trainer
from embedlab.models.shared.keras_steps.rating_training import Floats, RatingLearner, RatingTraining, Weights
from embedlab.models.shared.keras_steps.tables import TableL2, row_scale, uses_sparse_steps
from embedlab.models.shared.recommenders.biases import choose_strengths

if TYPE_CHECKING:
    from embedlab.models.matrix_factorization.model import MatrixFactorizationParameters


class FactorizationLearner(RatingLearner):
    """Standardized ratings, closed-form biases, and the network.

    Parameters
    ----------
    strengths
        L2 regularization of user and item biases, in pseudo-ratings.
    sparse
        Whether steps are sparse; None: as the parameters say.
    """

    def __init__(
        self,
        ratings: Ratings,
        n_rows: tuple[int, int],
        strengths: tuple[float, float],
        parameters: MatrixFactorizationParameters,
        sparse: bool | None,
    ) -> None:
        super().__init__(ratings, n_rows)
        if parameters.biases:
            biases = fit_biases(ratings, self.standard, *n_rows, *strengths)
        else:
            biases = Biases(np.zeros(n_rows[0]), np.zeros(n_rows[1]))
        self._biases = {
            "user_biases": biases.users.astype(np.float32)[:, None],
            "item_biases": biases.items.astype(np.float32)[:, None],
        }
        n_ratings, nu = len(ratings), parameters.nu
        of_users, of_items = parameters.l2_of_sides(n_ratings)
        self._user_l2 = UserL2(of_users, nu, strengths[0] if parameters.biases else None)
        l2 = {
            "user_factors": TableL2(of_users / n_ratings, row_scale(self.counts["user"], nu)),
            "item_factors": TableL2(of_items / n_ratings, row_scale(self.counts["item"], nu)),
        }
        if parameters.biases:
            l2 |= {"user_biases": TableL2(strengths[0] / n_ratings), "item_biases": TableL2(strengths[1] / n_ratings)}
        network = build_network(
            *n_rows,
            n_factors=parameters.n_factors,
            biases=parameters.biases,
            l2=l2,
            seed=parameters.seed,
            initializer=parameters.initializer,
        )
        self.summary = keras_training.summary_text(network)
        width = parameters.n_factors + parameters.biases
        sizes = {"user": (n_rows[0], width), "item": (n_rows[1], width)}
        self.is_sparse = uses_sparse_steps(parameters.steps, sizes, parameters.batch_size) if sparse is None else sparse
        self.trainer = rating_trainer(
            network,
            l2=l2,
            sparse=self.is_sparse,
            learning_rate=parameters.learning_rate,
            batch_size=parameters.batch_size,
            seed=parameters.seed,
            head=rating_of_rows,
        )
        # The factors then learn the residuals of the biases.
        self.trainer.set_weights(self._biases)

    def weights(self) -> dict[str, Floats]:
        """Return the tables, with zero biases if there are none; see `RatingLearner.weights`."""
        weights = super().weights()
        for side, is_seen in self.is_seen.items():
            weights.setdefault(f"{side}_biases", np.zeros((len(is_seen), 1), np.float32))
        return weights

    def without_factors(self, weights: Weights) -> dict[str, Floats]:
        """Return tables that predict with the closed-form biases only."""
        return {
            **{name: np.zeros_like(table) for name, table in weights.items() if name.endswith("_factors")},
            **self._biases,
        }

    def predictor(self, weights: Weights, scale: tuple[float, float]) -> FactorPredictor:
        """Return the predictor; see `RatingLearner.predictor`."""
        return FactorPredictor(
            user_factors=weights["user_factors"],
            item_factors=weights["item_factors"],
            user_biases=weights["user_biases"][:, 0],
            item_biases=weights["item_biases"][:, 0],
            mean=self.mean,
            spread=self.spread,
            scale=scale,
            seen_items=self.is_seen["item"],
            user_l2=self._user_l2,
        )


class FactorizationTraining(RatingTraining[FactorizationLearner]):
    """One training; the biases may predict alone if factors are no better."""

    def __init__(self, data: RatingsSplit, parameters: MatrixFactorizationParameters, context: Context) -> None:
        self._parameters = parameters
        super().__init__(data, parameters, context)

    def _prepare(self) -> None:
        parameters = self._parameters
        self._strengths = 0.0, 0.0
        if not parameters.biases:
            return
        fixed = parameters.l2_biases_users, parameters.l2_biases_items
        self._strengths = choose_strengths(
            self._data.train,
            self._data.validation,
            *self._n_rows,
            user_strength=fixed[0],
            item_strength=fixed[1],
            seed=parameters.seed,
            heartbeat=lambda: self._report(0.0),
        )
        if None in fixed:
            self._context.log(
                f"L2 of biases chosen: {self._strengths[0]:g} for users, {self._strengths[1]:g} for items"
            )

    def _new_learner(self, ratings: Ratings) -> FactorizationLearner:
        learner = FactorizationLearner(ratings, self._n_rows, self._strengths, self._parameters, self._sparse)
        if learner.is_sparse and not self._phases.is_refit:
            self._context.log("sparse training steps: each updates only the rows of its batch")
        return learner

    def _choose(self) -> tuple[int, float]:
        """Return the epoch to predict with and its validation error; epoch 0 means the biases only.

        Factors have to be better than the biases by more than one standard error of the difference: with few ratings,
        the best of many epochs is better by chance.
        Source: the one-standard-error rule, Breiman et al., "Classification and Regression Trees", 1984.
        """
        phases, validation = self._phases, self._data.validation
        # Without patience, the last epoch predicts.
        if phases.patience and len(validation):
            bias_errors = self._squared_errors(self._learner.without_factors(self._best), validation)
            gain = bias_errors - self._squared_errors(self._best, validation)
            if gain.mean() <= gain.std() / np.sqrt(len(gain)):
                self._context.log(
                    "factors do not predict the validation part better than biases: predicting with biases only"
                )
                return 0, float(np.sqrt(bias_errors.mean()))
        return super()._choose()

    def _used(self, weights: Weights, best_epoch: int) -> Weights:
        return weights if best_epoch else self._learner.without_factors(weights)

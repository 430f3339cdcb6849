"""Training of the deep network: item biases start from their closed form, then Adam, early stopping and the refit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedlab.evaluation.recommendation.biases import fit_biases
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from embedlab.models.contract.base import Context
from embedlab.models.deep_ratings.network import build_network
from embedlab.models.deep_ratings.predictor import DeepPredictor
from embedlab.models.shared import keras_training
from embedlab.models.shared.keras_steps.rating_trainer import rating_trainer
from embedlab.models.shared.keras_steps.rating_training import RatingLearner, RatingTraining, Weights
from embedlab.models.shared.keras_steps.tables import TableL2, uses_sparse_steps

if TYPE_CHECKING:
    from embedlab.models.deep_ratings.model import DeepRatingsParameters

#: L2 regularization of users in the closed form of the item biases, in pseudo-ratings.
_USER_STRENGTH = 5.0


class DeepLearner(RatingLearner):
    """Standardized ratings, and the network.

    Parameters
    ----------
    sparse
        Whether steps are sparse; None: as the parameters say.
    """

    def __init__(
        self, ratings: Ratings, n_rows: tuple[int, int], parameters: DeepRatingsParameters, sparse: bool | None
    ) -> None:
        super().__init__(ratings, n_rows)
        n_ratings = len(ratings)
        unit = 1.0 if parameters.l2_unit == "keras" else 1 / n_ratings
        factors = TableL2(parameters.l2 * unit)
        l2 = {"user_factors": factors, "item_factors": factors}
        if parameters.item_biases:
            l2["item_biases"] = TableL2(parameters.l2_item_biases / n_ratings)
        network = build_network(
            *n_rows,
            n_factors=parameters.n_factors,
            hidden_units=parameters.hidden_units,
            item_biases=parameters.item_biases,
            l2=l2,
            seed=parameters.seed,
        )
        self._n_layers = len(parameters.hidden_units)
        self.summary = keras_training.summary_text(network)
        sizes = {
            "user": (n_rows[0], parameters.n_factors),
            "item": (n_rows[1], parameters.n_factors + parameters.item_biases),
        }
        self.is_sparse = uses_sparse_steps(parameters.steps, sizes, parameters.batch_size) if sparse is None else sparse
        self.trainer = rating_trainer(
            network,
            l2=l2,
            sparse=self.is_sparse,
            learning_rate=parameters.learning_rate,
            batch_size=parameters.batch_size,
            seed=parameters.seed,
        )
        if parameters.item_biases and parameters.fitted_biases:
            biases = fit_biases(ratings, self.standard, *n_rows, _USER_STRENGTH, parameters.l2_item_biases)
            self.trainer.set_weights({"item_biases": biases.items.astype(np.float32)[:, None]})

    def predictor(self, weights: Weights, scale: tuple[float, float]) -> DeepPredictor:
        """Return the predictor; see `RatingLearner.predictor`."""
        names = [*(f"hidden_{number}" for number in range(1, self._n_layers + 1)), "output"]
        biases = weights.get("item_biases", np.zeros((len(self.is_seen["item"]), 1), np.float32))
        return DeepPredictor(
            user_factors=weights["user_factors"],
            item_factors=weights["item_factors"],
            item_biases=biases[:, 0],
            kernels=tuple(weights[f"{name}_kernel"] for name in names),
            biases=tuple(weights[f"{name}_bias"] for name in names),
            seen_items=self.is_seen["item"],
            mean=self.mean,
            spread=self.spread,
            scale=scale,
        )


class DeepRatingsTraining(RatingTraining[DeepLearner]):
    """One training."""

    def __init__(self, data: RatingsSplit, parameters: DeepRatingsParameters, context: Context) -> None:
        self._parameters = parameters
        super().__init__(data, parameters, context)

    def _new_learner(self, ratings: Ratings) -> DeepLearner:
        learner = DeepLearner(ratings, self._n_rows, self._parameters, self._sparse)
        if learner.is_sparse and not self._phases.is_refit:
            self._context.log("sparse training steps: each updates only the rows of its batch")
        return learner

"""Training of a matrix factorization: closed-form biases, factors with Adam, early stopping, and the refit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import KEY_COLUMN
from embedlab.evaluation.biases import Biases, fit_biases
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from embedlab.models.contract.base import SNAPSHOT_KEYS, Context, State, TrainingResult, diverged
from embedlab.models.matrix_factorization.predictor import FactorPredictor
from embedlab.models.shared import keras_training
from embedlab.models.shared.rating_biases import choose_strengths
from embedlab.models.shared.rating_embeddings import side_embedding
from embedlab.models.shared.two_phases import TwoPhases

if TYPE_CHECKING:
    from embedlab.models.matrix_factorization.model import MatrixFactorizationParameters

BIAS_COLUMN = "bias"

Floats = npt.NDArray[np.float32]
Weights = Mapping[str, Floats]


class _Learner:
    """The data and network of one phase: standardized ratings, closed-form biases, and the network.

    Parameters
    ----------
    ratings
        The ratings of this phase.
    n_rows
        Number of users and items in the dataset.
    strengths
        L2 regularization of user and item biases.
    """

    def __init__(
        self,
        ratings: Ratings,
        n_rows: tuple[int, int],
        strengths: tuple[float, float],
        parameters: MatrixFactorizationParameters,
    ) -> None:
        self.ratings = ratings
        self.mean = float(np.mean(ratings.ratings, dtype=np.float64))
        # A spread of 0 (all ratings equal) becomes 1, so that predictions stay at the mean.
        self.spread = float(np.std(ratings.ratings, dtype=np.float64)) or 1.0
        standard = (ratings.ratings.astype(np.float64) - self.mean) / self.spread
        self.targets = standard.astype(np.float32)
        self.is_seen = {
            "user": np.bincount(ratings.users, minlength=n_rows[0]) > 0,
            "item": np.bincount(ratings.items, minlength=n_rows[1]) > 0,
        }
        if parameters.biases:
            biases = fit_biases(ratings, standard, *n_rows, *strengths)
        else:
            biases = Biases(np.zeros(n_rows[0]), np.zeros(n_rows[1]))
        self._biases = {
            "user_biases": biases.users.astype(np.float32)[:, None],
            "item_biases": biases.items.astype(np.float32)[:, None],
        }
        network = keras_training.build_network(
            *n_rows,
            n_factors=parameters.n_factors,
            biases=parameters.biases,
            l2=parameters.l2 / len(ratings),
            l2_biases_users=strengths[0] / len(ratings),
            l2_biases_items=strengths[1] / len(ratings),
            seed=parameters.seed,
        )
        self.summary = keras_training.summary_text(network)
        self.trainer = keras_training.Trainer(
            network,
            learning_rate=parameters.learning_rate,
            batch_size=parameters.batch_size,
            seed=parameters.seed,
        )
        # The factors then learn the residuals of the biases.
        self.trainer.set_weights(self._biases)

    def weights(self) -> dict[str, Floats]:
        """Return the tables, with zero rows for users and items without ratings, and zero biases if there are none."""
        weights = self.trainer.weights()
        for side, is_seen in self.is_seen.items():
            weights.setdefault(f"{side}_biases", np.zeros((len(is_seen), 1), np.float32))
            weights[f"{side}_factors"][~is_seen] = 0
            weights[f"{side}_biases"][~is_seen] = 0
        return weights

    def without_factors(self, weights: Weights) -> dict[str, Floats]:
        """Return tables that predict with the closed-form biases only."""
        return {
            **{name: np.zeros_like(table) for name, table in weights.items() if name.endswith("_factors")},
            **self._biases,
        }


class FactorizationTraining:
    """One training: the data, the network, and the best epoch so far."""

    def __init__(self, data: RatingsSplit, parameters: MatrixFactorizationParameters, context: Context) -> None:
        self._data, self._parameters, self._context = data, parameters, context
        self._n_rows = (len(data.dataset.users), len(data.dataset.items))
        refit = parameters.refit and len(data.validation) > 0
        self._phases = TwoPhases(parameters.epochs, parameters.patience, refit)
        state = context.resume_state
        if state is not None:
            self._phases.resume(state.config, "best_rmse")
        self._strengths = self._choose_strengths()
        self._learner = self._new_learner()
        if state is not None:
            self._learner.trainer.restore(state)
        self._best: dict[str, Floats] = {
            name.removeprefix("best_"): np.asarray(array)
            for name, array in (state.arrays.items() if state is not None else ())
            if name.startswith("best_")
        }
        #: Chosen epoch and its validation error; set at the end of the first phase.
        self._chosen: tuple[int, float] | None = None
        if state is not None and "chosen_epoch" in state.config:
            self._chosen = int(state.config["chosen_epoch"]), float(state.config["chosen_rmse"])

    def _choose_strengths(self) -> tuple[float, float]:
        parameters = self._parameters
        if not parameters.biases:
            return 0.0, 0.0
        fixed = parameters.l2_biases_users, parameters.l2_biases_items
        strengths = choose_strengths(
            self._data.train,
            self._data.validation,
            *self._n_rows,
            user_strength=fixed[0],
            item_strength=fixed[1],
            seed=parameters.seed,
            heartbeat=lambda: self._report(0.0),
        )
        if None in fixed:
            self._context.log(f"L2 of biases chosen: {strengths[0]:g} for users, {strengths[1]:g} for items")
        return strengths

    def _new_learner(self) -> _Learner:
        data = self._data
        ratings = data.train
        if self._phases.is_refit:
            ratings = data.known
        return _Learner(ratings, self._n_rows, self._strengths, self._parameters)

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
        return phases.best_epoch, phases.best_error

    def run(self) -> None:
        """Train until the last epoch or early stopping, then again including the validation part.

        When the user stops the training, the current phase ends and no other begins.
        """
        phases = self._phases
        if phases.finished_epochs == 0:
            self._context.snapshot(0, lambda: self._snapshot(self._learner.weights()))
        while not phases.phase_ended and not self._stops:
            self._epoch()
        if self._chosen is None:
            self._chosen = self._choose()
            self._context.log(f"chose epoch {self._chosen[0]} of {phases.epoch}")
        if not phases.refit or phases.is_refit or self._stops:
            return
        phases.start_refit()
        self._learner = self._new_learner()
        self._best = {}
        self._context.log(
            f"training again on {len(self._learner.ratings):,} ratings with validation: {phases.best_epoch} epochs"
        )
        while not phases.phase_ended and not (phases.epoch and self._stops):
            self._epoch()

    @property
    def _stops(self) -> bool:
        return self._context.stops_after(self._phases.finished_epochs)

    def _epoch(self) -> None:
        learner, phases = self._learner, self._phases
        loss = learner.trainer.train_epoch(learner.ratings, learner.targets, phases.epoch, self._reporter())
        rmse = float(np.sqrt(loss)) * learner.spread
        weights = learner.weights()
        if phases.is_refit:
            phases.epoch += 1
            metrics = {"refit_rmse": rmse}
            error = rmse
        else:
            metrics = {"loss": loss, "train_rmse": rmse}
            error = rmse
            if len(self._data.validation):
                metrics["validation_rmse"] = error = float(
                    np.sqrt(self._squared_errors(weights, self._data.validation).mean())
                )
        if not np.isfinite(error):
            raise diverged(learning_rate=self._parameters.learning_rate)
        if not phases.is_refit and phases.finish_epoch(error):
            self._best = weights
        number = phases.finished_epochs
        self._context.record(number, **metrics)
        self._context.snapshot(number, lambda: self._snapshot(weights))
        self._context.checkpoint(number, self._state)

    def _report(self, share_of_epoch: float, rate: float | None = None) -> None:
        phases = self._phases
        self._context.progress(
            epoch=phases.finished_epochs,
            n_epochs=phases.expected_epochs,
            share_of_epoch=share_of_epoch,
            rate=rate,
            rate_unit="ratings/s",
        )

    def _reporter(self) -> Callable[[int], None]:
        started, n_ratings = time.perf_counter(), len(self._learner.ratings)

        def report(done: int) -> None:
            self._report(done / n_ratings, done / max(time.perf_counter() - started, 1e-9))

        return report

    def _predictor(self, weights: Weights) -> FactorPredictor:
        return FactorPredictor(
            user_factors=weights["user_factors"],
            item_factors=weights["item_factors"],
            user_biases=weights["user_biases"][:, 0],
            item_biases=weights["item_biases"][:, 0],
            mean=self._learner.mean,
            spread=self._learner.spread,
            scale=self._data.scale,
            seen_items=self._learner.is_seen["item"],
        )

    def _squared_errors(self, weights: Weights, ratings: Ratings) -> npt.NDArray[np.float64]:
        error = self._predictor(weights).predict(ratings.users, ratings.items) - ratings.ratings
        squares: npt.NDArray[np.float64] = np.square(error, dtype=np.float64)
        return squares

    def _tables(self) -> dict[str, pd.DataFrame]:
        return {"item": self._data.dataset.items, "user": self._data.dataset.users}

    def _snapshot(self, weights: Weights) -> dict[str, tuple[list[str], Floats]]:
        # The dataset lists users and items by number of ratings, most first.
        return {
            f"{side}s": (table[KEY_COLUMN].head(SNAPSHOT_KEYS).tolist(), weights[f"{side}_factors"][:SNAPSHOT_KEYS])
            for side, table in self._tables().items()
        }

    def _state(self) -> State:
        """Return everything needed to resume: the phase, the current and best weights, and the optimizer's state."""
        trainer = self._learner.trainer
        arrays = {
            **trainer.weights(),
            **trainer.optimizer_arrays(),
            **{f"best_{name}": array for name, array in self._best.items()},
        }
        config = self._phases.config()
        if self._chosen is not None:
            config |= {"chosen_epoch": self._chosen[0], "chosen_rmse": self._chosen[1]}
        return State(arrays, config)

    def result(self) -> TrainingResult:
        """Return the result of the chosen epoch, or of the refit."""
        phases, learner = self._phases, self._learner
        weights = learner.weights() if phases.is_refit else self._best
        best_epoch, best_rmse = self._chosen or self._choose()
        used = weights if best_epoch else learner.without_factors(weights)
        scores: dict[str, Any] = {"best_epoch": best_epoch, "stopped": phases.stopped}
        if phases.is_refit:
            scores["n_refit_epochs"] = phases.epoch
        if len(self._data.validation):
            scores["validation_rmse"] = best_rmse
        shown = {**weights, **{name: used[name] for name in ("user_biases", "item_biases")}}
        return TrainingResult(
            embeddings={
                f"{side}s": side_embedding(
                    table,
                    shown[f"{side}_factors"],
                    learner.is_seen[side],
                    {BIAS_COLUMN: shown[f"{side}_biases"][:, 0]},
                )
                for side, table in self._tables().items()
            },
            state=self._state(),
            abilities=(self._predictor(used),),
            scores=scores,
            texts={"summary.txt": learner.summary},
        )

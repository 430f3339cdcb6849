"""One training of a network that predicts ratings: epochs, early stopping, snapshots, checkpoints, and the refit."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import KEY_COLUMN
from embedlab.core.errors import InputError
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import SNAPSHOT_KEYS, Context, State, TrainingResult, diverged
from embedlab.models.shared.keras_steps.rating_trainer import SIDES, RatingTrainer
from embedlab.models.shared.recommenders.embeddings import side_embedding
from embedlab.models.shared.two_phases import TwoPhases

BIAS_COLUMN = "bias"

Floats = npt.NDArray[np.float32]
Weights = Mapping[str, Floats]


class TwoPhaseParameters(Protocol):
    """The parameters the training needs."""

    @property
    def epochs(self) -> int:
        """Maximum number of epochs."""
        ...

    @property
    def patience(self) -> int:
        """Epochs without improvement; 0: never stop early."""
        ...

    @property
    def refit(self) -> bool:
        """Whether to train again on training and validation data."""
        ...

    @property
    def learning_rate(self) -> float:
        """Learning rate of Adam."""
        ...


class RatingLearner(ABC):
    """The data and network of one phase.

    Parameters
    ----------
    ratings
        The ratings of this phase; `targets` are standardized: mean 0, standard deviation 1.
    n_rows
        Number of users and items in the dataset.
    """

    trainer: RatingTrainer
    summary: str

    def __init__(self, ratings: Ratings, n_rows: tuple[int, int]) -> None:
        self.ratings = ratings
        self.mean = float(np.mean(ratings.ratings, dtype=np.float64))
        # A spread of 0 (all ratings equal) becomes 1, so that predictions stay at the mean.
        self.spread = float(np.std(ratings.ratings, dtype=np.float64)) or 1.0
        self.standard = (ratings.ratings.astype(np.float64) - self.mean) / self.spread
        self.targets = self.standard.astype(np.float32)
        self.counts = {
            "user": np.bincount(ratings.users, minlength=n_rows[0]),
            "item": np.bincount(ratings.items, minlength=n_rows[1]),
        }
        self.is_seen = {side: counts > 0 for side, counts in self.counts.items()}

    def weights(self) -> dict[str, Floats]:
        """Return the variables, with zero rows for users and items without ratings."""
        weights = self.trainer.weights()
        for side, is_seen in self.is_seen.items():
            for name, table in weights.items():
                if name.startswith(f"{side}_"):
                    table[~is_seen] = 0
        return weights

    @abstractmethod
    def predictor(self, weights: Weights, scale: tuple[float, float]) -> Rates:
        """Return the NumPy predictor with the result of `weights`; `scale` is the lowest and the highest rating."""


L = TypeVar("L", bound=RatingLearner)


class RatingTraining(ABC, Generic[L]):
    """One training: the data, the network, and the best epoch so far."""

    def __init__(self, data: RatingsSplit, parameters: TwoPhaseParameters, context: Context) -> None:
        if len(data.train) < 2:
            raise InputError(
                "There are too few ratings to train on.",
                received=len(data.train),
                remedy="Add at least a few ratings of several users and items.",
            )
        self._data, self._context = data, context
        self._learning_rate = parameters.learning_rate
        self._n_rows = (len(data.dataset.users), len(data.dataset.items))
        refit = parameters.refit and len(data.validation) > 0
        self._phases = TwoPhases(parameters.epochs, parameters.patience, refit)
        state = context.resume_state
        if state is not None:
            self._phases.resume(state.config, "best_rmse")
        #: Whether the steps of the checkpoint are sparse; None without one, and the learner decides.
        self._sparse = None if state is None else "sparse_steps" in state.arrays
        self._prepare()
        self._learner = self._new_learner(data.known if self._phases.is_refit else data.train)
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

    def _prepare(self) -> None:
        """Choose what is chosen before any epoch."""

    @abstractmethod
    def _new_learner(self, ratings: Ratings) -> L:
        """Return the learner of a phase."""

    def _choose(self) -> tuple[int, float]:
        """Return the epoch to predict with and its validation error."""
        return self._phases.best_epoch, self._phases.best_error

    def _used(self, weights: Weights, best_epoch: int) -> Weights:
        """Return the weights to predict with."""
        del best_epoch
        return weights

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
        self._learner = self._new_learner(self._data.known)
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
            raise diverged(learning_rate=self._learning_rate)
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

    def _predictor(self, weights: Weights) -> Rates:
        return self._learner.predictor(weights, self._data.scale)

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
        used = self._used(weights, best_epoch)
        scores: dict[str, Any] = {"best_epoch": best_epoch, "stopped": phases.stopped}
        if phases.is_refit:
            scores["n_refit_epochs"] = phases.epoch
        if len(self._data.validation):
            scores["validation_rmse"] = best_rmse
        biases = {side: used[f"{side}_biases"] for side in SIDES if f"{side}_biases" in used}
        return TrainingResult(
            embeddings={
                f"{side}s": side_embedding(
                    table,
                    weights[f"{side}_factors"],
                    learner.is_seen[side],
                    {BIAS_COLUMN: biases[side][:, 0]} if side in biases else {},
                )
                for side, table in self._tables().items()
            },
            state=self._state(),
            abilities=(self._predictor(used),),
            scores=scores,
            texts={"summary.txt": learner.summary},
        )

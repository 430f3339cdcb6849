"""Training of a fast factorization: regularization, early stopping on the validation part, and the refit."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from embedlab.models.contract.base import Context, State, TrainingResult, checkpoint_mismatch, diverged
from embedlab.models.fast_factorization.learners import (
    AlternatingLeastSquares,
    GradientDescent,
    Learner,
    Strengths,
)
from embedlab.models.fast_factorization.strengths import choose_strengths
from embedlab.models.shared.rating_factors.fitted import Learned, Sample, first_phase, snapshot
from embedlab.models.shared.rating_factors.grouping import GroupedRatings, standardized
from embedlab.models.shared.rating_factors.tables import Workers
from embedlab.models.shared.rating_factors.time_bins import TimeBins
from embedlab.models.shared.two_phases import TwoPhases

if TYPE_CHECKING:
    from embedlab.models.fast_factorization.model import FastFactorizationParameters

Floats = npt.NDArray[np.float32]
Tables = tuple[Floats, Floats, Floats]

_TABLES = ("best_users", "best_items", "best_implicit")
#: Sweeps of the biases that predict if factors do not help.
_BIAS_SWEEPS = 20


class FactorizationTraining:
    """One training: the learner of the current phase, and the best epoch so far."""

    def __init__(self, data: RatingsSplit, parameters: FastFactorizationParameters, context: Context) -> None:
        self._data, self._parameters, self._context = data, parameters, context
        self._n_rows = len(data.dataset.users), len(data.dataset.items)
        refit = parameters.refit and len(data.validation) > 0
        self._phases = TwoPhases(parameters.epochs, parameters.patience, refit)
        self._n_threads = max(1, context.n_threads)
        #: Chosen epoch and its validation error; set at the end of the first phase.
        self._chosen: tuple[int, float] | None = None
        self._best: Tables | None = None
        self._learner: Learner
        self._ratings: Ratings
        self._learned: Learned

    def run(self) -> None:
        """Train until the last epoch or early stopping, then again including the validation part.

        When the user stops the training, the current phase ends and no other begins.
        """
        with ThreadPoolExecutor(self._n_threads) as pool:
            workers = Workers(pool, self._n_threads, self._report)
            self._start(workers)
            self._train(workers)

    def _start(self, workers: Workers) -> None:
        state, parameters = self._context.resume_state, self._parameters
        self._learn_from(first_phase(self._data))
        if state is None:
            self._strengths = choose_strengths(
                self._ratings,
                self._data.validation,
                self._learned,
                parameters.n_factors,
                (parameters.l2_users, parameters.l2_items),
                parameters.l2_biases,
                parameters.nu,
                parameters.seed,
                workers,
                lambda l2, rmse: self._context.log(f"L2 regularization {l2:.3g}: validation RMSE {rmse:.4f}"),
            )
            if None in (parameters.l2_users, parameters.l2_items):
                self._context.log(
                    f"L2 regularization chosen: {self._strengths.users:.3g} for users, "
                    f"{self._strengths.items:.3g} for items"
                )
            self._learner = self._new_learner()
        else:
            self._restore(state)

    def _learn_from(self, ratings: Ratings) -> None:
        """Set the ratings of a phase; with time bins, without what items differ by in their bins."""
        parameters, time_bins = self._parameters, None
        if parameters.time_bins:
            time_bins = TimeBins.fit(
                ratings, self._n_rows, parameters.time_bins, parameters.l2_biases, parameters.l2_time_bins
            )
            ratings = time_bins.without(ratings)
        self._ratings = ratings
        self._learned = Learned.of(ratings, self._data, time_bins)

    def _new_learner(self) -> Learner:
        parameters, strengths = self._parameters, self._strengths
        if parameters.solver == "sgd":
            return GradientDescent(
                self._ratings,
                self._n_rows,
                parameters.n_factors,
                strengths,
                learning_rate=parameters.learning_rate,
                seed=parameters.seed,
            )
        return AlternatingLeastSquares(
            GroupedRatings.of(self._ratings, *self._n_rows),
            parameters.n_factors,
            strengths,
            implicit=parameters.implicit,
            seed=parameters.seed,
        )

    def _train(self, workers: Workers) -> None:
        phases = self._phases
        if phases.finished_epochs == 0:
            self._offer_snapshot()
        while not phases.phase_ended and not self._stops:
            self._epoch(workers)
        if self._chosen is None:
            self._chosen = self._choose()
            self._context.log(f"chose epoch {self._chosen[0]} of {phases.epoch}")
        if not phases.refit or (not phases.is_refit and self._stops):
            return
        if not phases.is_refit:
            phases.start_refit()
            self._learn_from(self._data.known)
            self._learner = self._new_learner()
            self._best = None
            self._context.log(
                f"training again on {len(self._ratings):,} ratings with validation: {phases.best_epoch} epochs"
            )
        while not phases.phase_ended and not (phases.epoch and self._stops):
            self._epoch(workers)

    @property
    def _stops(self) -> bool:
        return self._context.stops_after(self._phases.finished_epochs)

    def _epoch(self, workers: Workers) -> None:
        phases, data, learned = self._phases, self._data, self._learned
        with np.errstate(all="ignore"):
            squared_error = self._learner.train_epoch(workers)
        error = rmse = float(np.sqrt(squared_error / len(self._ratings))) * learned.spread
        tables = self._learner.tables()
        if not np.isfinite(error) or not all(np.isfinite(each).all() for each in tables):
            raise diverged(learning_rate=self._parameters.learning_rate)
        if phases.is_refit:
            phases.epoch += 1
            metrics = {"refit_rmse": rmse}
        else:
            metrics = {"train_rmse": rmse}
            if len(data.validation):
                metrics["validation_rmse"] = error = float(np.sqrt(self._squared_errors(tables).mean()))
            if phases.finish_epoch(error):
                self._best = tuple(each.copy() for each in tables)  # type: ignore[assignment]
        number = phases.finished_epochs
        self._context.record(number, **metrics)
        self._offer_snapshot()
        self._context.checkpoint(number, self._state)

    def _squared_errors(self, tables: Tables) -> npt.NDArray[np.float64]:
        validation, learned = self._data.validation, self._learned
        return learned.squared_errors(learned.predict(tables[0], tables[1], validation), validation)

    def _choose(self) -> tuple[int, float]:
        """Return the epoch to predict with and its validation error; epoch 0 means the biases only.

        Factors have to be better than biases by more than one standard error of the difference, as in Breiman et al.,
        "Classification and Regression Trees", 1984: the best of many epochs is better by chance.
        """
        phases = self._phases
        if phases.patience and len(self._data.validation) and self._best is not None:
            bias_errors = self._squared_errors(self._without_factors())
            gain = bias_errors - self._squared_errors(self._best)
            if gain.mean() <= gain.std() / np.sqrt(len(gain)):
                self._context.log(
                    "factors do not predict the validation part better than biases: predicting with biases only"
                )
                return 0, float(np.sqrt(bias_errors.mean()))
        return phases.best_epoch, phases.best_error

    def _without_factors(self) -> Tables:
        """Return tables with biases only, in closed form."""
        from embedlab.models.shared.rating_factors.kernels import sweep_biases

        ratings, size = self._ratings, self._parameters.n_factors
        _, _, targets = standardized(ratings)
        biases = np.zeros(self._n_rows[0]), np.zeros(self._n_rows[1])
        for _ in range(_BIAS_SWEEPS):
            sweep_biases(
                np.asarray(ratings.users), np.asarray(ratings.items), targets, *biases, self._parameters.l2_biases
            )
        users, items = (np.zeros((n, size + 1), np.float32) for n in self._n_rows)
        users[:, -1], items[:, -1] = biases
        return users, items, np.zeros((0, size), np.float32)

    def _offer_snapshot(self) -> None:
        def vectors() -> dict[str, tuple[list[str], Floats]]:
            users, items, _ = self._learner.tables()
            return snapshot(self._data, users, items)

        self._context.snapshot(self._phases.finished_epochs, vectors)

    def _report(self) -> None:
        phases = self._phases
        self._context.progress(epoch=phases.finished_epochs, n_epochs=phases.expected_epochs, share_of_epoch=0.0)

    def _state(self) -> State:
        arrays: dict[str, npt.NDArray[Any]] = self._learner.arrays()
        arrays |= dict(zip(_TABLES, self._best or (), strict=False))
        config = {
            **self._phases.config(),
            "learner_epoch": self._learner.epoch,
            "l2_users": self._strengths.users,
            "l2_items": self._strengths.items,
        }
        if self._chosen is not None:
            config |= {"chosen_epoch": self._chosen[0], "chosen_rmse": self._chosen[1]}
        return State(arrays, config)

    def _restore(self, state: State) -> None:
        config: Mapping[str, Any] = state.config
        parameters = self._parameters
        try:
            self._phases.resume(config, "best_error")
            self._strengths = Strengths(
                float(config["l2_users"]), float(config["l2_items"]), parameters.l2_biases, parameters.nu
            )
            if "chosen_epoch" in config:
                self._chosen = int(config["chosen_epoch"]), float(config["chosen_rmse"])
            if self._phases.is_refit:
                self._learn_from(self._data.known)
            self._learner = self._new_learner()
            self._learner.restore(state.arrays)
            self._learner.epoch = int(config["learner_epoch"])
            if all(name in state.arrays for name in _TABLES):
                users, items, implicit = (np.array(state.arrays[name]) for name in _TABLES)
                self._best = users, items, implicit
        except (KeyError, TypeError, ValueError) as error:
            raise checkpoint_mismatch() from error

    def result(self) -> TrainingResult:
        """Return the result of the chosen epoch, or of the refit."""
        phases, parameters, strengths = self._phases, self._parameters, self._strengths
        trained = self._learner.tables()
        tables = trained if phases.is_refit or self._best is None else self._best
        best_epoch, best_rmse = self._chosen or self._choose()
        used = tables if best_epoch else self._without_factors()
        scores: dict[str, Any] = {
            "best_epoch": best_epoch,
            "stopped": phases.stopped,
            "l2_users": strengths.users,
            "l2_items": strengths.items,
        }
        if phases.is_refit:
            scores["n_refit_epochs"] = phases.epoch
        if len(self._data.validation):
            scores["validation_rmse"] = best_rmse
        n_factors = parameters.n_factors
        # Without factors, a new user has a bias only: the item factors are zero.
        sample = Sample(
            users=used[0],
            items=used[1],
            implicit=used[2],
            user_mean=np.zeros(n_factors + 1),
            user_precision=np.append(np.full(n_factors, strengths.users), strengths.biases),
            item_mean=np.zeros(n_factors + 1),
        )
        return TrainingResult(
            embeddings=self._learned.embeddings(self._data, tables[0], tables[1]),
            state=self._state(),
            abilities=(self._learned.rater([sample], parameters.nu),),
            scores=scores,
        )

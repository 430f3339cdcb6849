"""Training of a Bayesian factorization: one chain on the training part, then one that knows the validation part too."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from embedlab.models.bayesian_factorization.sampler import GibbsSampler
from embedlab.models.contract.base import Context, State, TrainingResult, checkpoint_mismatch
from embedlab.models.shared.rating_factors.fitted import Learned, Sample, first_phase, snapshot
from embedlab.models.shared.rating_factors.grouping import GroupedRatings
from embedlab.models.shared.rating_factors.rater import FactorRater
from embedlab.models.shared.rating_factors.tables import Workers

if TYPE_CHECKING:
    from embedlab.models.bayesian_factorization.model import BayesianFactorizationParameters

Floats = npt.NDArray[np.float32]

#: The arrays of a stored sample.
_SAMPLE_ARRAYS = ("users", "items", "implicit", "user_mean", "user_precision", "item_mean")


def stored_sweeps(burn_in: int, n_sweeps: int, n_stored: int) -> frozenset[int]:
    """Return the sweeps (counting from 1) whose samples are stored: equally spaced after burn-in, with the last."""
    n_kept = n_sweeps - burn_in
    n_stored = min(n_stored, n_kept)
    return frozenset(burn_in + round(n_kept * (place + 1) / n_stored) for place in range(n_stored))


class GibbsTraining:
    """One training: the chain of the current phase, its stored samples, and the running mean of its predictions."""

    def __init__(self, data: RatingsSplit, parameters: BayesianFactorizationParameters, context: Context) -> None:
        self._data, self._parameters, self._context = data, parameters, context
        self._n_rows = len(data.dataset.users), len(data.dataset.items)
        self._refits = parameters.refit and len(data.validation) > 0
        state = context.resume_state
        #: Sweeps of the finished first phase; 0 before it ends.
        self._first_sweeps = 0
        self._sweeps = 0
        self._validation_rmse: float | None = None
        if state is not None:
            self._restore_progress(state.config)
        ratings = self._phase_ratings()
        self._learned = Learned.of(ratings, data)
        self._chain = self._new_chain(ratings)
        self._samples: list[Sample] = []
        self._prediction_sum = np.zeros(len(data.validation))
        self._n_averaged = 0
        if state is not None:
            self._restore(state)

    def _new_chain(self, ratings: Ratings) -> GibbsSampler:
        parameters = self._parameters
        grouped = GroupedRatings.of(ratings, *self._n_rows)
        return GibbsSampler(grouped, parameters.n_factors, parameters.implicit, parameters.seed)

    @property
    def _is_refit(self) -> bool:
        return self._first_sweeps > 0

    @property
    def _finished_sweeps(self) -> int:
        return self._first_sweeps + self._sweeps

    @property
    def _n_sweeps(self) -> int:
        return self._parameters.burn_in + self._parameters.samples

    @property
    def _expected_sweeps(self) -> int:
        second = self._n_sweeps if self._refits else 0
        return (self._first_sweeps or self._n_sweeps) + second

    @property
    def _stops(self) -> bool:
        return self._context.stops_after(self._finished_sweeps)

    def _phase_ratings(self) -> Ratings:
        first = first_phase(self._data)
        return self._data.known if self._is_refit else first

    def run(self) -> None:
        """Draw all samples; when the user stops the training, the current chain ends and no other begins."""
        n_threads = max(1, self._context.n_threads)
        with ThreadPoolExecutor(n_threads) as pool:
            workers = Workers(pool, n_threads, lambda: self._report(0.0))
            if self._finished_sweeps == 0:
                self._offer_snapshot()
                self._context.log(
                    f"the first {self._parameters.burn_in} samples are burn-in: they are not averaged, and have no "
                    "validation_rmse"
                )
            while not self._ended:
                self._sweep(workers)
            if not self._is_refit:
                self._end_first_phase()
            if not self._refits or (not self._is_refit and self._stops):
                return
            if not self._is_refit:
                self._start_refit()
            while not self._ended:
                self._sweep(workers)

    @property
    def _ended(self) -> bool:
        return self._sweeps >= self._n_sweeps or (self._sweeps > 0 and self._stops)

    def _end_first_phase(self) -> None:
        validation = self._data.validation
        if len(validation):
            rater = self._rater()
            squares = self._learned.squared_errors(rater.predict(validation.users, validation.items), validation)
            self._validation_rmse = float(np.sqrt(squares.mean()))

    def _start_refit(self) -> None:
        self._first_sweeps, self._sweeps = self._sweeps, 0
        ratings = self._phase_ratings()
        self._context.log(f"sampling again with validation, {len(ratings):,} ratings: {self._n_sweeps} samples")
        self._learned = Learned.of(ratings, self._data)
        # From the start, as in the first phase, so that the validation scores are of the same procedure.
        self._chain = self._new_chain(ratings)
        self._samples = []

    def _sweep(self, workers: Workers) -> None:
        started = time.perf_counter()
        train_rmse = self._chain.sweep(workers) * self._learned.spread
        self._sweeps += 1
        burn_in = self._sweeps <= self._parameters.burn_in
        if self._sweeps in stored_sweeps(self._parameters.burn_in, self._n_sweeps, self._parameters.stored_samples):
            self._samples.append(self._sample())
        if self._is_refit:
            metrics = {"refit_rmse": train_rmse}
        else:
            metrics = {"train_rmse": train_rmse, **self._validation_metrics(averaged=not burn_in)}
        elapsed = max(time.perf_counter() - started, 1e-9)
        self._context.record(self._finished_sweeps, **metrics)
        self._offer_snapshot()
        self._context.checkpoint(self._finished_sweeps, self._state)
        self._report(0.0, len(self._chain.ratings) / elapsed)

    def _validation_metrics(self, *, averaged: bool) -> dict[str, float]:
        validation = self._data.validation
        if not len(validation):
            return {}
        current = self._sample()
        predicted = self._learned.predict(*self._with_unknown(current), validation)
        metrics = {"sample_rmse": float(np.sqrt(self._learned.squared_errors(predicted, validation).mean()))}
        if averaged:
            self._prediction_sum += predicted
            self._n_averaged += 1
            mean = (self._prediction_sum / self._n_averaged).astype(np.float32)
            metrics["validation_rmse"] = float(np.sqrt(self._learned.squared_errors(mean, validation).mean()))
        return metrics

    def _with_unknown(self, sample: Sample) -> tuple[Floats, Floats]:
        users, items = sample.users.copy(), sample.items.copy()
        users[~self._learned.is_seen[0]] = sample.user_mean
        items[~self._learned.is_seen[1]] = sample.item_mean
        return users, items

    def _sample(self) -> Sample:
        chain = self._chain
        return Sample(
            users=chain.tables.whole_users().copy(),
            items=chain.item_means.copy(),
            implicit=chain.tables.implicit.copy(),
            user_mean=chain.priors.users.mean,
            user_precision=chain.priors.users.precision,
            item_mean=chain.priors.items.mean,
            noise_precision=chain.priors.noise_precision,
        )

    def _offer_snapshot(self) -> None:
        tables = self._chain.tables
        self._context.snapshot(
            self._finished_sweeps, lambda: snapshot(self._data, tables.whole_users(), self._chain.item_means)
        )

    def _report(self, share: float, rate: float | None = None) -> None:
        self._context.progress(
            epoch=min(self._finished_sweeps, self._expected_sweeps),
            n_epochs=self._expected_sweeps,
            share_of_epoch=share,
            rate=rate,
            rate_unit="ratings/s",
        )

    def _rater(self) -> FactorRater:
        # Stopped during burn-in, the last sample predicts alone.
        return self._learned.rater(self._samples or [self._sample()])

    def _state(self) -> State:
        arrays: dict[str, npt.NDArray[Any]] = self._chain.arrays()
        for name in _SAMPLE_ARRAYS if self._samples else ():
            arrays[f"stored_{name}"] = np.stack([getattr(each, name) for each in self._samples])
        arrays["stored_noise_precision"] = np.array([each.noise_precision for each in self._samples], np.float64)
        arrays["prediction_sum"] = self._prediction_sum.copy()
        config = {
            "first_sweeps": self._first_sweeps,
            "sweeps": self._sweeps,
            "validation_rmse": self._validation_rmse,
            "n_averaged": self._n_averaged,
            "noise_precision": self._chain.priors.noise_precision,
            "finished_sweeps": self._chain.finished_sweeps,
        }
        return State(arrays, config)

    def _restore_progress(self, config: Mapping[str, Any]) -> None:
        try:
            self._first_sweeps, self._sweeps = int(config["first_sweeps"]), int(config["sweeps"])
            rmse = config["validation_rmse"]
            self._validation_rmse = None if rmse is None else float(rmse)
            if min(self._first_sweeps, self._sweeps, int(config["finished_sweeps"])) < 0:
                raise checkpoint_mismatch()
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise checkpoint_mismatch() from error

    def _restore(self, state: State) -> None:
        arrays: Mapping[str, npt.NDArray[Any]] = state.arrays
        try:
            self._chain.restore(arrays, state.config)
            if arrays["prediction_sum"].shape != self._prediction_sum.shape:
                raise checkpoint_mismatch()
            self._prediction_sum = np.array(arrays["prediction_sum"])
            self._n_averaged = int(state.config["n_averaged"])
            precisions = arrays["stored_noise_precision"].tolist()
            self._samples = [
                Sample(
                    **{name: np.array(arrays[f"stored_{name}"][place]) for name in _SAMPLE_ARRAYS},
                    noise_precision=precision,
                )
                for place, precision in enumerate(precisions)
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise checkpoint_mismatch() from error

    def result(self) -> TrainingResult:
        """Return the averaged predictor, and the last sample's factors as embeddings."""
        sample = self._sample()
        scores: dict[str, Any] = {
            "samples": max(0, self._sweeps - self._parameters.burn_in),
            "stored_samples": len(self._samples) or 1,
            "noise": float(self._learned.spread / np.sqrt(self._chain.priors.noise_precision)),
        }
        if self._validation_rmse is not None:
            scores["validation_rmse"] = self._validation_rmse
        return TrainingResult(
            embeddings=self._learned.embeddings(self._data, sample.users, sample.items),
            state=self._state(),
            abilities=(self._rater(),),
            scores=scores,
        )

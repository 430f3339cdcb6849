"""Training of an autoencoder: Adam with a learning rate that halves on plateaus, early stopping, and the refit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.models.autoencoder.network import Trainer, build_network
from embedlab.models.contract.base import Context, State, TrainingResult, checkpoint_mismatch, diverged
from embedlab.models.shared import keras_training
from embedlab.models.shared.dense_rows.placer import RowPlacer
from embedlab.models.shared.dense_rows.result import (
    dense_result,
    explained_variance,
    first_vectors,
    squared_errors,
)
from embedlab.models.shared.dense_rows.scaling import fit_scaling
from embedlab.models.shared.dense_rows.split import Rows, RowsSplit, is_known
from embedlab.models.shared.two_phases import TwoPhases

if TYPE_CHECKING:
    from embedlab.models.autoencoder.model import AutoencoderParameters

#: Batches that are read and standardized together; between them the training reports its progress.
_BATCHES_AT_ONCE = 50
#: The learning rate halves after this many epochs without improvement, down to this share of the first rate.
_PLATEAU_EPOCHS = 5
_LOWEST_RATE = 1e-3
#: Columns of no value are constant, so they are not reconstructed.
_BEST = "best_"


class _Learner:
    """The rows, scaling and network of one phase."""

    def __init__(self, data: RowsSplit, rows: Rows, parameters: AutoencoderParameters) -> None:
        self.data, self.rows, self._parameters = data, rows, parameters
        self.scaling = fit_scaling(data, rows, parameters.scaling)
        network = build_network(
            len(data.columns),
            parameters.hidden_units,
            parameters.vector_size,
            parameters.activation,
            parameters.seed,
        )
        self.summary = keras_training.summary_text(network)
        self.trainer = Trainer(
            network,
            learning_rate=parameters.learning_rate,
            l2=parameters.l2,
            batch_size=parameters.batch_size,
        )

    def placer(self) -> RowPlacer:
        """Return the encoder with the current weights; its codes are not centered yet."""
        encoder, decoder = self.trainer.layers()
        center = np.zeros(self._parameters.vector_size, np.float32)
        columns = tuple(self.data.columns)
        return RowPlacer(columns, self.scaling, encoder, decoder, self._parameters.activation, center)

    def train_epoch(self, epoch: int, report: Any) -> float:
        """Train one epoch on the rows in a new order; return the mean squared error of the known values."""
        parameters = self._parameters
        random = np.random.default_rng((parameters.seed, epoch))
        order = self.rows[random.permutation(len(self.rows))]
        n_at_once = _BATCHES_AT_ONCE * parameters.batch_size
        errors, n_known = 0.0, 0
        for start in range(0, len(order), n_at_once):
            values = self.data.values.rows(order[start : start + n_at_once])
            known = is_known(values)
            targets = self.scaling.standardize(values)
            inputs = targets
            if parameters.noise > 0:
                inputs = targets + parameters.noise * random.standard_normal(targets.shape, np.float32)
            errors += self.trainer.train(inputs, targets, known.astype(np.float32))
            n_known += int(known.sum())
            report(min(len(order), start + n_at_once))
        return errors / max(1, n_known)


class AutoencoderTraining:
    """One training: the rows, the network, and the best epoch so far."""

    def __init__(self, data: RowsSplit, parameters: AutoencoderParameters, context: Context) -> None:
        if len(data.train) < 2:
            raise InputError(
                "There are too few rows to train on.", received=len(data.train), remedy="Import more rows."
            )
        self._data, self._parameters, self._context = data, parameters, context
        refit = parameters.refit and len(data.validation) > 0
        self._phases = TwoPhases(parameters.epochs, parameters.patience, refit)
        #: Learning rate of each epoch of the first phase; the refit repeats them.
        self._rates: list[float] = [parameters.learning_rate]
        #: Lowest error so far, and epochs since, for the plateaus.
        self._lowest, self._since = float("inf"), 0
        state = context.resume_state
        if state is not None:
            self._phases.resume(state.config, "best_error")
        self._learner = _Learner(data, data.known if self._phases.is_refit else data.train, parameters)
        self._best: RowPlacer | None = None
        if state is not None:
            self._restore(state)

    def run(self) -> None:
        """Train until the last epoch or early stopping, then again including the validation rows.

        When the user stops the training, the current phase ends and no other begins.
        """
        phases = self._phases
        if phases.finished_epochs == 0:
            self._context.snapshot(0, self._snapshot)
        while not phases.phase_ended and not self._stops:
            self._epoch()
        if not phases.refit or phases.is_refit or self._stops:
            return
        self._context.log(f"chose epoch {phases.best_epoch} of {phases.epoch}")
        phases.start_refit()
        self._learner = _Learner(self._data, self._data.known, self._parameters)
        self._context.log(
            f"training again on {len(self._learner.rows):,} rows with validation: {phases.best_epoch} epochs"
        )
        while not phases.phase_ended and not (phases.epoch and self._stops):
            self._epoch()

    def result(self) -> TrainingResult:
        """Return the result of the chosen epoch, or of the refit."""
        phases, data = self._phases, self._data
        placer = self._learner.placer() if phases.is_refit or self._best is None else self._best
        placer = centered(placer, data)
        scores: dict[str, Any] = {"best_epoch": phases.best_epoch, "stopped": phases.stopped}
        if phases.is_refit:
            scores["n_refit_epochs"] = phases.epoch
        if len(data.validation) and self._best is not None:
            errors, squares = squared_errors(data, data.validation, self._best)
            scores["validation_mse"] = phases.best_error
            explained = explained_variance(errors, squares)
            if explained is not None:
                scores["validation_explained_variance"] = explained
        return dense_result(
            data,
            placer,
            self._context,
            state=self._state(),
            scores=scores,
            texts={"summary.txt": self._learner.summary},
        )

    @property
    def _stops(self) -> bool:
        return self._context.stops_after(self._phases.finished_epochs)

    def _epoch(self) -> None:
        phases, learner, started = self._phases, self._learner, time.perf_counter()

        def report(done: int) -> None:
            self._context.progress(
                epoch=phases.finished_epochs,
                n_epochs=phases.expected_epochs,
                share_of_epoch=done / len(learner.rows),
                rate=done / max(time.perf_counter() - started, 1e-9),
                rate_unit="rows/s",
            )

        learner.trainer.set_learning_rate(self._rates[min(phases.epoch, len(self._rates) - 1)])
        error = learner.train_epoch(phases.epoch, report)
        placer = learner.placer()
        if phases.is_refit:
            phases.epoch += 1
            metrics = {"refit_loss": error}
        else:
            metrics = {"train_mse": error}
            if len(self._data.validation):
                error, explained = self._validate(placer)
                metrics |= {"validation_mse": error, "validation_explained_variance": explained}
        if not np.isfinite(error):
            raise diverged(learning_rate=self._parameters.learning_rate)
        if not phases.is_refit:
            if phases.finish_epoch(error):
                self._best = placer
            self._rates.append(self._next_rate(metrics["train_mse"]))
        number = phases.finished_epochs
        self._context.record(number, **metrics)
        self._context.snapshot(number, self._snapshot)
        self._context.checkpoint(number, self._state)

    def _validate(self, placer: RowPlacer) -> tuple[float, float]:
        """Return the mean squared error of the validation rows, and the explained share of their variance."""
        data = self._data
        errors, squares = squared_errors(data, data.validation, placer)
        n_numbers = min(len(data.validation), 20_000) * len(data.columns)
        return errors / n_numbers, 1 - errors / squares if squares > 0 else 0.0

    def _next_rate(self, error: float) -> float:
        if error < self._lowest * (1 - 1e-4):
            self._lowest, self._since = error, 0
        else:
            self._since += 1
        if self._since < _PLATEAU_EPOCHS:
            return self._rates[-1]
        self._since = 0
        return max(self._rates[-1] / 2, self._parameters.learning_rate * _LOWEST_RATE)

    def _snapshot(self) -> dict[str, tuple[list[str], npt.NDArray[np.float32]]]:
        return {
            role: (keys, vectors - vectors.mean(axis=0))
            for role, (keys, vectors) in first_vectors(self._data, self._learner.placer()).items()
        }

    def _state(self) -> State:
        """Return everything needed to resume: the phase, the current and best weights, and the optimizer's state."""
        arrays = self._learner.trainer.arrays()
        config = {**self._phases.config(), "rates": self._rates, "lowest": self._lowest, "since": self._since}
        if self._best is not None:
            best = self._best.state()
            arrays |= {f"{_BEST}{name}": array for name, array in best.arrays.items()}
            config["best"] = dict(best.config)
        return State(arrays, {name: _json(value) for name, value in config.items()})

    def _restore(self, state: State) -> None:
        try:
            self._rates = _floats(state.config["rates"])
            self._lowest = float(np.inf if state.config["lowest"] is None else state.config["lowest"])
            self._since = int(state.config["since"])
        except (KeyError, TypeError, ValueError) as error:
            raise checkpoint_mismatch() from error
        self._learner.trainer.restore(state)
        if "best" in state.config:
            best = {name.removeprefix(_BEST): each for name, each in state.arrays.items() if name.startswith(_BEST)}
            self._best = RowPlacer.from_state(State(best, state.config["best"]))
            if self._best.names != tuple(self._data.columns):
                raise checkpoint_mismatch()


def centered(placer: RowPlacer, data: RowsSplit) -> RowPlacer:
    """Return the encoder with the mean code of the known rows as its center, so that cosines compare directions."""
    total, n_rows = np.zeros(placer.vector_size), 0
    for block in data.blocks(data.known):
        total += placer.vectors(block).sum(axis=0, dtype=np.float64)
        n_rows += len(block)
    center = placer.code_center + total / n_rows
    return RowPlacer(
        placer.names, placer.scaling, placer.encoder, placer.decoder, placer.activation, center.astype(np.float32)
    )


def _json(value: Any) -> Any:
    # JSON has no infinity.
    return None if value == float("inf") else value


def _floats(values: Sequence[Any]) -> list[float]:
    rates = [float(value) for value in values]
    if not rates:
        raise ValueError("no learning rate")
    return rates

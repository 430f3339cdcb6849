"""One training of the next item: epochs, early stopping on validation MRR, snapshots, checkpoints, the refit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embedlab.kinds.sequences.counting import item_counts
from embedlab.kinds.sequences.histories import Histories
from embedlab.kinds.sequences.splits import SequencesSplit
from embedlab.models.contract.base import Context, State, TrainingResult, checkpoint_errors, diverged
from embedlab.models.next_item.examples import pieces
from embedlab.models.next_item.network import build_network
from embedlab.models.next_item.predictor import NextItemPredictor
from embedlab.models.next_item.trainer import NextItemTrainer
from embedlab.models.shared import keras_training
from embedlab.models.shared.keras_steps.log_uniform import LogUniform
from embedlab.models.shared.next_items.embeddings import ITEMS, item_embedding, item_snapshot
from embedlab.models.shared.next_items.refusal import nothing_to_learn
from embedlab.models.shared.next_items.validation import VALIDATION_MRR, ValidationCases
from embedlab.models.shared.two_phases import TwoPhases

if TYPE_CHECKING:
    from embedlab.models.next_item.model import NextItemParameters


class NextItemTraining:
    """One training: the sequences, the network, and the best epoch so far."""

    def __init__(self, data: SequencesSplit, parameters: NextItemParameters, context: Context) -> None:
        self._data, self._parameters, self._context = data, parameters, context
        self._validation = ValidationCases.of(data)
        refit = parameters.refit and bool(self._validation)
        self._phases = TwoPhases(parameters.epochs, parameters.patience if self._validation else 0, refit)
        self._best: dict[str, npt.NDArray[Any]] = {}
        self._scores: dict[str, float] = {}
        state = context.resume_state
        if state is not None:
            self._phases.resume(state.config, "best_error")
            with checkpoint_errors():
                self._scores = {str(name): float(score) for name, score in state.config.get("scores", {}).items()}
            self._best = {
                name.removeprefix("best_"): np.asarray(array)
                for name, array in state.arrays.items()
                if name.startswith("best_")
            }
        self._start_phase()
        if parameters.is_sampled(data.n_items):
            context.log(f"sampled softmax: at most {parameters.n_candidates:,} of {data.n_items:,} items a step")
        if state is not None:
            self._trainer.restore(state)

    def _start_phase(self) -> None:
        """Prepare sequences and a new network for the current phase."""
        parameters, n_items = self._parameters, self._data.n_items
        learned = self._data.known if self._phases.is_refit else self._data.train
        self._sequences: Histories = pieces(learned, parameters.max_length)
        if not len(self._sequences):
            raise nothing_to_learn(learned)
        counts = item_counts(learned, n_items)
        self._is_known = counts > 0
        network = build_network(
            n_items, vector_size=parameters.vector_size, n_hidden=parameters.hidden_layers, seed=parameters.seed
        )
        self._summary = keras_training.summary_text(network)
        self._trainer = NextItemTrainer(
            network,
            counts,
            n_hidden=parameters.hidden_layers,
            max_length=parameters.max_length,
            dropout=parameters.dropout,
            learning_rate=parameters.learning_rate,
            batch_size=parameters.batch_size,
            candidates=LogUniform(n_items, parameters.n_candidates) if parameters.is_sampled(n_items) else None,
            seed=parameters.seed,
        )

    @property
    def _stops(self) -> bool:
        return self._context.stops_after(self._phases.finished_epochs)

    def _current(self) -> NextItemPredictor:
        return self._trainer.predictor(self._is_known)

    def run(self) -> None:
        """Train until the last epoch or early stopping, then again including the validation users.

        When the user stops the training, the current phase ends and no other begins.
        """
        phases = self._phases
        if phases.finished_epochs == 0:
            self._context.snapshot(0, lambda: item_snapshot(self._data.dataset, self._current().vectors))
        while not phases.phase_ended and not self._stops:
            self._epoch()
        if not phases.refit or (self._stops and not phases.is_refit):
            return
        if not phases.is_refit:
            self._context.log(f"chose epoch {phases.best_epoch} of {phases.epoch}; training again with validation data")
            phases.start_refit()
            self._best = {}
            self._start_phase()
        while not phases.phase_ended and not (phases.epoch and self._stops):
            self._epoch()

    def _epoch(self) -> None:
        phases = self._phases
        started = time.perf_counter()
        n_predictions = len(self._sequences.items) - len(self._sequences)

        def report(done: int) -> None:
            self._context.progress(
                epoch=phases.finished_epochs,
                n_epochs=phases.expected_epochs,
                share_of_epoch=done / n_predictions,
                rate=done / max(time.perf_counter() - started, 1e-9),
                rate_unit="events/s",
            )

        loss = self._trainer.train_epoch(self._sequences, phases.epoch, report)
        if not np.isfinite(loss):
            raise diverged(learning_rate=self._parameters.learning_rate)
        current = self._current()
        if phases.is_refit:
            phases.epoch += 1
            metrics = {"refit_loss": loss}
        else:
            found = self._validation.scores(current.next_scores, lambda: report(n_predictions))
            metrics = {"loss": loss, **found}
            if phases.finish_epoch(1 - found[VALIDATION_MRR] if found else loss):
                self._scores = found
                self._best = dict(current.state().arrays)
        number = phases.finished_epochs
        self._context.record(number, **metrics)
        self._context.snapshot(number, lambda: item_snapshot(self._data.dataset, current.vectors))
        self._context.checkpoint(number, self._state)

    def _state(self) -> State:
        """Return everything needed to resume: the phase, the current and best weights, and the optimizer's state."""
        best = {f"best_{name}": array for name, array in self._best.items()}
        return State({**self._trainer.arrays(), **best}, {**self._phases.config(), "scores": self._scores})

    def result(self) -> TrainingResult:
        """Return the result of the chosen epoch, or of the refit."""
        phases, parameters = self._phases, self._parameters
        if phases.is_refit:
            predictor = self._current()
        else:
            config = {"n_hidden": parameters.hidden_layers, "max_length": parameters.max_length}
            predictor = NextItemPredictor.from_state(State(self._best, config))
        scores: dict[str, Any] = {"best_epoch": phases.best_epoch, "stopped": phases.stopped, **self._scores}
        if phases.is_refit:
            scores["n_refit_epochs"] = phases.epoch
        return TrainingResult(
            embeddings={ITEMS: item_embedding(self._data.dataset, predictor.vectors, predictor.is_known)},
            state=self._state(),
            abilities=(predictor,),
            scores=scores,
            texts={"summary.txt": self._summary},
        )

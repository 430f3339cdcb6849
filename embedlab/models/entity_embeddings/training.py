"""Training of entity embeddings: features of the training part, early stopping, and the refit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.kinds.table.splits import TableSplit
from embedlab.models.contract.base import (
    SNAPSHOT_KEYS,
    Context,
    State,
    TrainingResult,
    checkpoint_mismatch,
    diverged,
)
from embedlab.models.entity_embeddings.columns import no_text
from embedlab.models.entity_embeddings.effects import embedding_of
from embedlab.models.entity_embeddings.encoding import encode_rows
from embedlab.models.entity_embeddings.features import FIRST_WORD, vocabulary_of
from embedlab.models.entity_embeddings.learner import Learner
from embedlab.models.entity_embeddings.network import table_name
from embedlab.models.entity_embeddings.predictor import RowPredictor
from embedlab.models.shared import keras_training
from embedlab.models.shared.documents import pack_words, unpack_words
from embedlab.models.shared.starting import known_rows
from embedlab.models.shared.two_phases import TwoPhases

if TYPE_CHECKING:
    from embedlab.models.entity_embeddings.model import EntityEmbeddingsParameters

Floats = npt.NDArray[np.float32]
Weights = Mapping[str, Floats]
_MOST_SAMPLED: Final = 500
#: Ends of the names of arrays in a checkpoint; names of weights end with vectors, kernel or bias, so a column cannot
#: have the name of another array. Earlier versions stored the best weights with a prefix.
_BEST, _AVERAGE, _FORMER_BEST = "_best", "_average", "best_"
_START_VECTORS, _START_WORDS = "vectors_start", "words_start"
#: Epochs until the average has its full share of earlier ones.
_FIRST_EPOCHS: Final = 3


class EntityEmbeddingsTraining:
    """One training: the table, the network, and the best epoch so far."""

    def __init__(self, data: TableSplit, parameters: EntityEmbeddingsParameters, context: Context) -> None:
        self._data, self._parameters, self._context = data, parameters, context
        refit = parameters.refit and len(data.validation) > 0
        self._phases = TwoPhases(parameters.epochs, parameters.patience, refit)
        state = context.resume_state
        self._best: dict[str, Floats] = {}
        self._average: dict[str, Floats] = {}
        self._best_score = 0.0
        if state is not None:
            self._resume_position(state)
        self._start = self._starting_vectors(state)
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        self._learner = self._new_learner()
        if state is not None:
            self._learner.trainer.restore(state)

    def _resume_position(self, state: State) -> None:
        self._phases.resume(state.config, "best_error")
        try:
            self._best_score = float(state.config["best_score"])
        except (KeyError, TypeError, ValueError) as error:
            raise checkpoint_mismatch() from error
        for found, end in ((self._best, _BEST), (self._average, _AVERAGE)):
            found |= {
                name.removesuffix(end): np.asarray(array) for name, array in state.arrays.items() if name.endswith(end)
            }
        if not self._best:
            self._best = {
                name.removeprefix(_FORMER_BEST): np.asarray(array)
                for name, array in state.arrays.items()
                if name.startswith(_FORMER_BEST)
            }

    def _starting_vectors(self, state: State | None) -> Embedding | None:
        """Return the vectors of `start_from`; checkpoints store them for the second phase."""
        if not self._parameters.start_from:
            return None
        if state is not None:
            if _START_VECTORS not in state.arrays:
                return None
            return Embedding(np.asarray(state.arrays[_START_VECTORS]), unpack_words(state.arrays[_START_WORDS]))
        start, data = self._context.start_embedding, self._data
        if start is None:
            raise InputError("The embedding to start from does not exist.", received=self._parameters.start_from)
        words = sorted(vocabulary_of(data.dataset, data.known, self._parameters.leave_out))
        if not words:
            raise no_text(self._parameters.start_from)
        rows, vectors = known_rows(start, words, start.vector_size)
        named = self._parameters.start_from
        self._context.log(f"{len(rows):,} of {len(words):,} words start with the vectors of {named}")
        return Embedding(vectors, [words[row] for row in rows])

    def _new_learner(self) -> Learner:
        data = self._data
        rows = data.known if self._phases.is_refit else data.train
        learner = Learner(rows, data, self._start, self._parameters)
        features = learner.features
        self._context.log(
            f"{len(rows):,} rows to learn from, {len(features.categories)} categorical inputs with "
            f"{sum(len(each.values) for each in features.categories):,} values, {features.n_numbers} numbers, "
            f"{len(features.texts)} texts with {sum(len(each.words) for each in features.texts):,} words"
        )
        if not self._phases.is_refit:
            self._validation = encode_rows(features, data.dataset, data.validation)
            self._validation_targets = learner.standardized(data.targets(data.validation))
        return learner

    def run(self) -> None:
        """Train until the last epoch or early stopping, then again including the validation part.

        When the user stops the training, the current phase ends and no other begins.
        """
        phases = self._phases
        if phases.finished_epochs == 0:
            self._context.snapshot(0, lambda: self._snapshot(self._learner.trainer.weights()))
        while not phases.phase_ended and not self._stops:
            self._epoch()
        if phases.is_refit:
            return
        self._context.log(f"chose epoch {phases.best_epoch} of {phases.epoch}")
        if not phases.refit or self._stops:
            return
        phases.start_refit()
        self._context.log(f"training again, including validation rows: {phases.best_epoch} epochs")
        self._learner = self._new_learner()
        self._best, self._average = {}, {}
        while not phases.phase_ended and not (phases.epoch and self._stops):
            self._epoch()

    @property
    def _stops(self) -> bool:
        return self._context.stops_after(self._phases.finished_epochs)

    def _epoch(self) -> None:
        learner, phases = self._learner, self._phases
        trained = learner.trainer.train_epoch(learner.encoded, learner.targets, phases.epoch, self._reporter())
        if not np.isfinite(trained):
            raise diverged(learning_rate=self._parameters.learning_rate)
        earlier, share = self._average, self._parameters.weight_averaging
        weights = self._average = average(earlier, learner.trainer.weights(), phases.epoch + 1, share)
        if phases.is_refit:
            phases.epoch += 1
            metrics = {"refit_loss": trained}
        else:
            error, score = self._validated(weights)
            if not np.isfinite(error):
                raise diverged(learning_rate=self._parameters.learning_rate)
            name = "validation_accuracy" if learner.classes else "validation_r2"
            metrics = {"loss": trained, "validation_loss": error, name: score}
            if phases.finish_epoch(error):
                self._best, self._best_score = weights, score
        number = phases.finished_epochs
        self._context.record(number, **metrics)
        self._context.snapshot(number, lambda: self._snapshot(weights))
        self._context.checkpoint(number, self._state)

    def _validated(self, weights: Weights) -> tuple[float, float]:
        """Return the loss of weights on the validation part, and the accuracy or R2 there."""
        trainer = self._learner.trainer
        trained = trainer.weights()
        trainer.set_weights(weights)
        outputs = trainer.outputs(self._validation).astype(np.float64)
        trainer.set_weights(trained)
        targets = self._validation_targets
        if self._learner.classes:
            log_sums = np.logaddexp.reduce(outputs, axis=1)
            loss = float(np.mean(log_sums - outputs[np.arange(len(targets)), targets]))
            return loss, float(np.mean(outputs.argmax(axis=1) == targets))
        error = float(np.mean((outputs[:, 0] - targets) ** 2))
        variance = float(np.var(targets.astype(np.float64)))
        return error, 1 - error / variance if variance > 0 else 0.0

    def _reporter(self) -> Callable[[int], None]:
        started, n_rows, phases = time.perf_counter(), len(self._learner.rows), self._phases

        def report(done: int) -> None:
            self._context.progress(
                epoch=phases.finished_epochs,
                n_epochs=phases.expected_epochs,
                share_of_epoch=done / n_rows,
                rate=done / max(time.perf_counter() - started, 1e-9),
                rate_unit="rows/s",
            )

        return report

    def _snapshot(self, weights: Weights) -> dict[str, tuple[list[str], Floats]]:
        features = self._learner.features
        found = {
            each.name: (list(each.values[:SNAPSHOT_KEYS]), weights[table_name(each.name)][1:][:SNAPSHOT_KEYS])
            for each in features.categories
            if each.values
        }
        for text in features.texts:
            table = weights[table_name(text.name)][FIRST_WORD:]
            found[text.name] = (list(text.words[:SNAPSHOT_KEYS]), table[:SNAPSHOT_KEYS])
        return found

    def _state(self) -> State:
        """Return everything needed to resume: the phase, the current and best weights, and the optimizer's state."""
        trainer = self._learner.trainer
        arrays: dict[str, npt.NDArray[Any]] = {
            **trainer.weights(),
            **trainer.optimizer_arrays(),
            **{name + _BEST: array for name, array in self._best.items()},
            **{name + _AVERAGE: array for name, array in self._average.items()},
        }
        if self._start is not None:
            arrays[_START_VECTORS] = np.asarray(self._start.vectors)
            arrays[_START_WORDS] = pack_words(self._start.keys)
        return State(arrays, {**self._phases.config(), "best_score": self._best_score})

    def result(self) -> TrainingResult:
        """Return the result of the chosen epoch, or of the refit."""
        phases, learner = self._phases, self._learner
        state = self._state()
        learner.trainer.set_weights((self._average or learner.trainer.weights()) if phases.is_refit else self._best)
        predictor = learner.predictor(learner.trainer.weights(), self._data)
        learner.trainer.set_weights(predictor.weights)
        scores: dict[str, Any] = {
            "best_epoch": phases.best_epoch,
            "validation_loss": phases.best_error,
            "validation_accuracy" if learner.classes else "validation_r2": self._best_score,
            "stopped": phases.stopped,
        }
        if phases.is_refit:
            scores["n_refit_epochs"] = phases.epoch
        return TrainingResult(
            embeddings=self._embeddings(predictor),
            state=state,
            abilities=(predictor,),
            scores=scores,
            texts={"summary.txt": keras_training.summary_text(learner.network)},
            files={"network.keras": keras_training.saved_network(learner.network, self._context.scratch)},
        )

    def _embeddings(self, predictor: RowPredictor) -> dict[str, Embedding]:
        learner, data = self._learner, self._data
        chosen = np.random.default_rng(self._parameters.seed).permutation(len(learner.rows))[:_MOST_SAMPLED]
        sample = learner.encoded.take(chosen)
        found = {}
        for place, feature in enumerate(learner.features.embedded):
            if not feature.counts:
                continue
            is_category = place < len(learner.features.categories)
            found[feature.name] = embedding_of(
                predictor,
                feature,
                sample,
                dataset=data.dataset,
                rows=learner.rows,
                row_values=learner.encoded.categories[:, place] if is_category else None,
                targets=learner.scaled,
            )
        return found


def average(earlier: Weights, weights: Weights, epoch: int, share: float) -> dict[str, Floats]:
    """Return the average of the weights of a phase.

    Parameters
    ----------
    earlier, weights
        The average of earlier epochs, empty before the first, and the weights of this one.
    epoch
        Its number, from 1; of the first epochs, earlier ones count less.
    share
        Share of the earlier epochs, 0 to 1; 0: the weights of this epoch.
    """
    if not earlier or not share:
        return dict(weights)
    kept = np.float32(min(share, epoch / (epoch + _FIRST_EPOCHS)))
    return {name: kept * earlier[name] + (1 - kept) * array for name, array in weights.items()}

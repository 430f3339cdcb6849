"""One training of item2vec: epochs of the skip-gram loop, validation MRR, snapshots, checkpoints, the refit."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embedlab.kinds.sequences.counting import item_counts
from embedlab.kinds.sequences.histories import Histories
from embedlab.kinds.sequences.splits import SequencesSplit
from embedlab.models.contract.base import (
    Context,
    State,
    TrainingResult,
    checkpoint_errors,
    checkpoint_mismatch,
    diverged,
)
from embedlab.models.item2vec.predictor import Item2VecPredictor
from embedlab.models.item2vec.vectors import association_vectors
from embedlab.models.shared.next_items.embeddings import ITEMS, OUTPUTS, item_embedding, item_snapshot
from embedlab.models.shared.next_items.refusal import nothing_to_learn
from embedlab.models.shared.next_items.validation import VALIDATION_MRR, ValidationCases
from embedlab.models.shared.two_phases import TwoPhases
from embedlab.models.shared.word_rows import keep_probability

if TYPE_CHECKING:
    from embedlab.models.item2vec.model import Item2VecParameters

Floats = npt.NDArray[np.float32]
#: Learning rate at the end, as in gensim.
_MIN_ALPHA = 1e-4
#: Events between two progress reports.
_PART_EVENTS = 200_000


class Item2VecTraining:
    """One training: the sequences and two tables of vectors.

    With one worker the same seed gives the same vectors; with more, threads update the tables without locks.
    """

    def __init__(self, data: SequencesSplit, parameters: Item2VecParameters, context: Context) -> None:
        from embedlab.models.shared.skip_gram import kernels

        self._data, self._parameters, self._context, self._kernels = data, parameters, context, kernels
        self._workers = min(parameters.workers, context.n_threads)
        self._validation = ValidationCases.of(data)
        refit = parameters.refit and bool(self._validation)
        self._phases = TwoPhases(parameters.epochs, parameters.patience if self._validation else 0, refit)
        self._best: dict[str, Floats] = {}
        self._scores: dict[str, float] = {}
        state = context.resume_state
        if state is not None:
            self._phases.resume(state.config, "best_error")
            with checkpoint_errors():
                self._scores = {str(name): float(score) for name, score in state.config.get("scores", {}).items()}
        self._sigmoids = kernels.sigmoid_table()
        self._start_phase()
        if state is not None:
            self._restore(state)

    def _start_phase(self) -> None:
        learned = self._data.known if self._phases.is_refit else self._data.train
        self._learned: Histories = learned.take(np.flatnonzero(learned.lengths >= 2))
        if not len(self._learned):
            raise nothing_to_learn(learned)
        counts = item_counts(learned, self._data.n_items)
        self._is_known = counts > 0
        # Items that never occur are not drawn, also with an exponent of 0.
        weights = np.where(
            self._is_known, np.maximum(counts, 1).astype(np.float64) ** self._parameters.ns_exponent, 0.0
        )
        self._probability, self._alias = self._kernels.alias_table(weights)
        self._keep = keep_probability(np.maximum(counts, 1), self._parameters.sample).astype(np.float32)
        shape = self._data.n_items, self._parameters.vector_size
        random = np.random.default_rng(self._parameters.seed).random(shape, np.float32)
        self._inputs: Floats = (random * 2 - 1) / np.float32(shape[1])
        self._outputs: Floats = np.zeros(shape, np.float32)

    @property
    def _stops(self) -> bool:
        return self._context.stops_after(self._phases.finished_epochs)

    def _current(self) -> Item2VecPredictor:
        return Item2VecPredictor(self._inputs, self._outputs, self._is_known)

    def run(self) -> None:
        """Train until the last epoch or early stopping, then again including the validation users.

        When the user stops the training, the current phase ends and no other begins.
        """
        phases = self._phases
        if phases.finished_epochs == 0:
            self._context.snapshot(0, self._snapshot)
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

    def _snapshot(self) -> dict[str, tuple[list[str], Floats]]:
        # Before training, all outputs are 0.
        vectors = association_vectors(self._inputs, self._outputs) if self._outputs.any() else self._inputs
        return item_snapshot(self._data.dataset, vectors)

    def _epoch(self) -> None:
        phases = self._phases
        # The learning rate falls over the planned epochs of the phase.
        n_epochs = phases.best_epoch if phases.is_refit else phases.max_epochs
        started = time.perf_counter()
        edges = self._edges()
        for first, stop in pairwise(edges):
            self._train(first, stop, n_epochs)
            share = float(self._learned.starts[stop] / self._learned.starts[-1])
            self._context.progress(
                epoch=phases.finished_epochs,
                n_epochs=phases.expected_epochs,
                share_of_epoch=share,
                rate=self._learned.starts[stop] / max(time.perf_counter() - started, 1e-9),
                rate_unit="events/s",
            )
        if not np.isfinite(self._inputs).all() or not np.isfinite(self._outputs).all():
            raise diverged(alpha=self._parameters.alpha)
        found: dict[str, float] = {}
        if phases.is_refit:
            phases.epoch += 1
        else:
            found = self._validation.scores(self._current().next_scores)
            if phases.finish_epoch(1 - found.get(VALIDATION_MRR, 0.0)):
                self._scores = found
                self._best = {"inputs": self._inputs.copy(), "outputs": self._outputs.copy()}
        number = phases.finished_epochs
        self._context.record(number, **found)
        self._context.snapshot(number, self._snapshot)
        self._context.checkpoint(number, self._state)

    def _edges(self) -> list[int]:
        starts = self._learned.starts
        n_parts = max(1, round(float(starts[-1]) / (_PART_EVENTS * self._workers)))
        edges = np.searchsorted(starts, np.linspace(0, starts[-1], n_parts + 1))
        return [int(each) for each in np.unique(edges)]

    def _train(self, first: int, stop: int, n_epochs: int) -> None:
        """Train the sequences from `first` to `stop` (excluded) on all workers."""
        parameters, starts = self._parameters, self._learned.starts
        digest = hashlib.sha256(f"{parameters.seed} {self._phases.epoch}".encode()).digest()
        seed = int.from_bytes(digest[:8], "little") >> 2
        longest = int(np.diff(starts[first : stop + 1]).max())

        def alpha(line: int) -> float:
            share = (self._phases.epoch + float(starts[line] / starts[-1])) / n_epochs
            return float(parameters.alpha - (parameters.alpha - _MIN_ALPHA) * share)

        def train(part: tuple[int, int]) -> None:
            self._kernels.train_lines(
                self._learned.items,
                starts,
                part[0],
                part[1],
                longest,
                self._keep,
                self._probability,
                self._alias,
                self._sigmoids,
                self._inputs,
                self._outputs,
                True,
                parameters.window,
                parameters.negative,
                alpha(part[0]),
                alpha(part[1]),
                seed,
            )

        if self._workers == 1:
            train((first, stop))
            return
        bounds = np.unique(np.linspace(first, stop, self._workers + 1).astype(int)).tolist()
        with ThreadPoolExecutor(self._workers) as pool:
            list(pool.map(train, pairwise(bounds)))

    def _state(self) -> State:
        """Return everything needed to resume."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "inputs": self._inputs.copy(),
            "outputs": self._outputs.copy(),
            **{f"best_{name}": array for name, array in self._best.items()},
        }
        return State(arrays, {**self._phases.config(), "scores": self._scores})

    def _restore(self, state: State) -> None:
        shape = self._inputs.shape
        arrays = {name: np.array(array, np.float32) for name, array in state.arrays.items()}
        best = {name.removeprefix("best_"): array for name, array in arrays.items() if name.startswith("best_")}
        if any(array.shape != shape for array in arrays.values()) or not {"inputs", "outputs"} <= arrays.keys():
            raise checkpoint_mismatch()
        is_chosen = bool(self._phases.best_epoch) and not self._phases.is_refit
        if best.keys() != ({"inputs", "outputs"} if is_chosen or best else set()):
            raise checkpoint_mismatch()
        self._inputs, self._outputs, self._best = arrays["inputs"], arrays["outputs"], best

    def result(self) -> TrainingResult:
        """Return the result of the chosen epoch, or of the refit."""
        phases = self._phases
        chosen = self._current() if phases.is_refit else Item2VecPredictor(**self._best, is_known=self._is_known)
        scores: dict[str, Any] = {"best_epoch": phases.best_epoch, "stopped": phases.stopped, **self._scores}
        if phases.is_refit:
            scores["n_refit_epochs"] = phases.epoch
        dataset = self._data.dataset
        return TrainingResult(
            embeddings={
                ITEMS: item_embedding(dataset, association_vectors(chosen.inputs, chosen.outputs), chosen.is_known),
                OUTPUTS: item_embedding(dataset, chosen.outputs, chosen.is_known),
            },
            state=self._state(),
            abilities=(chosen,),
            scores=scores,
        )

"""Training of BPR: early stopping on the ranking of the validation part, and the refit."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import KEY_COLUMN
from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit
from embedlab.models.bpr.ranker import BprRanker
from embedlab.models.bpr.solver import BprSettings, BprSolver
from embedlab.models.contract.base import (
    SNAPSHOT_KEYS,
    Context,
    State,
    TrainingResult,
    checkpoint_mismatch,
    diverged,
)
from embedlab.models.shared.item_weights.fitting import known_items
from embedlab.models.shared.recommenders.embeddings import side_embedding
from embedlab.models.shared.recommenders.validation import VALIDATION_NDCG, ValidationRanking
from embedlab.models.shared.two_phases import TwoPhases

if TYPE_CHECKING:
    from embedlab.models.bpr.model import BprParameters

BIAS_COLUMN = "bias"
Floats = npt.NDArray[np.float32]


class _Learner:
    """The data and vectors of one phase; tables have rows for all users and items of the dataset."""

    def __init__(self, part: Interactions, shape: tuple[int, int], parameters: BprParameters, n_threads: int) -> None:
        self._shape = shape
        self._items = known_items(part, shape[1])
        self.seen_users = np.bincount(part.users, minlength=shape[0]) > 0
        settings = BprSettings(
            n_factors=parameters.n_factors,
            learning_rate=parameters.learning_rate,
            l2_user=parameters.l2_user,
            l2_positive=parameters.l2_positive,
            l2_negative=parameters.l2_negative,
            adaptive=parameters.adaptive_sampling,
            seed=parameters.seed,
        )
        self.solver = BprSolver(part.matrix(*shape)[:, self._items], settings, n_threads)

    def tables(self) -> dict[str, Floats]:
        """Return copies of the tables."""
        solver = self.solver
        users = solver.users.copy()
        users[~self.seen_users] = 0
        items = np.zeros((self._shape[1], users.shape[1]), np.float32)
        biases = np.zeros(self._shape[1], np.float32)
        items[self._items], biases[self._items] = solver.items, solver.biases
        return {"user_vectors": users, "item_vectors": items, "item_biases": biases}

    def ranker(self, tables: dict[str, Floats]) -> BprRanker:
        """Return the ranker with tables of this phase."""
        seen_items = np.zeros(self._shape[1], bool)
        seen_items[self._items] = True
        return BprRanker(**tables, seen_items=seen_items)

    def restore(self, tables: dict[str, Floats]) -> None:
        """Continue from tables of a checkpoint."""
        own = self.tables()
        if any(name not in tables or tables[name].shape != table.shape for name, table in own.items()):
            raise checkpoint_mismatch()
        solver = self.solver
        solver.users[self.seen_users] = tables["user_vectors"][self.seen_users]
        solver.items[:] = tables["item_vectors"][self._items]
        solver.biases[:] = tables["item_biases"][self._items]


class BprTraining:
    """One training: the phase, its learner, and the best epoch so far."""

    def __init__(self, data: InteractionsSplit, parameters: BprParameters, context: Context) -> None:
        self._data, self._parameters, self._context = data, parameters, context
        self._validation = ValidationRanking.of(data)
        # A model that cannot place new users cannot be validated on them.
        self._validates = bool(self._validation) and not data.holds_out_users
        self._phases = TwoPhases(parameters.epochs, parameters.patience, parameters.refit and len(data.validation) > 0)
        state = context.resume_state
        if state is not None:
            self._phases.resume(state.config, "best_error")
        self._learner = self._new_learner()
        self._best: dict[str, Floats] = {}
        self._scores: dict[str, float] = {}
        if state is not None:
            self._resume(state)

    def _resume(self, state: State) -> None:
        current = {name: np.array(table) for name, table in state.arrays.items() if not name.startswith("best_")}
        self._learner.restore(current)
        self._best = {
            name.removeprefix("best_"): np.array(table)
            for name, table in state.arrays.items()
            if name.startswith("best_")
        }
        try:
            self._scores = {name: float(value) for name, value in dict(state.config.get("scores", {})).items()}
        except (TypeError, ValueError) as error:
            raise checkpoint_mismatch() from error

    def _new_learner(self) -> _Learner:
        part = self._data.known if self._phases.is_refit else self._data.train
        n_threads = min(self._parameters.workers, self._context.n_threads)
        return _Learner(part, self._data.shape, self._parameters, n_threads)

    def run(self) -> None:
        """Train until the last epoch or early stopping, then again including the validation part.

        When the user stops the training, the current phase ends and no other begins.
        """
        phases = self._phases
        if phases.finished_epochs == 0:
            self._context.snapshot(0, lambda: self._snapshot(self._learner.tables()))
        while not phases.phase_ended and not self._stops:
            self._epoch()
        if not phases.refit or phases.is_refit or self._stops:
            return
        self._context.log(f"chose epoch {phases.best_epoch} of {phases.epoch}; training again with validation data")
        phases.start_refit()
        self._learner, self._best = self._new_learner(), {}
        while not phases.phase_ended and not (phases.epoch and self._stops):
            self._epoch()

    @property
    def _stops(self) -> bool:
        return self._context.stops_after(self._phases.finished_epochs)

    def _epoch(self) -> None:
        learner, phases, started = self._learner, self._phases, time.perf_counter()

        def report(done: int) -> None:
            self._context.progress(
                epoch=phases.finished_epochs,
                n_epochs=phases.expected_epochs,
                share_of_epoch=done / max(1, len(learner.solver)),
                rate=done / max(time.perf_counter() - started, 1e-9) if done else None,
                rate_unit="choices/s" if done else "",
            )

        loss = learner.solver.train_epoch(phases.epoch, report)
        tables = learner.tables()
        if not math.isfinite(loss) or not all(np.isfinite(table).all() for table in tables.values()):
            raise diverged(learning_rate=self._parameters.learning_rate)
        if phases.is_refit:
            phases.epoch += 1
            metrics = {"refit_loss": loss}
        else:
            found = self._validate(tables)
            metrics = {"loss": loss, **found}
            if phases.finish_epoch(-found[VALIDATION_NDCG] if found else loss):
                self._best, self._scores = tables, found
        number = phases.finished_epochs
        self._context.record(number, **metrics)
        self._context.snapshot(number, lambda: self._snapshot(tables))
        self._context.checkpoint(number, self._state)

    def _validate(self, tables: dict[str, Floats]) -> dict[str, float]:
        if not self._validates:
            return {}
        return self._validation.scores(self._learner.ranker(tables), lambda: self._context_tick())

    def _context_tick(self) -> None:
        phases = self._phases
        self._context.progress(epoch=phases.finished_epochs, n_epochs=phases.expected_epochs, share_of_epoch=1.0)

    def _snapshot(self, tables: dict[str, Floats]) -> dict[str, tuple[list[str], Floats]]:
        # The dataset lists users and items by number of ratings, most first.
        dataset = self._data.dataset
        sides = {"users": (dataset.users, "user_vectors"), "items": (dataset.items, "item_vectors")}
        return {
            role: (table[KEY_COLUMN].head(SNAPSHOT_KEYS).tolist(), tables[name][:SNAPSHOT_KEYS])
            for role, (table, name) in sides.items()
        }

    def _state(self) -> State:
        """Return everything needed to resume: the phase, the current and best tables."""
        arrays: dict[str, npt.NDArray[Any]] = {
            **self._learner.tables(),
            **{f"best_{name}": table for name, table in self._best.items()},
        }
        return State(arrays, {**self._phases.config(), "scores": self._scores})

    def result(self) -> TrainingResult:
        """Return the result of the chosen epoch, or of the refit."""
        phases, learner, dataset = self._phases, self._learner, self._data.dataset
        ranker = learner.ranker(learner.tables() if phases.is_refit else self._best)
        scores: dict[str, Any] = {"best_epoch": phases.best_epoch, "stopped": phases.stopped, **self._scores}
        if phases.is_refit:
            scores["n_refit_epochs"] = phases.epoch
        return TrainingResult(
            embeddings={
                "users": side_embedding(dataset.users, ranker.user_vectors, learner.seen_users),
                "items": side_embedding(
                    dataset.items, ranker.item_vectors, ranker.seen_items, {BIAS_COLUMN: ranker.item_biases}
                ),
            },
            state=self._state(),
            abilities=(ranker,),
            scores=scores,
        )

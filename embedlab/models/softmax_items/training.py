"""One training of the softmax network: epochs, early stopping on validation NDCG, snapshots, checkpoints, the refit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import KEY_COLUMN
from embedlab.kinds.ratings.interactions import InteractionsSplit
from embedlab.models.contract.base import SNAPSHOT_KEYS, Context, State, TrainingResult, diverged
from embedlab.models.shared import keras_training
from embedlab.models.shared.keras_steps.log_uniform import LogUniform
from embedlab.models.shared.recommenders.embeddings import side_embedding
from embedlab.models.shared.recommenders.validation import VALIDATION_NDCG, ValidationRanking
from embedlab.models.shared.two_phases import TwoPhases
from embedlab.models.softmax_items.examples import ItemLists, no_two_items
from embedlab.models.softmax_items.network import build_network
from embedlab.models.softmax_items.ranker import SoftmaxRanker
from embedlab.models.softmax_items.trainer import SoftmaxTrainer

if TYPE_CHECKING:
    from embedlab.models.softmax_items.model import SoftmaxItemsParameters


class SoftmaxTraining:
    """One training: the lists, the network, and the best epoch so far."""

    def __init__(self, data: InteractionsSplit, parameters: SoftmaxItemsParameters, context: Context) -> None:
        self._data, self._parameters, self._context = data, parameters, context
        self._validation = ValidationRanking.of(data)
        refit = parameters.refit and len(data.validation) > 0
        self._phases = TwoPhases(parameters.epochs, parameters.patience if self._validation else 0, refit)
        self._best: dict[str, npt.NDArray[Any]] = {}
        self._scores: dict[str, float] = {}
        state = context.resume_state
        if state is not None:
            self._phases.resume(state.config, "best_error")
            self._scores = dict(state.config.get("scores", {}))
            self._best = {
                name.removeprefix("best_"): np.asarray(array)
                for name, array in state.arrays.items()
                if name.startswith("best_")
            }
        self._lists = self._lists_of_phase()
        if not (self._lists.lengths >= 2).any():
            raise no_two_items(len(data.train), int(np.count_nonzero(self._lists.lengths)))
        self.size_text = self._lists.sizes_text()
        context.log(self.size_text)
        if parameters.is_sampled(self._lists.n_items):
            context.log(f"sampled softmax: at most {parameters.n_candidates:,} of {self._lists.n_items:,} items a step")
        self._trainer = self._new_trainer()
        if state is not None:
            self._trainer.restore(state)

    def _lists_of_phase(self) -> ItemLists:
        data = self._data
        return ItemLists.of(data.known if self._phases.is_refit else data.train, data.shape)

    def _new_trainer(self) -> SoftmaxTrainer:
        parameters, lists = self._parameters, self._lists
        network = build_network(
            lists.n_items,
            vector_size=parameters.vector_size,
            n_hidden=parameters.hidden_layers,
            seed=parameters.seed,
        )
        self.summary = keras_training.summary_text(network)
        sampled = parameters.is_sampled(lists.n_items)
        return SoftmaxTrainer(
            network,
            np.bincount(lists.items, minlength=lists.n_items),
            l2=parameters.l2 / max(1, int(np.count_nonzero(lists.lengths >= 2))),
            learning_rate=parameters.learning_rate,
            batch_size=parameters.batch_size,
            target_share=parameters.target_share,
            candidates=LogUniform(lists.n_items, parameters.n_candidates) if sampled else None,
            seed=parameters.seed,
        )

    @property
    def _stops(self) -> bool:
        return self._context.stops_after(self._phases.finished_epochs)

    def run(self) -> None:
        """Train until the last epoch or early stopping, then again including the validation part.

        When the user stops the training, the current phase ends and no other begins.
        """
        phases = self._phases
        if phases.finished_epochs == 0:
            self._context.snapshot(0, lambda: self._snapshot(self._trainer.ranker(self._lists)))
        while not phases.phase_ended and not self._stops:
            self._epoch()
        if not phases.refit or phases.is_refit or self._stops:
            return
        self._context.log(f"chose epoch {phases.best_epoch} of {phases.epoch}; training again with validation data")
        phases.start_refit()
        self._best = {}
        self._lists = self._lists_of_phase()
        self._trainer = self._new_trainer()
        while not phases.phase_ended and not (phases.epoch and self._stops):
            self._epoch()

    def _epoch(self) -> None:
        phases = self._phases
        started = time.perf_counter()
        n_users = int(np.count_nonzero(self._lists.lengths >= 2))

        def report(done: int) -> None:
            self._context.progress(
                epoch=phases.finished_epochs,
                n_epochs=phases.expected_epochs,
                share_of_epoch=done / n_users,
                rate=done / max(time.perf_counter() - started, 1e-9),
                rate_unit="users/s",
            )

        loss = self._trainer.train_epoch(self._lists, phases.epoch, report)
        if not np.isfinite(loss):
            raise diverged(learning_rate=self._parameters.learning_rate)
        ranker = self._trainer.ranker(self._lists)
        if phases.is_refit:
            phases.epoch += 1
            metrics = {"refit_loss": loss}
        else:
            found = self._validation.scores(ranker, lambda: report(n_users))
            metrics = {"loss": loss, **found}
            if phases.finish_epoch(1 - found[VALIDATION_NDCG] if found else loss):
                self._scores = found
                self._best = dict(ranker.state().arrays)
        number = phases.finished_epochs
        self._context.record(number, **metrics)
        self._context.snapshot(number, lambda: self._snapshot(ranker))
        self._context.checkpoint(number, self._state)

    def _snapshot(self, ranker: SoftmaxRanker) -> dict[str, tuple[list[str], npt.NDArray[np.float32]]]:
        # The dataset lists users and items by number of ratings, most first.
        dataset = self._data.dataset
        tables = {"items": (dataset.items, ranker.item_vectors), "users": (dataset.users, ranker.user_vectors)}
        return {
            role: (table[KEY_COLUMN].head(SNAPSHOT_KEYS).tolist(), vectors[:SNAPSHOT_KEYS])
            for role, (table, vectors) in tables.items()
        }

    def _state(self) -> State:
        """Return everything needed to resume: the phase, the current and best weights, and the optimizer's state."""
        best = {f"best_{name}": array for name, array in self._best.items()}
        return State({**self._trainer.arrays(), **best}, {**self._phases.config(), "scores": self._scores})

    def result(self) -> TrainingResult:
        """Return the result of the chosen epoch, or of the refit."""
        phases, dataset = self._phases, self._data.dataset
        if phases.is_refit:
            ranker = self._trainer.ranker(self._lists)
        else:
            ranker = SoftmaxRanker.from_state(State(self._best, {"n_layers": self._parameters.hidden_layers}))
        scores: dict[str, Any] = {"best_epoch": phases.best_epoch, "stopped": phases.stopped, **self._scores}
        if phases.is_refit:
            scores["n_refit_epochs"] = phases.epoch
        has_items = self._lists.lengths > 0
        return TrainingResult(
            embeddings={
                "items": side_embedding(dataset.items, ranker.item_vectors, ranker.seen_items),
                "item_inputs": side_embedding(dataset.items, ranker.input_vectors, ranker.seen_items),
                "users": side_embedding(dataset.users, ranker.user_vectors, has_items),
            },
            state=self._state(),
            abilities=(ranker,),
            scores=scores,
            texts={"summary.txt": f"{self.summary}\n{self.size_text}\n"},
        )

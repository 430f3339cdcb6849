"""One training of two towers: epochs, early stopping, snapshots and checkpoints."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.errors import InputError
from embedlab.evaluation.retrieval.ranks import Partners, filtered_ranks
from embedlab.kinds.pairs.dataset import KIND_COLUMN, THINGS
from embedlab.kinds.pairs.splits import PairsSplit
from embedlab.models.contract.base import SNAPSHOT_KEYS, Context, State, TrainingResult, diverged
from embedlab.models.contract.things import KindOfThing
from embedlab.models.shared import keras_training
from embedlab.models.shared.two_phases import TwoPhases
from embedlab.models.two_tower.bags import UNKNOWN, Vocabulary
from embedlab.models.two_tower.encoder import PairsEncoder, Weights
from embedlab.models.two_tower.examples import KindPairs, check_trainable, kind_pairs
from embedlab.models.two_tower.network import build_towers
from embedlab.models.two_tower.trainer import TwoTowerTrainer

if TYPE_CHECKING:
    from embedlab.models.two_tower.model import TwoTowerParameters

Floats = npt.NDArray[np.float32]
VALIDATION_MRR = "validation_mrr"
#: Validation pairs that are ranked after each epoch.
_MOST_VALIDATED = 1000


class TwoTowerTraining:
    """One training: the towers, and the best epoch so far."""

    def __init__(self, data: PairsSplit, parameters: TwoTowerParameters, context: Context) -> None:
        dataset = data.dataset
        self._dataset, self._parameters, self._context = dataset, parameters, context
        self._pairs = kind_pairs(data)
        if not self._pairs:
            raise InputError("There are no pairs to train on.", remedy="Add pairs.")
        check_trainable(self._pairs)
        self._weights_of_things = things_in_pairs(self._pairs, [len(kind) for kind in dataset.kinds])
        self._vocabularies = [
            Vocabulary([], np.empty(0, np.int64))
            if kind.form == "image"
            else Vocabulary.of(kind, weights, parameters.min_count)
            for kind, weights in zip(dataset.kinds, self._weights_of_things, strict=True)
        ]
        self._kinds = [
            KindOfThing(kind.name, kind.form, None if kind.pixels is None else tuple(kind.pixels.shape[1:]))
            for kind in dataset.kinds
        ]
        self._validation = _Validation.of(data)
        has_validation = self._validation is not None
        self._phases = TwoPhases(parameters.epochs, parameters.patience if has_validation else 0, refit=False)
        towers = build_towers(
            self._kinds,
            [
                0 if kind.shape is not None else each.n_rows
                for kind, each in zip(self._kinds, self._vocabularies, strict=True)
            ],
            vector_size=parameters.vector_size,
            filters=parameters.filters,
            seed=parameters.seed,
        )
        self.summary = "\n".join(keras_training.summary_text(tower) for tower in towers)
        self._trainer = TwoTowerTrainer(
            towers,
            [
                None if kind.pixels is not None else each.bags(kind)
                for kind, each in zip(dataset.kinds, self._vocabularies, strict=True)
            ],
            [kind.pixels for kind in dataset.kinds],
            self._pairs,
            temperature=parameters.temperature,
            log_q=parameters.log_q,
            learning_rate=parameters.learning_rate,
            batch_size=parameters.batch_size,
            seed=parameters.seed,
        )
        self._best: list[Weights] = []
        self._best_score = 0.0
        if context.resume_state is not None:
            self._resume(context.resume_state)

    def _resume(self, state: State) -> None:
        self._phases.resume(state.config, "best_error")
        self._trainer.restore(state)
        self._best_score = float(state.config.get("best_score", 0.0))
        best: list[dict[str, Floats]] = [{} for _ in self._kinds]
        for name, array in state.arrays.items():
            if name.startswith("best_"):
                number, _, weight = name.removeprefix("best_").partition("_")
                best[int(number)][weight] = np.asarray(array)
        self._best = list(best) if any(best) else []

    def run(self) -> None:
        """Train until the last epoch, early stopping, or until the user stops."""
        phases, context = self._phases, self._context
        if phases.epoch == 0:
            context.snapshot(0, lambda: self._snapshot(self._encoder(self._trainer.weights())))
        while not phases.phase_ended and not context.stops_after(phases.epoch):
            self._epoch()

    def _epoch(self) -> None:
        phases, n_pairs = self._phases, sum(map(len, self._pairs))
        started = time.perf_counter()

        def report(done: int) -> None:
            self._context.progress(
                epoch=phases.epoch,
                n_epochs=phases.expected_epochs,
                share_of_epoch=done / n_pairs,
                rate=done / max(time.perf_counter() - started, 1e-9),
                rate_unit="pairs/s",
            )

        loss = self._trainer.train_epoch(phases.epoch, report)
        if not np.isfinite(loss):
            raise diverged(learning_rate=self._parameters.learning_rate)
        weights = self._trainer.weights()
        metrics = {"loss": loss}
        error = loss
        if self._validation is not None:
            metrics[VALIDATION_MRR] = self._validation.mrr(self._vectors(self._encoder(weights)))
            error = 1 - metrics[VALIDATION_MRR]
        report(n_pairs)
        if phases.finish_epoch(error):
            self._best, self._best_score = list(weights), metrics.get(VALIDATION_MRR, 0.0)
        self._context.record(phases.epoch, **metrics)
        self._context.snapshot(phases.epoch, lambda: self._snapshot(self._encoder(weights)))
        self._context.checkpoint(phases.epoch, self._state)

    def _encoder(self, weights: Sequence[Weights]) -> PairsEncoder:
        """Return the encoder with some weights; unknown ids and tags get the mean vector of the known ones."""
        used = []
        for kind, vocabulary, each in zip(self._dataset.kinds, self._vocabularies, weights, strict=True):
            if kind.form in {"id", "tags"}:
                table = np.array(each["table"])
                table[UNKNOWN] = np.average(table[1:], axis=0, weights=vocabulary.counts)
                used.append({"table": table})
            else:
                used.append(dict(each))
        separator = self._dataset.kinds[0].separator
        return PairsEncoder(self._kinds, [each.tokens for each in self._vocabularies], used, separator)

    def _vectors(self, encoder: PairsEncoder) -> list[Floats]:
        """Return the vectors of all things of each kind; those of images by the towers, which are faster."""
        return [
            encoder.all_vectors(number, kind) if kind.pixels is None else self._trainer.image_vectors(number)
            for number, kind in enumerate(self._dataset.kinds)
        ]

    def _order(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return kind, row and number of training pairs of all things, those in most pairs first."""
        counts = np.concatenate(self._weights_of_things)
        sizes = [len(each) for each in self._weights_of_things]
        kinds = np.repeat(np.arange(len(sizes)), sizes)
        rows = np.concatenate([np.arange(size) for size in sizes])
        order = np.argsort(-counts, kind="stable")
        return kinds[order], rows[order], counts[order]

    def _snapshot(self, encoder: PairsEncoder) -> Mapping[str, tuple[list[str], Floats]]:
        kinds, rows, _ = (each[:SNAPSHOT_KEYS] for each in self._order())
        keys = self._dataset.keys
        vectors = np.empty((len(kinds), self._parameters.vector_size), np.float32)
        for number, of_all in enumerate(self._vectors(encoder)):
            of_kind = kinds == number
            vectors[of_kind] = of_all[rows[of_kind]]
        named = [keys[kind][row] for kind, row in zip(kinds.tolist(), rows.tolist(), strict=True)]
        return {THINGS: (named, vectors)}

    def _state(self) -> State:
        """Return everything needed to resume: the epoch, the current and best weights, and the optimizer's state."""
        best = {
            f"best_{kind}_{name}": array for kind, weights in enumerate(self._best) for name, array in weights.items()
        }
        return State({**self._trainer.arrays(), **best}, {**self._phases.config(), "best_score": self._best_score})

    def result(self) -> TrainingResult:
        """Return the result of the best epoch."""
        phases, dataset = self._phases, self._dataset
        state = self._state()
        self._trainer.set_weights(self._best or self._trainer.weights())
        encoder = self._encoder(self._trainer.weights())
        kinds, rows, counts = self._order()
        vectors = self._vectors(encoder)
        places = list(zip(kinds.tolist(), rows.tolist(), strict=True))
        metadata = pd.DataFrame({KIND_COLUMN: [dataset.kinds[kind].name for kind, _ in places], COUNT_COLUMN: counts})
        table = np.concatenate(vectors)
        first = np.concatenate([[0], np.cumsum([len(each) for each in vectors])])
        embedding = Embedding(
            np.ascontiguousarray(table[first[kinds] + rows]),
            [dataset.keys[kind][row] for kind, row in places],
            [dataset.kinds[kind].labels[row] for kind, row in places],
            metadata,
        )
        scores: dict[str, Any] = {"best_epoch": phases.best_epoch, "stopped": phases.stopped}
        if self._validation is not None and phases.best_epoch:
            scores[VALIDATION_MRR] = self._best_score
        return TrainingResult(
            embeddings={THINGS: embedding},
            state=state,
            abilities=(encoder,),
            scores=scores,
            texts={"summary.txt": self.summary},
        )


def things_in_pairs(pairs: Sequence[KindPairs], sizes: Sequence[int]) -> list[npt.NDArray[np.int64]]:
    """Return for each kind the number of training pairs of each thing."""
    counts = [np.zeros(size, np.int64) for size in sizes]
    for each in pairs:
        counts[0] += each.left_counts
        counts[each.kind] += each.right_counts
    return counts


class _Validation:
    """Validation pairs, ranked in the whole catalog after each epoch."""

    def __init__(self, data: PairsSplit, rows: npt.NDArray[np.intp]) -> None:
        dataset = data.dataset
        known = np.concatenate([data.train, data.validation])
        arrays = [np.asarray(each) for each in (dataset.left, dataset.right, dataset.right_kinds)]
        self._cases = []
        for kind in range(1, len(dataset.kinds)):
            of_kind = rows[arrays[2][rows] == kind]
            if not len(of_kind):
                continue
            left, right = arrays[0][of_kind].astype(np.int64), arrays[1][of_kind].astype(np.int64)
            partners = known[arrays[2][known] == kind]
            sides = arrays[0][partners], arrays[1][partners]
            forward = Partners.of(sides[0], sides[1], len(dataset.kinds[0]))
            backward = Partners.of(sides[1], sides[0], len(dataset.kinds[kind]))
            self._cases.append((kind, left, right, forward, backward))

    @classmethod
    def of(cls, data: PairsSplit) -> _Validation | None:
        """Return a sample of the validation pairs; None if there are none."""
        rows = data.validation
        if not len(rows):
            return None
        if len(rows) > _MOST_VALIDATED:
            rows = np.sort(np.random.default_rng(0).choice(rows, _MOST_VALIDATED, replace=False))
        return cls(data, rows)

    def mrr(self, vectors: Sequence[Floats]) -> float:
        """Return the mean reciprocal rank over both directions."""
        ranks = []
        for kind, left, right, forward, backward in self._cases:
            sides = vectors[0], vectors[kind]
            ranks.append(filtered_ranks(lambda things, s=sides: s[0][things] @ s[1].T, left, right, forward))  # type: ignore[misc]
            ranks.append(filtered_ranks(lambda things, s=sides: s[1][things] @ s[0].T, right, left, backward))  # type: ignore[misc]
        return float(np.mean(1 / np.concatenate(ranks)))

"""GloVe: vectors whose dot products approximate the logarithms of co-occurrence counts."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.models.contract.base import (
    ADVANCED,
    LOG,
    SNAPSHOT_KEYS,
    Context,
    Estimate,
    Model,
    Parameters,
    State,
    TrainingResult,
    checkpoint_mismatch,
    diverged,
    epoch_of,
)
from embedlab.models.glove.records import Records, shuffled_records
from embedlab.models.shared.cooccurrence import count_cooccurrences, window_weights
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.word_parameters import MinCount, Window, Workers
from embedlab.models.shared.word_rows import (
    expected_pairs,
    expected_words,
    kept_vocabulary,
    no_pairs,
    restore_tables,
    vocabulary_digest,
    word_embedding,
)

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset

#: Records between two progress reports; a few tenths of a second.
_BLOCK_RECORDS = 1 << 19
#: Counting and shuffling together fill the first half of the first epoch on the progress bar.
_PREPARED, _COUNTED = 0.5, 0.25


class GloveParameters(Parameters):
    """Parameters of GloVe, most named as in the published program."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "window", "epochs")

    vector_size: int = Field(
        100,
        title="Dimensions",
        ge=1,
        le=2000,
        description="Vector size (dimensions). The fourth root of the number of values is a first guess.",
    )
    window: Window = 15
    min_count: MinCount = 5
    epochs: int = Field(15, title="Epochs", ge=1, le=10_000, description="Passes over the co-occurrence counts.")
    x_max: float = Field(
        10.0,
        title="Weighting cutoff",
        ge=1e-3,
        le=1e9,
        description="Cutoff of the weighting function: pairs with this co-occurrence count or more have full weight.",
        json_schema_extra=LOG,
    )
    alpha: float = Field(
        0.75,
        title="Weighting exponent",
        ge=0,
        le=2,
        description="Exponent of the weighting function for rarer pairs. 0: all pairs have the same weight.",
        json_schema_extra=ADVANCED,
    )
    learning_rate: float = Field(
        0.05,
        title="Learning rate",
        gt=0,
        le=1,
        description="Learning rate of AdaGrad.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    workers: Workers = 1


class Glove(Model[GloveParameters, "TextDataset"]):
    """Weighted least squares on the logarithms of co-occurrence counts, with AdaGrad.

    Notes
    -----
    Pennington, Socher and Manning, "GloVe: Global Vectors for Word Representation", 2014. As in their program, words
    at distance d count 1/d, rare words are removed before distances are measured, and a word's vector is the sum of
    its word and context vectors.
    """

    name: ClassVar[str] = "glove"
    title: ClassVar[str] = "GloVe"
    summary: ClassVar[str] = "First counts word co-occurrences in the whole text, then learns from the counts."
    task: ClassVar[str] = "words"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("numba",)
    reads_documents: ClassVar[bool] = True
    parameters_class = GloveParameters

    def defaults(self, counts: Counts) -> GloveParameters:
        """Return more epochs, a lower `min_count` and shorter vectors for a small text."""
        n_tokens = max(1, counts["tokens"])
        small, tiny = n_tokens < 200_000, n_tokens < 20_000
        return GloveParameters(
            vector_size=50 if small else 100,
            min_count=(1 if tiny else 2) if small else 5,
            epochs=int(np.clip(50_000_000 / n_tokens, 15, 100 if tiny else 50)),
            # The published program's default is for billions of words; its demo uses 10.
            x_max=10.0 if n_tokens < 1e9 else 100.0,
            workers=1 if n_tokens < 1_000_000 else 64,
        )

    def estimate(self, counts: Counts, parameters: GloveParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts only."""
        workers = min(parameters.workers, n_threads)
        n_pairs = expected_pairs(counts, parameters.min_count, parameters.window)
        n_words = expected_words(counts, parameters.min_count)
        counting = counts["tokens"] * (2e-7 + 2e-8 * parameters.window) + n_pairs * _PREPARING_S
        record_s = _RECORD_S + _RECORD_DIMENSION_S * parameters.vector_size
        seconds = _START_S + counting + parameters.epochs * n_pairs * record_s / workers
        tables = n_words * (parameters.vector_size + 1) * 4 * 7
        memory = _START_MB + (n_pairs * 20 + tables + n_words * 300 + counts["vocabulary"] * 250) / 1e6
        return Estimate(float(seconds), float(memory))

    def script(self, parameters: GloveParameters, data_file: str) -> str:
        """Return a script that uses Numba, SciPy and NumPy; `data_file` has one document per line."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: TextDataset, parameters: GloveParameters, context: Context) -> TrainingResult:
        """Learn a vector for each word that occurs at least `min_count` times."""
        vocabulary = kept_vocabulary(data.vocabulary, parameters.min_count)
        training = GloveTraining(vocabulary, parameters, context)
        training.run(_records(data, vocabulary, parameters, context, training.epoch))
        return training.result()


#: Measured on a 2-core laptop-class machine: imports (with cached compiled code), seconds for sorting and shuffling a
#: pair, and for one training step.
_START_S = 3.0
_START_MB = 320.0
_PREPARING_S = 1.5e-7
_RECORD_S = 5.0e-8
_RECORD_DIMENSION_S = 3.2e-9


def _records(
    data: TextDataset, vocabulary: pd.DataFrame, parameters: GloveParameters, context: Context, epoch: int
) -> Records:
    """Count the pairs and return them in random order."""
    n_tokens = int(vocabulary["count"].sum())
    started = time.perf_counter()

    def report_preparation(share: float, rate: float | None = None) -> None:
        context.progress(
            epoch=epoch,
            n_epochs=parameters.epochs,
            share_of_epoch=_PREPARED * share,
            rate=rate,
            rate_unit="words/s counted" if rate else "",
        )

    def report_counting(share: float) -> None:
        elapsed_s = max(time.perf_counter() - started, 1e-9)
        report_preparation(_COUNTED / _PREPARED * share, share * n_tokens / elapsed_s)

    pairs = count_cooccurrences(
        data,
        vocabulary["word"].tolist(),
        window_weights(parameters.window, "harmonic"),
        context.scratch,
        report_counting,
    )
    if not pairs.n_entries:
        raise no_pairs()
    records = shuffled_records(
        pairs, parameters.seed, context.scratch, lambda share: report_preparation((1 + share) * _COUNTED / _PREPARED)
    )
    context.log(f"{len(vocabulary):,} words, {len(records):,} co-occurring word pairs")
    return records


class GloveTraining:
    """One training: two tables of vectors and biases, and the sums of their squared gradients."""

    def __init__(self, vocabulary: pd.DataFrame, parameters: GloveParameters, context: Context) -> None:
        self.vocabulary, self.parameters, self.context = vocabulary, parameters, context
        self.workers = max(1, min(parameters.workers, context.n_threads))
        rng = np.random.default_rng(parameters.seed)
        shape = len(vocabulary), parameters.vector_size + 1
        self.words, self.contexts = (((rng.random(shape) - 0.5) / shape[1]).astype(np.float32) for _ in range(2))
        self.word_gradsq, self.context_gradsq = (np.ones(shape, np.float32) for _ in range(2))
        self.epoch = 0
        self.loss = math.nan
        if context.resume_state is not None:
            self._resume(context.resume_state)

    def run(self, records: Records) -> None:
        """Train the remaining epochs."""
        if self.epoch == 0:
            self.context.snapshot(0, self._snapshot)
        with ThreadPoolExecutor(self.workers) as threads:
            while self.epoch < self.parameters.epochs and not self.context.stops_after(self.epoch):
                self.loss = self._train_epoch(records, threads)
                self.epoch += 1
                self.context.record(self.epoch, loss=self.loss)
                self.context.snapshot(self.epoch, self._snapshot)
                self.context.checkpoint(self.epoch, self.state)

    def _train_epoch(self, records: Records, threads: ThreadPoolExecutor) -> float:
        from embedlab.models.glove.kernels import train_records

        tables = self.words, self.contexts, self.word_gradsq, self.context_gradsq
        rates = self.parameters.learning_rate, math.log(self.parameters.x_max), self.parameters.alpha

        def train(shard: Records) -> float:
            return train_records(shard, *tables, *rates)

        loss = 0.0
        started = time.perf_counter()
        for begin in range(0, len(records), _BLOCK_RECORDS):
            block = records[begin : begin + _BLOCK_RECORDS]
            loss += sum(threads.map(train, np.array_split(block, self.workers)))
            self._check(loss)
            n_done = begin + len(block)
            self._report(n_done / len(records), n_done / max(time.perf_counter() - started, 1e-9))
        # Half the squared error, as the published program reports it.
        return loss / 2 / len(records)

    def _report(self, share: float, rate: float) -> None:
        prepared = _PREPARED if self.epoch == 0 else 0.0
        self.context.progress(
            epoch=self.epoch,
            n_epochs=self.parameters.epochs,
            share_of_epoch=prepared + (1 - prepared) * share,
            rate=rate,
            rate_unit="pairs/s",
        )

    def _check(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise diverged(learning_rate=self.parameters.learning_rate)

    def _vectors(self, n_words: int | None = None) -> npt.NDArray[np.float32]:
        vectors: npt.NDArray[np.float32] = self.words[:n_words, :-1] + self.contexts[:n_words, :-1]
        return vectors

    def _snapshot(self) -> dict[str, tuple[list[str], npt.NDArray[np.float32]]]:
        return {"words": (self.vocabulary["word"].tolist()[:SNAPSHOT_KEYS], self._vectors(SNAPSHOT_KEYS))}

    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        return {
            "words": self.words,
            "contexts": self.contexts,
            "word_gradsq": self.word_gradsq,
            "context_gradsq": self.context_gradsq,
        }

    def state(self) -> State:
        """Return everything needed to resume; the last column of `words` and `contexts` is the bias."""
        arrays = {name: array.copy() for name, array in self._arrays().items()}
        return State(arrays, {"epoch": self.epoch, "loss": self.loss, "vocabulary": vocabulary_digest(self.vocabulary)})

    def _resume(self, state: State) -> None:
        restore_tables(self._arrays(), state, self.vocabulary)
        self.epoch, loss = epoch_of(state), state.config.get("loss")
        if not isinstance(loss, int | float):
            raise checkpoint_mismatch()
        self.loss = float(loss)

    def result(self) -> TrainingResult:
        """Return the sums of word and context vectors, most frequent word first."""
        return TrainingResult(
            embeddings={"words": word_embedding(self._vectors(), self.vocabulary)},
            state=self.state(),
            scores={"loss": self.loss},
        )

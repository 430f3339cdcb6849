"""Skip-gram with negative sampling in Keras: a network whose only weights are two `Embedding` layers."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.models.contract.base import (
    ADVANCED,
    LOG,
    SNAPSHOT_KEYS,
    Context,
    Estimate,
    Model,
    NetworkLayer,
    Parameters,
    State,
    TrainingResult,
    checkpoint_mismatch,
    diverged,
    epoch_of,
)
from embedlab.models.keras_skipgram import pairs as skipgram_pairs
from embedlab.models.keras_skipgram.network import Trainer, build_network, initialize_rows
from embedlab.models.shared import corpus_segments, keras_training, word_loss
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.starting import asked_rows, start_field
from embedlab.models.shared.word_parameters import Epochs, MinCount, Negative, Sample, Window
from embedlab.models.shared.word_rows import (
    expected_words,
    keep_probability,
    kept_vocabulary,
    no_pairs,
    word_embedding,
    words_of_network,
)

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset

_REPORT_EVERY_S = 0.3
_EXAMPLE_LINES = 500
_EXAMPLES = 10_000


class KerasSkipgramParameters(Parameters):
    """Parameters of the skip-gram network."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "window", "epochs")

    vector_size: int = Field(
        100, title="Dimensions", ge=1, le=2000, description="Vector size: output_dim of the Embedding layers."
    )
    window: Window = 5
    min_count: MinCount = 5
    epochs: Epochs = 5
    negative: Negative = 5
    start_from: str = start_field()
    sample: Sample = 1e-4
    learning_rate: float = Field(
        0.05,
        title="Learning rate",
        gt=0,
        le=10,
        description="Learning rate of Adagrad.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    batch_size: int = Field(
        1024,
        title="Batch size",
        ge=1,
        le=1_000_000,
        description="Batch size, in pairs of words.",
        json_schema_extra={**LOG, **ADVANCED},
    )


class KerasSkipgram(Model[KerasSkipgramParameters, "TextDataset"]):
    """Skip-gram with negative sampling: two `Embedding` layers, a dot product, nothing else.

    Notes
    -----
    Mikolov, Sutskever, Chen, Corrado and Dean, 2013; Adagrad by Duchi, Hazan and Singer, 2011.
    """

    name: ClassVar[str] = "keras-skipgram"
    title: ClassVar[str] = "Skip-gram in Keras"
    summary: ClassVar[str] = (
        "Skip-gram as a Keras network of two Embedding layers: slower than Word2Vec, but you can reuse the network."
    )
    task: ClassVar[str] = "words"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    files: ClassVar[tuple[str, ...]] = ("skipgram.keras", "summary.txt")
    parameters_class = KerasSkipgramParameters

    def defaults(self, counts: Counts) -> KerasSkipgramParameters:
        """Return a lower `min_count`, shorter vectors and more epochs for a small text."""
        n_tokens = max(1, int(counts["tokens"]))
        small, tiny = n_tokens < 200_000, n_tokens < 20_000
        return KerasSkipgramParameters(
            vector_size=50 if small else 100,
            min_count=(1 if tiny else 2) if small else 5,
            epochs=int(np.clip(3_000_000 // n_tokens, 5, 50)),
            sample=1e-3 if small else 1e-4,
            batch_size=256 if small else 1024,
        )

    def estimate(self, counts: Counts, parameters: KerasSkipgramParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts only."""
        del n_threads
        # Typical subsampling keeps about half of natural text.
        n_pairs = counts["tokens"] * (0.55 if parameters.sample else 1.0) * (parameters.window + 1)
        numbers = n_pairs * (1 + parameters.negative) * parameters.vector_size
        epoch_s = n_pairs / parameters.batch_size * _STEP_S + numbers * _NUMBER_S + counts["tokens"] * 5e-7
        n_words = expected_words(counts, parameters.min_count)
        memory = (
            (n_words * parameters.vector_size * 4 * 10 + counts["vocabulary"] * 250) / 1e6
            + 50
            + 4 * (parameters.batch_size * (1 + parameters.negative) * parameters.vector_size * 4 / 1e6)
        )
        return Estimate(float(_START_S + parameters.epochs * epoch_s), float(_START_MB + memory))

    def network(self, counts: Counts, parameters: KerasSkipgramParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers of the network, for the known or expected vocabulary size."""
        return network_layers(parameters, words_of_network(counts, parameters.min_count))

    def script(self, parameters: KerasSkipgramParameters, data_file: str) -> str:
        """Return a script that uses Keras; `data_file` is the corpus."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: TextDataset, parameters: KerasSkipgramParameters, context: Context) -> TrainingResult:
        """Learn a vector for each word that occurs at least `min_count` times."""
        training = _Training(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: import and compilation, one step, one number in the rows of a step.
_START_S = 8.0
_STEP_S = 2.5e-3
_NUMBER_S = 4.0e-9
_START_MB = 750.0


def network_layers(parameters: KerasSkipgramParameters, n_words: int) -> tuple[NetworkLayer, ...]:
    """Return the layers of the network, equal to those of the Keras model."""
    size, n_contexts = parameters.vector_size, 1 + parameters.negative
    return (
        NetworkLayer("target", "InputLayer", (None, 1), 0),
        NetworkLayer("context", "InputLayer", (None, n_contexts), 0),
        NetworkLayer("words", "Embedding", (None, 1, size), n_words * size, ("target",)),
        NetworkLayer("contexts", "Embedding", (None, n_contexts, size), n_words * size, ("context",)),
        NetworkLayer("dot", "Dot", (None, 1, n_contexts), 0, ("words", "contexts")),
        NetworkLayer("logits", "Flatten", (None, n_contexts), 0, ("dot",)),
    )


class _Training:
    """One training: the vocabulary, the network, and the fixed examples of the loss."""

    def __init__(self, data: TextDataset, parameters: KerasSkipgramParameters, context: Context) -> None:
        self.data, self.parameters, self.context = data, parameters, context
        self.vocabulary = kept_vocabulary(data.vocabulary, parameters.min_count)
        self.words: list[str] = self.vocabulary["word"].tolist()
        self.rows = {word: row for row, word in enumerate(self.words)}
        counts = self.vocabulary["count"].to_numpy(np.int64)
        self.keep = keep_probability(counts, parameters.sample)
        self.negatives = skipgram_pairs.negative_table(counts)
        self.examples = self._fixed_examples(counts)
        known = asked_rows(parameters.start_from, self.words, parameters.vector_size, context)
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        network = build_network(len(self.words), parameters.vector_size, 1 + parameters.negative, parameters.seed)
        self.summary = keras_training.summary_text(network)
        if known is not None:
            initialize_rows(network, *known)
        self.trainer = Trainer(network, learning_rate=parameters.learning_rate)
        self.epoch = 0
        context.log(f"{len(self.words):,} words, {int(counts.sum()):,} tokens")
        if context.resume_state is not None:
            self._resume(context.resume_state)

    def _resume(self, state: State) -> None:
        if state.config.get("vocabulary") != self._digest():
            raise checkpoint_mismatch()
        self.trainer.restore(state)
        self.epoch = epoch_of(state)

    def _digest(self) -> str:
        return hashlib.sha256("\n".join(self.words).encode("utf-8", errors="surrogatepass")).hexdigest()

    def _fixed_examples(self, counts: npt.NDArray[np.int64]) -> word_loss.Examples:
        rng = np.random.default_rng(self.parameters.seed)
        sentences = [
            np.array([self.rows[word] for word in line if word in self.rows], np.int32)
            for line in corpus_segments.draw_lines(self.data.corpus_path, _EXAMPLE_LINES, rng)
        ]
        # In a tiny text, subsampling may leave no pair.
        for keep in (self.keep, np.ones(len(counts))):
            examples = word_loss.draw_examples(
                sentences,
                counts,
                n_examples=_EXAMPLES,
                window=self.parameters.window,
                skip_gram=True,
                negative=self.parameters.negative,
                keep=keep,
                rng=rng,
            )
            if len(examples):
                return examples
        raise no_pairs()

    def run(self) -> None:
        """Train the remaining epochs."""
        if self.epoch == 0:
            self.context.snapshot(0, self._snapshot)
        while self.epoch < self.parameters.epochs and not self.context.stops_after(self.epoch):
            self._train_epoch()
            self.epoch += 1
            loss = self._loss()
            if not np.isfinite(loss):
                raise diverged(learning_rate=self.parameters.learning_rate)
            self.context.record(self.epoch, loss=loss)
            self.context.snapshot(self.epoch, self._snapshot)
            self.context.checkpoint(self.epoch, self.state)

    def _snapshot(self) -> dict[str, tuple[list[str], npt.NDArray[np.float32]]]:
        return {"words": (self.words[:SNAPSHOT_KEYS], self.trainer.tables()[0][:SNAPSHOT_KEYS])}

    def _loss(self) -> float:
        vectors, contexts = self.trainer.tables()
        return word_loss.negative_sampling_loss(self.examples, vectors, contexts)

    def _train_epoch(self) -> None:
        rng = np.random.default_rng((self.parameters.seed, self.epoch))
        size = max(1, self.data.corpus_path.stat().st_size)
        before = n_pairs = 0
        started = reported = time.perf_counter()
        for words, lines, position in skipgram_pairs.chunks(self.data.corpus_path, self.rows):
            targets, contexts = skipgram_pairs.pairs(words, lines, self.keep, self.parameters.window, rng)
            for start in range(0, len(targets), self.parameters.batch_size):
                part = slice(start, start + self.parameters.batch_size)
                self._step(targets[part], contexts[part], rng)
                n_pairs += len(targets[part])
                if (now := time.perf_counter()) - reported >= _REPORT_EVERY_S:
                    reported = now
                    done = before + (position - before) * start / len(targets)
                    self._report(done / size, n_pairs / (now - started))
            before = position
        self._report(1.0, n_pairs / max(time.perf_counter() - started, 1e-9))

    def _step(self, targets: skipgram_pairs.Rows, contexts: skipgram_pairs.Rows, rng: np.random.Generator) -> None:
        drawn = rng.integers(0, len(self.negatives), (len(targets), self.parameters.negative))
        self.trainer.step(targets, np.concatenate([contexts[:, np.newaxis], self.negatives[drawn]], axis=1))

    def _report(self, share: float, rate: float) -> None:
        self.context.progress(
            epoch=self.epoch,
            n_epochs=self.parameters.epochs,
            share_of_epoch=share,
            rate=rate,
            rate_unit="pairs/s",
        )

    def state(self) -> State:
        """Return both tables and the optimizer's state."""
        return State(self.trainer.arrays(), {"epoch": self.epoch, "vocabulary": self._digest()})

    def result(self) -> TrainingResult:
        """Return the words' vectors, most frequent first."""
        vectors, _ = self.trainer.tables()
        return TrainingResult(
            embeddings={"words": word_embedding(vectors, self.vocabulary)},
            state=self.state(),
            scores={"loss": self._loss()},
            texts={"summary.txt": self.summary},
            files={"skipgram.keras": keras_training.saved_network(self.trainer.network, self.context.scratch)},
        )

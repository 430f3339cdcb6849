"""Training of Word2Vec and fastText with gensim's fast path (`corpus_file`), with progress reports and resuming."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.models.contract.base import ADVANCED, SNAPSHOT_KEYS, Context, Estimate, Parameters, TrainingResult
from embedlab.models.shared import corpus_segments, word_loss
from embedlab.models.shared.epoch_loop import MIN_ALPHA, Snapshot
from embedlab.models.shared.gensim_loop import GensimLoop
from embedlab.models.shared.word_examples import corpus_examples
from embedlab.models.shared.word_parameters import Alpha, Epochs, MinCount, Negative, Sample, Window, Workers
from embedlab.models.shared.word_rows import expected_words, kept_vocabulary, word_embedding

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset

#: Words gensim reads from a file at a time; a worker stops only after whole batches.
_BATCH_WORDS = 10_000
#: Fixed cost of a call to `train()`, for each word of the vocabulary.
_FIXED_S_PER_WORD = 1.0e-6


class GensimParameters(Parameters):
    """Parameters of gensim's word models, named as in gensim."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "window", "epochs")

    sg: bool = Field(
        True,
        title="Skip-gram",
        description="Skip-gram: predict each context word from a word. Off: CBOW, predict a word from its context.",
    )
    vector_size: int = Field(
        100,
        title="Dimensions",
        ge=1,
        le=2000,
        description="Vector size (dimensions). The fourth root of the number of values is a first guess.",
    )
    window: Window = 5
    min_count: MinCount = 5
    epochs: Epochs = 5
    negative: Negative = 5
    hs: bool = Field(
        False,
        title="Hierarchical softmax",
        description="Hierarchical softmax: a binary tree over the vocabulary instead of negative sampling.",
        json_schema_extra=ADVANCED,
    )
    sample: Sample = 1e-3
    alpha: Alpha = 0.025
    workers: Workers = 1


#: A value of gensim's `sample` with no effect: the share of every word is below it.
_NO_SUBSAMPLING = 0.9


def gensim_values(parameters: GensimParameters) -> dict[str, float]:
    """Return the parameters in gensim's form: flags as numbers, and no negative samples with `hs`.

    With hierarchical softmax and no subsampling, gensim 4.4 draws window widths from an uninitialized random state, so
    no training is repeatable; a `sample` without effect makes it initialize the state.
    """
    return {
        "sg": int(parameters.sg),
        "hs": int(parameters.hs),
        "negative": 0 if parameters.hs else parameters.negative,
        "sample": _NO_SUBSAMPLING if parameters.hs and parameters.sample == 0 else parameters.sample,
    }


#: Measured on a 2-core laptop-class machine: imports, and seconds for one output vector of one word pair.
_START_S = 2.0
_START_MB = 220.0
_TARGET_S = 9.0e-8
_TARGET_DIMENSION_S = 3.5e-10
#: Seconds to read and update one more row for each input word (fastText's n-grams).
_PART_S = 6.0e-9
_PART_DIMENSION_S = 2.0e-10


def settings_for_size(counts: Counts) -> dict[str, Any]:
    """Return defaults by text size: small texts get more epochs, a lower `min_count`, wider windows, shorter vectors.

    Sources: Culy, "Word embeddings for small corpora", 2018; for 17 million words about 10 epochs are best. The higher
    learning rate and stronger subsampling for large texts are those of gensim's comparison notebooks; measured on 17
    million words, WordSim-353 rises from 0.66 to 0.69 in two thirds of the time, on 2 million from 0.53 to 0.62.
    """
    n_tokens = max(1, counts["tokens"])
    small, tiny = n_tokens < 200_000, n_tokens < 20_000
    strong_subsampling = n_tokens >= 10_000_000 or (small and not tiny)
    return {
        "vector_size": 50 if small else 100,
        "window": 10 if small and not tiny else 5,
        "min_count": (1 if tiny else 2) if small else 5,
        # In a tiny text, every word has a large share.
        "sample": 1e-4 if strong_subsampling else 1e-3,
        "alpha": 0.05 if n_tokens >= 1_000_000 else 0.025,
        "epochs": int(np.clip(20_000_000 / n_tokens, 5, 100 if tiny else 50)),
        "workers": 1 if n_tokens < 1_000_000 else 4,
    }


def estimate_training(counts: Counts, parameters: GensimParameters, n_threads: int, n_parts: float = 0) -> Estimate:
    """Return the time and memory, from the counts only; each word is trained with `n_parts` n-grams."""
    n_words = expected_words(counts, parameters.min_count)
    workers = min(parameters.workers, n_threads)
    words_per_s = words_per_second(parameters, n_words, n_parts) * workers
    n_words_trained = counts["tokens"] * parameters.epochs
    seconds = _START_S + n_words_trained / words_per_s + counts["tokens"] * 3e-7 + n_words * 2e-5
    size = parameters.vector_size * 4 * 2
    memory = _START_MB + (n_words * (700 + size) + counts["vocabulary"] * 250) / 1e6
    return Estimate(seconds=float(seconds), memory_mb=float(memory))


def words_per_second(parameters: GensimParameters, n_words: float, n_parts: float = 0) -> float:
    """Return how many words of running text one worker trains per second."""
    targets = 0.8 * math.log2(n_words + 1) if parameters.hs else 1 + parameters.negative
    per_target_s = _TARGET_S + _TARGET_DIMENSION_S * parameters.vector_size
    near = parameters.window + 1
    parts_s = n_parts * (_PART_S + _PART_DIMENSION_S * parameters.vector_size)
    # In English, subsampling with 1e-3 keeps 72 % to 90 % of the words, with 1e-4 about half.
    kept = float(np.clip(0.8 + 0.3 * math.log10(parameters.sample / 1e-3), 0.2, 1)) if parameters.sample else 1.0
    if parameters.sg:
        return 1 / (kept * near * (targets * per_target_s + parts_s))
    # CBOW makes one prediction per word; it sums the context vectors before, and updates them after.
    return 1 / (kept * (targets * per_target_s + near * (per_target_s * 0.4 + parts_s)))


def words_per_segment(parameters: GensimParameters, n_words: int, workers: int, n_parts: float = 0) -> int:
    """Return a segment size that trains for at least a second, and at least 45 times the fixed cost.

    It depends only on the parameters and the vocabulary: other segments give slightly different vectors.
    """
    seconds = max(1.0, 45 * _FIXED_S_PER_WORD * n_words)
    batches = max(1, round(seconds * words_per_second(parameters, n_words, n_parts) / _BATCH_WORDS))
    # A worker stops at the first batch beyond its share; a share just below whole batches wastes none.
    return workers * (batches * _BATCH_WORDS - 200)


class GensimTraining(GensimLoop[corpus_segments.Segment]):
    """One training: gensim's model, the segments, and the fixed examples of the loss.

    Other models override `new_model`, `initialize`, `tables` and `word_vectors`.
    """

    #: Approximate number of n-grams trained with each word.
    n_parts: float = 0

    def __init__(self, data: TextDataset, parameters: GensimParameters, context: Context) -> None:
        self.data, self.parameters, self.context = data, parameters, context
        self.vocabulary = kept_vocabulary(data.vocabulary, parameters.min_count)
        self.workers = max(1, min(parameters.workers, context.n_threads))
        if self.workers < parameters.workers:
            context.log(f"{self.workers} of {parameters.workers} workers: no more threads are available")
        self.model = self.new_model(
            vector_size=parameters.vector_size,
            window=parameters.window,
            min_count=parameters.min_count,
            **gensim_values(parameters),
            alpha=parameters.alpha,
            min_alpha=MIN_ALPHA,
            seed=parameters.seed,
            workers=self.workers,
            # Keep the dataset's order: gensim's own sorting breaks ties in an undocumented way.
            sorted_vocab=0,
        )
        # gensim would store two events for every segment.
        self.model.lifecycle_events = None
        self.model.build_vocab_from_freq(
            dict(zip(self.vocabulary["word"], self.vocabulary["count"].tolist(), strict=True))
        )
        self.initialize()
        n_words = len(self.vocabulary)
        segment_size = words_per_segment(parameters, n_words, self.workers, self.n_parts)
        self.segments = corpus_segments.cut(data.corpus_path, segment_size)
        self.model.corpus_total_words = self.n_units
        self.loss = self._fixed_loss()
        context.log(
            f"{n_words:,} words, {self.n_units:,} tokens, {len(self.segments)} segments, {self.workers} workers"
        )
        if context.resume_state is not None:
            self.resume(context.resume_state)

    @property
    def schedule(self) -> GensimParameters:
        """Epochs and learning rate."""
        return self.parameters

    def new_model(self, **options: Any) -> Any:
        """Return gensim's untrained model."""
        from gensim.models import Word2Vec as GensimWord2Vec

        return GensimWord2Vec(**options)

    def initialize(self) -> None:
        """Initialize the tables; without an override, gensim's random initialization is used."""

    def tables(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the trained arrays (gensim's own, not copies) by their names in a state."""
        return {"vectors": self.model.wv.vectors, "outputs": self.outputs()}

    def word_vectors(self, n_words: int | None = None) -> npt.NDArray[np.float32]:
        """Return the vectors of the first `n_words` words, or of all words."""
        vectors: npt.NDArray[np.float32] = self.model.wv.vectors[:n_words]
        return vectors

    def train_segment(self, segment: corpus_segments.Segment, start_alpha: float, end_alpha: float) -> int:
        """Train on the lines of one segment; return the number of words trained after subsampling."""
        path = self.data.corpus_path
        if len(self.segments) > 1:
            path = self.context.scratch / "segment.txt"
            corpus_segments.copy_segment(self.data.corpus_path, segment, path)
        trained, _ = self.model.train(
            corpus_file=str(path),
            total_words=segment.n_words,
            epochs=1,
            start_alpha=start_alpha,
            end_alpha=end_alpha,
        )
        return int(trained)

    def outputs(self) -> npt.NDArray[np.float32]:
        """Return the output vectors of the words, or of the inner nodes with hierarchical softmax."""
        outputs: npt.NDArray[np.float32] = self.model.syn1 if self.parameters.hs else self.model.syn1neg
        return outputs

    def snapshot(self) -> Snapshot:
        """Return the vectors of the most frequent words."""
        words = self.model.wv.index_to_key[:SNAPSHOT_KEYS]
        return {"words": (words, self.word_vectors(SNAPSHOT_KEYS).copy())}

    def _fixed_loss(self) -> Callable[[], float]:
        """Draw the examples once and return a function that computes the model's current mean loss on them."""
        wv, parameters = self.model.wv, self.parameters
        examples = corpus_examples(
            self.data.corpus_path,
            self.vocabulary,
            window=parameters.window,
            skip_gram=parameters.sg,
            negative=self.model.negative,
            keep=wv.expandos["sample_int"] / (2**32 - 1) if parameters.sample else None,
            seed=parameters.seed,
        )
        if not parameters.hs:
            return lambda: word_loss.negative_sampling_loss(examples, self.word_vectors(), self.outputs())
        paths = word_loss.Paths.of(wv.expandos["point"], wv.expandos["code"])
        return lambda: word_loss.hierarchical_softmax_loss(examples, self.word_vectors(), self.outputs(), paths)

    def result(self) -> TrainingResult:
        """Return the words' vectors, most frequent first."""
        words = word_embedding(self.word_vectors().copy(), self.vocabulary)
        return TrainingResult(embeddings={"words": words}, state=self.state(), scores={"loss": self.loss()})

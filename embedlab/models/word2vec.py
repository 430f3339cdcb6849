"""Word2Vec by gensim on its fast path (`corpus_file`), heard within the epoch and resumable."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from embedlab.datasets.base import Counts, Kind
from embedlab.embedding import COUNT_COLUMN, Embedding
from embedlab.errors import InputError
from embedlab.models import corpus_segments, word_loss
from embedlab.models.base import SNAPSHOT_KEYS, Context, Estimate, Model, Parameters, State, TrainingResult
from embedlab.models.word_scripts import gensim_sample, word2vec_script

if TYPE_CHECKING:
    from embedlab.datasets.text import TextDataset

_ADVANCED = {"advanced": True}

#: gensim's own last learning rate.
_MIN_ALPHA = 1e-4
#: Words gensim takes from a file at a time; a worker stops only after whole batches.
_BATCH_WORDS = 10_000
#: What `train()` costs before it trains, for each word of the vocabulary.
_FIXED_S_PER_WORD = 1.0e-6
_EXAMPLES = 2000
_EXAMPLE_LINES = 500


class Word2VecParameters(Parameters):
    """Parameters of Word2Vec, named as in gensim."""

    sg: bool = Field(
        True, description="Skip-gram: predict each near word from a word. Off: CBOW, the word from all near."
    )
    vector_size: int = Field(
        100, ge=1, le=2000, description="Numbers in each vector; the fourth-root rule gives a start."
    )
    window: int = Field(5, ge=1, le=100, description="How many words to each side count as near, at most.")
    min_count: int = Field(5, ge=1, le=1_000_000, description="Leave out words that occur less often.")
    epochs: int = Field(5, ge=1, le=10_000, description="How often the whole text is gone through.")
    negative: int = Field(5, ge=1, le=100, description="Random words each true pair is told apart from.")
    hs: bool = Field(
        False,
        description="Hierarchical softmax: a tree over all words instead of random words.",
        json_schema_extra={**_ADVANCED},
    )
    sample: float = Field(
        1e-3,
        ge=0,
        le=1,
        description="Thin out words with a larger share of the text than this; 0: none.",
        json_schema_extra={"log": True, **_ADVANCED},
    )
    alpha: float = Field(
        0.025,
        ge=1e-4,
        le=1,
        description="Learning rate at the start; it falls evenly to 0.0001.",
        json_schema_extra={"log": True, **_ADVANCED},
    )
    workers: int = Field(
        1,
        ge=1,
        le=256,
        description="Threads at most; only with 1 are the vectors the same every time.",
        json_schema_extra={**_ADVANCED},
    )


class Word2Vec(Model[Word2VecParameters, "TextDataset"]):
    """Skip-gram or CBOW with negative sampling or hierarchical softmax.

    Notes
    -----
    Mikolov, Chen, Corrado and Dean, "Efficient Estimation of Word Representations in Vector Space", 2013.
    """

    name: ClassVar[str] = "word2vec"
    title: ClassVar[str] = "Word2Vec"
    summary: ClassVar[str] = "Words that stand in the same company get similar vectors."
    kind: ClassVar[Kind] = Kind.TEXT
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("gensim",)
    parameters_class = Word2VecParameters

    def defaults(self, counts: Counts) -> Word2VecParameters:
        """Return more epochs, rarer words, wider windows and shorter vectors for a small text.

        Source: Culy, "Word embeddings for small corpora", 2018; for 17 million words about 10 epochs are best.
        """
        n_tokens = max(1, counts["tokens"])
        small, tiny = n_tokens < 200_000, n_tokens < 20_000
        return Word2VecParameters(
            vector_size=50 if small else 100,
            window=10 if small and not tiny else 5,
            min_count=(1 if tiny else 2) if small else 5,
            # In a tiny text every word has a large share.
            sample=1e-4 if small and not tiny else 1e-3,
            epochs=int(np.clip(20_000_000 / n_tokens, 5, 100 if tiny else 50)),
            workers=1 if n_tokens < 1_000_000 else 4,
        )

    def estimate(self, counts: Counts, parameters: Word2VecParameters, n_threads: int) -> Estimate:
        """Return time and memory, from the counts alone."""
        n_words = _expected_vocabulary(counts, parameters)
        workers = min(parameters.workers, n_threads)
        words_per_s = _words_per_second(parameters, n_words) * workers
        n_words_trained = counts["tokens"] * parameters.epochs
        seconds = _START_S + n_words_trained / words_per_s + counts["tokens"] * 3e-7 + n_words * 2e-5
        size = parameters.vector_size * 4 * 2
        memory = _START_MB + (n_words * (700 + size) + counts["vocabulary"] * 250) / 1e6
        return Estimate(seconds=float(seconds), memory_mb=float(memory))

    def script(self, parameters: Word2VecParameters, data_file: str) -> str:
        """Return a script with gensim alone; `data_file` is the dataset's corpus file."""
        return word2vec_script(parameters.model_dump(), data_file)

    def train(self, data: TextDataset, parameters: Word2VecParameters, context: Context) -> TrainingResult:
        """Learn a vector for each word of at least `min_count` occurrences."""
        training = _Training(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: imports, and seconds for one output vector of one pair of words.
_START_S = 2.0
_START_MB = 220.0
_TARGET_S = 9.0e-8
_TARGET_DIMENSION_S = 3.5e-10


def _expected_vocabulary(counts: Counts, parameters: Word2VecParameters) -> float:
    # Of natural text; measured: 56 % of the words occur twice, 25 % five times.
    return max(2.0, float(counts["vocabulary"] * parameters.min_count**-0.86))


def _words_per_second(parameters: Word2VecParameters, n_words: float) -> float:
    """Return words of running text that one worker trains in a second, from the work one word gives."""
    targets = 0.8 * math.log2(n_words + 1) if parameters.hs else 1 + parameters.negative
    per_target_s = _TARGET_S + _TARGET_DIMENSION_S * parameters.vector_size
    near = parameters.window + 1
    # Of English, thinning to 1e-3 keeps 72 to 90 words of a hundred, to 1e-4 about half.
    kept = float(np.clip(0.8 + 0.3 * math.log10(parameters.sample / 1e-3), 0.2, 1)) if parameters.sample else 1.0
    if parameters.sg:
        return 1 / (kept * near * targets * per_target_s)
    # CBOW predicts once a word, and adds up the near words' vectors before and after.
    return 1 / (kept * (targets * per_target_s + near * per_target_s * 0.4))


def _words_per_segment(parameters: Word2VecParameters, n_words: int, workers: int) -> int:
    """Return a size of which training takes a second or more, and at least 45 times what starting it costs.

    It depends on the parameters and the vocabulary alone: other segments give (slightly) other vectors.
    """
    seconds = max(1.0, 45 * _FIXED_S_PER_WORD * n_words)
    batches = max(1, round(seconds * _words_per_second(parameters, n_words) / _BATCH_WORDS))
    # A worker stops at the first batch beyond its share: a share just below whole batches wastes none.
    return workers * (batches * _BATCH_WORDS - 200)


class _Training:
    """One training: gensim's model, the segments, and the fixed examples of the loss."""

    def __init__(self, data: TextDataset, parameters: Word2VecParameters, context: Context) -> None:
        from gensim.models import Word2Vec as GensimWord2Vec

        self.data, self.parameters, self.context = data, parameters, context
        self.vocabulary = _kept_vocabulary(data, parameters.min_count)
        self.workers = max(1, min(parameters.workers, context.n_threads))
        if self.workers < parameters.workers:
            context.log(f"{self.workers} of {parameters.workers} workers: more threads are not free")
        self.model = GensimWord2Vec(
            vector_size=parameters.vector_size,
            window=parameters.window,
            min_count=parameters.min_count,
            sample=gensim_sample(parameters.sample, hs=parameters.hs),
            sg=int(parameters.sg),
            hs=int(parameters.hs),
            negative=0 if parameters.hs else parameters.negative,
            alpha=parameters.alpha,
            min_alpha=_MIN_ALPHA,
            seed=parameters.seed,
            workers=self.workers,
            # The dataset's order is kept: gensim's own sorting breaks ties in no stated way.
            sorted_vocab=0,
        )
        # gensim would keep two events for every segment.
        self.model.lifecycle_events = None
        self.model.build_vocab_from_freq(
            dict(zip(self.vocabulary["word"], self.vocabulary["count"].tolist(), strict=True))
        )
        n_words = len(self.vocabulary)
        self.segments = corpus_segments.cut(data.corpus_path, _words_per_segment(parameters, n_words, self.workers))
        self.n_tokens = sum(segment.n_words for segment in self.segments)
        self.model.corpus_total_words = self.n_tokens
        self.loss = _fixed_loss(self.model, data, self.vocabulary, parameters)
        self.epoch = 0
        context.log(
            f"{n_words:,} words, {self.n_tokens:,} tokens, {len(self.segments)} segments, {self.workers} workers"
        )
        if context.resume_state is not None:
            self._resume(context.resume_state)

    def run(self) -> None:
        """Train all epochs that are left."""
        while self.epoch < self.parameters.epochs:
            self._train_epoch()
            self.epoch += 1
            self.context.record(self.epoch, loss=self._finite_loss())
            self.context.snapshot(self.epoch, self._snapshot)
            self.context.checkpoint(self.epoch, self.state)

    def _finite_loss(self) -> float:
        loss = self.loss()
        if not math.isfinite(loss):
            raise InputError(
                "The training diverged: its loss is not a number any more.",
                received=f"alpha={self.parameters.alpha}",
                remedy="Choose a smaller alpha.",
            )
        return loss

    def _train_epoch(self) -> None:
        done = trained = 0
        started = time.perf_counter()
        for segment in self.segments:
            trained += self._train_segment(segment, done)
            done += segment.n_words
            self.context.progress(
                epoch=self.epoch,
                n_epochs=self.parameters.epochs,
                share_of_epoch=done / self.n_tokens,
                rate=trained / max(time.perf_counter() - started, 1e-9),
                rate_unit="words/s",
            )

    def _train_segment(self, segment: corpus_segments.Segment, done: int) -> int:
        """Train one segment with its part of the falling learning rate; return the words effectively trained."""
        path = self.data.corpus_path
        if len(self.segments) > 1:
            path = self.context.scratch / "segment.txt"
            corpus_segments.copy_segment(self.data.corpus_path, segment, path)
        trained, _ = self.model.train(
            corpus_file=str(path),
            total_words=segment.n_words,
            epochs=1,
            start_alpha=self._alpha(done),
            end_alpha=self._alpha(done + segment.n_words),
        )
        return int(trained)

    def _alpha(self, done: int) -> float:
        share = (self.epoch + done / self.n_tokens) / self.parameters.epochs
        return float(self.parameters.alpha - (self.parameters.alpha - _MIN_ALPHA) * share)

    def _outputs(self) -> npt.NDArray[np.float32]:
        outputs: npt.NDArray[np.float32] = self.model.syn1 if self.parameters.hs else self.model.syn1neg
        return outputs

    def _snapshot(self) -> dict[str, tuple[list[str], npt.NDArray[np.float32]]]:
        words = self.model.wv.index_to_key[:SNAPSHOT_KEYS]
        return {"words": (words, self.model.wv.vectors[:SNAPSHOT_KEYS].copy())}

    def state(self) -> State:
        """Return everything to go on from: both tables and the random numbers' state."""
        _, random_keys, position, _, _ = self.model.random.get_state()
        return State(
            {
                "vectors": self.model.wv.vectors.copy(),
                "outputs": self._outputs().copy(),
                "random_keys": np.asarray(random_keys),
            },
            {"epoch": self.epoch, "random_position": int(position), "vocabulary": _digest(self.vocabulary)},
        )

    def _resume(self, state: State) -> None:
        vectors, outputs = state.arrays["vectors"], state.arrays["outputs"]
        fits = vectors.shape == self.model.wv.vectors.shape and outputs.shape == self._outputs().shape
        if not fits or state.config["vocabulary"] != _digest(self.vocabulary):
            raise InputError(
                "The checkpoint does not fit this dataset and these parameters.", remedy="Start the training over."
            )
        # In place: gensim's compiled code holds on to the arrays.
        self.model.wv.vectors[:] = vectors
        self._outputs()[:] = outputs
        self.model.random.set_state(
            ("MT19937", state.arrays["random_keys"], int(state.config["random_position"]), 0, 0.0)
        )
        self.epoch = int(state.config["epoch"])

    def result(self) -> TrainingResult:
        """Return the words' vectors, most frequent first."""
        metadata = pd.DataFrame({COUNT_COLUMN: self.vocabulary["count"].to_numpy(np.int64)})
        words = Embedding(self.model.wv.vectors.copy(), list(self.model.wv.index_to_key), metadata=metadata)
        return TrainingResult(embeddings={"words": words}, state=self.state(), scores={"loss": self.loss()})


def _kept_vocabulary(data: TextDataset, min_count: int) -> pd.DataFrame:
    """Return the words that occur at least `min_count` times, most frequent first."""
    vocabulary = data.vocabulary
    kept: pd.DataFrame = vocabulary[vocabulary["count"] >= min_count].reset_index(drop=True)
    if len(kept) < 2:
        raise InputError(
            f"Fewer than two words occur at least {min_count} times: there is nothing to compare.",
            received=f"{len(kept)} of {len(vocabulary)} words",
            remedy="Choose a smaller min_count, or bring more text.",
        )
    return kept


def _digest(vocabulary: pd.DataFrame) -> str:
    text = "\n".join(f"{word} {count}" for word, count in zip(vocabulary["word"], vocabulary["count"], strict=True))
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def _fixed_loss(
    model: Any, data: TextDataset, vocabulary: pd.DataFrame, parameters: Word2VecParameters
) -> Callable[[], float]:
    """Draw the examples once and return a function that tells the model's present mean loss on them."""
    rng = np.random.default_rng(parameters.seed)
    rows = model.wv.key_to_index
    sentences = [
        np.array([rows[word] for word in line if word in rows], np.int32)
        for line in corpus_segments.draw_lines(data.corpus_path, _EXAMPLE_LINES, rng)
    ]
    kept_share = model.wv.expandos["sample_int"] / (2**32 - 1)

    def draw(keep: npt.NDArray[np.float64]) -> word_loss.Examples:
        return word_loss.draw_examples(
            sentences,
            vocabulary["count"].to_numpy(np.int64),
            n_examples=_EXAMPLES,
            window=parameters.window,
            skip_gram=parameters.sg,
            negative=model.negative,
            keep=keep,
            rng=rng,
        )

    # In a tiny text of few words thinning may leave no pair.
    examples = draw(kept_share) if parameters.sample else draw(np.ones(len(rows)))
    if not len(examples):
        examples = draw(np.ones(len(rows)))
    if not len(examples):
        raise InputError(
            "No two known words stand in one line: there is nothing to learn from.",
            remedy="Choose a smaller min_count, or import the text as one document or as paragraphs.",
        )
    if not parameters.hs:
        return lambda: word_loss.negative_sampling_loss(examples, model.wv.vectors, model.syn1neg)
    paths = word_loss.Paths.of(model.wv.expandos["point"], model.wv.expandos["code"])
    return lambda: word_loss.hierarchical_softmax_loss(examples, model.wv.vectors, model.syn1, paths)

"""Word2Vec with negative sampling by our own compiled loop: the same objective as gensim's, several times as fast."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.base import SNAPSHOT_KEYS, Context, TrainingResult
from embedlab.models.shared import word_loss
from embedlab.models.shared.encoded_corpus import EncodedCorpus, encode_corpus
from embedlab.models.shared.epoch_loop import EpochLoop, Snapshot
from embedlab.models.shared.starting import asked_rows
from embedlab.models.shared.word_examples import corpus_examples
from embedlab.models.shared.word_rows import keep_probability, kept_vocabulary, word_embedding

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset
    from embedlab.models.word2vec.model import Word2VecParameters

Floats = npt.NDArray[np.float32]

#: The noise distribution is the power of the counts by this, as in the papers.
_NOISE_EXPONENT = 0.75
#: Pieces a worker is given in a segment; the others wait for at most one of them at its end.
_PIECES = 8


@dataclass(frozen=True)
class Lines:
    """Lines of an encoded corpus.

    Parameters
    ----------
    first, stop
        First line, and the line after the last.
    n_words
        Known words in them.
    """

    first: int
    stop: int
    n_words: int

    @property
    def n_units(self) -> int:
        """Number of words, which a training counts."""
        return self.n_words


def cut_lines(corpus: EncodedCorpus, first: int, stop: int, words_per_part: float) -> list[Lines]:
    """Cut lines into parts of about `words_per_part` words, at least one line each."""
    starts = corpus.line_starts
    n_words = int(starts[stop] - starts[first])
    n_parts = max(1, round(n_words / words_per_part))
    bounds = (
        np.searchsorted(starts[first : stop + 1], starts[first] + n_words * np.arange(1, n_parts) / n_parts) + first
    )
    edges = np.unique(np.concatenate([[first], bounds, [stop]]))
    return [
        Lines(low, high, int(starts[high] - starts[low]))
        for low, high in pairwise(edges.tolist())
        if starts[high] > starts[low]
    ]


class Word2VecTraining(EpochLoop[Lines]):
    """One training: the encoded corpus, two tables, and the fixed examples of the loss.

    With one worker the same seed gives the same vectors; with more, threads update the tables without locks.
    """

    def __init__(self, data: TextDataset, parameters: Word2VecParameters, context: Context, words_per_s: float) -> None:
        from embedlab.models.shared.skip_gram import kernels as word2vec_kernels

        self.data, self.parameters, self.context = data, parameters, context
        self.vocabulary = kept_vocabulary(data.vocabulary, parameters.min_count)
        self.words: list[str] = self.vocabulary["word"].tolist()
        counts = self.vocabulary["count"].to_numpy(np.int64)
        self.workers = max(1, min(parameters.workers, context.n_threads))
        if self.workers < parameters.workers:
            context.log(f"{self.workers} of {parameters.workers} workers: more threads are not free")
        self.corpus = encode_corpus(data.corpus_path, self.words, context.scratch / "indices.i32")
        keep = keep_probability(counts, parameters.sample)
        self.keep = keep.astype(np.float32)
        self.probability, self.alias = word2vec_kernels.alias_table(counts.astype(np.float64) ** _NOISE_EXPONENT)
        self.sigmoids = word2vec_kernels.sigmoid_table()
        self._train_lines = word2vec_kernels.train_lines
        self.vectors, self.outputs = self._tables()
        n_lines = len(self.corpus.line_starts) - 1
        self.segments: Sequence[Lines] = cut_lines(self.corpus, 0, n_lines, self.workers * max(1.0, words_per_s))
        self.loss = self._fixed_loss(keep if parameters.sample else None)
        context.log(
            f"{len(self.words):,} words, {self.n_units:,} tokens, {len(self.segments)} segments, {self.workers} workers"
        )
        if context.resume_state is not None:
            self.resume(context.resume_state)

    def _tables(self) -> tuple[Floats, Floats]:
        """Return input vectors as gensim begins them, or as `start_from` asks, and outputs of zero."""
        size = self.parameters.vector_size
        random = np.random.default_rng(self.parameters.seed).random((len(self.words), size), np.float32)
        vectors = (random * 2 - 1) / np.float32(size)
        known = asked_rows(self.parameters.start_from, self.words, size, self.context)
        if known is not None:
            found, given = known
            vectors[found] = given
        return vectors, np.zeros_like(vectors)

    def _fixed_loss(self, keep: npt.NDArray[np.float64] | None) -> Callable[[], float]:
        parameters = self.parameters
        examples = corpus_examples(
            self.data.corpus_path,
            self.vocabulary,
            window=parameters.window,
            skip_gram=parameters.sg,
            negative=parameters.negative,
            keep=keep,
            seed=parameters.seed,
        )
        return lambda: word_loss.negative_sampling_loss(examples, self.vectors, self.outputs)

    @property
    def schedule(self) -> Word2VecParameters:
        """Epochs and learning rate."""
        return self.parameters

    @property
    def final_alpha(self) -> float:
        """Learning rate at the end; that of CBOW stays above zero.

        In gensim each worker lowers the rate by the words of its own, so that two workers end at half of what one has
        in the middle of the last epoch. CBOW gains from it: 8 % instead of 6.7 % of the analogies (`RESULTS.md`).
        """
        parameters = self.parameters
        return super().final_alpha if parameters.sg else parameters.alpha / (2 * parameters.epochs)

    def tables(self) -> dict[str, Floats]:
        """Return the input and output vectors."""
        return {"vectors": self.vectors, "outputs": self.outputs}

    def config(self) -> Mapping[str, Any]:
        """Return which loop this state belongs to."""
        return {"backend": self.parameters.backend}

    def train_segment(self, segment: Lines, start_alpha: float, end_alpha: float) -> int:
        """Train the lines of a segment on all workers; return the words that subsampling kept."""
        pieces = [segment]
        if self.workers > 1:
            words_per_piece = segment.n_words / (self.workers * _PIECES)
            pieces = cut_lines(self.corpus, segment.first, segment.stop, words_per_piece)
        seed = _epoch_seed(self.parameters.seed, self.epoch)
        starts = self.corpus.line_starts

        def alpha(line: int) -> float:
            done = float(starts[line] - starts[segment.first]) / segment.n_words
            return start_alpha + (end_alpha - start_alpha) * done

        def train(piece: Lines) -> int:
            return int(
                self._train_lines(
                    self.corpus.indices,
                    starts,
                    piece.first,
                    piece.stop,
                    self.corpus.longest_line,
                    self.keep,
                    self.probability,
                    self.alias,
                    self.sigmoids,
                    self.vectors,
                    self.outputs,
                    self.parameters.sg,
                    self.parameters.window,
                    self.parameters.negative,
                    alpha(piece.first),
                    alpha(piece.stop),
                    seed,
                )
            )

        if len(pieces) == 1:
            return train(pieces[0])
        with ThreadPoolExecutor(self.workers) as pool:
            return sum(pool.map(train, pieces))

    def snapshot(self) -> Snapshot:
        """Return the vectors of the most frequent words."""
        return {"words": (self.words[:SNAPSHOT_KEYS], self.vectors[:SNAPSHOT_KEYS].copy())}

    def result(self) -> TrainingResult:
        """Return the words' vectors, most frequent first."""
        words = word_embedding(self.vectors.copy(), self.vocabulary)
        return TrainingResult(embeddings={"words": words}, state=self.state(), scores={"loss": self.loss()})


def _epoch_seed(seed: int, epoch: int) -> int:
    """Return 62 bits that differ for each seed and epoch."""
    digest = hashlib.sha256(f"{seed} {epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 2

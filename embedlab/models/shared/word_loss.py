"""The loss of word2vec on a fixed sample of examples, comparable between epochs.

gensim's own running loss is unusable with several workers or with `corpus_file`; this one uses examples that are drawn
once, and NumPy. Source of the objectives: Mikolov, Sutskever, Chen, Corrado and Dean, "Distributed Representations of
Words and Phrases and their Compositionality", 2013.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Examples:
    """Training examples: predict a word from one context word (skip-gram), or from all context words (CBOW).

    Parameters
    ----------
    inputs
        `(n, c)` int32 rows of the context words, padded with -1.
    centers
        `(n,)` int32 rows of the words to predict.
    negatives
        `(n, k)` int32 rows of negative samples, none equal to the center; `k` is 0 for hierarchical softmax.
    """

    inputs: Integers
    centers: Integers
    negatives: Integers

    def __len__(self) -> int:
        return len(self.centers)

    def hidden(self, vectors: Floats) -> Floats:
        """Return `(n, vector_size)` means of the input words' vectors."""
        is_word = self.inputs >= 0
        total = np.einsum("ncd,nc->nd", vectors[self.inputs], is_word.astype(np.float32))
        hidden: Floats = total / is_word.sum(axis=1, keepdims=True, dtype=np.float32)
        return hidden


@dataclass(frozen=True)
class Paths:
    """The path to each word in the Huffman tree of hierarchical softmax.

    Parameters
    ----------
    points
        `(n_words, depth)` int32 rows of the inner nodes, padded with -1.
    codes
        `(n_words, depth)` int32 branches at these nodes, 0 or 1.
    """

    points: Integers
    codes: Integers

    @classmethod
    def of(cls, points: Sequence[Iterable[int]], codes: Sequence[Iterable[int]]) -> Paths:
        """Pad paths of different lengths."""
        rows = [list(path) for path in points]
        shape = len(rows), max((len(row) for row in rows), default=0)
        padded_points, padded_codes = np.full(shape, -1, np.int32), np.zeros(shape, np.int32)
        for number, (path, code) in enumerate(zip(rows, codes, strict=True)):
            padded_points[number, : len(path)] = path
            padded_codes[number, : len(path)] = list(code)
        return cls(padded_points, padded_codes)


def draw_examples(
    sentences: Iterable[Integers],
    counts: npt.NDArray[np.int64],
    *,
    n_examples: int,
    window: int,
    skip_gram: bool,
    negative: int,
    keep: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> Examples:
    """Draw examples in the same way as the training, with subsampling and windows of random width.

    Parameters
    ----------
    sentences
        `(length,)` int32 rows of the known words of each sentence.
    counts
        `(n_words,)` occurrences; negative samples are drawn by their power 0.75.
    n_examples
        Maximum number of examples, drawn from all sentences.
    window
        Maximum distance between the words of an example.
    skip_gram
        Whether the input is one word, or all words in the window.
    negative
        Negative samples for each example; 0 for hierarchical softmax.
    keep
        `(n_words,)` probability that subsampling keeps an occurrence.
    rng
        Random number generator.
    """
    candidates: list[tuple[Integers, int]] = []
    for sentence in sentences:
        sampled = sentence[rng.random(len(sentence)) < keep[sentence]]
        candidates.extend(_of_sentence(sampled, window, skip_gram, rng))
    chosen = rng.permutation(len(candidates))[:n_examples]
    width = max((len(candidates[row][0]) for row in chosen), default=1)
    inputs = np.full((len(chosen), width), -1, np.int32)
    centers = np.empty(len(chosen), np.int32)
    for number, row in enumerate(chosen):
        context, centers[number] = candidates[row]
        inputs[number, : len(context)] = context
    return Examples(inputs, centers, draw_negatives(centers, counts, negative, rng))


def _of_sentence(
    sentence: Integers, window: int, skip_gram: bool, rng: np.random.Generator
) -> Iterable[tuple[Integers, int]]:
    for position, reach in enumerate(rng.integers(1, window + 1, len(sentence))):
        near = np.concatenate([sentence[max(0, position - reach) : position], sentence[position + 1 :][:reach]])
        if len(near):
            yield (rng.choice(near, 1) if skip_gram else near), int(sentence[position])


def draw_negatives(
    centers: Integers, counts: npt.NDArray[np.int64], negative: int, rng: np.random.Generator
) -> Integers:
    """Return `(n, negative)` rows of words, drawn by the power 0.75 of their counts, none equal to its center."""
    weights = counts.astype(np.float64) ** 0.75
    bounds = np.cumsum(weights / weights.sum())
    drawn = np.searchsorted(bounds, rng.random((len(centers), negative))).clip(max=len(counts) - 1)
    # Training skips a negative sample that equals the center; replacing it here keeps the arrays full.
    equal = drawn == centers[:, None]
    return np.where(equal, (drawn + 1) % len(counts), drawn).astype(np.int32)


def _log_sigmoid(values: Floats) -> Floats:
    logarithm: Floats = -np.logaddexp(np.float32(0), -values)
    return logarithm


def negative_sampling_loss(examples: Examples, vectors: Floats, outputs: Floats) -> float:
    """Return the mean of ``-log s(h . o_center) - sum_negatives log s(-h . o_negative)``; `s` is the sigmoid.

    Parameters
    ----------
    examples
        The examples to predict.
    vectors, outputs
        `(n_words, vector_size)` float32 input and output vectors (gensim's `wv.vectors` and `syn1neg`).
    """
    hidden = examples.hidden(vectors)
    positive = _log_sigmoid(np.einsum("nd,nd->n", hidden, outputs[examples.centers]))
    negative = _log_sigmoid(-np.einsum("nd,nkd->nk", hidden, outputs[examples.negatives]))
    return float(-(positive + negative.sum(axis=1)).mean(dtype=np.float64))


def hierarchical_softmax_loss(examples: Examples, vectors: Floats, outputs: Floats, paths: Paths) -> float:
    """Return the mean of ``-sum_path log s((1 - 2 code) h . o_node)``: the negative log-probability of the center.

    Parameters
    ----------
    examples
        The examples to predict.
    vectors, outputs
        Input vectors, and vectors of the inner nodes (gensim's `syn1`).
    paths
        The path to every word.
    """
    hidden = examples.hidden(vectors)
    points, codes = paths.points[examples.centers], paths.codes[examples.centers]
    signed = (1 - 2 * codes) * np.einsum("nd,npd->np", hidden, outputs[points])
    terms = np.where(points >= 0, _log_sigmoid(signed.astype(np.float32)), 0)
    return float(-terms.sum(axis=1).mean(dtype=np.float64))

"""A fixed sample of training examples from a corpus, used to compute the loss of every epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.models.shared.corpus_segments import draw_lines
from embedlab.models.shared.word_loss import Examples, draw_examples
from embedlab.models.shared.word_rows import no_pairs

_EXAMPLES = 2000
_EXAMPLE_LINES = 500


def corpus_examples(
    corpus: Path,
    vocabulary: pd.DataFrame,
    *,
    window: int,
    skip_gram: bool,
    negative: int,
    keep: npt.NDArray[np.float64] | None,
    seed: int,
) -> Examples:
    """Draw examples in the same way as the training.

    Parameters
    ----------
    corpus
        The corpus file.
    vocabulary
        Columns `word`, `count`; a word's row is its index.
    window, skip_gram, negative
        See `draw_examples`.
    keep
        `(n_words,)` probability that subsampling keeps an occurrence; None without subsampling.
    seed
        The same seed draws the same examples.

    Raises
    ------
    InputError
        No line has two known words.
    """
    rng = np.random.default_rng(seed)
    index_of = {word: row for row, word in enumerate(vocabulary["word"])}
    sentences = [
        np.array([index_of[word] for word in line if word in index_of], np.int32)
        for line in draw_lines(corpus, _EXAMPLE_LINES, rng)
    ]

    def draw(probabilities: npt.NDArray[np.float64]) -> Examples:
        return draw_examples(
            sentences,
            vocabulary["count"].to_numpy(np.int64),
            n_examples=_EXAMPLES,
            window=window,
            skip_gram=skip_gram,
            negative=negative,
            keep=probabilities,
            rng=rng,
        )

    no_subsampling = np.ones(len(vocabulary))
    # In a tiny text, subsampling may leave no pair.
    examples = draw(no_subsampling if keep is None else keep)
    if not len(examples):
        examples = draw(no_subsampling)
    if not len(examples):
        raise no_pairs()
    return examples

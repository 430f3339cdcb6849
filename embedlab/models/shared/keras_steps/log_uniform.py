"""Candidates of a sampled softmax."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LogUniform:
    """Candidates of a sampled softmax: lower rows, which are chosen more often, are drawn more often.

    ``p(row) = (log(row + 2) - log(row + 1)) / log(n_items + 1)``; the rows of a dataset are ordered by falling
    frequency.

    Source: Jean et al., "On Using Very Large Target Vocabulary for Neural Machine Translation", 2015; the sampler of
    TensorFlow, `tf.random.log_uniform_candidate_sampler`.

    Parameters
    ----------
    n_items
        Number of items.
    n_draws
        Draws with replacement; candidates that are drawn again count once.
    """

    n_items: int
    n_draws: int

    def draw(self, random: np.random.Generator) -> Ints:
        """Return the distinct rows of the draws, ascending."""
        drawn = np.exp(random.random(self.n_draws) * np.log(self.n_items + 1)).astype(np.int64) - 1
        return np.unique(np.clip(drawn, 0, self.n_items - 1)).astype(np.int32)

    def log_expected(self, rows: Ints) -> Floats:
        """Return the logarithm of the probability that a row is among the candidates."""
        share = np.log1p(1 / (rows.astype(np.float64) + 1)) / np.log(self.n_items + 1)
        expected: Floats = np.log(-np.expm1(self.n_draws * np.log1p(-share))).astype(np.float32)
        return expected

"""Evaluation of a model of the next item on the validation part, while it is trained or its settings are chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from embedlab.kinds.sequences.histories import Histories, Ints
from embedlab.kinds.sequences.ranks import ScoreHistories, next_ranks
from embedlab.kinds.sequences.splits import SequencesSplit

VALIDATION_MRR: Final = "validation_mrr"
VALIDATION_RECALL: Final = "validation_recall@5"
#: Enough users to choose settings: the standard error of the mean reciprocal rank is then about 0.007.
_MOST_USERS: Final = 3_000


@dataclass(frozen=True)
class ValidationCases:
    """The validation users as a test; false if there is nothing to evaluate on."""

    histories: Histories
    targets: Ints
    n_items: int
    with_history: bool

    @classmethod
    def of(cls, split: SequencesSplit) -> ValidationCases:
        """Prepare the test; of many users, some are drawn at random."""
        cases = split.validation
        chosen = np.sort(np.random.default_rng(0).permutation(len(cases))[:_MOST_USERS])
        return cls(cases.histories.take(chosen), cases.targets[chosen], split.n_items, split.with_history)

    def __bool__(self) -> bool:
        return len(self.targets) > 0

    def scores(self, score: ScoreHistories, tick: Callable[[], None] = lambda: None) -> dict[str, float]:
        """Return `validation_mrr` and `validation_recall@5`; empty if there is nothing to evaluate on."""
        if not self:
            return {}
        ranks = next_ranks(score, self.histories, self.targets, self.n_items, with_history=self.with_history, tick=tick)
        return {VALIDATION_MRR: float((1 / (ranks + 1)).mean()), VALIDATION_RECALL: float((ranks < 5).mean())}

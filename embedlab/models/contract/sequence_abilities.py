"""What a run trained on sequences can do."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.kinds.sequences.histories import Histories
from embedlab.models.contract.abilities import Ability

if TYPE_CHECKING:
    from embedlab.kinds.sequences.dataset import SequencesDataset


class ContinuesSequence(Ability["SequencesDataset"]):
    """Scores all items as the next one of a sequence."""

    refusal = "This run does not predict the next item of a sequence."
    folder = "continuer"

    @property
    @abstractmethod
    def n_items(self) -> int:
        """Number of items that it scores."""

    @abstractmethod
    def next_scores(self, histories: Histories) -> npt.NDArray[np.float32]:
        """Return `(n, n_items)` float32 scores of all items after each history, higher is better.

        -inf for items without events in training. The items of a history are scored like all others: the caller leaves
        them out where they cannot come again. An empty history gets scores too.
        """

    def probabilities(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32] | None:
        """Return `(n, n_items)` probabilities of the next item from scores; None if the scores do not imply any."""
        del scores
        return None

    def check(self, dataset: SequencesDataset) -> None:
        """Continue an empty sequence, and one of the first and the last item."""
        if self.n_items != len(dataset.items):
            raise damaged(self.folder)
        found = self.next_scores(Histories.of([[], [0, self.n_items - 1]]))
        if found.shape != (2, self.n_items) or np.isnan(found).any() or np.isposinf(found).any():
            raise damaged(self.folder)

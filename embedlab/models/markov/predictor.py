"""Prediction of the next item by a table of steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.kinds.sequences.histories import Histories
from embedlab.models.contract.sequence_abilities import ContinuesSequence
from embedlab.models.contract.state import State
from embedlab.models.shared.next_items.tables import StepTable


@dataclass(frozen=True)
class MarkovPredictor(ContinuesSequence):
    """Scores are smoothed probabilities of the step from the last item.

    Parameters
    ----------
    table
        Counts of steps and of items, and the smoothing.
    """

    table: StepTable

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        return len(self.table.counts)

    def next_scores(self, histories: Histories) -> npt.NDArray[np.float32]:
        """Return the probabilities; see `ContinuesSequence.next_scores`."""
        return self.table.next_scores(histories)

    def probabilities(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the scores, which are probabilities."""
        return np.maximum(scores, 0)

    def state(self) -> State:
        """Return the counts, sparse."""
        steps = self.table.rows
        arrays = {
            "data": steps.data,
            "columns": steps.indices.astype(np.int32),
            "starts": steps.indptr.astype(np.int64),
            "counts": self.table.counts,
        }
        return State(arrays, {"smoothing": self.table.smoothing})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load them; raises `StorageError` if they are damaged."""
        from scipy.sparse import csr_array

        try:
            arrays, smoothing = state.arrays, float(state.config["smoothing"])
            counts = np.asarray(arrays["counts"])
            # SciPy checks that the parts fit each other.
            steps = csr_array((arrays["data"], arrays["columns"], arrays["starts"]), shape=(len(counts), len(counts)))
            steps.check_format(full_check=True)
            are_counts = np.isfinite(steps.data).all() and (steps.data >= 0).all() and (counts >= 0).all()
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged(cls.folder) from error
        is_smoothing = np.isfinite(smoothing) and smoothing >= 0
        if counts.ndim != 1 or counts.dtype.kind not in "iu" or not (is_smoothing and are_counts):
            raise damaged(cls.folder)
        return cls(StepTable(steps, counts, smoothing))

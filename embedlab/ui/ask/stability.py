"""With how many seeds an answer is one: what was learned stays, what is chance goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedlab.core.similarity import Answer
from embedlab.exploration.asking.stability import neighbor_counts
from embedlab.jobs.stability import SCORE, other_seeds
from embedlab.ui.shell import resources
from embedlab.ui.shell.runs import run_behind
from embedlab.workspace.rows import EmbeddingRow

#: Name of the column beside the answers.
COLUMN = "Seeds"


@dataclass(frozen=True)
class Steady:
    """How often each answer is one, of how many trainings."""

    times: tuple[int, ...]
    n_seeds: int

    @property
    def column(self) -> list[str]:
        """What stands beside each answer."""
        return [f"{each} of {self.n_seeds}" for each in self.times]

    @property
    def sentence(self) -> str:
        """Return what to believe, in Markdown."""
        n_all = sum(each == self.n_seeds for each in self.times)
        if n_all == 0:
            return f"None of them is a neighbor with all {self.n_seeds} seeds, so they may be chance."
        if n_all == len(self.times):
            return f"All of them are neighbors with all {self.n_seeds} seeds."
        are = "is a neighbor" if n_all == 1 else "are neighbors"
        return f"**{n_all} of {len(self.times)}** {are} with all {self.n_seeds} seeds: trust those first."


def steady(row: EmbeddingRow, key: str, answers: Sequence[Answer]) -> Steady | None:
    """Return how often the neighbors of a key are neighbors with other seeds; None where none were compared."""
    run = run_behind(row)
    if run is None or SCORE not in run.scores or not answers:
        return None
    others = [other for other in other_seeds(resources.workspace(), run) if other.name == row.name]
    opened = [resources.load_embedding(other.id) for other in others]
    return Steady(tuple(neighbor_counts(key, answers, opened)), 1 + len(opened)) if opened else None

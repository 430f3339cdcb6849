"""Number of seeds with which an answer appears: learned neighbors appear with most, chance ones with few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedlab.core.similarity import Answer
from embedlab.exploration.asking.stability import neighbor_counts
from embedlab.jobs.stability import SCORE, other_seeds
from embedlab.ui.shell import resources
from embedlab.ui.shell.runs import run_of
from embedlab.workspace.rows import EmbeddingRow

#: Heading of the column next to the answers.
COLUMN = "Seeds"


@dataclass(frozen=True)
class SeedAgreement:
    """In how many of the trainings each answer appears."""

    times: tuple[int, ...]
    n_seeds: int

    @property
    def column(self) -> list[str]:
        """Text next to each answer."""
        return [f"{each} of {self.n_seeds}" for each in self.times]

    @property
    def sentence(self) -> str:
        """Which answers to trust, in Markdown."""
        n_all = sum(each == self.n_seeds for each in self.times)
        if n_all == 0:
            return f"None of them is a neighbor with all {self.n_seeds} seeds, so they may be due to chance."
        if n_all == len(self.times):
            return f"All of them are neighbors with all {self.n_seeds} seeds."
        are = "is a neighbor" if n_all == 1 else "are neighbors"
        return f"**{n_all} of {len(self.times)}** {are} with all {self.n_seeds} seeds: trust those first."


def seed_agreement(row: EmbeddingRow, key: str, answers: Sequence[Answer]) -> SeedAgreement | None:
    """Return how often the neighbors of a key are also neighbors with other seeds; None if no seeds were compared."""
    run = run_of(row)
    if run is None or SCORE not in run.scores or not answers:
        return None
    others = [other for other in other_seeds(resources.workspace(), run) if other.name == row.name]
    opened = [resources.load_embedding(other.id) for other in others]
    return SeedAgreement(tuple(neighbor_counts(key, answers, opened)), 1 + len(opened)) if opened else None

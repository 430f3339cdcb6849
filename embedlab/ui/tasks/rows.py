"""Scores of vectors of rows: explained variance, neighbors, and a label that neighbors share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from embedlab.evaluation.numeric_rows import EXPLAINED, KNN, N_RECALLED, N_VOTERS, RECALL
from embedlab.evaluation.score import Score
from embedlab.ui.tasks.page import TaskPage


class RowsPage(TaskPage):
    """The scores on held-out rows beside the mean, PCA of the same width, and the standardized columns."""

    noun: ClassVar[str] = "Vectors"
    helps: ClassVar[Mapping[str, str]] = {
        EXPLAINED: "Share of the variance of the standardized columns that is reconstructed from the vectors",
        RECALL: f"Share of the {N_RECALLED} nearest rows by distance of all standardized columns that are among the "
        f"{N_RECALLED} nearest by cosine similarity of the vectors",
        KNN: f"How often the {N_VOTERS} nearest rows have the label of a held-out row",
    }

    def _names(self, scores: Mapping[str, Score]) -> list[str]:
        return [name for name in (EXPLAINED, RECALL, KNN) if name in scores]

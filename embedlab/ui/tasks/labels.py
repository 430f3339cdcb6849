"""Test scores of a classifier with baselines and the confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.figures.confusion import MOST_LABELS, confusion_matrix
from embedlab.ui.tasks.page import TaskPage
from embedlab.ui.widgets import figures as run_figures

_MOST_CLASSES = 30


class LabelsPage(TaskPage):
    """Accuracy and F1 beside those of simpler classifiers, and the confusion matrix."""

    noun: ClassVar[str] = "Classifier"
    helps: ClassVar[Mapping[str, str]] = {
        "test_accuracy": "Share of documents classified correctly",
        "test_f1": "Mean over labels (macro), so rare labels count as much as frequent ones",
    }

    def draw_scores(self, scores: Mapping[str, Any]) -> bool:
        """Draw the scores on the test part, the baselines, and which labels are confused."""
        has_scores = super().draw_scores(scores)
        if has_scores:
            draw_confusion(scores.get("confusion"), "Documents")
        return has_scores


def draw_confusion(confusion: Mapping[str, Any] | None, cases: str) -> None:
    """Draw the confusion matrix, or a list of confused labels if there are many.

    Parameters
    ----------
    confusion
        As stored with the scores.
    cases
        Plural noun of what is classified, as a heading.
    """
    if not confusion or not 2 <= len(confusion.get("classes", [])) <= _MOST_CLASSES:
        return
    names = [one_line(str(name), 40) for name in confusion["classes"]]
    with st.expander("Confusion matrix", icon=":material/grid_on:", key="expander-confusion"):
        if len(names) <= MOST_LABELS:
            figure = confusion_matrix(np.asarray(confusion["counts"]), names, theme=run_figures.theme())
            run_figures.show(figure, key="confusion", alt=f"Number of {cases.lower()} by true and predicted label")
            st.caption("Rows are true labels, columns are predicted labels. Correct is blue, mistakes are orange.")
            return
        rows = [
            (name, other, int(count))
            for name, counts in zip(names, confusion["counts"], strict=True)
            for other, count in zip(names, counts, strict=True)
            if count
        ]
        rows.sort(key=lambda row: (row[0] == row[1], -row[2]))
        st.dataframe(
            pd.DataFrame(rows, columns=["Label", "Predicted as", cases]),
            hide_index=True,
            placeholder="",
            height=min(320, 38 + 35 * len(rows)),
        )
        st.caption("Mistakes are listed first.")

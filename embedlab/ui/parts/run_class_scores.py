"""How well a classifier names the labels of test documents, beside what knows less than it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.figures.confusion import MOST_LABELS, confusion_matrix
from embedlab.plain import one_line
from embedlab.ui.parts import run_figures

_BASELINES = {
    "majority": "Always the most frequent label",
    "tfidf_logistic_regression": "TF-IDF and logistic regression",
}
_MOST_CLASSES = 30


def draw(scores: Mapping[str, Any]) -> None:
    """Draw accuracy and F1 on the test part, the baselines, and what is taken for what."""
    baselines = {name: scores.get("baselines", {}).get(name) for name in _BASELINES}
    known = {name: figures for name, figures in baselines.items() if isinstance(figures, Mapping)}
    table = pd.DataFrame(
        {
            "Classifier": ["This run", *(_BASELINES[name] for name in known)],
            "Accuracy": [scores["test_accuracy"], *(figures.get("accuracy") for figures in known.values())],
            "F1": [scores.get("test_f1"), *(figures.get("f1") for figures in known.values())],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "Accuracy": st.column_config.NumberColumn(
                format="%.3f", width="small", help="Share of documents named right"
            ),
            "F1": st.column_config.NumberColumn(
                format="%.3f", width="small", help="Mean over labels (macro), so that rare labels count as much"
            ),
        },
    )
    low, high = scores.get("test_interval") or (None, None)
    interval = (
        f", 95 % interval of the accuracy {low:.3f} to {high:.3f}" if low is not None and high is not None else ""
    )
    st.caption(f"On {scores.get('n_test', 0):,} test documents, which were looked at once{interval}.")
    best = max((figures.get("accuracy") or 0.0 for figures in known.values()), default=None)
    if best is not None and scores["test_accuracy"] <= best:
        st.caption(":material/warning: No better than a simple baseline on the test part.")
    _confusion(scores.get("confusion"))


def _confusion(confusion: Mapping[str, Any] | None) -> None:
    if not confusion or not 2 <= len(confusion.get("classes", [])) <= _MOST_CLASSES:
        return
    names = [one_line(str(name), 40) for name in confusion["classes"]]
    with st.expander("What is taken for what", icon=":material/grid_on:"):
        if len(names) <= MOST_LABELS:
            figure = confusion_matrix(np.asarray(confusion["counts"]), names, theme=run_figures.theme())
            run_figures.show(figure, key="confusion", alt="How many documents of each label were given which label")
            st.caption("A row a label, a column what its documents were taken for: right is blue, mistakes are orange.")
            return
        rows = [
            (name, other, int(count))
            for name, counts in zip(names, confusion["counts"], strict=True)
            for other, count in zip(names, counts, strict=True)
            if count
        ]
        rows.sort(key=lambda row: (row[0] == row[1], -row[2]))
        st.dataframe(
            pd.DataFrame(rows, columns=["Label", "Taken for", "Documents"]),
            hide_index=True,
            height=min(320, 38 + 35 * len(rows)),
        )
        st.caption("Mistakes come first.")

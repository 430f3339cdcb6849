"""Scores of a predicted column: baselines, what the vectors do for other models, and the map of places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pandas as pd
import streamlit as st

from embedlab.evaluation.differences import signed
from embedlab.evaluation.rows.feature_use import MODELS
from embedlab.evaluation.score import Score
from embedlab.figures.places import beside_map
from embedlab.ui.shell.plain import plain
from embedlab.ui.tasks.labels import draw_confusion
from embedlab.ui.tasks.page import TaskPage
from embedlab.ui.widgets import figures as run_figures


class TargetPage(TaskPage):
    """R\u00b2 and errors, or accuracy, beside those of simpler predictions; then the use of the vectors."""

    noun: ClassVar[str] = "Prediction"
    helps: ClassVar[Mapping[str, str]] = {
        "test_r2": "Explained share of the variance, on the scale that is predicted; 1 is best",
        "test_rmse": "Root mean squared error in the units of the target; lower is better",
        "test_mae": "Mean absolute error in the units of the target; lower is better",
        "test_accuracy": "Share of rows classified correctly",
        "test_f1": "Mean over classes (macro), so rare classes count as much as frequent ones",
    }

    def _names(self, scores: Mapping[str, Score]) -> list[str]:
        """Return the scores of the test part; that of the validation part is in the learning curve."""
        return [name for name in super()._names(scores) if name in self.helps]

    def draw_scores(self, scores: Mapping[str, Any]) -> bool:
        """Draw the scores, the confusion matrix, the use of the vectors, and the places."""
        has_scores = super().draw_scores(scores)
        if has_scores:
            draw_confusion(scores.get("confusion"), "Rows")
            _feature_use(scores.get("feature_use"))
            for name, found in (scores.get("places") or {}).items():
                _place(str(name), found)
        return has_scores


def _feature_use(found: Mapping[str, Any] | None) -> None:
    if not found:
        return
    title = "Accuracy" if found["score"] == "accuracy" else "R\u00b2"
    st.markdown("## Learned vectors as inputs of other models")
    rows = [
        (MODELS[name], found[name]["one_hot"], found[name]["vectors"], _difference(found[name]["difference"]))
        for name in MODELS
        if name in found
    ]
    # Together as wide as the column of the page, so that the change is visible without scrolling.
    st.dataframe(
        pd.DataFrame(rows, columns=["Model", "One-hot", "Learned", "Change"]),
        hide_index=True,
        placeholder="",
        column_config={
            "Model": st.column_config.TextColumn(width=140),
            "One-hot": st.column_config.NumberColumn(f"{title}, one-hot", format="%.3f", width=140),
            "Learned": st.column_config.NumberColumn(f"{title}, learned", format="%.3f", width=140),
            "Change": st.column_config.TextColumn("Change (95 % interval)", width=200),
        },
    )
    columns = ", ".join(plain(str(each), 60) for each in found["columns"])
    st.caption(
        f"The vectors of {columns} replace their one-hot rows; numbers stay as they are, texts are left out. "
        f"Learned from {found['n_known']:,} rows, scored on {found['n_test']:,} held-out rows."
    )


def _difference(stored: Mapping[str, Any]) -> str:
    low, high = stored.get("low"), stored.get("high")
    bounds = "" if low is None or high is None else f" ({signed(low)} to {signed(high)})"
    return f"{signed(stored['value'])}{bounds}"


def _place(name: str, found: Mapping[str, Any]) -> None:
    st.markdown(f"## The map of {plain(name, 60)} and its vectors")
    figure = beside_map(found["points"], color=str(found.get("color", "effect")), theme=run_figures.theme())
    run_figures.show(figure, key=f"places-{name}", alt="Places on the map, and where their vectors put them")
    columns = " and ".join(plain(str(each), 60) for each in found["columns"])
    verdict = "more than" if found["p"] < _CHANCE else "not distinguishable from"
    st.caption(
        f"The model did not get {columns}. Rotated and scaled to fit, the vectors explain {found['r2']:.0%} of the map "
        f"(Procrustes), {verdict} chance ({found['chance']:.0%}). What is learned is the effect on the target, not the "
        "place: neighbors on the map are near each other only if they have similar effects."
    )


_CHANCE = 0.05

"""The table of test scores beside the baselines."""

from __future__ import annotations

from embedlab.ui.tasks import baselines


def test_scores_of_more_than_64_bits_are_shown() -> None:
    scores = {"test_rmse": 1.25e25, "n_test": 100, "baselines": {"constant": {"test_rmse": 2e25}}}
    # Outside of a page Streamlit draws nowhere, but converts the table.
    baselines.draw(scores, ["test_rmse"], noun="Prediction", cases="{n} rows", helps={})

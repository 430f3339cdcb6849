"""How near predicted ratings are to the true ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from embedlab.ui.tasks.page import TaskPage


class RatingPage(TaskPage):
    """Errors of predicted ratings beside those of simpler predictions."""

    noun: ClassVar[str] = "Prediction"
    helps: ClassVar[Mapping[str, str]] = {
        "test_rmse": "Root mean squared error; lower is better",
        "test_mae": "Mean absolute error; lower is better",
    }

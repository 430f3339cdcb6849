"""The pages' parts by task; a task without an entry here gets a table made from its own entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.tasks.registry import task_of_scores
from embedlab.ui.tasks.image_labels import ImageLabelsPage
from embedlab.ui.tasks.labels import LabelsPage
from embedlab.ui.tasks.next_item import NextItemPage
from embedlab.ui.tasks.page import TaskPage
from embedlab.ui.tasks.ranking import RankingPage
from embedlab.ui.tasks.rating import RatingPage
from embedlab.ui.tasks.target import TargetPage

_PAGES: dict[str, type[TaskPage]] = {
    "labels": LabelsPage,
    "next-item": NextItemPage,
    "ranking": RankingPage,
    "rating": RatingPage,
    "image-labels": ImageLabelsPage,
    "target": TargetPage,
}


def page_of(model_name: str, scores: Mapping[str, Any]) -> TaskPage:
    """Return the pages' parts for the task of a run, also of one whose model this version does not know.

    Parameters
    ----------
    model_name
        Of the run; empty of vectors that no run has made.
    scores
        As stored with the run.
    """
    known = task_of_scores(model_name, scores)
    return TaskPage(None) if known is None else _PAGES.get(known.name, TaskPage)(known)

"""The scores that a task gives a run, drawn from the task's entry alone; a task may draw them in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from embedlab.evaluation.score import Score
from embedlab.evaluation.scores import read_scores
from embedlab.tasks.base import Task
from embedlab.ui.tasks import baselines
from embedlab.workspace.rows import RunRow


class TaskPage:
    """The section of a run's scores that depends on its task; this class draws that of any task.

    Parameters
    ----------
    task
        Its entry in `embedlab.tasks.registry`; None of scores whose task is not known.
    """

    #: What makes the predictions: the heading above this run and the baselines.
    noun: ClassVar[str] = "Model"
    #: By name of a score what it means.
    helps: ClassVar[Mapping[str, str]] = {}

    def __init__(self, task: Task[Any] | None) -> None:
        self.task = task

    def draw_scores(self, scores: Mapping[str, Any]) -> bool:
        """Draw the task's scores beside those of the baselines; return whether there are any.

        Parameters
        ----------
        scores
            As stored with the run.
        """
        names = self._names(read_scores(scores))
        if names:
            cases = f"{{n}} held-out {'cases' if self.task is None else self.task.cases.lower()}"
            baselines.draw(scores, names, noun=self.noun, cases=cases, helps=self.helps)
        return bool(names)

    def draw_cases(self, run: RunRow) -> None:
        """Draw single cases of a finished run, such as its mistakes, below the scores; nothing by default."""

    def _names(self, scores: Mapping[str, Score]) -> list[str]:
        """Return the scores that get a column, the headline first: it decides what is said of the baselines."""
        own = {} if self.task is None else self.task.score_kinds
        names = [
            name
            for name, score in scores.items()
            if score.value is not None and (score.part == "test" or (name in own and score.n_total is None))
        ]
        headline = "" if self.task is None else self.task.headline
        return sorted(names, key=lambda name: name != headline)

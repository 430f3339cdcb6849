"""The verdict on a run, and its scores as figures with reference marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from embedlab.evaluation.references import Reference
from embedlab.evaluation.score import Score
from embedlab.evaluation.scores import read_baselines, read_scores
from embedlab.evaluation.verdicts import Level, Verdict, references_of, text_of
from embedlab.figures.score_marks import score_marks
from embedlab.jobs.comparison import best_run_of
from embedlab.tasks.registry import verdict_of, without_own_baselines
from embedlab.ui.shell import resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.workspace.rows import DatasetRow, RunRow

_ICONS: Mapping[Level, str] = {
    "good": ":material/thumb_up:",
    "low": ":material/trending_down:",
    "chance": ":material/casino:",
    "unknown": ":material/help:",
}
_MOST = 4
_LONGEST_REASON = 800


def draw(run: RunRow, dataset: DatasetRow | None) -> None:
    """Draw the verdict on a finished run."""
    draw_verdict(verdict_of(run.model, run.scores, {} if dataset is None else dataset.counts))


def draw_marks_of(run: RunRow) -> None:
    """Draw the scores of a finished run with reference marks, the best run on its dataset among them."""
    scores = without_own_baselines(run.model, run.scores)
    names = marked_scores(scores)
    best = best_run_of(resources.workspace(), run, names)
    draw_marks(scores, {name: [mark] for name, mark in best.items()}, key=f"marks-{run.id}")


def draw_verdict(verdict: Verdict) -> None:
    """Draw a verdict in a box whose color and icon show its level."""
    box = {"good": st.success, "low": st.warning, "chance": st.warning, "unknown": st.info}[verdict.level]
    reason = f"\n\n{plain(verdict.reason, _LONGEST_REASON)}" if verdict.reason else ""
    box(f"**{plain(verdict.text, 500)}**{reason}", icon=_ICONS[verdict.level])


def marked_scores(scores: Mapping[str, Any]) -> list[str]:
    """Return the names of the scores that have reference marks, in the order they are drawn."""
    # Scores with baselines belong to the task of the run, so they come first.
    with_baselines = {name for of_baseline in read_baselines(scores).values() for name in of_baseline}
    drawable = (name for name, score in read_scores(scores).items() if _can_be_drawn(score))
    names = [name for name in drawable if references_of(scores, name)]
    return sorted(names, key=lambda name: name not in with_baselines)[:_MOST]


def _can_be_drawn(score: Score) -> bool:
    return score.value is not None and score.meaningful and score.kind.measures_quality


def draw_marks(scores: Mapping[str, Any], more: Mapping[str, Sequence[Reference]], *, key: str) -> None:
    """Draw scores on lines with their reference marks, and the sources of the marks; nothing without marks.

    Parameters
    ----------
    scores
        As stored.
    more
        More marks by the name of the score.
    key
        Key of the figure.
    """
    present, names = read_scores(scores), marked_scores(scores)
    rows = []
    for name in names:
        marks = [*references_of(scores, name), *more.get(name, ())]
        values = [present[name].value or 0.0, *(mark.value for mark in marks)]
        rows.append((present[name], marks, [text_of(present[name], value) for value in values]))
    if not rows:
        return
    titles = ", ".join(score.title for score, _, _ in rows)
    run_figures.show(
        score_marks(rows, theme=run_figures.theme()),
        key=key,
        alt=f"{titles}: the score with its 95 % interval, and marks for chance and other values to compare it with",
    )
    sources = [(score.title, mark) for score, marks, _ in rows for mark in marks if mark.origin == "published"]
    if sources:
        with st.popover("Sources of the marks", icon=":material/menu_book:", type="tertiary"):
            for title, mark in sources:
                st.markdown(f"- {plain(title)}, {plain(mark.title)}: {plain(mark.source, 400)}")

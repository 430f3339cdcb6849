"""Scores of a run with baselines, intervals and caveats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.evaluation.differences import read_differences
from embedlab.evaluation.score import Score
from embedlab.evaluation.scores import read_scores, training_hint
from embedlab.jobs.judging import is_judged, judged_embedding
from embedlab.tasks.registry import without_own_baselines
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.tasks import baselines as run_baselines
from embedlab.ui.tasks.registry import page_of
from embedlab.workspace.rows import RunRow
from embedlab.workspace.yardsticks import yardsticks_of

_HELP = {
    "wordsim353": "WordSim-353: 353 pairs of English words with human ratings of relatedness",
    "simlex999": "SimLex-999: 999 pairs of English words with human ratings of similarity (not just relatedness)",
    "documents": "Neighbors share a label: how often the 5 nearest documents predict a document's label",
    "stability": "Stability: the share of the 10 nearest neighbors that stay the same with another seed. It "
    "measures stability, not quality",
    "analogies": "Athens is to Greece as Oslo is to Norway: how often the answer, out of 30,000 words, is correct",
}
_RESULTS = {True: "\u2713 passed", False: "\u2717 failed", None: "? unknown"}


def draw(run: RunRow) -> None:
    """Draw all scores of a finished run except the checks."""
    st.markdown("## Scores")
    draw_scores(without_own_baselines(run.model, run.scores), model=run.model)
    _rescore(run)


def draw_scores(scores: Mapping[str, Any], *, model: str = "") -> None:
    """Draw scores with what they rest on, and why others are absent.

    Parameters
    ----------
    scores
        As stored.
    model
        Name of the model of the run that has them; empty of vectors that no run has made.
    """
    has_own = page_of(model, scores).draw_scores(scores)
    tests = {name: score for name, score in read_scores(scores).items() if _is_test(score)}
    judged = {name: score for name, score in tests.items() if score.meaningful}
    if judged:
        _tests(judged)
    few = {name: score for name, score in tests.items() if not score.meaningful}
    if few:
        title = f"Too few cases to judge: {plain(_titles(few))}"
        with st.expander(title, icon=":material/hourglass_empty:", key="expander-few-cases"):
            _tests(few)
    for of_baseline in read_differences(scores).values():
        if "documents" in of_baseline:
            st.caption(run_baselines.claim(of_baseline["documents"], with_numbers=True))
    _sections(scores.get("analogies"))
    checks = read_scores(scores).get("checks")
    if not (tests or has_own or (checks is not None and checks.value is not None)):
        st.caption("This model has no score yet.")
    for score in read_scores(scores).values():
        if score.value is None and not _is_test(score):
            st.caption(f":material/info: {plain(score.title)}: {plain(score.note, 300)}")
    if hint := training_hint(scores):
        st.caption(f":material/lightbulb: {hint}")


def draw_cases(run: RunRow) -> None:
    """Draw what the task of a run shows of its cases, such as mistakes; nothing by default."""
    page_of(run.model, run.scores).draw_cases(run)


def _titles(tests: Mapping[str, Score]) -> str:
    return ", ".join(score.title for score in tests.values())


def _is_test(score: Score) -> bool:
    return score.n_total is not None and score.part == "none" and score.name != "checks"


def draw_checks(scores: Mapping[str, Any]) -> None:
    """Draw the results of the dataset's own checks, if there are any."""
    checks = scores.get("checks")
    if isinstance(checks, Mapping):
        _checks(checks)


def _tests(tests: Mapping[str, Score]) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "Test": [score.title for score in tests.values()],
                "Score": [score.value for score in tests.values()],
                "95 % interval": [run_baselines.interval_text(score.interval, 2) for score in tests.values()],
                "Used": [f"{score.n_cases or 0:,} of {score.n_total or 0:,}" for score in tests.values()],
            }
        ),
        hide_index=True,
        placeholder="",
        column_config={
            "Score": st.column_config.NumberColumn(
                format="%.2f",
                width=70,
                help="Word pairs: Spearman's rank correlation of cosine similarity with human ratings, at best 1. "
                "Analogies: share of correct answers.",
            ),
            "95 % interval": st.column_config.TextColumn(
                width=110,
                help="Likely range of the score on other pairs, questions or documents of the same kind, or, for "
                "stability, with other seeds.",
            ),
            "Used": st.column_config.TextColumn(
                width=120, help="Only pairs and questions whose words are all in the vocabulary count."
            ),
        },
    )
    # The table has the numbers; only caveats need words.
    for score in tests.values():
        if score.note and (not score.meaningful or score.may_be_chance or score.interval is None):
            st.caption(f":material/warning: {plain(score.title)}: {plain(score.note, 300)}")
    if not any(score.meaningful for score in tests.values()):
        return
    with st.popover("About these tests", icon=":material/help:", type="tertiary"):
        for name in [name for name in tests if name in _HELP]:
            st.markdown(f"- {plain(_HELP[name], 300)}")
        st.markdown("- To add your own test files to the dataset, see **Compare** on this page.")


def _sections(analogies: Mapping[str, Any] | None) -> None:
    sections = [section for section in (analogies or {}).get("sections", []) if section.get("covered")]
    if not sections:
        return
    with st.expander("Analogies by section", icon=":material/list:", key="expander-sections"):
        st.dataframe(
            pd.DataFrame(
                {
                    "Section": [section["name"] for section in sections],
                    "Correct": [100 * section["score"] for section in sections],
                    "Questions": [section["covered"] for section in sections],
                }
            ),
            hide_index=True,
            placeholder="",
            column_config={
                "Correct": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100),
                "Questions": st.column_config.NumberColumn(
                    width=70, help="Questions whose words are all in the vocabulary"
                ),
            },
        )


def _checks(checks: Mapping[str, Any]) -> None:
    st.markdown(f"## Own checks: {checks.get('passed', 0)} of {checks.get('covered', 0)} passed")
    results = checks.get("results", [])
    st.dataframe(
        pd.DataFrame(
            {
                "Check": [result["check"] for result in results],
                "Result": [_RESULTS[result["passed"]] for result in results],
                "Reason": [result["said"] for result in results],
            }
        ),
        hide_index=True,
        placeholder="",
        column_config={
            "Result": st.column_config.TextColumn(width=110),
            "Check": st.column_config.TextColumn(width=320),
        },
    )


def _rescore(run: RunRow) -> None:
    """Offer to score a run again after checks or files were added to its dataset."""
    rows = yardsticks_of(resources.workspace(), run.dataset_id)
    waiting = any(run.id in job.request.get("run_ids", ()) for job in resources.jobs().jobs("judge", active=True))
    if waiting or is_judged(run.scores, rows) or judged_embedding(resources.workspace(), run.id) is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The checks or test files of the dataset have changed since this run was scored.", width="content")
        if st.button("Evaluate again", icon=":material/fact_check:", key="judge-again"):
            score_again(run.dataset_id, [run.id])


def score_again(dataset_id: str, run_ids: list[str] | None = None) -> None:
    """Queue a job that scores runs again; the page shows its progress."""
    try:
        resources.jobs().submit_judging(dataset_id, run_ids)
    except EmbedLabError as error:
        show(error)
    else:
        st.rerun()

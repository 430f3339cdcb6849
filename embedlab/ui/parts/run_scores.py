"""How good a run is: its scores with what they rest on, beside baselines, with every reservation said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from embedlab.errors import EmbedLabError
from embedlab.evaluation.scores import named_scores, score_title
from embedlab.jobs.judging import is_judged, judged_embedding
from embedlab.ui import resources
from embedlab.ui.errors import show
from embedlab.ui.parts import run_class_scores
from embedlab.ui.plain import plain
from embedlab.workspace.rows import RunRow
from embedlab.workspace.yardsticks import yardsticks_of

_BASELINES = {
    "global_mean": "Always the mean of all ratings",
    "item_mean": "The mean of the item",
    "user_item_bias": "Mean with user and item biases",
}
_HELP = {
    "wordsim353": "WordSim-353: 353 pairs of English words, relatedness as judged by people",
    "simlex999": "SimLex-999: 999 pairs of English words, likeness (not mere relatedness) as judged by people",
    "documents": "Documents by neighbours: how often the 5 nearest other documents agree on a document's own label",
    "stability": "Stability: the share of a word's 10 nearest neighbours that stay when the training begins with other "
    "random numbers; how steady, not how good",
    "analogies": "Athens is to Greece as Oslo is to Norway: how often the answer, of 30,000 words, is right",
}
_HOLDS = {True: "\u2713 holds", False: "\u2717 fails", None: "? unknown word"}


def draw(run: RunRow) -> None:
    """Draw all scores of a finished run but the checks."""
    st.markdown("##### How good it is")
    draw_scores(run.scores)
    _again(run)


def draw_scores(scores: Mapping[str, Any]) -> None:
    """Draw scores with what they rest on."""
    named = named_scores(scores)
    if "test_rmse" in scores:
        _rating_scores(scores)
    if "test_accuracy" in scores:
        run_class_scores.draw(scores)
    tests = {name: score for name, score in named.items() if name != "checks"}
    if tests:
        _tests(tests)
    if "documents" in named:
        _majority(named["documents"])
    if "analogies" in named:
        _sections(named["analogies"])
    if not named and not scores.keys() & {"test_rmse", "test_accuracy"}:
        st.caption("This model has no score yet.")


def draw_checks(scores: Mapping[str, Any]) -> None:
    """Draw the dataset's own checks with what decided each, where there are any."""
    checks = named_scores(scores).get("checks")
    if checks is not None:
        _checks(checks)


def _rating_scores(scores: Mapping[str, Any]) -> None:
    baselines = scores.get("baselines", {})
    names = [name for name in _BASELINES if name in baselines]
    table = pd.DataFrame(
        {
            "Prediction": ["This run", *(_BASELINES[name] for name in names)],
            "RMSE": [scores["test_rmse"], *(baselines[name]["rmse"] for name in names)],
            "MAE": [scores.get("test_mae"), *(baselines[name]["mae"] for name in names)],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.4f", width="small") for name in ("RMSE", "MAE")},
    )
    best = min((baselines[name]["rmse"] for name in names), default=None)
    if best is not None and scores["test_rmse"] < best:
        st.caption(
            f":material/check: {1 - scores['test_rmse'] / best:.1%} below the best baseline, on the test part, "
            "which was looked at once."
        )
    elif best is not None:
        st.caption(
            ":material/warning: On the test part no better than a simple baseline: it learned no more than averages."
        )


def _tests(tests: Mapping[str, Mapping[str, Any]]) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "Test": [score_title(name, score) for name, score in tests.items()],
                "Score": [score.get("score") for score in tests.values()],
                "95 % interval": [_interval(score) for score in tests.values()],
                "Used": [f"{score.get('covered', 0):,} of {score.get('of', 0):,}" for score in tests.values()],
            }
        ),
        hide_index=True,
        column_config={
            "Score": st.column_config.NumberColumn(
                format="%.3f",
                width=70,
                help="Word pairs: Spearman's rank correlation of cosine similarity with people's judgement, at best 1. "
                "Analogies: share of right answers.",
            ),
            "95 % interval": st.column_config.TextColumn(
                width=110, help="Where the score would lie on other pairs of the same kind (bootstrap)."
            ),
            "Used": st.column_config.TextColumn(
                width=120, help="Pairs and questions of which the embedding knows all words; only these count."
            ),
        },
    )
    # The table says what was known; only reservations need words.
    reserved = {name: score for name, score in tests.items() if score.get("note") and not _is_plain(score)}
    for name, score in reserved.items():
        st.caption(f":material/warning: {plain(score_title(name, score))}: {plain(str(score['note']), 300)}")
    with st.popover("What these tests are", icon=":material/help:", type="tertiary"):
        for name in [name for name in tests if name in _HELP]:
            st.markdown(f"- {plain(_HELP[name], 300)}")
        st.markdown("- Files of your own are kept with the dataset: see **Compare** on this page.")


def _majority(documents: Mapping[str, Any]) -> None:
    """Set the documents' score beside that of knowing nothing but which label is most frequent."""
    majority, score = documents.get("baselines", {}).get("majority"), documents.get("score")
    if majority is None or score is None:
        return
    icon = ":material/check:" if (documents.get("low") or 0) > majority else ":material/warning:"
    st.caption(f"{icon} Documents: always naming the most frequent label would be right for {majority:.1%}.")


def _is_plain(score: Mapping[str, Any]) -> bool:
    low, high = score.get("low"), score.get("high")
    by_chance = low is not None and high is not None and low <= 0 <= high
    return bool(score.get("meaningful")) and not by_chance


def _interval(score: Mapping[str, Any]) -> str:
    low, high = score.get("low"), score.get("high")
    # Added to 0, what is rounded to -0 loses its sign.
    return "" if low is None or high is None else f"{round(low, 2) + 0:.2f} to {round(high, 2) + 0:.2f}"


def _sections(analogies: Mapping[str, Any]) -> None:
    sections = [section for section in analogies.get("sections", []) if section.get("covered")]
    if not sections:
        return
    with st.expander("Analogies by section", icon=":material/list:"):
        st.dataframe(
            pd.DataFrame(
                {
                    "Section": [section["name"] for section in sections],
                    "Right": [100 * section["score"] for section in sections],
                    "Asked": [section["covered"] for section in sections],
                }
            ),
            hide_index=True,
            column_config={
                "Right": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100),
                "Asked": st.column_config.NumberColumn(width=70, help="Questions of which all words are known"),
            },
        )


def _checks(checks: Mapping[str, Any]) -> None:
    st.markdown(f"##### Own checks: {checks.get('passed', 0)} of {checks.get('covered', 0)} hold")
    results = checks.get("results", [])
    st.dataframe(
        pd.DataFrame(
            {
                "Check": [result["check"] for result in results],
                "Holds": [_HOLDS[result["passed"]] for result in results],
                "What decided": [result["said"] for result in results],
            }
        ),
        hide_index=True,
        column_config={
            "Holds": st.column_config.TextColumn(width=110),
            "Check": st.column_config.TextColumn(width=320),
        },
    )


def _again(run: RunRow) -> None:
    """Offer to judge a run by what has been added to its dataset since."""
    rows = yardsticks_of(resources.workspace(), run.dataset_id)
    waiting = any(run.id in job.request.get("run_ids", ()) for job in resources.jobs().jobs("judge", active=True))
    if waiting or is_judged(run.scores, rows) or judged_embedding(resources.workspace(), run.id) is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Checks or files of the dataset have changed since this run was judged.", width="content")
        if st.button("Judge it again", icon=":material/fact_check:", key="judge-again"):
            judge_again(run.dataset_id, [run.id])


def judge_again(dataset_id: str, run_ids: list[str] | None = None) -> None:
    """Queue the judging of runs; the page shows it at work."""
    try:
        resources.jobs().submit_judging(dataset_id, run_ids)
    except EmbedLabError as error:
        show(error)
    else:
        st.rerun()

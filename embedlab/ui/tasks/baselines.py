"""Test scores in a table with the baselines, and sentences that interpret the differences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from embedlab.evaluation.differences import Difference, Outcome, read_differences, signed
from embedlab.evaluation.intervals import Interval
from embedlab.evaluation.score import Score, baseline_title
from embedlab.evaluation.scores import read_baselines, read_scores
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import heading_px

# Together as wide as the page column, so that the differences are visible without scrolling.
_NAME_PX, _DIFFERENCE_PX, _FURTHER_DIFFERENCE_PX = 178, 200, 250
_NARROWEST_SCORE_PX = 92
#: Values below 10 have four decimals, larger ones four digits.
_MOST_DECIMALS, _LARGE = 4, 10
_ICONS: Mapping[Outcome, str] = {
    "better": ":material/check:",
    "worse": ":material/warning:",
    "indistinguishable": ":material/warning:",
    "both_best": ":material/info:",
    "unknown": ":material/info:",
}


def draw(scores: Mapping[str, Any], names: Sequence[str], *, noun: str, cases: str, helps: Mapping[str, str]) -> None:
    """Draw test scores; the first one is compared with the baselines in words.

    Parameters
    ----------
    scores
        Scores as stored with the run.
    names
        Names of the scores that get a column.
    noun
        Heading of the first column: classifier, prediction.
    cases
        What the scores were measured on, with `{n}` for the number of cases: `{n} held-out documents`.
    helps
        Help text by score name.
    """
    own, baselines, differences = read_scores(scores), read_baselines(scores), read_differences(scores)
    shown = [name for name in names if name in own and own[name].value is not None]
    # A task may have baselines for several questions.
    baselines = {name: values for name, values in baselines.items() if values.keys() & set(shown)}
    rows: dict[str, list[Any]] = {noun: ["This run", *(baseline_title(each) for each in baselines)]}
    config: dict[str, Any] = {noun: st.column_config.TextColumn(width=_NAME_PX)}
    for name in shown:
        title = own[name].title
        rows[name] = [own[name].value, *(_value(of_baseline.get(name)) for of_baseline in baselines.values())]
        digits = decimals([each for each in rows[name] if each is not None])
        if digits == 0:
            # A float: a whole number beyond 64 bits fits no column.
            rows[name] = [None if each is None else round(each, 0) for each in rows[name]]
        config[name] = st.column_config.NumberColumn(
            title,
            format=f"%.{digits}f" if digits else "localized",
            width=heading_px(title, _NARROWEST_SCORE_PX),
            help=helps.get(name),
        )
        # The first one is next to its score.
        is_main = name == shown[0]
        config[f"difference:{name}"] = st.column_config.TextColumn(
            "Run \u2212 baseline" if is_main else f"{title}: run \u2212 baseline",
            width=_DIFFERENCE_PX if is_main else _FURTHER_DIFFERENCE_PX,
            help=f"{plain(title)}: this run's score minus the baseline's, with its 95 % interval, on the same test "
            "cases.",
        )
    for name in shown if baselines else ():
        rows[f"difference:{name}"] = ["", *(_cell(differences.get(each, {}).get(name)) for each in baselines)]
    # Each difference is beside its score; the main one is visible without scrolling.
    beside = [each for name in shown for each in (name, f"difference:{name}") if each in rows]
    order = [noun, *beside]
    st.dataframe(pd.DataFrame(rows)[order], hide_index=True, placeholder="", column_config=config)
    _intervals([own[name] for name in shown], cases)
    # The table has the numbers.
    claims = [claim(each[shown[0]]) for each in differences.values() if shown and shown[0] in each]
    if claims:
        st.caption("  \n".join(claims))


def decimals(values: Iterable[float]) -> int:
    """Return how many decimals show four digits of the largest value: errors may be in dollars."""
    largest = max((abs(value) for value in values), default=0.0)
    return max(0, _MOST_DECIMALS - len(f"{largest:.0f}")) if largest >= _LARGE else _MOST_DECIMALS


def claim(difference: Difference, *, with_numbers: bool = False) -> str:
    """Return a sentence that interprets a difference, as Markdown."""
    text = difference.sentence() if with_numbers else difference.claim()
    return f"{_ICONS[difference.outcome]} {plain(text, 400)}"


def interval_text(interval: Interval | None, digits: int = 3) -> str:
    """Return an interval as text; empty if there is none."""
    # Adding 0 turns a rounded -0 into 0.
    low, high = (round(bound, digits) + 0 for bound in interval) if interval is not None else (0, 0)
    return "" if interval is None else f"{low:,.{digits}f} to {high:,.{digits}f}"


def _intervals(scores: Iterable[Score], cases: str) -> None:
    intervals: list[str] = []
    reasons: dict[str, list[str]] = {}
    n_cases = None
    for score in scores:
        # Scores of other parts than the test part have no number of cases.
        n_cases = n_cases or score.n_cases
        if score.interval is not None:
            digits = min(3, decimals(score.interval))
            intervals.append(f"{plain(score.title)} {interval_text(score.interval, digits)}")
        elif score.note:
            reasons.setdefault(score.note, []).append(score.title)
    size = f"On {cases.format(n=f'{n_cases:,}')}. " if n_cases else ""
    listed = f"95 % intervals: {', '.join(intervals)}." if intervals else ""
    if size or listed:
        st.caption(f"{size}{listed}")
    for reason, titles in reasons.items():
        st.caption(f":material/info: {plain(', '.join(titles))}: {plain(reason, 300)}")


def _value(score: Score | None) -> float | None:
    return None if score is None else score.value


def _cell(difference: Difference | None) -> str:
    if difference is None:
        return ""
    bounds, digits = difference.interval, decimals([difference.own.value or 0.0])

    def text(value: float) -> str:
        return signed(value) if digits == _MOST_DECIMALS else f"{round(value, digits) + 0:+,.{digits}f}"

    return text(difference.value) + (f" ({text(bounds[0])} to {text(bounds[1])})" if bounds else "")

"""Scores on the terminal: next to their baselines, with coverage and caveats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from embedlab.cli.output import write_line, write_note, write_table
from embedlab.evaluation.differences import read_differences, signed
from embedlab.evaluation.intervals import Interval
from embedlab.evaluation.score import Score, baseline_title
from embedlab.evaluation.scores import read_baselines, read_scores, training_hint

#: Read as scores, or written separately.
_NO_FIGURES = {
    "baselines", "checks", "confusion", "differences", "documents", "files", "intervals", "not_computed", "stopped",
    "test_interval", "word_pairs",
}  # fmt: skip
#: Larger scores, such as errors in dollars, have no decimals.
_WHOLE_FROM = 1000.0


def write_scores(scores: Mapping[str, Any], *, sentences: Sequence[str] = (), empty: str = "") -> None:
    """Write all scores of a run and what its task says of them, or the note `empty` if there are none."""
    write_figures(scores)
    for sentence in sentences:
        write_line(sentence)
    if any(map(_is_test, read_scores(scores).values())):
        write_tests(scores, empty="")
    elif not scores:
        write_note(empty)


def write_figures(scores: Mapping[str, Any]) -> None:
    """Write a run's single scores next to those of its baselines, their differences, and its confusion matrix."""
    # Registers the titles of the baselines of all tasks.
    import embedlab.tasks.registry  # noqa: F401

    present = {name: score for name, score in read_scores(scores).items() if not _is_test(score)}
    named = present.keys() | _NO_FIGURES | {name for name, score in read_scores(scores).items() if _is_test(score)}
    for name, value in scores.items():
        # What is not a single value is said by the task, in sentences.
        if name not in named and not _is_structured(value):
            write_line(f"  {name}: {_number(value)}")
    for name, score in present.items():
        if score.value is not None:
            interval = f", 95 % interval {_interval(score.interval)}" if score.interval is not None else ""
            write_line(f"  {name}: {_number(score.value)}{interval}")
    _write_baselines(scores, present)
    for score in present.values():
        if score.note and (score.value is None or score.part == "test"):
            write_note(f"{score.title}: {score.note}")
    confusion = scores.get("confusion")
    if isinstance(confusion, Mapping):
        classes = confusion["classes"]
        rows = [(label, *counts) for label, counts in zip(classes, confusion["counts"], strict=True)]
        write_table(["true / predicted", *classes], rows, empty="")
    if hint := training_hint(scores):
        write_note(hint)


def _write_baselines(scores: Mapping[str, Any], present: Mapping[str, Score]) -> None:
    differences = read_differences(scores)
    rows = []
    for baseline, of_baseline in read_baselines(scores).items():
        for name, score in of_baseline.items():
            if name in present:
                difference = differences.get(baseline, {}).get(name)
                cells = (signed(difference.value), _signed(difference.interval)) if difference is not None else ("", "")
                rows.append((baseline_title(baseline), score.title, _number(score.value), *cells))
    if rows:
        write_table(["baseline", "score", "value", "run - baseline", "95 % interval"], rows, empty="")
    for of_run in differences.values():
        # One sentence per baseline, about the main score of the run.
        if first := next((each for name, each in of_run.items() if name in present), None):
            write_line(first.sentence())


def write_tests(scores: Mapping[str, Any], *, empty: str) -> None:
    """Write the test scores of an embedding with interval and coverage, followed by caveats."""
    tests = {name: score for name, score in read_scores(scores).items() if _is_test(score)}
    rows = [
        (score.title, score.value, _interval(score.interval), f"{score.n_cases or 0:,} of {score.n_total or 0:,}")
        for score in tests.values()
    ]
    write_table(["test", "score", "95 % interval", "coverage"], rows, empty=empty)
    for of_baseline in read_differences(scores).values():
        for name, difference in of_baseline.items():
            if name in tests:
                write_line(f"{baseline_title(difference.baseline.source)}: {_number(difference.baseline.value)}")
                write_line(difference.sentence())
    for score in tests.values():
        no_interval = score.interval is None and score.name != "checks"
        if score.note and (not score.meaningful or no_interval or score.may_be_chance):
            write_note(f"{score.title}: {score.note}")
    for result in (scores.get("checks") or {}).get("results", []):
        write_line(f"{_outcome(result['passed'])}: {result['check']} ({result['said']})")


def _is_test(score: Score) -> bool:
    return score.part == "none" and score.n_total is not None


def _is_structured(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(_is_structured(each) or isinstance(each, list | tuple) for each in value)
    return isinstance(value, Mapping)


def _number(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " to ".join(map(_number, value))
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:.4g}"


def _outcome(passed: bool | None) -> str:
    return "unknown" if passed is None else "passed" if passed else "failed"


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return ""
    decimals = 0 if max(map(abs, interval)) >= _WHOLE_FROM else 3
    return f"{interval[0]:,.{decimals}f} to {interval[1]:,.{decimals}f}"


def _signed(interval: Interval | None) -> str:
    return "" if interval is None else f"{signed(interval[0])} to {signed(interval[1])}"

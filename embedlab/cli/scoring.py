"""Scores as people read them on a terminal: figures, tests with their coverage, and what to doubt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.cli.output import write_line, write_note, write_table
from embedlab.evaluation.scores import named_scores, score_title

#: Told in a form of their own, or a part of what is.
_NO_FIGURES = {"word_pairs", "documents", "files", "checks", "confusion"}


def tell_figures(scores: Mapping[str, Any]) -> None:
    """Write a run's single figures, a line each, and its confusion matrix."""
    named = named_scores(scores).keys() | _NO_FIGURES
    for name, value in _flat({name: value for name, value in scores.items() if name not in named}):
        write_line(f"  {name}: {_number(value)}")
    confusion = scores.get("confusion")
    if isinstance(confusion, Mapping):
        classes = confusion["classes"]
        rows = [(label, *counts) for label, counts in zip(classes, confusion["counts"], strict=True)]
        write_table(["is / predicted as", *classes], rows, empty="")


def tell_tests(scores: Mapping[str, Any], *, empty: str) -> None:
    """Write the tests an embedding was judged by: score, interval and coverage, then what is to be doubted."""
    named = named_scores(scores)
    rows = [
        (score_title(name, score), score["score"], _interval(score), f"{score['covered']:,} of {score['of']:,}")
        for name, score in named.items()
    ]
    write_table(["test", "score", "95 % interval", "known"], rows, empty=empty)
    for name, score in named.items():
        for baseline, value in score.get("baselines", {}).items():
            if value is not None:
                write_line(f"{score_title(name, score)}: {value:.4g} by {baseline}")
        if not score.get("meaningful", True) or (score.get("low") is not None and score["low"] <= 0):
            write_note(f"{score_title(name, score)}: {score['note']}")
    for result in scores.get("checks", {}).get("results", []):
        write_line(f"{_holds(result['passed'])}: {result['check']} ({result['said']})")


def _flat(scores: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in scores.items():
        rows += _flat(value, f"{before}{name} ") if isinstance(value, Mapping) else [(before + name, value)]
    return rows


def _number(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " to ".join(map(_number, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _holds(passed: bool | None) -> str:
    return "unknown" if passed is None else "holds" if passed else "fails"


def _interval(score: Mapping[str, Any]) -> str:
    return "" if score.get("low") is None else f"{score['low']:.3f} to {score['high']:.3f}"

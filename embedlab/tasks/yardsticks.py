"""Evaluation of an embedding by all tests at once: gensim's test sets, uploaded files, and the user's checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedlab.core.embedding import Embedding
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.evaluation.analogies import english_analogies, score_analogies
from embedlab.evaluation.checks import Check, score_checks
from embedlab.evaluation.lookup import RowLookup
from embedlab.evaluation.question_files import Pair, Section
from embedlab.evaluation.words import score_pairs, score_word_pairs

#: Names that `judge` may return; new scores replace all older ones with these names.
JUDGED = ("wordsim353", "simlex999", "analogies", "files", "checks", "word_pairs")


@dataclass(frozen=True)
class Yardsticks:
    """A user's own tests.

    Parameters
    ----------
    pairs, analogies
        File name and content by id.
    checks
        The user's checks.
    """

    pairs: Mapping[str, tuple[str, list[Pair]]]
    analogies: Mapping[str, tuple[str, list[Section]]]
    checks: tuple[Check, ...] = ()


NOTHING = Yardsticks({}, {})


def judge(
    embedding: Embedding,
    yardsticks: Yardsticks = NOTHING,
    *,
    english: bool = True,
    report: ReportProgress = ignore_progress,
) -> dict[str, Any]:
    """Score an embedding.

    Parameters
    ----------
    embedding
        The embedding to score.
    yardsticks
        The user's own tests.
    english
        Whether the keys may be English words, so that gensim's test sets apply too.
    report
        Called with the progress.

    Returns
    -------
    ``{"wordsim353", "simlex999", "analogies", "files": {id: ...}, "checks"}``, those that apply, each as `score_entry`
    (checks as `score_checks`); those of files have their ``"name"`` and ``"kind"``.
    """
    lookup = RowLookup(embedding)
    scores: dict[str, Any] = {}
    report(0.0, "scoring")
    if english:
        scores |= score_word_pairs(embedding, lookup)
        scores["analogies"] = score_analogies(
            embedding, english_analogies(), report=lambda share, _: report(0.6 * share, "scoring")
        )
    files: dict[str, Any] = {}
    for number, (file_id, (name, pairs)) in enumerate(yardsticks.pairs.items()):
        report(0.6 + 0.2 * number / len(yardsticks.pairs), "scoring")
        files[file_id] = {"name": name, "kind": "pairs", **score_pairs(embedding, pairs, lookup=lookup)}
    for number, (file_id, (name, sections)) in enumerate(yardsticks.analogies.items()):
        report(0.8 + 0.2 * number / len(yardsticks.analogies), "scoring")
        files[file_id] = {"name": name, "kind": "analogies", **score_analogies(embedding, sections)}
    if files:
        scores["files"] = files
    if yardsticks.checks:
        scores["checks"] = score_checks(embedding, yardsticks.checks, lookup)
    return scores

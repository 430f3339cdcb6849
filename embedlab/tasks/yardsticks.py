"""All that an embedding is judged by, in one go: the sets gensim ships, uploaded files, and the user's own checks."""

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

#: What `judge` may return; an older judgement gives way to a newer one as a whole.
JUDGED = ("wordsim353", "simlex999", "analogies", "files", "checks", "word_pairs")


@dataclass(frozen=True)
class Yardsticks:
    """What a user brought to judge by.

    Parameters
    ----------
    pairs, analogies
        By id the file's name and what it holds.
    checks
        Own expectations.
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
    """Judge an embedding.

    Parameters
    ----------
    embedding
        What is judged.
    yardsticks
        The user's own.
    english
        Whether the keys may be English words, so that the sets gensim ships are asked too.
    report
        Hears how far it is.

    Returns
    -------
    ``{"wordsim353", "simlex999", "analogies", "files": {id: ...}, "checks"}``, those that apply, each as `scored`
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

"""Evaluation of embeddings by the checks and files of their dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from embedlab.core.embedding import Embedding
from embedlab.core.errors import ConflictError, InputError, TooLargeError
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.core.roles import evaluated_embedding, role
from embedlab.evaluation.analogies import english_analogies, score_analogies
from embedlab.evaluation.checks import MOST_CHECKS, parse_check
from embedlab.evaluation.question_files import Section, read_analogies, read_pairs
from embedlab.evaluation.scores import score_title
from embedlab.evaluation.words import score_word_pairs
from embedlab.jobs.not_computed import JUDGING, NOT_COMPUTED, NotComputed
from embedlab.tasks.yardsticks import Yardsticks, judge
from embedlab.workspace.rows import EmbeddingRow, YardstickRow
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import WORD_PAIRS, add_yardstick, yardsticks_of

MOST_FILES = 20
FILE_KINDS = ("pairs", "analogies")


def yardsticks_from(rows: Sequence[YardstickRow]) -> Yardsticks:
    """Return stored yardsticks in the form that evaluation expects."""
    return Yardsticks(
        pairs={row.id: (row.name, [(a, b, float(score)) for a, b, score in row.content]) for row in _of(rows, "pairs")},
        analogies={
            row.id: (row.name, [Section(name, [(a, b, c, d) for a, b, c, d in quads]) for name, quads in row.content])
            for row in _of(rows, "analogies")
        },
        checks=tuple(parse_check(row.name) for row in _of(rows, "check")),
    )


def _of(rows: Sequence[YardstickRow], kind: str) -> list[YardstickRow]:
    return [row for row in rows if row.kind == kind]


def judge_for_dataset(
    workspace: Workspace,
    dataset_id: str,
    embeddings: Mapping[str, Embedding],
    report: ReportProgress = ignore_progress,
) -> dict[str, Any]:
    """Evaluate the main embedding of a run by all checks and files that apply to its dataset.

    Parameters
    ----------
    embeddings
        Embeddings of one run, by name. Documents and users cannot be evaluated, so without words or items the result
        is empty.

    Returns
    -------
    The result of `embedlab.tasks.yardsticks.judge` as JSON, with a reason for each score that could not be computed
    (see `embedlab.jobs.not_computed`).
    """
    name = evaluated_embedding(embeddings)
    if name is None:
        return {}
    chosen = embeddings[name]
    yardsticks = yardsticks_from(yardsticks_of(workspace, dataset_id))
    english = role(name).english
    missing = NotComputed()
    scores = missing.attempt(
        JUDGING, "The evaluation", lambda: judge(chosen, yardsticks, english=english, report=report)
    )
    if scores is None:
        # One failing test must not lose the others, so each runs on its own.
        del missing.reasons[JUDGING]
        scores = _one_by_one(chosen, yardsticks, english, report, missing)
    return missing.among(missing.finite(scores, score_title))


def _one_by_one(
    embedding: Embedding, yardsticks: Yardsticks, english: bool, report: ReportProgress, missing: NotComputed
) -> dict[str, Any]:
    """Run each test separately; adds a reason to `missing` for those that fail."""
    tests: list[tuple[str, str, Callable[[], dict[str, Any]]]] = []

    def add(name: str, what: str, compute: Callable[[], dict[str, Any]]) -> None:
        tests.append((name, what, compute))

    if english:
        add("word_pairs", "The scores on English word pairs", lambda: score_word_pairs(embedding))
        questions = english_analogies()
        add("analogies", "The score on analogies", lambda: {"analogies": score_analogies(embedding, questions)})
    for file_id, (name, pairs) in yardsticks.pairs.items():
        part = Yardsticks({file_id: (name, pairs)}, {})
        add(file_id, f"The score on {name}", partial(judge, embedding, part, english=False))
    for file_id, (name, sections) in yardsticks.analogies.items():
        part = Yardsticks({}, {file_id: (name, sections)})
        add(file_id, f"The score on {name}", partial(judge, embedding, part, english=False))
    if yardsticks.checks:
        part = Yardsticks({}, {}, yardsticks.checks)
        add("checks", "Your own checks", partial(judge, embedding, part, english=False))
    scores: dict[str, Any] = {}
    for number, (name, what, compute) in enumerate(tests):
        report(number / len(tests), "scoring")
        result = missing.attempt(name, what, compute) or {}
        files = {**scores.get("files", {}), **result.get("files", {})}
        scores = {**scores, **result, **({"files": files} if files else {})}
    return scores


def judged_embedding(workspace: Workspace, run_id: str) -> EmbeddingRow | None:
    """Return the embedding of a run to evaluate, or None."""
    by_name = {row.name: row for row in workspace.embeddings(run_id=run_id)}
    name = evaluated_embedding(by_name)
    return None if name is None else by_name[name]


def keep_check(workspace: Workspace, dataset_id: str, text: str) -> YardstickRow:
    """Add a check to a dataset.

    Raises
    ------
    InputError
        It cannot be parsed; see `embedlab.evaluation.checks` for the grammar.
    ConflictError
        It already exists.
    TooLargeError
        There are already `MOST_CHECKS`.
    """
    sentence = str(parse_check(text))
    present = _of(yardsticks_of(workspace, dataset_id), "check")
    if any(row.name == sentence for row in present):
        raise ConflictError("This check already exists.", received=sentence)
    if len(present) >= MOST_CHECKS:
        raise TooLargeError(f"A dataset may have at most {MOST_CHECKS} checks.", remedy="Delete some first.")
    return add_yardstick(workspace, dataset_id, "check", sentence, None)


def keep_file(workspace: Workspace, dataset_id: str, kind: str, path: Path, name: str) -> YardstickRow:
    """Add a file of pairs or analogies to a dataset.

    Parameters
    ----------
    kind
        pairs or analogies.
    path, name
        The file, and its name for users.

    Raises
    ------
    InputError
        It is not such a file.
    ConflictError
        A file with this name already exists.
    TooLargeError
        It is too large, or there are already `MOST_FILES`.
    """
    if kind not in FILE_KINDS:
        raise InputError("An evaluation file contains pairs or analogies.", received=kind)
    present = [row for row in yardsticks_of(workspace, dataset_id) if row.kind in FILE_KINDS]
    if any(row.name == name for row in present):
        raise ConflictError("A file with this name already exists.", received=name, remedy="Delete it first.")
    if len(present) >= MOST_FILES:
        raise TooLargeError(f"A dataset may have at most {MOST_FILES} such files.", remedy="Delete one first.")
    content: Any = read_pairs(path) if kind == WORD_PAIRS else read_analogies(path)
    return add_yardstick(workspace, dataset_id, kind, name, content)


def current_scores(scores: Mapping[str, Any], rows: Sequence[YardstickRow]) -> dict[str, Any]:
    """Return the scores of a run, without those for checks and files that have changed since.

    Scores for different checks, or for a deleted file, cannot be compared.
    """
    row_ids = {row.id for row in rows}
    current = dict(scores)
    if isinstance(files := scores.get("files"), Mapping):
        current["files"] = {file_id: score for file_id, score in files.items() if file_id in row_ids}
    if isinstance(checks := scores.get("checks"), Mapping):
        scored = {str(result.get("check")) for result in checks.get("results", [])}
        if scored != {row.name for row in _of(rows, "check")}:
            del current["checks"]
    return current


def is_judged(scores: Mapping[str, Any], rows: Sequence[YardstickRow]) -> bool:
    """Return whether a run's scores cover all current checks and files of its dataset.

    Scores that could not be computed count as covered: another attempt would have the same result.
    """
    current = current_scores(scores, rows)
    present = {*current, *(current.get("files") or {}), *scores.get(NOT_COMPUTED, {})}
    required = {row.id for row in rows if row.kind in FILE_KINDS} | ({"checks"} if _of(rows, "check") else set())
    return required <= present
